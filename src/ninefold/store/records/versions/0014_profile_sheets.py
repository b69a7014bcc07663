"""profile sheets: what the 360 view needs of an account, ready to be read"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TEXT = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "profile_sheets",
        sa.Column(
            "oneid", sa.Integer, primary_key=True, autoincrement=False, comment="the account whose rows these are"
        ),
        sa.Column("part", sa.SmallInteger, primary_key=True, autoincrement=False, comment="1 facts, 2 tags, 3 entries"),
        sa.Column("body", sa.Text, nullable=False, comment="JSON"),
    )
    op.create_table(
        "sheet_changes",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("part", sa.SmallInteger, nullable=False),
        sa.Column(
            "accounts", sa.LargeBinary, nullable=False, comment="roaring bitmap; their sheets do not hold any more"
        ),
    )
    op.create_table(
        "published_versions",
        sa.Column("kind", _TEXT, primary_key=True, comment="segment or tag"),
        sa.Column("key", _TEXT, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False, comment="the newest"),
        sa.Column("built_ms", sa.BigInteger, nullable=False),
        sa.Column("first_version", sa.BigInteger, nullable=False, comment="the first that profiles were told of"),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("published_versions")
    op.drop_table("sheet_changes")
    op.drop_table("profile_sheets")
