"""The table of relations that events tell. The named one stands as an identifier, so it may become known later, and
reads follow it through merges and their taking back.
"""

import sqlalchemy as sa

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")

told_relations = sa.Table(
    "told_relations",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("document", _TEXT, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="of the document whose rule told it last"),
    sa.Column("kind", _TEXT, nullable=False),
    sa.Column("oneid", sa.Integer, nullable=False, comment="the event's person, as stored"),
    sa.Column("side", _TEXT, nullable=False, comment="what the named one is: from, to or product"),
    sa.Column("namespace", _TEXT, nullable=False, comment="of the named one; empty for a product"),
    sa.Column("value", _TEXT, nullable=False, comment="normalised; id of a product"),
    sa.Column("since_ms", sa.BigInteger, nullable=False, comment="of the earliest event"),
    sa.Column("source", _TEXT, nullable=False),
    sa.Column("message_id", _TEXT, nullable=False),
    sa.UniqueConstraint("document", "kind", "oneid", "side", "namespace", "value"),
    sa.Index("ix_told_relations_oneid", "oneid"),
    sa.Index("ix_told_relations_named", "namespace", "value"),
)
