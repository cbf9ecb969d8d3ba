"""The database in and out of a file, by PostgreSQL's own programs, and counted on both sides."""

import asyncio
import os
import secrets
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import asyncpg

from gamekeeper.commands.failures import StartRefused
from gamekeeper.commands.process import Ground
from gamekeeper.kernel.database.binaries import installed
from gamekeeper.kernel.database.databases import drop, renamed
from gamekeeper.kernel.database.pools import Connection

_HEAD_LINES = 40
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Contents:
    """Rows of each table at one moment, and what a dump does not say: which functions the system role owns."""

    postgres: int
    revision: str
    rows: dict[str, int]
    system_functions: list[str]


async def reading_url(found: Ground) -> str:
    """The URL of somebody who sees every organization's rows. Raises StartRefused when the owner is not one."""
    if found.embedded is not None:
        return found.embedded.superuser_url
    owner = await asyncpg.connect(found.owner_url)
    try:
        if await owner.fetchval("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"):
            return found.owner_url
    finally:
        await owner.close()
    raise StartRefused(
        "The user of DATABASE_URL may not read every organization's rows. "
        "Let a superuser run: ALTER ROLE … BYPASSRLS; or use the backups of your database's provider."
    )


async def dump(found: Ground, file: Path) -> Contents:
    """Write the whole database to `file`; what was counted and what was written are the same snapshot."""
    url = await reading_url(found)
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            contents = await count(connection, found.roles.system)
            await _run("pg_dump", url, "--format=custom", f"--snapshot={snapshot}", f"--file={file}")
    finally:
        await connection.close()
    return contents


async def load(found: Ground, database: str, file: Path) -> None:
    """Fill the empty `database` from `file` as the owner, whatever the owner was called where it was written.

    What belonged to the system role belongs to it again: its functions, and the tables that they make and fill.
    """
    url = renamed(found.owner_url, database)
    await _replay(url, file)
    owner = await asyncpg.connect(url)
    try:
        await owner.execute("\n".join(await _handovers(file, found.roles.system)))
    finally:
        await owner.close()


async def verify(found: Ground, database: str, expected: Contents) -> None:
    """Count the rows of `database` again. Raises StartRefused that names the first table that differs."""
    connection = await asyncpg.connect(renamed(await reading_url(found), database))
    try:
        counted = await count(connection, found.roles.system)
    finally:
        await connection.close()
    for table in sorted(expected.rows.keys() | counted.rows.keys()):
        before, after = expected.rows.get(table), counted.rows.get(table)
        if before != after:
            raise StartRefused(f"The restored copy differs: {table} had {before} rows and has {after}.")
    if counted.system_functions != expected.system_functions or counted.revision != expected.revision:
        raise StartRefused("The restored copy differs: its functions or its version are not the original's.")


@asynccontextmanager
async def scratch(found: Ground, purpose: str) -> AsyncGenerator[str]:
    """A new, empty database, dropped at the end unless it was renamed meanwhile. Raises StartRefused."""
    name = f"gamekeeper_{purpose}_{secrets.token_hex(4)}"
    owner = await asyncpg.connect(maintenance_url(found))
    try:
        await owner.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield name
        finally:
            await drop(owner, name)
    except asyncpg.InsufficientPrivilegeError:
        raise StartRefused(
            "The user of DATABASE_URL may not create the database in which the copy is verified. "
            "Let a superuser run: ALTER ROLE … CREATEDB."
        ) from None
    finally:
        await owner.close()


async def count(connection: Connection, system: str) -> Contents:
    """What this connection sees of its database."""
    tables = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"
    )
    rows = {
        str(table["relname"]): int(await connection.fetchval(f'SELECT count(*) FROM public."{table["relname"]}"'))  # noqa: S608  # a name from the catalogue
        for table in tables
    }
    functions = await connection.fetch(
        "SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner "
        "WHERE r.rolname = $1 AND p.pronamespace = 'public'::regnamespace ORDER BY 1",
        system,
    )
    revision = await connection.fetchval("SELECT version_num FROM alembic_version") if "alembic_version" in rows else ""
    return Contents(
        postgres=connection.get_server_version().major,
        revision=revision or "",
        rows=rows,
        system_functions=[str(function["name"]) for function in functions],
    )


