"""The table of deletion notices: an outbox that is written in the transaction that ends an erasure."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

privacy_notices = sa.Table(
    "privacy_notices",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("request", sa.BigInteger, nullable=False),
    sa.Column("person", _TEXT, nullable=False, comment="public id"),
    sa.Column("destination", _TEXT, nullable=False),
    sa.Column("state", _TEXT, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("due_at", _TIME, nullable=False),
    sa.Column("settled_at", _TIME),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Column("payload", pg.JSONB, comment="what is told; null once settled, for it names the person"),
    sa.UniqueConstraint("request", "destination"),
    sa.Index("ix_privacy_notices_due", "due_at", postgresql_where=sa.text("state = 'pending'")),
)
