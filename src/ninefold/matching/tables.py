"""Tables of matching: trained models, runs, candidates; claims and votes of the review desk."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

matching_models = sa.Table(
    "matching_models",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(start=1), primary_key=True),
    sa.Column("key", _TEXT, nullable=False),
    sa.Column("document_version", sa.Integer, nullable=False),
    sa.Column("model", pg.JSONB, nullable=False),
    sa.Column("people", sa.BigInteger, nullable=False),
    sa.Column("trained_at", _TIME, nullable=False),
    sa.Index("ix_matching_models_key", "key", "id"),
)

matching_runs = sa.Table(
    "matching_runs",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(start=1), primary_key=True),
    sa.Column("key", _TEXT, nullable=False),
    sa.Column("scope", _TEXT, nullable=False, comment="all or new"),
    sa.Column("state", _TEXT, nullable=False, comment="queued, running, done or failed"),
    sa.Column("stage", _TEXT, nullable=False, server_default="", comment="reading, learning, scoring or joining"),
    sa.Column("retrain", sa.Boolean, nullable=False),
    sa.Column("document_version", sa.Integer, nullable=False),
    sa.Column("model", sa.BigInteger),
    sa.Column("parts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("parts_done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("people", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("pairs", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("opened", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("joined", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("refused", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("expired", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("superseded", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("marks", pg.JSONB, nullable=False, comment="up to where this run has seen changes"),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Column("requested_by", _TEXT, nullable=False),
    sa.Column("requested_at", _TIME, nullable=False),
    sa.Column("started_at", _TIME),
    sa.Column("done_at", _TIME),
    sa.Index("ix_matching_runs_key", "key", "id"),
    sa.Index("uq_matching_runs_open", "key", unique=True, postgresql_where=sa.text("state IN ('queued', 'running')")),
)

match_candidates = sa.Table(
    "match_candidates",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(start=1), primary_key=True),
    sa.Column("key", _TEXT, nullable=False, comment="the matching document"),
    sa.Column("node", _TEXT, nullable=False),
    sa.Column("a", sa.Integer, nullable=False, comment="number of one when they were scored, the smaller"),
    sa.Column("b", sa.Integer, nullable=False),
    sa.Column("root_a", sa.Integer, nullable=False, comment="whom a led to when that was looked at last"),
    sa.Column("root_b", sa.Integer, nullable=False),
    sa.Column("score", sa.Double, nullable=False),
    sa.Column("bits", sa.Double, nullable=False),
    sa.Column("evidence", pg.JSONB, nullable=False),
    sa.Column("agrees", pg.ARRAY(_TEXT), nullable=False),
    sa.Column("differs", pg.ARRAY(_TEXT), nullable=False),
    sa.Column("model", sa.BigInteger, nullable=False),
    sa.Column("document_version", sa.Integer, nullable=False),
    sa.Column("run", sa.BigInteger, nullable=False, comment="the last run that found the pair"),
    sa.Column("state", _TEXT, nullable=False, comment="open, accepted, rejected, auto, expired or superseded"),
    sa.Column("valuable", sa.Boolean, nullable=False),
    sa.Column("check", sa.Boolean, nullable=False, comment="an automatic merge that somebody shall look at"),
    sa.Column("refusal", sa.Text, nullable=False, server_default="", comment="why it was not joined by itself"),
    sa.Column("link", pg.JSONB, comment="the two identifiers that the decision linked or keeps apart"),
    sa.Column("changed", pg.JSONB, comment="the key fields whose change made a decision expire"),
    sa.Column("decided_by", _TEXT),
    sa.Column("decided_at", _TIME),
    sa.Column("reason", sa.Text),
    sa.Column("opened_at", _TIME, nullable=False),
    sa.Column("updated_at", _TIME, nullable=False),
    sa.UniqueConstraint("a", "b"),
    sa.Index("ix_match_candidates_roots", "root_a", "root_b"),
    sa.Index("ix_match_candidates_b", "b"),
    sa.Index("ix_match_candidates_root_b", "root_b"),
    sa.Index("ix_match_candidates_queue", "state", "score", "id"),
)

review_claims = sa.Table(
    "review_claims",
    metadata,
    sa.Column("item", _TEXT, primary_key=True, comment="m-<candidate> or i-<identity review>"),
    sa.Column("holder", _TEXT, nullable=False),
    sa.Column("taken_at", _TIME, nullable=False),
    sa.Column("until", _TIME, nullable=False),
)

review_votes = sa.Table(
    "review_votes",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(start=1), primary_key=True),
    sa.Column("item", _TEXT, nullable=False),
    sa.Column("principal", _TEXT, nullable=False),
    sa.Column("verdict", _TEXT, nullable=False, comment="same, different, skip, confirm, release or undo"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("at", _TIME, nullable=False),
    sa.Column("counts", sa.Boolean, nullable=False, comment="false once the decision it led to was undone or expired"),
    sa.Index("ix_review_votes_item", "item", "id"),
)
