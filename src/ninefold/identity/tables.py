"""Tables of OneID: the event-sourced identifier ledger.

`identity_assertions` is the truth and is only appended to. `identifiers.oneid` and `persons.merged_into` are the
present reading of it under the rules, kept for speed. There are no foreign keys on the hot tables: one writer at a
time writes them, from one place, and the check of a key per row would cost more than the row.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")  # compared byte by byte: exact and several times faster than a language's order

persons = sa.Table(
    "persons",
    metadata,
    sa.Column("oneid", sa.Integer, sa.Identity(start=1), primary_key=True),
    sa.Column("public_id", _TEXT, nullable=False, unique=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("merged_into", sa.Integer, comment="the root, never another merged person; null for a root"),
    sa.Column(
        "contested",
        sa.SmallInteger,
        nullable=False,
        server_default="0",
        comment="of a root: 0 no rule was ever offended, 1 derive anew whenever something is learnt, 2 too large",
    ),
    sa.Column("erased_at", sa.DateTime(timezone=True), comment="a tombstone: nothing of the person is kept"),
    sa.Index("ix_persons_merged_into", "merged_into", postgresql_where=sa.text("merged_into IS NOT NULL")),
)

identifiers = sa.Table(
    "identifiers",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(start=1), primary_key=True),
    sa.Column("namespace", _TEXT, nullable=False),
    sa.Column("value", _TEXT, nullable=False),
    sa.Column("oneid", sa.Integer, comment="root person now; null while no event belongs to it"),
    sa.Column("origin", sa.Integer, comment="its own number, written in the events it is the centre of; null before"),
    sa.Column("first_seen_ms", sa.BigInteger, nullable=False),
    sa.Column("last_seen_ms", sa.BigInteger, nullable=False, comment="to the day, so that a busy one is not rewritten"),
    sa.Column("state", sa.SmallInteger, nullable=False, server_default="0", comment="0 active, 1 blocked"),
    sa.Column("since_ms", sa.BigInteger, nullable=False, server_default=str(-(2**63)), comment="start of its span"),
    sa.Column(
        "until_ms",
        sa.BigInteger,
        nullable=False,
        server_default=str(2**63 - 1),
        comment="when it was taken from its person; a new row goes on from there",
    ),
    sa.Column(
        "cut",
        sa.SmallInteger,
        nullable=False,
        server_default="0",
        comment="how its span began: 0 when first seen, 1 by an unbind, 2 after a silence",
    ),
    sa.UniqueConstraint("namespace", "value", "until_ms"),
    sa.Index("ix_identifiers_oneid", "oneid"),
    postgresql_with={"fillfactor": "90"},
)

identity_assertions = sa.Table(
    "identity_assertions",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(start=1), nullable=False),
    sa.Column("a", sa.BigInteger, nullable=False, comment="the smaller identifier; a = b says something about one"),
    sa.Column("b", sa.BigInteger, nullable=False),
    sa.Column(
        "action",
        sa.SmallInteger,
        nullable=False,
        comment="1 assert 2 refuse 3 retract 4 block 5 unblock 6 must 7 cannot 8 free 9 unbind",
    ),
    sa.Column("reason", sa.SmallInteger, nullable=False, comment="0 none 1 cap 2 veto 3 blocked 4 storm 5 manual"),
    sa.Column("source", _TEXT, nullable=False),
    sa.Column("seen_ms", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("rule_version", sa.Integer, nullable=False),
    sa.Column("evidence", _TEXT, nullable=False, comment="message id of the event"),
    sa.Column("batch_id", sa.BigInteger, nullable=False),
    sa.Column("note", sa.Text, comment="an operator's reason"),
    sa.PrimaryKeyConstraint("a", "b", "id"),
    sa.Index("ix_identity_assertions_b", "b"),
    sa.Index("ix_identity_assertions_id", "id", postgresql_using="brin"),
    sa.Index("ix_identity_assertions_words", "a", "b", postgresql_where=sa.text("action >= 6")),
)

identity_beside = sa.Table(
    "identity_beside",
    metadata,
    sa.Column("top", sa.BigInteger, nullable=False, comment="the identifier that the two met beside"),
    sa.Column("a", sa.BigInteger, nullable=False),
    sa.Column("b", sa.BigInteger, nullable=False),
    sa.Column("seen_ms", sa.BigInteger, nullable=False),
    sa.Column("last_ms", sa.BigInteger, nullable=False, comment="the smallest number where it does not count"),
    sa.Column("source", _TEXT, nullable=False),
    sa.Column("evidence", _TEXT, nullable=False),
    sa.PrimaryKeyConstraint("top", "a", "b"),
    comment="meetings that count, and become statements of the ledger, when a stronger identifier is blocked",
)

identity_moves = sa.Table(
    "identity_moves",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(start=1), primary_key=True),
    sa.Column("home", sa.Integer, nullable=False, comment="number in the rows that are to move"),
    sa.Column("identifier", sa.BigInteger, nullable=False, comment="the span in which they happened"),
    sa.Column("since_ms", sa.BigInteger, nullable=False),
    sa.Column("until_ms", sa.BigInteger, nullable=False),
    comment="rows of the events store that happened after an unbind which arrived after them",
)

identity_hash_states = sa.Table(
    "identity_hash_states",
    metadata,
    sa.Column("namespace", _TEXT, primary_key=True),
    sa.Column("state", _TEXT, primary_key=True, comment="a hash state in which a value of the namespace ever arrived"),
)

identity_digests = sa.Table(
    "identity_digests",
    metadata,
    sa.Column("namespace", _TEXT, primary_key=True),
    sa.Column("digest", _TEXT, primary_key=True, comment="<state>:<hex>, in every writing that partners hash"),
    sa.Column("value", _TEXT, nullable=False, comment="the stored value that means the same"),
)

identity_merges = sa.Table(
    "identity_merges",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(start=1), primary_key=True, comment="also the version of the redirect"),
    sa.Column("loser", sa.Integer, nullable=False, index=True, comment="whose root changed"),
    sa.Column("winner", sa.Integer, nullable=False, index=True, comment="the new root; itself when it was taken apart"),
    sa.Column("cause", sa.BigInteger, comment="the assertion that joined them"),
    sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("rule_version", sa.Integer, nullable=False),
    sa.Column("batch_id", sa.BigInteger, nullable=False),
)

identity_reviews = sa.Table(
    "identity_reviews",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(start=1), primary_key=True),
    sa.Column("kind", _TEXT, nullable=False),
    sa.Column("namespace", _TEXT, nullable=False),
    sa.Column("value", _TEXT, nullable=False),
    sa.Column("people", pg.ARRAY(sa.Integer), nullable=False),
    sa.Column("detail", pg.JSONB, nullable=False),
    sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("closed_at", sa.DateTime(timezone=True)),
    sa.Column("decision", _TEXT, comment="confirm or release; the same is not asked again after a release"),
    sa.Column("decided_by", _TEXT),
    sa.Index(
        "uq_identity_reviews_open",
        "kind",
        "namespace",
        "value",
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
)

identity_outbox = sa.Table(
    "identity_outbox",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(start=1), primary_key=True),
    sa.Column("redirects", sa.LargeBinary, nullable=False, comment="number, root, version as 8-byte integers each"),
    sa.Column("people", sa.LargeBinary, nullable=False, comment="number, first seen in ms, likewise"),
)
