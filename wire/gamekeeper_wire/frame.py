"""The base of every frame: a JSON object with its name under `type`."""

import re

from msgspec import Struct


def _tag(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class Frame(Struct, frozen=True, kw_only=True, tag_field="type", tag=_tag):
    """A message in either direction; unknown fields are ignored so that either side may be newer."""
