"""Traces: spans for requests and jobs, sent to an OpenTelemetry collector when one is named."""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from gamekeeper import __version__

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@cache
def _tracer() -> trace.Tracer | None:
    """The tracer, set up at the first span; None where no collector is named, so that a span costs nothing."""
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return None
    provider = TracerProvider(resource=Resource.create({"service.name": "gamekeeper", "service.version": __version__}))
    # The exporter reads the usual OTEL_* variables itself, and sends from a thread of its own.
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.get_tracer("gamekeeper", __version__)


def span(
    name: str, attributes: Mapping[str, str], carrier: Mapping[str, str] | None = None
) -> AbstractContextManager[object]:
    """Around a piece of work. `carrier` holds a caller's W3C `traceparent`. Attributes never hold personal data."""
    tracer = _tracer()
    if tracer is None:
        return nullcontext()
    parent = extract(carrier) if carrier else None
    return tracer.start_as_current_span(name, context=parent, attributes=dict(attributes))
