"""How long rows are kept: declared in the `jobs.py` of whoever owns a table, ended by one job."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from gamekeeper.kernel.settings import Settings

MADE_BEFORE = """
    r.id < (lpad(to_hex((extract(epoch FROM $1::timestamptz) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid"""
"""Made before `$1`, by the time inside a UUIDv7: with it the primary key finds old rows without looking at the rest."""

_lifetimes: list["Lifetime"] = []


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Rows `r` of `table` are removed when `old` is true of them, a condition on `$1`: now minus `kept`.

    None as `kept` keeps them for good.

    `key` are the columns that tell a row from the others of its organization, or of all where `global_`.
    """

    table: str
    old: str
    kept: Callable[[Settings], timedelta | None]
    key: tuple[str, ...]
    global_: bool

    def statement(self, most: int) -> str:
        """DELETE of at most `most` rows. `$1` is the moment; `$2` the organization unless `global_`."""
        columns = ", ".join(self.key)
        mine = "" if self.global_ else "organization_id = $2 AND "
        chosen = f"SELECT {columns} FROM {self.table} r WHERE {mine and f'r.{mine}'}{self.old} LIMIT {most}"  # noqa: S608 - of constants of ours
        return f"DELETE FROM {self.table} WHERE {mine}({columns}) IN ({chosen})"  # noqa: S608 - the same


def forget(
    table: str,
    old: str,
    kept: Callable[[Settings], timedelta | None] = lambda _: timedelta(),
    *,
    key: tuple[str, ...] = ("id",),
    global_: bool = False,
) -> Lifetime:
    """Let the hourly job remove rows of `table`: those of which `old` is true; see Lifetime.

    A row that names its own end, such as `expires_at`, needs no `kept`.
    """
    made = Lifetime(table, old, kept, key, global_)
    _lifetimes.append(made)
    return made


def every_lifetime() -> tuple[Lifetime, ...]:
    """All that the imported modules declared."""
    return tuple(_lifetimes)
