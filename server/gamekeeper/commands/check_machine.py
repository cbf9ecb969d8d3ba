"""What the doctor looks at on this machine: settings, folder, keys, disk, clock and ports."""

import asyncio
import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gamekeeper.commands.failures import StartRefused
from gamekeeper.commands.findings import Finding, State
from gamekeeper.commands.holding import is_held
from gamekeeper.commands.listening import listen
from gamekeeper.kernel.errors import GamekeeperError
from gamekeeper.kernel.keys.master_key import FILE as KEY_FILE
from gamekeeper.kernel.keys.master_key import master_key
from gamekeeper.kernel.settings import Settings

_LITTLE_DISK = 2 << 30
_NO_DISK = 256 << 20
_UI = Path(__file__).parents[1] / "static" / "index.html"


def examine(settings: Settings) -> list[Finding]:
    """Everything that needs no network."""
    return [
        Finding.fine(f"Python {platform.python_version()} on {platform.platform(terse=True)}"),
        *_settings(settings),
        *_folder(settings),
        *_clock(),
    ]


async def ports(settings: Settings) -> list[Finding]:
    """Whether our ports are free, or ours already; and whether Redis answers."""
    found = [
        await _web_port(settings),
        _port(settings.data, settings.agent_host, settings.agent_port, "agents", "GAMEKEEPER_AGENT_PORT"),
    ]
    if settings.redis_url is not None:
        found.append(await _redis(settings.redis_url.get_secret_value()))
    return found


def _settings(settings: Settings) -> Iterator[Finding]:
    known = {"GAMEKEEPER_AGENT_STATE", *(f"GAMEKEEPER_{name.upper()}" for name in Settings.model_fields)}
    unknown = sorted(name for name in os.environ if name.startswith("GAMEKEEPER_") and name not in known)
    for name in unknown:
        yield Finding.warning(f"{name} is set and means nothing", "Is it misspelled? See docs/reference/settings.md.")
    if not unknown:
        yield Finding.fine("settings are understood")
    if not _is_loopback(settings.host) and not settings.origin.startswith("https:"):
        yield Finding.warning(
            f"the web listens on {settings.host} without TLS",
            "Put a TLS proxy in front and set GAMEKEEPER_PUBLIC_URL=https://… and GAMEKEEPER_TRUSTED_PROXIES.",
        )
    if not _UI.exists():
        yield Finding.warning("the web UI is not built", "make web builds it; a released package has it.")


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data.absolute()
    if not folder.exists():
        yield Finding.warning(f"the data folder {folder} does not exist yet", "gamekeeper up makes it.")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding.problem(f"the data folder {folder} is not writable", "Run as its owner or set GAMEKEEPER_DATA.")
        return
    yield Finding.fine(f"the data folder is {folder}")
    free = shutil.disk_usage(folder).free
    shown = f"{free / 2**30:.1f} GB free on its disk"
    if free < _NO_DISK:
        yield Finding.problem(shown, "Make room now: a full disk stops the database.")
    elif free < _LITTLE_DISK:
        yield Finding.warning(shown, "Make room soon, or shorten how long metrics are kept.")
    else:
        yield Finding.fine(shown)
    yield _key(settings)


def _key(settings: Settings) -> Finding:
    file = settings.data / KEY_FILE
    if settings.master_key is None and not file.exists():
        return Finding.warning("there is no master key yet", "gamekeeper up makes it.")
    try:
        master_key(settings)
    except GamekeeperError as error:
        return Finding.problem("the master key cannot be read", error.message)
    if settings.master_key is None and stat.S_IMODE(file.stat().st_mode) & 0o077:
        return Finding.problem(f"others may read the master key {file}", f"chmod 600 {file}")
    return Finding.fine(
        "the master key is there" + ("" if settings.master_key else f", in {file}: keep a copy elsewhere")
    )


def _clock() -> Iterator[Finding]:
    if sys.platform == "linux" and Path("/run/systemd/timesync").exists():
        if Path("/run/systemd/timesync/synchronized").exists():
            yield Finding.fine("the clock is synchronized")
        else:
            yield Finding.warning("the clock is not synchronized", "timedatectl set-ntp true")


async def _web_port(settings: Settings) -> Finding:
    found = _port(settings.data, settings.host, settings.port, "web", "GAMEKEEPER_PORT")
    if found.state is State.WARNING and await _is_gamekeeper(settings.host, settings.port):
        return Finding.warning(
            f"port {settings.port} (web) is served by a Gamekeeper with another data folder",
            "Set GAMEKEEPER_DATA to its folder to look at that one, or choose another port with GAMEKEEPER_PORT.",
        )
    return found


async def _is_gamekeeper(host: str, port: int) -> bool:
    try:
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            answer = await client.get(httpx.URL(scheme="http", host=host, port=port, path="/health"))
        return answer.is_success and answer.json() == {"alive": True}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return False


def _port(data: Path, host: str, port: int, what: str, setting: str) -> Finding:
    try:
        listen(host, port, setting).close()
    except StartRefused as error:
        if is_held(data, port):
            return Finding.fine(f"port {port} ({what}) is in use by this Gamekeeper, which is running")
        return Finding.warning(f"port {port} ({what}) cannot be had", str(error))
    return Finding.fine(f"port {port} ({what}) is free")


async def _redis(url: str) -> Finding:
    try:
        async with asyncio.timeout(3), Redis.from_url(url) as client:  # pyright: ignore[reportUnknownMemberType]  # its keywords
            await client.execute_command("PING")  # pyright: ignore[reportUnknownMemberType]  # the same
    except (RedisError, OSError, TimeoutError, ValueError) as error:
        return Finding.problem(f"Redis does not answer: {error}", "Correct REDIS_URL; leave it out with one node.")
    return Finding.fine("Redis answers")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
