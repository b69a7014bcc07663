"""Tables of member numbers: how far each series is, and what files of memberships changed."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

number_series = sa.Table(
    "number_series",
    metadata,
    sa.Column("node", _TEXT, primary_key=True),
    sa.Column("series", _TEXT, primary_key=True, comment="prefix, digits, order and check of the pattern"),
    sa.Column("passed", sa.BigInteger, nullable=False, comment="numbers given out or left out; they never come again"),
    sa.Column("secret", sa.BigInteger, nullable=False, comment="decides the order of random numbers"),
)

membership_imports = sa.Table(
    "membership_imports",
    metadata,
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

membership_import_rows = sa.Table(
    "membership_import_rows",
    metadata,
    sa.Column("import", sa.BigInteger, sa.ForeignKey("membership_imports.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("membership", sa.BigInteger, sa.ForeignKey("memberships.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("before", pg.JSONB(none_as_null=True), comment="as it was; null for one that the import made"),
    sa.Index("ix_membership_import_rows_membership", "membership"),
)
