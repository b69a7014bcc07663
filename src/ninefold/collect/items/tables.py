"""The table of statements about things."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

item_statements = sa.Table(
    "item_statements",
    metadata,
    sa.Column("hash", sa.Uuid, primary_key=True),  # of source and message id, so that a repeat changes nothing
    sa.Column("item_type", sa.Text(collation="C"), nullable=False),
    sa.Column("item_id", sa.Text(collation="C"), nullable=False),
    sa.Column("ts", sa.BigInteger, nullable=False),  # ms UTC
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("removed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("properties", pg.JSONB, nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("ix_item_statements_item", "item_type", "item_id", "ts"),
)
"""What was said about a thing, one row per message; what holds now is derived in order of time, not of arrival."""
