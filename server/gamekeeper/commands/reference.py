"""`gamekeeper reference`: what is made from the code, so that it cannot disagree with it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import click

from gamekeeper.app import build, furnish
from gamekeeper.kernel.access.permission import Permission
from gamekeeper.kernel.errors import GamekeeperError, code_of
from gamekeeper.kernel.events.event import every_event
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.settings import Settings
from gamekeeper.modules.metrics.settings import MetricsSettings

Kind = TypeVar("Kind")
_MADE = "Made from the code by `make generate`; do not edit.\n"


def write(root: Path, commands: click.Group) -> list[Path]:
    """Write the API's description and the reference pages below the clone `root`; the files."""
    furnish()
    pages = {
        "settings.md": _settings(),
        "commands.md": _commands(commands),
        "permissions.md": _permissions(),
        "events.md": _events(),
        "errors.md": _errors(),
    }
    written = [_write(root / "docs" / "reference" / name, "\n".join(lines) + "\n") for name, lines in pages.items()]
    description = json.dumps(build(_never).openapi(), indent=1, sort_keys=True, ensure_ascii=False)
    return [*written, _write(root / "web" / "openapi.json", description + "\n")]


def _write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


@asynccontextmanager
async def _never() -> AsyncGenerator[Runtime]:
    """The description of the app needs nothing that runs."""
    await asyncio.sleep(0)
    raise NotImplementedError
    yield


def _settings() -> Iterator[str]:
    yield f"# Settings\n\n{_MADE}\nAll of them are environment variables.\n"
    yield from _head("variable", "default", "meaning")
    for settings in (Settings, MetricsSettings):
        for name, field in settings.model_fields.items():
            variable = str(field.validation_alias or f"{settings.model_config.get('env_prefix')}{name.upper()}")
            yield _row(f"`{variable}`", _default(field.default), field.description or "")


def _default(value: object) -> str:
    match value:
        case None | "" | ():
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            return f"`{value}`"


def _commands(group: click.Group) -> Iterator[str]:
    yield f"# Commands\n\n{_MADE}"
    for name, command in _flat("gamekeeper", group):
        context = click.Context(command, info_name=name)
        usage = " ".join((name, *command.collect_usage_pieces(context)))
        yield f"## `{name}`\n\n{command.help or ''}\n\n```\n{usage}\n```\n"
        options = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
        if options:
            yield from _head("option", "meaning")
            yield from (_row(f"`{', '.join(option.opts)}`", option.help or "") for option in options)
            yield ""


def _flat(name: str, group: click.Group) -> Iterator[tuple[str, click.Command]]:
    for each, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _flat(f"{name} {each}", command)
        elif not command.hidden:
            yield f"{name} {each}", command


def _permissions() -> Iterator[str]:
    yield f"# Permissions\n\n{_MADE}\nThe owner has all of them.\n"
    yield from _head("permission", "allows to", "built-in roles")
    found = [member for kind in _below(Permission) for member in kind]
    for permission in sorted(found, key=lambda member: member.value):
        yield _row(f"`{permission.value}`", permission.meaning, ", ".join(sorted(permission.roles - {"owner"})))


def _events() -> Iterator[str]:
    yield f"# Events\n\n{_MADE}\nBesides its own data, each has `subject_id` and `subject_label`.\n"
    yield from _head("event", "meaning", "data")
    for name, event in every_event().items():
        fields = [f"`{field}`" for field in event.model_fields if field not in {"subject_id", "subject_label"}]
        yield _row(f"`{name}`", _first_line(event), ", ".join(fields))


def _errors() -> Iterator[str]:
    yield f"# Errors\n\n{_MADE}\nAnswers are `application/problem+json`; `code` is stable, the message may change.\n"
    yield from _head("code", "status", "message")
    for error in sorted(set(_below(GamekeeperError)), key=code_of):
        yield _row(f"`{code_of(error)}`", str(error.status), _first_line(error))


def _below(kind: type[Kind]) -> Iterator[type[Kind]]:
    for child in kind.__subclasses__():
        # What a test declares is no part of the program.
        if child.__module__.startswith("gamekeeper."):
            yield child
        yield from _below(child)


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").strip().partition("\n\n")[0].replace("\n", " ")


def _head(*columns: str) -> Iterator[str]:
    yield _row(*columns)
    yield _row(*("---" for _ in columns))


def _row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
