"""Tables of collection: inbox, batches, messages seen, quarantine."""

import sqlalchemy as sa

from ninefold.store import metadata

_TIME = sa.DateTime(timezone=True)

inbox_batches = sa.Table(
    "inbox_batches",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("event_count", sa.BigInteger, nullable=False),
    sa.Column("done_at", _TIME),
    sa.Index("ix_inbox_batches_unfinished", "id", postgresql_where=sa.text("done_at IS NULL")),
    sa.Index("ix_inbox_batches_done", "done_at"),
)
"""Sets of inbox rows that are worked on together. A batch never changes, so repeating it changes nothing twice."""

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("received_at", _TIME, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # wire, import or origin of our own facts
    sa.Column("event_count", sa.Integer, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),  # zstd of msgpack of events
    sa.Column("batch_id", sa.BigInteger),
    sa.Index("ix_inbox_waiting", "id", postgresql_where=sa.text("batch_id IS NULL")),
    sa.Index("ix_inbox_batch", "batch_id", postgresql_where=sa.text("batch_id IS NOT NULL")),
)
"""Accepted events, one row per request; only ever appended to, then claimed, then pruned."""

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("hash", sa.Uuid, primary_key=True),  # of source and message id
    sa.Column("batch_id", sa.BigInteger, nullable=False),
    sa.Index("ix_messages_batch", "batch_id", postgresql_using="brin"),
)
"""Which batch saw a message of a source first; the narrowest form, for there is a row per event."""

dropped_messages = sa.Table(
    "dropped_messages",
    metadata,
    sa.Column("batch_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),  # in the batch, its rows in order
    sa.Column("hash", sa.Uuid, nullable=False),  # of source and message id
    sa.Column("verdict", sa.Text, nullable=False),  # duplicate or suppressed
    sa.Index("ix_dropped_messages_hash", "hash"),
)
"""Events that were accepted and then not kept, so that a receipt can say so."""

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("received_at", _TIME, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # wire or import it came by
    sa.Column("reason_code", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False, server_default=""),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("envelope", sa.LargeBinary, nullable=False, server_default=sa.text("''")),  # what stood around it, JSON
    sa.Column("message_id", sa.Text, nullable=False, server_default=""),
    sa.Column("replayed_at", _TIME),
    sa.Index("ix_quarantine_message", "source", "message_id"),
    sa.Index("ix_quarantine_open", "id", postgresql_where=sa.text("replayed_at IS NULL")),
)
"""Events that could not be kept as events, with their bytes, so that nothing is lost."""
