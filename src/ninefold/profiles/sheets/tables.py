"""Tables of profile sheets: the read model of the 360 view, derived from the events store."""

import sqlalchemy as sa

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")

profile_sheets = sa.Table(
    "profile_sheets",
    metadata,
    sa.Column("oneid", sa.Integer, primary_key=True, autoincrement=False, comment="the account whose rows these are"),
    sa.Column("part", sa.SmallInteger, primary_key=True, autoincrement=False, comment="1 facts, 2 tags, 3 entries"),
    sa.Column("body", sa.Text, nullable=False, comment="JSON"),
)

sheet_changes = sa.Table(
    "sheet_changes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("part", sa.SmallInteger, nullable=False),
    sa.Column("accounts", sa.LargeBinary, nullable=False, comment="roaring bitmap; their sheets do not hold any more"),
)

published_versions = sa.Table(
    "published_versions",
    metadata,
    sa.Column("kind", _TEXT, primary_key=True, comment="segment or tag"),
    sa.Column("key", _TEXT, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False, comment="the newest"),
    sa.Column("built_ms", sa.BigInteger, nullable=False),
    sa.Column("first_version", sa.BigInteger, nullable=False, comment="the first that profiles were told of"),
    sa.Column("first_ms", sa.BigInteger, nullable=False),
)
