"""The venue: ledger, prices, stations, sessions, leases."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import JSONB

from gamekeeper.kernel.database.ddl import (
    NOW,
    check,
    create_tenant_table,
    drop_tables,
    times,
    unique,
    unique_where,
    version,
    within,
)
from gamekeeper.kernel.database.roles import Roles
from gamekeeper.kernel.events.models import TransactionId
from gamekeeper.modules.venue.ledger.ddl import drop_ledger_rules, ledger_checks, ledger_rules
from gamekeeper.modules.venue.sessions.ddl import drop_sweeping, sweeping

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

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
    create_tenant_table(
        roles,
        "ledger_accounts",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("guarded", sa.Boolean(), nullable=False),
        sa.Column("balance", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        check("guard", GUARD),
        check("family", "family IN ('asset', 'liability', 'revenue', 'expense', 'equity')"),
        within("site_id", "sites", ondelete="RESTRICT"),
        unique("id", "currency"),
        unique("site_id", "name", "currency"),
        rights=ACCOUNT_RIGHTS,
    )

    create_tenant_table(
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
        within("reverses_id", "ledger_transfers", ondelete="RESTRICT"),
        within("site_id", "sites", ondelete="RESTRICT"),
        unique("key"),
        unique("reverses_id"),
        rights=TRANSFER_RIGHTS,
    )
    op.create_index("ix_ledger_transfers_subject", "ledger_transfers", ["organization_id", "subject_id"])

    create_tenant_table(
        roles,
        "ledger_postings",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        check("amount", "amount <> 0"),
        sa.ForeignKeyConstraint(
            ["organization_id", "account_id", "currency"],
            ["ledger_accounts.organization_id", "ledger_accounts.id", "ledger_accounts.currency"],
            name="fk_ledger_postings_account",
            ondelete="RESTRICT",
        ),
        within("transfer_id", "ledger_transfers", ondelete="RESTRICT"),
        rights="SELECT, INSERT",
    )
    op.create_index("ix_ledger_postings_account", "ledger_postings", ["organization_id", "account_id", "id"])
    op.create_index("ix_ledger_postings_transfer", "ledger_postings", ["organization_id", "transfer_id"])


def _floor(roles: Roles) -> None:
    create_tenant_table(
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
        version(),
        *times(),
        check("block_rounding", "block_rounding IN ('up', 'down', 'half_up')"),
        check("money_rounding", "money_rounding IN ('up', 'down', 'half_up')"),
        check("block_seconds", "block_seconds BETWEEN 1 AND 86400"),
        check("rate", "rate >= 0"),
        within("site_id", "sites"),
    )
    unique_where("uq_price_rules_active", "price_rules", ["organization_id", "site_id"], "active")

    create_tenant_table(
        roles,
        "venue_policies",
        sa.Column("early_end", sa.Text(), server_default="refund", nullable=False),
        sa.Column("warning_seconds", JSONB(), server_default=sa.text("'[300, 60]'::jsonb"), nullable=False),
        sa.Column("grace_seconds", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("offline_cap_seconds", sa.BigInteger(), server_default="28800", nullable=False),
        sa.Column("business_day_minutes", sa.BigInteger(), server_default="360", nullable=False),
        version(),
        *times(),
        check("early_end", "early_end IN ('burn', 'refund')"),
        check("business_day_minutes", "business_day_minutes BETWEEN 0 AND 1439"),
        check("grace_seconds", "grace_seconds BETWEEN 0 AND 3600"),
        check("offline_cap_seconds", "offline_cap_seconds BETWEEN 60 AND 86400"),
        rights="SELECT, INSERT, UPDATE",
    )

    create_tenant_table(
        roles,
        "stations",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="pc", nullable=False),
        sa.Column("zone", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("out_of_order", sa.Text(), nullable=True),
        version(),
        *times(),
        check("kind", "kind IN ('pc', 'console')"),
        within("device_id", "devices", ondelete="SET NULL"),
        within("site_id", "sites", ondelete="RESTRICT"),
        unique("site_id", "label"),
    )
    unique_where("uq_stations_device", "stations", ["organization_id", "device_id"], "device_id IS NOT NULL")

    create_tenant_table(
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
        sa.Column("told", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=True),
        check("desired", "desired IN ('locked', 'unlocked')"),
        check("reported", "reported IN ('locked', 'unlocked', 'warning', 'technician', 'unknown')"),
        within("id", "stations"),
        postgresql_with={"fillfactor": 50},
    )


def _sessions(roles: Roles) -> None:
    create_tenant_table(
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
        *times(),
        check("ended_at", "(state = 'open') = (ended_at IS NULL)"),
        check("ended_by", "ended_by IN ('time', 'staff', 'undo')"),
        check("state", "state IN ('open', 'ended', 'undone')"),
        within("site_id", "sites", ondelete="RESTRICT"),
        within("station_id", "stations", ondelete="RESTRICT"),
        rights="SELECT, INSERT, UPDATE",
    )
    is_open = sa.text("state = 'open'")
    op.create_index("ix_venue_sessions_ends", "venue_sessions", ["ends_at"], postgresql_where=is_open)
    op.create_index("ix_venue_sessions_station", "venue_sessions", ["organization_id", "station_id", "id"])
    unique_where("uq_venue_sessions_open", "venue_sessions", ["organization_id", "station_id"], "state = 'open'")

    create_tenant_table(
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
        check("kind", "kind IN ('start', 'extend')"),
        check("method", "method IN ('cash')"),
        check("amounts", "minutes > 0 AND amount >= 0"),
        within("session_id", "venue_sessions", ondelete="RESTRICT"),
        within("transfer_id", "ledger_transfers", ondelete="RESTRICT", name="fk_session_purchases_transfer"),
        unique("session_id", "number"),
        rights="SELECT, INSERT, UPDATE",
    )

    create_tenant_table(
        roles,
        "session_segments",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned", sa.Boolean(), server_default="false", nullable=False),
        check("kind", "kind IN ('play', 'pause', 'fault', 'grace')"),
        check("order", "ended_at >= started_at"),
        within("session_id", "venue_sessions", ondelete="RESTRICT"),
        unique("session_id", "number"),
    )


def _enforcement(roles: Roles) -> None:
    create_tenant_table(
        roles,
        "lease_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("secret_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        within("secret_id", "secrets", ondelete="RESTRICT"),
        unique("key_id"),
    )
    unique_where("uq_lease_keys_signing", "lease_keys", ["organization_id"], "retired_at IS NULL")

    create_tenant_table(
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
        check("kind", "kind IN ('play', 'sleep', 'off', 'fault', 'clock-back')"),
        within("device_id", "devices"),
        unique("device_id", "log_id", "seq"),
        rights="SELECT, INSERT",
    )
    create_tenant_table(
        roles,
        "seat_absences",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        check("order", "until_at > from_at"),
        within("device_id", "devices"),
        rights="SELECT, INSERT",
    )
    op.create_index("ix_seat_absences_device", "seat_absences", ["organization_id", "device_id", "until_at"])
    op.create_index("ix_seat_segments_session", "seat_segments", ["organization_id", "session_id", "id"])


def downgrade() -> None:
    drop_sweeping()
    drop_tables(
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
    )
    drop_ledger_rules()
