"""Receipts: events that were accepted and then not kept."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dropped_messages",
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "position", name=op.f("pk_dropped_messages")),
    )
    op.create_index("ix_dropped_messages_hash", "dropped_messages", ["hash"])


def downgrade() -> None:
    op.drop_index("ix_dropped_messages_hash", table_name="dropped_messages")
    op.drop_table("dropped_messages")
