"""Devices, groups, enrolment, certificates, presence and commands."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import JSONB

from gamekeeper.kernel.database.ddl import (
    NOW,
    check,
    create_tenant_table,
    drop_tables,
    global_table,
    system_table,
    times,
    unique,
    unique_where,
    version,
    within,
)
from gamekeeper.kernel.database.roles import Roles
from gamekeeper.modules.fleet.commands.ddl import drop_expiring, expiring
from gamekeeper.modules.fleet.presence.ddl import drop_watching, watching

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    roles: Roles = context.config.attributes["roles"]
    _installation(roles)
    _devices(roles)
    _presence(roles)
    _enrolment(roles)
    _commands(roles)
    watching(roles)
    expiring(roles)


def _installation(roles: Roles) -> None:
    op.create_table(
        "certificate_authorities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("trust_domain", sa.Text(), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        check("kind", "kind IN ('root', 'devices', 'gateway')"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_authorities")),
    )
    unique_where("uq_certificate_authorities_root", "certificate_authorities", ["kind"], "kind = 'root'")
    global_table(roles, "certificate_authorities", rights="SELECT, INSERT")

    op.create_table(
        "gateway_nodes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("leaving", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_nodes")),
    )
    global_table(roles, "gateway_nodes")
    op.execute(f"GRANT SELECT ON gateway_nodes TO {roles.system}")


def _devices(roles: Roles) -> None:
    create_tenant_table(
        roles,
        "device_groups",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        version(),
        *times(),
        within("parent_id", "device_groups", ondelete="SET NULL"),
        unique("parent_id", "name", postgresql_nulls_not_distinct=True),
    )

    create_tenant_table(
        roles,
        "devices",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hostname", sa.Text(), server_default="", nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), server_default="pc", nullable=False),
        sa.Column("mode", sa.Text(), server_default="observe", nullable=False),
        sa.Column("location", sa.Text(), server_default="", nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("os", sa.Text(), server_default="", nullable=False),
        sa.Column("arch", sa.Text(), server_default="", nullable=False),
        sa.Column("agent_version", sa.Text(), server_default="", nullable=False),
        sa.Column("capabilities", JSONB(), nullable=True),
        sa.Column("machine", JSONB(), nullable=True),
        sa.Column("maintenance", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("approval", sa.Text(), server_default="approved", nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("log_level", sa.Text(), nullable=True),
        sa.Column("log_until", sa.DateTime(timezone=True), nullable=True),
        version(),
        *times(),
        check("approval", "approval IN ('approved', 'pending', 'rejected')"),
        check("kind", "kind IN ('pc', 'pi', 'room', 'server', 'console', 'other')"),
        check("mode", "mode IN ('observe', 'control', 'kiosk')"),
        within("group_id", "device_groups", ondelete="SET NULL"),
        within("site_id", "sites", ondelete="SET NULL"),
    )
    op.create_index("ix_devices_group", "devices", ["organization_id", "group_id"])
    op.create_index("ix_devices_name", "devices", ["organization_id", "name", "id"])
    op.create_index("ix_devices_site", "devices", ["organization_id", "site_id"])
    system_table(roles, "devices")

    create_tenant_table(
        roles,
        "device_tags",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        within("device_id", "devices"),
        unique("device_id", "tag"),
    )
    op.create_index("ix_device_tags_tag", "device_tags", ["organization_id", "tag"])

    create_tenant_table(
        roles,
        "device_log_lines",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        within("device_id", "devices"),
    )
    op.create_index("ix_device_log_lines_device", "device_log_lines", ["organization_id", "device_id", "id"])


def _presence(roles: Roles) -> None:
    create_tenant_table(
        roles,
        "device_presence",
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("node", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default="never_seen", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offline_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("ip", sa.Text(), server_default="", nullable=False),
        sa.Column("cpu", sa.REAL[float](), nullable=True),
        sa.Column("memory", sa.REAL[float](), nullable=True),
        sa.Column("temperature", sa.REAL[float](), nullable=True),
        sa.Column("disk", sa.REAL[float](), nullable=True),
        sa.Column("latency", sa.REAL[float](), nullable=True),
        check("state", "state IN ('never_seen', 'online', 'degraded', 'offline')"),
        within("id", "devices"),
        postgresql_with={"fillfactor": 50},
    )
    system_table(roles, "device_presence", rights="SELECT, UPDATE")
    op.execute("CREATE SEQUENCE device_epochs")
    op.execute(f"GRANT USAGE ON SEQUENCE device_epochs TO {roles.app}")


def _enrolment(roles: Roles) -> None:
    create_tenant_table(
        roles,
        "certificates",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        within("device_id", "devices"),
        unique("serial"),
    )
    op.create_index("ix_certificates_device", "certificates", ["organization_id", "device_id", "not_after"])
    op.create_index("ix_certificates_key", "certificates", ["organization_id", "key_hash"])
    system_table(roles, "certificates")

    create_tenant_table(
        roles,
        "claim_tokens",
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key_hash", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        within("device_id", "devices"),
        within("group_id", "device_groups"),
        within("site_id", "sites"),
        unique("secret_hash"),
    )

    create_tenant_table(
        roles,
        "enrolment_requests",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("csr", sa.Text(), nullable=False),
        sa.Column("poll_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        within("device_id", "devices"),
    )
    op.create_index("ix_enrolment_requests_device", "enrolment_requests", ["organization_id", "device_id"])


def _commands(roles: Roles) -> None:
    create_tenant_table(
        roles,
        "commands",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issuer_kind", sa.Text(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=True),
        sa.Column("issuer_label", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bulk_id", sa.Uuid(), nullable=True),
        sa.Column("percent", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("data", JSONB(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        check(
            "state",
            "state IN ('queued', 'sent', 'acknowledged', 'running', 'succeeded', 'failed', 'refused', 'expired', 'cancelled')",
        ),
        within("device_id", "devices"),
        within("file_id", "files", ondelete="SET NULL"),
    )
    op.create_index("ix_commands_bulk", "commands", ["organization_id", "bulk_id"])
    op.create_index("ix_commands_device", "commands", ["organization_id", "device_id", "id"])
    op.create_index(
        "ix_commands_due",
        "commands",
        ["expires_at"],
        postgresql_where=sa.text("state IN ('queued', 'sent', 'acknowledged', 'running')"),
    )
    op.create_index(
        "ix_commands_queued",
        "commands",
        ["organization_id", "device_id"],
        postgresql_where=sa.text("state = 'queued'"),
    )
    system_table(roles, "commands")


def downgrade() -> None:
    drop_expiring()
    drop_watching()
    op.execute("DROP SEQUENCE device_epochs")
    drop_tables(
        "commands",
        "enrolment_requests",
        "claim_tokens",
        "certificates",
        "device_presence",
        "device_log_lines",
        "device_tags",
        "devices",
        "device_groups",
        "gateway_nodes",
        "certificate_authorities",
    )
