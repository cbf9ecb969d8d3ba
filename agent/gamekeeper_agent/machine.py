"""Facts of the machine, as far as it tells them."""

import platform
import socket
from pathlib import Path

import psutil

from gamekeeper_wire.agent import Machine
from gamekeeper_wire.text import as_name

_MODEL_FILES = (Path("/proc/device-tree/model"), Path("/sys/class/dmi/id/product_name"))
_CPU_INFO = Path("/proc/cpuinfo")


def hostname() -> str:
    """The machine's own name."""
    return as_name(socket.gethostname())


def describe() -> Machine:
    """Model, system, processor, memory and disk."""
    return Machine(
        model=_first_line(*_MODEL_FILES),
        os_version=_os_version(),
        kernel=as_name(platform.release()) or None,
        cpu_model=_cpu_model(),
        cpu_count=psutil.cpu_count(),
        memory_bytes=psutil.virtual_memory().total,
        disk_bytes=_disk_bytes(),
    )


def _first_line(*paths: Path) -> str | None:
    for path in paths:
        try:
            text = path.read_text(errors="replace").strip("\x00\n ")
        except OSError:
            continue
        if text:
            return as_name(text)
    return None


def _os_version() -> str | None:
    try:
        return as_name(platform.freedesktop_os_release().get("PRETTY_NAME", "")) or None
    except OSError:
        return as_name(platform.version()) or None


def _cpu_model() -> str | None:
    try:
        lines = _CPU_INFO.read_text(errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() in {"model name", "Model"}:
            return as_name(value.strip()) or None
    return None


def _disk_bytes() -> int | None:
    try:
        return psutil.disk_usage("/").total
    except OSError:
        return None
