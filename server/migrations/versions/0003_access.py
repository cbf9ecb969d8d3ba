"""Members, roles, grants, invitations and API tokens."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import JSONB

from gamekeeper.kernel.database.ddl import (
    NOW,
    check,
    create_tenant_table,
    definer_function,
    drop_functions,
    drop_tables,
    system_table,
    times,
    unique,
    unique_where,
    version,
    within,
)

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MEMBERSHIPS_OF = """
CREATE FUNCTION memberships_of(for_user uuid)
RETURNS TABLE (organization_id uuid, name text, demo boolean, member_id uuid, joined_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.organization_id, o.name, o.demo, m.id, m.created_at
    FROM members m JOIN organizations o ON o.id = m.organization_id
    WHERE m.user_id = for_user
    ORDER BY m.created_at, m.organization_id
$$
"""


def upgrade() -> None:
    roles = context.config.attributes["roles"]
    op.add_column("organizations", sa.Column("require_mfa", sa.Text(), server_default="nobody", nullable=False))
    op.create_check_constraint(
        op.f("ck_organizations_require_mfa"), "organizations", "require_mfa IN ('nobody', 'admins', 'everyone')"
    )

    create_tenant_table(
        roles,
        "roles",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("permissions", JSONB(), nullable=False),
        version(),
        *times(),
        unique("name"),
    )

    create_tenant_table(
        roles,
        "members",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("limited", sa.Boolean(), nullable=False),
        version(),
        *times(),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_members_user_id_users"), ondelete="CASCADE"),
        unique("user_id"),
    )
    op.create_index(op.f("ix_members_user_id"), "members", ["user_id"])
    system_table(roles, "members")
    definer_function(roles, "memberships_of(uuid)", MEMBERSHIPS_OF)

    create_tenant_table(
        roles,
        "member_roles",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("builtin", sa.Text(), nullable=True),
        sa.Column("role_id", sa.Uuid(), nullable=True),
        check("builtin", "builtin IN ('owner', 'admin', 'manager', 'staff', 'moderator', 'viewer', 'customer')"),
        check("one_role", "num_nonnulls(builtin, role_id) = 1"),
        within("member_id", "members"),
        within("role_id", "roles", ondelete="NO ACTION"),
        unique("member_id", "builtin"),
        unique("member_id", "role_id"),
    )

    create_tenant_table(
        roles,
        "member_sites",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        within("member_id", "members"),
        within("site_id", "sites"),
        unique("member_id", "site_id"),
    )

    create_tenant_table(
        roles,
        "grants",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("resource_kind", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("permissions", JSONB(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        within("member_id", "members"),
    )
    op.create_index("ix_grants_member", "grants", ["organization_id", "member_id"])
    op.create_index("ix_grants_resource", "grants", ["organization_id", "resource_id"])

    create_tenant_table(
        roles,
        "invitations",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", JSONB(), nullable=False),
        sa.Column("sites", JSONB(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("invited_by_label", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
    )
    op.create_index("ix_invitations_token", "invitations", ["organization_id", "token_hash"])
    unique_where(
        "uq_invitations_open", "invitations", ["organization_id", "email"], "accepted_at IS NULL AND revoked_at IS NULL"
    )

    create_tenant_table(
        roles,
        "api_tokens",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("permissions", JSONB(), nullable=False),
        sa.Column("networks", JSONB(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_ip", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        within("member_id", "members"),
        unique("token_hash"),
    )
    op.create_index("ix_api_tokens_member", "api_tokens", ["organization_id", "member_id"])

    create_tenant_table(
        roles,
        "team_members",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        within("member_id", "members"),
        within("team_id", "teams"),
        unique("team_id", "member_id"),
    )


def downgrade() -> None:
    drop_functions("memberships_of(uuid)")
    drop_tables(
        "team_members",
        "api_tokens",
        "invitations",
        "grants",
        "member_sites",
        "member_roles",
        "members",
        "roles",
    )
    op.drop_column("organizations", "require_mfa")
