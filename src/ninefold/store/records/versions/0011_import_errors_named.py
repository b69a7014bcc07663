"""import errors: each names its entry in quarantine, so that events kept out by a tracking plan are found too"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_errors", sa.Column("message_id", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("import_errors", "message_id")
