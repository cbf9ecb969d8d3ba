"""Devices, groups, enrolment, certificates, presence and commands."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import JSONB

from gamekeeper.kernel.database.ddl import definer_function, global_table, system_table, tenant_table

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NOW = sa.text("now()")

# What every gateway says of its connections, all organizations in one statement. It never changes a state: it
# answers what is not as the gateway thinks, and the gateway puts that right as an event of the organization.
FLUSH_PRESENCE = """
CREATE FUNCTION flush_presence(
    node uuid, organizations uuid[], ids uuid[], epochs bigint[], serials text[], states text[], silences real[],
    cpus real[], memories real[], temperatures real[], disks real[], latencies real[])
RETURNS TABLE (id uuid, verdict text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH mine AS (
        SELECT * FROM unnest(
            organizations, ids, epochs, serials, states, silences, cpus, memories, temperatures, disks, latencies)
            AS m(organization_id, id, epoch, serial, state, silent, cpu, memory, temperature, disk, latency)
    ), held AS (
        -- Always in this order, as everybody who writes presence does: two that wait for one another never end.
        SELECT p.organization_id, p.id FROM device_presence p
        JOIN mine m ON p.organization_id = m.organization_id AND p.id = m.id AND p.epoch = m.epoch
        ORDER BY p.organization_id, p.id FOR NO KEY UPDATE OF p
    ), written AS (
        UPDATE device_presence p SET
            node = $1, last_seen = greatest(p.last_seen, now() - make_interval(secs => m.silent)),
            cpu = coalesce(m.cpu, p.cpu), memory = coalesce(m.memory, p.memory),
            temperature = coalesce(m.temperature, p.temperature), disk = coalesce(m.disk, p.disk),
            latency = coalesce(m.latency, p.latency)
        FROM held h JOIN mine m ON m.organization_id = h.organization_id AND m.id = h.id
        WHERE p.organization_id = h.organization_id AND p.id = h.id AND p.epoch = m.epoch
    )
    SELECT m.id, CASE
        WHEN d.id IS NULL THEN 'gone'
        WHEN d.revoked_at IS NOT NULL OR c.revoked_at IS NOT NULL THEN 'revoked'
        WHEN p.epoch > m.epoch THEN 'superseded'
        ELSE 'drifted' END
    FROM mine m
    LEFT JOIN devices d ON d.organization_id = m.organization_id AND d.id = m.id
    LEFT JOIN certificates c ON c.organization_id = m.organization_id AND c.serial = m.serial
    LEFT JOIN device_presence p ON p.organization_id = m.organization_id AND p.id = m.id
    WHERE d.id IS NULL OR d.revoked_at IS NOT NULL OR c.revoked_at IS NOT NULL
       OR p.epoch IS DISTINCT FROM m.epoch OR p.state <> m.state
    UNION ALL
    SELECT DISTINCT m.id, 'waiting'
    FROM mine m JOIN commands c ON c.organization_id = m.organization_id AND c.device_id = m.id AND c.state = 'queued'
        AND (c.not_before IS NULL OR c.not_before <= now())
$$
"""

# Devices that are said to be connected to a gateway that no longer lives, or that lives and has long stopped saying
# so, and ones whose last certificate ran out.
LOST_PRESENCE = """
CREATE FUNCTION lost_presence(stale interval, unsaid interval)
RETURNS TABLE (organization_id uuid, id uuid, epoch bigint, reason text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.organization_id, p.id, p.epoch,
        CASE WHEN n.beat_at > now() - stale THEN 'connection-lost'
             WHEN n.leaving THEN 'server-drain' ELSE 'gateway-lost' END
    FROM device_presence p LEFT JOIN gateway_nodes n ON n.id = p.node
    WHERE p.state IN ('online', 'degraded')
      AND (n.id IS NULL OR n.beat_at <= now() - stale OR p.last_seen <= now() - unsaid)
    UNION ALL
    SELECT p.organization_id, p.id, p.epoch, 'certificate-expired'
    FROM device_presence p
    WHERE p.state = 'offline' AND p.offline_reason <> 'certificate-expired'
      AND EXISTS (SELECT 1 FROM certificates c WHERE c.organization_id = p.organization_id AND c.device_id = p.id)
      AND NOT EXISTS (SELECT 1 FROM certificates c
                      WHERE c.organization_id = p.organization_id AND c.device_id = p.id AND c.not_after > now())
    LIMIT 1000
$$
"""

DUE_COMMANDS = """
CREATE FUNCTION due_commands(most integer)
RETURNS TABLE (organization_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.organization_id, c.id FROM commands c
    WHERE c.state IN ('queued', 'sent', 'acknowledged', 'running') AND c.expires_at <= now()
    ORDER BY c.expires_at LIMIT most
$$
"""


def upgrade() -> None:
    roles = context.config.attributes["roles"]

    op.create_table(
        "certificate_authorities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("trust_domain", sa.Text(), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("kind IN ('root', 'devices', 'gateway')", name=op.f("ck_certificate_authorities_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_authorities")),
    )
    op.create_index(
        "uq_certificate_authorities_root",
        "certificate_authorities",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("kind = 'root'"),
    )
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

    op.create_table(
        "device_groups",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "parent_id"],
            ["device_groups.organization_id", "device_groups.id"],
            name=op.f("fk_device_groups_organization_id_parent_id_device_groups"),
            ondelete="SET NULL (parent_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_device_groups_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_device_groups")),
        sa.UniqueConstraint(
            "organization_id",
            "parent_id",
            "name",
            name=op.f("uq_device_groups_organization_id_parent_id_name"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    tenant_table(roles, "device_groups")

    op.create_table(
        "devices",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
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
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint("approval IN ('approved', 'pending', 'rejected')", name=op.f("ck_devices_approval")),
        sa.CheckConstraint("kind IN ('pc', 'pi', 'room', 'server', 'console', 'other')", name=op.f("ck_devices_kind")),
        sa.CheckConstraint("mode IN ('observe', 'control', 'kiosk')", name=op.f("ck_devices_mode")),
        sa.ForeignKeyConstraint(
            ["organization_id", "group_id"],
            ["device_groups.organization_id", "device_groups.id"],
            name=op.f("fk_devices_organization_id_group_id_device_groups"),
            ondelete="SET NULL (group_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "site_id"],
            ["sites.organization_id", "sites.id"],
            name=op.f("fk_devices_organization_id_site_id_sites"),
            ondelete="SET NULL (site_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_devices_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_devices")),
    )
    op.create_index("ix_devices_group", "devices", ["organization_id", "group_id"], unique=False)
    op.create_index("ix_devices_name", "devices", ["organization_id", "name", "id"], unique=False)
    op.create_index("ix_devices_site", "devices", ["organization_id", "site_id"], unique=False)
    tenant_table(roles, "devices")
    system_table(roles, "devices")

    op.create_table(
        "device_tags",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "device_id"],
            ["devices.organization_id", "devices.id"],
            name=op.f("fk_device_tags_organization_id_device_id_devices"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_device_tags_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_device_tags")),
        sa.UniqueConstraint(
            "organization_id", "device_id", "tag", name=op.f("uq_device_tags_organization_id_device_id_tag")
        ),
    )
    op.create_index("ix_device_tags_tag", "device_tags", ["organization_id", "tag"], unique=False)
    tenant_table(roles, "device_tags")

    op.create_table(
        "device_log_lines",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "device_id"],
            ["devices.organization_id", "devices.id"],
            name=op.f("fk_device_log_lines_organization_id_device_id_devices"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_device_log_lines_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_device_log_lines")),
    )
    op.create_index(
        "ix_device_log_lines_device", "device_log_lines", ["organization_id", "device_id", "id"], unique=False
    )
    tenant_table(roles, "device_log_lines")

    op.create_table(
        "device_presence",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
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
        sa.CheckConstraint(
            "state IN ('never_seen', 'online', 'degraded', 'offline')", name=op.f("ck_device_presence_state")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "id"],
            ["devices.organization_id", "devices.id"],
            name=op.f("fk_device_presence_organization_id_id_devices"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_device_presence_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_device_presence")),
        postgresql_with={"fillfactor": 50},
    )
    tenant_table(roles, "device_presence")
    system_table(roles, "device_presence", rights="SELECT, UPDATE")
    op.execute("CREATE SEQUENCE device_epochs")
    op.execute(f"GRANT USAGE ON SEQUENCE device_epochs TO {roles.app}")

    op.create_table(
        "certificates",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "device_id"],
            ["devices.organization_id", "devices.id"],
            name=op.f("fk_certificates_organization_id_device_id_devices"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_certificates_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("organization_id", "serial", name=op.f("uq_certificates_organization_id_serial")),
    )
    op.create_index(
        "ix_certificates_device", "certificates", ["organization_id", "device_id", "not_after"], unique=False
    )
    op.create_index("ix_certificates_key", "certificates", ["organization_id", "key_hash"], unique=False)
    tenant_table(roles, "certificates")
    system_table(roles, "certificates")

    op.create_table(
        "claim_tokens",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
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
        sa.ForeignKeyConstraint(
            ["organization_id", "device_id"],
            ["devices.organization_id", "devices.id"],
            name=op.f("fk_claim_tokens_organization_id_device_id_devices"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "group_id"],
            ["device_groups.organization_id", "device_groups.id"],
            name=op.f("fk_claim_tokens_organization_id_group_id_device_groups"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "site_id"],
            ["sites.organization_id", "sites.id"],
            name=op.f("fk_claim_tokens_organization_id_site_id_sites"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_claim_tokens_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_claim_tokens")),
        sa.UniqueConstraint("organization_id", "secret_hash", name=op.f("uq_claim_tokens_organization_id_secret_hash")),
    )
    tenant_table(roles, "claim_tokens")

    op.create_table(
        "enrolment_requests",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("csr", sa.Text(), nullable=False),
        sa.Column("poll_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "device_id"],
            ["devices.organization_id", "devices.id"],
            name=op.f("fk_enrolment_requests_organization_id_device_id_devices"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_enrolment_requests_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_enrolment_requests")),
    )
    op.create_index(
        "ix_enrolment_requests_device", "enrolment_requests", ["organization_id", "device_id"], unique=False
    )
    tenant_table(roles, "enrolment_requests")

    op.create_table(
        "commands",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
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
        sa.CheckConstraint(
            "state IN ('queued', 'sent', 'acknowledged', 'running', 'succeeded', 'failed', 'refused', 'expired', 'cancelled')",
            name=op.f("ck_commands_state"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "device_id"],
            ["devices.organization_id", "devices.id"],
            name=op.f("fk_commands_organization_id_device_id_devices"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "file_id"],
            ["files.organization_id", "files.id"],
            name=op.f("fk_commands_organization_id_file_id_files"),
            ondelete="SET NULL (file_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_commands_organization_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_commands")),
    )
    op.create_index("ix_commands_bulk", "commands", ["organization_id", "bulk_id"], unique=False)
    op.create_index("ix_commands_device", "commands", ["organization_id", "device_id", "id"], unique=False)
    op.create_index(
        "ix_commands_due",
        "commands",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sent', 'acknowledged', 'running')"),
    )
    op.create_index(
        "ix_commands_queued",
        "commands",
        ["organization_id", "device_id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    tenant_table(roles, "commands")
    system_table(roles, "commands")

    definer_function(
        roles,
        "flush_presence(uuid, uuid[], uuid[], bigint[], text[], text[], real[], real[], real[], real[], real[], real[])",
        FLUSH_PRESENCE,
    )
    definer_function(roles, "lost_presence(interval, interval)", LOST_PRESENCE)
    definer_function(roles, "due_commands(integer)", DUE_COMMANDS)


def downgrade() -> None:
    op.execute("DROP FUNCTION due_commands(integer)")
    op.execute("DROP FUNCTION lost_presence(interval, interval)")
    op.execute(
        "DROP FUNCTION flush_presence(uuid, uuid[], uuid[], bigint[], text[], text[], real[],"
        " real[], real[], real[], real[], real[])"
    )
    op.execute("DROP SEQUENCE device_epochs")
    for table in (
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
    ):
        op.drop_table(table)
