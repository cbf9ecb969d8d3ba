"""Since when a device's log is followed, and which of its connections writes it down."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("devices", sa.Column("log_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("devices", sa.Column("log_epoch", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("devices", "log_epoch")
    op.drop_column("devices", "log_since")
