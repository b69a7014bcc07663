"""Merges that wait for their cool-off to end."""

import sqlalchemy as sa

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

waiting_merges = sa.Table(
    "waiting_merges",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("one", sa.Integer, nullable=False, comment="the person when it was asked for; merges since are followed"),
    sa.Column("other", sa.Integer, nullable=False),
    sa.Column("cause", _TEXT, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("override", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("requested_at", _TIME, nullable=False),
    sa.Column("due_at", _TIME, nullable=False),
    sa.Column("state", _TEXT, nullable=False, server_default="waiting"),
    sa.Column("settled_at", _TIME),
    sa.Column("settled_by", sa.Text, nullable=False, server_default=""),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Index("uq_waiting_merges_open", "one", "other", unique=True, postgresql_where=sa.text("state = 'waiting'")),
    sa.Index("ix_waiting_merges_due", "due_at", postgresql_where=sa.text("state = 'waiting'")),
)
