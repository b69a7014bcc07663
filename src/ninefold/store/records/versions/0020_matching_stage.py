"""matching runs: what a run is at"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "matching_runs",
        sa.Column("stage", sa.Text(collation="C"), nullable=False, server_default="",
                  comment="reading, learning, scoring or joining"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_column("matching_runs", "stage")