def maintenance_url(found: Ground) -> str:
    """The database that every server has: to rename ours, nobody may be connected to it."""
    return renamed(found.owner_url, "postgres")


async def _run(program: str, url: str, *arguments: str) -> None:
    address, environment = _address(url)
    running = await asyncio.create_subprocess_exec(
        *(_find(program), "--no-password", f"--dbname={address}", *arguments),
        env=environment,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    _, told = await _ended(running)
    _succeed(program, running, told)


async def _replay(url: str, file: Path) -> None:
    """pg_restore writes what psql reads: on its own it would set what PostgreSQL 15 and 16 do not know, and give up."""
    address, environment = _address(url)
    reading = await asyncio.create_subprocess_exec(
        *(_find("pg_restore"), "--no-owner", "--file=-", str(file)), env=environment, stdout=PIPE, stderr=PIPE
    )
    writing = await asyncio.create_subprocess_exec(
        *(_find("psql"), "--no-password", f"--dbname={address}", "--no-psqlrc", "--quiet", "--single-transaction"),
        "--set=ON_ERROR_STOP=1",
        env=environment,
        stdin=PIPE,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        # Both complaints are read all the time: a full pipe would stop everything.
        _, complaint, refusal = await asyncio.gather(_pass_on(reading, writing), _all(reading), _all(writing))
    except asyncio.CancelledError:
        for each in (reading, writing):
            each.kill()
        raise
    finally:
        await asyncio.gather(reading.wait(), writing.wait())
    _succeed("psql", writing, refusal)
    _succeed("pg_restore", reading, complaint)


async def _handovers(file: Path, role: str) -> list[str]:
    """The statements of `file` that give something to `role`; those for the owner may name a role of elsewhere."""
    reading = await asyncio.create_subprocess_exec(
        *(_find("pg_restore"), "--schema-only", "--file=-", str(file)),
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    written, told = await _ended(reading)
    _succeed("pg_restore", reading, told)
    return [
        line
        for line in written.decode().splitlines()
        if line.startswith("ALTER ") and line.endswith(f" OWNER TO {role};")
    ]


async def _pass_on(reading: Process, writing: Process) -> None:
    source, sink = reading.stdout, writing.stdin
    if source is None or sink is None:
        return
    try:
        for _ in range(_HEAD_LINES):
            line = await source.readline()
            if not line.startswith(b"SET transaction_timeout"):
                sink.write(line)
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
    except ConnectionError:
        # psql has ended, and its own words say why; pg_restore must not wait for a reader.
        reading.kill()
    finally:
        sink.close()


async def _all(process: Process) -> bytes:
    return b"" if process.stderr is None else await process.stderr.read()


async def _ended(running: Process) -> tuple[bytes, bytes]:
    try:
        return await running.communicate()
    except asyncio.CancelledError:
        running.terminate()
        await running.wait()
        raise


def _succeed(program: str, done: Process, told: bytes) -> None:
    if done.returncode == 0:
        return
    lines = told.decode(errors="replace").splitlines() or [f"status {done.returncode}"]
    first = next((line for line in lines if "error" in line.lower()), lines[0])
    raise StartRefused(f"{program} failed: {first.removeprefix(f'{program}: ')}")


def _address(url: str) -> tuple[str, dict[str, str]]:
    """The URL without its password, which goes through the environment: everybody sees a program's arguments."""
    parts = urlsplit(url)
    shown = parts._replace(netloc=f"{quote(unquote(parts.username or ''))}@{parts.netloc.rpartition('@')[2]}")
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGPASSWORD": unquote(parts.password or "")}
    return urlunsplit(shown), environment


def _find(program: str) -> str:
    try:
        return str(installed().tool(program))
    except LookupError:
        found = shutil.which(program)
    if found is None:
        raise StartRefused(f"{program} is needed and not installed. Install PostgreSQL's client programs.")
    return found
