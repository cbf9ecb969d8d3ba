"""Writing the next migration down: what alembic finds between models and database, in the words of `ddl`."""

import re
import sys
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.operations.ops import CreateIndexOp, CreateTableOp, DropTableOp, MigrationScript
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.elements import conv

from gamekeeper.kernel.database import ddl

_KEY = "sa.Column('organization_id', sa.Uuid(), nullable=False),\nsa.Column('id', sa.Uuid(), nullable=False),\n"
_TIMES = ",\n".join(
    f"sa.Column('{name}', sa.DateTime(timezone=True), server_default=NOW, nullable=False)"
    for name in ("created_at", "updated_at")
)
_PARTIAL = re.compile(r"op\.create_index\((?P<what>.+), unique=True, postgresql_where=sa\.text\((?P<condition>.+)\)\)")
_TENANT_KEY = ["organization_id", "id"]

_create_table = renderers.dispatch(CreateTableOp)
_create_index = renderers.dispatch(CreateIndexOp)


def write_migration(config: Config, name: str) -> Path:
    """Write the migration after the newest one; its file. `config` must hold a connection to a migrated database.

    `name` says what it is about in a few words: they are its docstring and, in small letters, the end of its file's
    name. Raises CommandError when the database is behind, or models and database agree: then there is nothing to write.
    """
    config.attributes["render_item"] = _render_item
    _tidy(config)
    newest = ScriptDirectory.from_config(config).get_current_head()
    script = command.revision(
        config,
        name[:1].upper() + name[1:],
        autogenerate=True,
        rev_id=f"{int(newest or 0) + 1:04}",
        process_revision_directives=_prune,
    )
    if not isinstance(script, Script):
        raise CommandError("Models and database agree: there is nothing to write.")
    return Path(script.path)


def _tidy(config: Config) -> None:
    """Let ruff, which every clone has, sort the imports and break the lines before anybody reads the file."""
    arguments = {"check": "check --quiet --fix --exit-zero", "format": "format --quiet"}
    options = {"hooks": ", ".join(arguments)}
    for hook, words in arguments.items():
        options |= {
            f"{hook}.type": "exec",
            f"{hook}.executable": str(Path(sys.executable).with_name("ruff")),
            f"{hook}.options": f"{words} REVISION_SCRIPT_FILENAME",
        }
    for option, value in options.items():
        config.set_section_option("post_write_hooks", option, value)


def _prune(_context: object, _revision: object, scripts: list[MigrationScript]) -> None:
    """No file when there is nothing to do, and no index dropped before the table that takes it along."""
    for way in (scripts[0].upgrade_ops, scripts[0].downgrade_ops):
        if way is None or way.is_empty():
            scripts.clear()
            return
        gone = {each.table_name for each in way.ops if isinstance(each, DropTableOp)}
        way.ops[:] = [
            each for each in way.ops if isinstance(each, DropTableOp) or getattr(each, "table_name", None) not in gone
        ]


@renderers.dispatch_for(CreateTableOp, replace=True)
def _table(context: AutogenContext, created: CreateTableOp) -> list[str]:
    table = created.to_table()
    text: str = _create_table(context, created).replace(_TIMES, "*times()")
    if "*times()" in text:
        _uses(context, "times")
    if _is_tenanted(table):
        _uses(context, "create_tenant_table")
        return ["", text.replace("op.create_table(", "create_tenant_table(roles, ", 1).replace(_KEY, "", 1)]
    shut = _uses(context, "tenant_table" if "organization_id" in table.columns else "global_table")
    return ["", text, f"{shut}(roles, {table.name!r})"]


@renderers.dispatch_for(CreateIndexOp, replace=True)
def _index(context: AutogenContext, created: CreateIndexOp) -> str:
    text: str = _create_index(context, created)
    partial = _PARTIAL.fullmatch(text)
    if partial is not None:
        return f"{_uses(context, 'unique_where')}({partial['what']}, {partial['condition']})"
    return text.replace(", unique=False", "")


def _render_item(_kind: str, item: object, context: AutogenContext) -> str | Literal[False] | None:
    """One part of a table; None leaves it out, since `create_tenant_table` makes it, False leaves it to alembic."""
    kind = type(item)
    if isinstance(item, sa.Constraint):
        return _constraint(context, item)
    if isinstance(item, JSONB):
        context.imports.add("from sqlalchemy.dialects.postgresql import JSONB")
        return "JSONB()"
    if kind.__module__.startswith("gamekeeper."):
        context.imports.add(f"from {kind.__module__} import {kind.__name__}")
        return f"{kind.__name__}()"
    if isinstance(item, sa.DefaultClause) and str(item.arg) == "now()":
        return _uses(context, "NOW")
    return False


def _constraint(context: AutogenContext, item: sa.Constraint) -> str | Literal[False] | None:
    match item:
        case sa.PrimaryKeyConstraint() if _is_tenanted(item.table):
            return None
        case sa.ForeignKeyConstraint() if item.column_keys[0] == "organization_id":
            return _reference(context, item)
        case sa.UniqueConstraint() if item.columns[0].name == "organization_id":
            return _unique(context, item)
        case sa.CheckConstraint() if isinstance(item.name, conv):
            name = item.name.removeprefix(f"ck_{item.table.name}_")
            return f"{_uses(context, 'check')}({name!r}, {str(item.sqltext)!r})"
        case _:
            return False


def _reference(context: AutogenContext, key: sa.ForeignKeyConstraint) -> str | Literal[False] | None:
    target = key.referred_table.name
    theirs = [element.column.name for element in key.elements]
    if (target, theirs, key.ondelete) == ("organizations", ["id"], "CASCADE"):
        return None if _is_tenanted(key.table) else f"{_uses(context, 'of_organization')}()"
    if theirs != _TENANT_KEY or key.onupdate or key.deferrable:
        return False
    column = key.column_keys[1]
    words = [repr(column), repr(target)]
    action = "SET NULL" if key.ondelete == f"SET NULL ({column})" else key.ondelete
    if action != "CASCADE":
        words.append(f"ondelete={action!r}")
    if not isinstance(key.name, conv):
        words.append(f"name={key.name!r}")
    return f"{_uses(context, 'within')}({', '.join(words)})"


def _unique(context: AutogenContext, key: sa.UniqueConstraint) -> str | Literal[False]:
    if key.deferrable or not isinstance(key.name, conv):
        return False
    words = [repr(column.name) for column in list(key.columns)[1:]]
    words += [f"{option}={value!r}" for option, value in key.dialect_kwargs.items() if value]
    return f"{_uses(context, 'unique')}({', '.join(words)})"


def _is_tenanted(table: sa.Table) -> bool:
    """Whether a model made it. What only the database knows has columns of other types, and is written in full."""
    key = list(table.primary_key.columns)
    return [column.name for column in key] == _TENANT_KEY and all(type(column.type) is sa.Uuid for column in key)


def _uses(context: AutogenContext, word: str) -> str:
    """A word of `ddl`, which the migration then imports."""
    context.imports.add(f"from {ddl.__name__} import {word}")
    return word
