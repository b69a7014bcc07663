"""identity spans: how a span began, meetings beside a stronger identifier, rows to move after a late unbind"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "identifiers",
        sa.Column(
            "cut",
            sa.SmallInteger(),
            server_default="0",
            nullable=False,
            comment="how its span began: 0 when first seen, 1 by an unbind, 2 after a silence",
        ),
    )
    op.execute(f"UPDATE identifiers SET cut = 1 WHERE since_ms > {-(2**63)}")
    op.create_table(
        "identity_beside",
        sa.Column("top", sa.BigInteger(), nullable=False, comment="the identifier that the two met beside"),
        sa.Column("a", sa.BigInteger(), nullable=False),
        sa.Column("b", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False, comment="the smallest number where it does not count"),
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("evidence", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("top", "a", "b", name=op.f("pk_identity_beside")),
        comment="meetings that count, and become statements of the ledger, when a stronger identifier is blocked",
    )
    op.create_table(
        "identity_moves",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("home", sa.Integer(), nullable=False, comment="number in the rows that are to move"),
        sa.Column("identifier", sa.BigInteger(), nullable=False, comment="the span in which they happened"),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_moves")),
        comment="rows of the events store that happened after an unbind which arrived after them",
    )


def downgrade() -> None:
    raise NotImplementedError
