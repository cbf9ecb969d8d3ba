<%def name="without_remarks(code)">${"\n".join(line for line in code.splitlines() if "# ###" not in line).strip()}</%def>\
"""${message}."""

import sqlalchemy as sa
from alembic import context, op
${imports or ""}
from gamekeeper.kernel.database.roles import Roles

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
% if "(roles, " in upgrades:
    roles: Roles = context.config.attributes["roles"]
% endif
    ${without_remarks(upgrades)}


def downgrade() -> None:
    ${without_remarks(downgrades)}
