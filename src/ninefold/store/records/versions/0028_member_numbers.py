"""member numbers: series, numbers issued, files of memberships"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "memberships",
        sa.Column(
            "issued", _TEXT, nullable=False, server_default="", comment="the number given here to one that came without"
        ),
    )
    for column in ("number", "issued"):
        op.create_index(
            f"ix_memberships_{column}", "memberships", [column, "node"], postgresql_where=sa.text(f"{column} <> ''")
        )
    op.create_table(
        "number_series",
        sa.Column("node", _TEXT, primary_key=True),
        sa.Column("series", _TEXT, primary_key=True, comment="prefix, digits, order and check of the pattern"),
        sa.Column(
            "passed", sa.BigInteger, nullable=False, comment="numbers given out or left out; they never come again"
        ),
        sa.Column("secret", sa.BigInteger, nullable=False, comment="decides the order of random numbers"),
    )
    op.create_table(
        "membership_imports",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("made", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("rejected", sa.Integer, nullable=False),
        sa.Column("undone_at", _TIME),
    )
    op.create_table(
        "membership_import_rows",
        sa.Column(
            "import", sa.BigInteger, sa.ForeignKey("membership_imports.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("membership", sa.BigInteger, sa.ForeignKey("memberships.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("before", pg.JSONB(none_as_null=True), comment="as it was; null for one that the import made"),
    )
    op.create_index("ix_membership_import_rows_membership", "membership_import_rows", ["membership"])


def downgrade() -> None:
    op.drop_table("membership_import_rows")
    op.drop_table("membership_imports")
    op.drop_table("number_series")
    op.drop_index("ix_memberships_issued", "memberships")
    op.drop_index("ix_memberships_number", "memberships")
    op.drop_column("memberships", "issued")
