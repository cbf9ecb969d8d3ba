"""The venue: ledger, prices, stations, sessions, leases."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import JSONB

from gamekeeper.kernel.database.ddl import tenant_table
from gamekeeper.kernel.database.roles import Roles
from gamekeeper.kernel.events.models import TransactionId
from gamekeeper.modules.venue.ledger.ddl import drop_ledger_rules, ledger_checks, ledger_rules
from gamekeeper.modules.venue.sessions.ddl import drop_sweeping, sweeping

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NOW = sa.text("now()")

GUARD = """NOT guarded
    OR (family IN ('asset', 'expense') AND balance >= 0)
    OR (family NOT IN ('asset', 'expense') AND balance <= 0)"""

# Whoever may write a balance could invent money, and whoever may write `xid` could add to an old transfer.
ACCOUNT_RIGHTS = "SELECT, INSERT (organization_id, id, site_id, name, family, currency, guarded)"
TRANSFER_RIGHTS = """SELECT, INSERT (organization_id, id, site_id, key, kind, reason, subject_id, reverses_id,
    business_day, actor_kind, actor_id, actor_label, posted_at)"""


def upgrade() -> None:
    roles: Roles = context.config.attributes["roles"]
    _ledger(roles)
    ledger_rules(roles)
    _floor(roles)
    _sessions(roles)
    _enforcement(roles)
    ledger_checks(roles)
    sweeping(roles)


def _ledger(roles: Roles) -> None:
    _table(
        roles,
        "ledger_accounts",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("guarded", sa.Boolean(), nullable=False),
        sa.Column("balance", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            GUARD,
            name=op.f("ck_ledger_accounts_guard"),
        ),
        sa.CheckConstraint(
            "family IN ('asset', 'liability', 'revenue', 'expense', 'equity')", name=op.f("ck_ledger_accounts_family")
        ),
        _within("ledger_accounts", "site_id", "sites", ondelete="RESTRICT"),
        _unique("ledger_accounts", "organization_id", "id", "currency"),
        _unique("ledger_accounts", "organization_id", "site_id", "name", "currency"),
        rights=ACCOUNT_RIGHTS,
    )

    _table(
        roles,
        "ledger_transfers",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_label", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("xid", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        _within("ledger_transfers", "reverses_id", "ledger_transfers", ondelete="RESTRICT"),
        _within("ledger_transfers", "site_id", "sites", ondelete="RESTRICT"),
        _unique("ledger_transfers", "organization_id", "key"),
        _unique("ledger_transfers", "organization_id", "reverses_id"),
        rights=TRANSFER_RIGHTS,
    )
    op.create_index("ix_ledger_transfers_subject", "ledger_transfers", ["organization_id", "subject_id"])

    _table(
        roles,
        "ledger_postings",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_ledger_postings_amount")),
        sa.ForeignKeyConstraint(
            ["organization_id", "account_id", "currency"],
            ["ledger_accounts.organization_id", "ledger_accounts.id", "ledger_accounts.currency"],
            name="fk_ledger_postings_account",
            ondelete="RESTRICT",
        ),
        _within("ledger_postings", "transfer_id", "ledger_transfers", ondelete="RESTRICT"),
        rights="SELECT, INSERT",
    )
    op.create_index("ix_ledger_postings_account", "ledger_postings", ["organization_id", "account_id", "id"])
    op.create_index("ix_ledger_postings_transfer", "ledger_postings", ["organization_id", "transfer_id"])


def _floor(roles: Roles) -> None:
    _table(
        roles,
        "price_rules",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("block_seconds", sa.BigInteger(), nullable=False),
        sa.Column("block_rounding", sa.Text(), nullable=False),
        sa.Column("money_rounding", sa.Text(), nullable=False),
        sa.Column("presets", JSONB(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        *_times(),
        sa.CheckConstraint("block_rounding IN ('up', 'down', 'half_up')", name=op.f("ck_price_rules_block_rounding")),
        sa.CheckConstraint("money_rounding IN ('up', 'down', 'half_up')", name=op.f("ck_price_rules_money_rounding")),
        sa.CheckConstraint("block_seconds BETWEEN 1 AND 86400", name=op.f("ck_price_rules_block_seconds")),
        sa.CheckConstraint("rate >= 0", name=op.f("ck_price_rules_rate")),
        _within("price_rules", "site_id", "sites", ondelete="CASCADE"),
    )
    _unique_where("uq_price_rules_active", "price_rules", ["organization_id", "site_id"], "active")

    _table(
        roles,
        "venue_policies",
        sa.Column("early_end", sa.Text(), server_default="refund", nullable=False),
        sa.Column("warning_seconds", JSONB(), server_default=sa.text("'[300, 60]'::jsonb"), nullable=False),
        sa.Column("grace_seconds", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("offline_cap_seconds", sa.BigInteger(), server_default="28800", nullable=False),
        sa.Column("business_day_minutes", sa.BigInteger(), server_default="360", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        *_times(),
        sa.CheckConstraint("early_end IN ('burn', 'refund')", name=op.f("ck_venue_policies_early_end")),
        sa.CheckConstraint(
            "business_day_minutes BETWEEN 0 AND 1439", name=op.f("ck_venue_policies_business_day_minutes")
        ),
        sa.CheckConstraint("grace_seconds BETWEEN 0 AND 3600", name=op.f("ck_venue_policies_grace_seconds")),
        sa.CheckConstraint(
            "offline_cap_seconds BETWEEN 60 AND 86400", name=op.f("ck_venue_policies_offline_cap_seconds")
        ),
        rights="SELECT, INSERT, UPDATE",
    )

    _table(
        roles,
        "stations",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="pc", nullable=False),
        sa.Column("zone", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("out_of_order", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        *_times(),
        sa.CheckConstraint("kind IN ('pc', 'console')", name=op.f("ck_stations_kind")),
        _within("stations", "device_id", "devices", ondelete="SET NULL (device_id)"),
        _within("stations", "site_id", "sites", ondelete="RESTRICT"),
        _unique("stations", "organization_id", "site_id", "label"),
    )
    _unique_where("uq_stations_device", "stations", ["organization_id", "device_id"], "device_id IS NOT NULL")

    _table(
        roles,
        "station_states",
        sa.Column("desired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("desired", sa.Text(), server_default="locked", nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("reported", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_session", sa.Text(), nullable=True),
        sa.Column("reported_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("remaining_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=True),
        sa.CheckConstraint("desired IN ('locked', 'unlocked')", name=op.f("ck_station_states_desired")),
        sa.CheckConstraint(
            "reported IN ('locked', 'unlocked', 'warning', 'technician', 'unknown')",
            name=op.f("ck_station_states_reported"),
        ),
        _within("station_states", "id", "stations", ondelete="CASCADE"),
        postgresql_with={"fillfactor": 50},
    )


def _sessions(roles: Roles) -> None:
    _table(
        roles,
        "venue_sessions",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("guest", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rule", JSONB(), nullable=False),
        sa.Column("early_end", sa.Text(), nullable=False),
        sa.Column("warning_seconds", JSONB(), nullable=False),
        sa.Column("grace_seconds", sa.BigInteger(), nullable=False),
        sa.Column("offline_cap_seconds", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("played_ms", sa.BigInteger(), server_default="0", nullable=False),
        *_times(),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name=op.f("ck_venue_sessions_ended_at")),
        sa.CheckConstraint("ended_by IN ('time', 'staff', 'undo')", name=op.f("ck_venue_sessions_ended_by")),
        sa.CheckConstraint("state IN ('open', 'ended', 'undone')", name=op.f("ck_venue_sessions_state")),
        _within("venue_sessions", "site_id", "sites", ondelete="RESTRICT"),
        _within("venue_sessions", "station_id", "stations", ondelete="RESTRICT"),
        rights="SELECT, INSERT, UPDATE",
    )
    is_open = sa.text("state = 'open'")
    op.create_index("ix_venue_sessions_ends", "venue_sessions", ["ends_at"], postgresql_where=is_open)
    op.create_index("ix_venue_sessions_station", "venue_sessions", ["organization_id", "station_id", "id"])
    _unique_where("uq_venue_sessions_open", "venue_sessions", ["organization_id", "station_id"], "state = 'open'")

    _table(
        roles,
        "session_purchases",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("preset", sa.Boolean(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("bought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sold_by", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('start', 'extend')", name=op.f("ck_session_purchases_kind")),
        sa.CheckConstraint("method IN ('cash')", name=op.f("ck_session_purchases_method")),
        sa.CheckConstraint("minutes > 0 AND amount >= 0", name=op.f("ck_session_purchases_amounts")),
        _within("session_purchases", "session_id", "venue_sessions", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["organization_id", "transfer_id"],
            ["ledger_transfers.organization_id", "ledger_transfers.id"],
            name="fk_session_purchases_transfer",
            ondelete="RESTRICT",
        ),
        _unique("session_purchases", "organization_id", "session_id", "number"),
        rights="SELECT, INSERT, UPDATE",
    )

    _table(
        roles,
        "session_segments",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("kind IN ('play', 'pause', 'fault', 'grace')", name=op.f("ck_session_segments_kind")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_session_segments_order")),
        _within("session_segments", "session_id", "venue_sessions", ondelete="RESTRICT"),
        _unique("session_segments", "organization_id", "session_id", "number"),
    )


def _enforcement(roles: Roles) -> None:
    _table(
        roles,
        "lease_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("secret_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        _within("lease_keys", "secret_id", "secrets", ondelete="RESTRICT"),
        _unique("lease_keys", "organization_id", "key_id"),
    )
    _unique_where("uq_lease_keys_signing", "lease_keys", ["organization_id"], "retired_at IS NULL")

    _table(
        roles,
        "seat_segments",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("log_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('play', 'sleep', 'off', 'fault', 'clock-back')", name=op.f("ck_seat_segments_kind")
        ),
        _within("seat_segments", "device_id", "devices", ondelete="CASCADE"),
        _unique("seat_segments", "organization_id", "device_id", "log_id", "seq"),
        rights="SELECT, INSERT",
    )
    _table(
        roles,
        "seat_absences",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("until_at > from_at", name=op.f("ck_seat_absences_order")),
        _within("seat_absences", "device_id", "devices", ondelete="CASCADE"),
        rights="SELECT, INSERT",
    )
    op.create_index("ix_seat_absences_device", "seat_absences", ["organization_id", "device_id", "until_at"])
    op.create_index("ix_seat_segments_session", "seat_segments", ["organization_id", "session_id", "id"])


def downgrade() -> None:
    drop_sweeping()
    for table in (
        "seat_absences",
        "seat_segments",
        "lease_keys",
        "session_segments",
        "session_purchases",
        "venue_sessions",
        "station_states",
        "stations",
        "venue_policies",
        "price_rules",
        "ledger_postings",
        "ledger_transfers",
        "ledger_accounts",
    ):
        op.drop_table(table)
    drop_ledger_rules()


def _table(
    roles: Roles, name: str, *items: Any, rights: str = "SELECT, INSERT, UPDATE, DELETE", **options: Any
) -> None:
    """A tenant table with its key, its organization and its row-level security."""
    op.create_table(
        name,
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *items,
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f(f"fk_{name}_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f(f"pk_{name}")),
        **options,
    )
    tenant_table(roles, name, rights=rights)


def _times() -> tuple[sa.Column[Any], sa.Column[Any]]:
    """When a row was made and last changed."""
    kind = sa.DateTime(timezone=True)
    return (
        sa.Column("created_at", kind, server_default=NOW, nullable=False),
        sa.Column("updated_at", kind, server_default=NOW, nullable=False),
    )


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    """Unique columns, the organization first."""
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _unique_where(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(name, table, columns, unique=True, postgresql_where=sa.text(condition))


def _within(table: str, column: str, target: str, ondelete: str, name: str | None = None) -> sa.ForeignKeyConstraint:
    """A reference inside one organization."""
    return sa.ForeignKeyConstraint(
        ["organization_id", column],
        [f"{target}.organization_id", f"{target}.id"],
        name=op.f(name or f"fk_{table}_organization_id_{column}_{target}"),
        ondelete=ondelete,
    )
