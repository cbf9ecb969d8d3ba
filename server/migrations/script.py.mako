<%def name="steps(code)">\
% if "(roles, " in code:
    roles: Roles = context.config.attributes["roles"]
% endif
    ${"\n".join(line for line in code.splitlines() if "# ###" not in line).strip()}\
</%def>\
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
${steps(upgrades)}


def downgrade() -> None:
${steps(downgrades)}
