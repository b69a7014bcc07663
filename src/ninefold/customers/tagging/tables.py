"""The table of tags by hand. A row keeps the account that was named, so that an unmerge takes it along."""

import sqlalchemy as sa

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

manual_tags = sa.Table(
    "manual_tags",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("oneid", sa.Integer, nullable=False, comment="the account; reads fold merged accounts"),
    sa.Column("tag", _TEXT, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("source", _TEXT, nullable=False, comment="who says so"),
    sa.Column("why", sa.Text, nullable=False, server_default=""),
    sa.Column("at", _TIME, nullable=False),
    sa.Column("until", _TIME),
    sa.Column("removed_at", _TIME),
    sa.Column("removed_by", _TEXT, nullable=False, server_default="", comment="empty: it ended by itself"),
    sa.Column("removed_why", sa.Text, nullable=False, server_default=""),
    sa.Index(
        "uq_manual_tags_held", "oneid", "tag", "source", unique=True, postgresql_where=sa.text("removed_at IS NULL")
    ),
    sa.Index(
        "ix_manual_tags_until",
        "until",
        postgresql_where=sa.text("removed_at IS NULL AND until IS NOT NULL"),
    ),
)
