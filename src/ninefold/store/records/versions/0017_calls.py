"""calls of partners: limits, answers kept for repeats, secrets of the installation"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "call_limits",
        sa.Column("caller", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("full_at", _TIME, nullable=False, comment="when the whole burst is free again (GCRA's arrival time)"),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "call_answers",
        sa.Column("caller", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", _TEXT, primary_key=True, comment="the Idempotency-Key"),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False, comment="SHA-256 of method, address and body"),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("at", _TIME, nullable=False),
    )
    op.create_index("ix_call_answers_at", "call_answers", ["at"])
    op.create_table(
        "call_secrets",
        sa.Column("name", _TEXT, primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("call_secrets")
    op.drop_table("call_answers")
    op.drop_table("call_limits")
