"""More than one database of the same server: the URL of another, and dropping one."""

from urllib.parse import quote, urlsplit, urlunsplit

from gamekeeper.kernel.database.pools import Connection


def renamed(url: str, database: str) -> str:
    """The same server and user, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(database)}"))


async def drop(owner: Connection, database: str) -> None:
    """Drop `database` if it exists, ending what this user still has open there. `owner` is connected to another one.

    Raises asyncpg.ObjectInUseError when somebody else stays connected for five seconds.
    """
    # WITH (FORCE) would fail here: it asks whether we may end every process, and an autovacuum worker belongs
    # to no role, so only a superuser may. Without it PostgreSQL sends the workers away and waits for the rest.
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = $1 AND usename = current_user AND backend_type = 'client backend'",
        database,
    )
    quoted = await owner.fetchval("SELECT quote_ident($1)", database)
    await owner.execute(f"DROP DATABASE IF EXISTS {quoted}")
