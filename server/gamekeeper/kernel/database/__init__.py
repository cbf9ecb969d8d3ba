"""PostgreSQL: the base of every table, the pools, the roles and the row-level security."""

from gamekeeper.kernel.database.model import Base, Expect, Tenanted, Timestamped, Versioned, choice, new_id, tenant_fk
from gamekeeper.kernel.database.pools import Database, MissingTenant, TenantSession

__all__ = [
    "Base",
    "Database",
    "Expect",
    "MissingTenant",
    "TenantSession",
    "Tenanted",
    "Timestamped",
    "Versioned",
    "choice",
    "new_id",
    "tenant_fk",
]
