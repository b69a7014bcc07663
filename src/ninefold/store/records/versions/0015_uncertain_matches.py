"""uncertain matches"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "matching_models",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("document_version", sa.Integer(), nullable=False),
        sa.Column("model", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_models")),
    )
    op.create_index("ix_matching_models_key", "matching_models", ["key", "id"], unique=False)
    op.create_table(
        "matching_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("scope", sa.Text(collation="C"), nullable=False, comment="all or new"),
        sa.Column("state", sa.Text(collation="C"), nullable=False, comment="queued, running, done or failed"),
        sa.Column("retrain", sa.Boolean(), nullable=False),
        sa.Column("document_version", sa.Integer(), nullable=False),
        sa.Column("model", sa.BigInteger(), nullable=True),
        sa.Column("parts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parts_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("people", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pairs", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("opened", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("joined", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refused", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expired", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("superseded", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "marks",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="up to where this run has seen changes",
        ),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_by", sa.Text(collation="C"), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_runs")),
    )
    op.create_index("ix_matching_runs_key", "matching_runs", ["key", "id"], unique=False)
    op.create_index(
        "uq_matching_runs_open",
        "matching_runs",
        ["key"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "match_candidates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False, comment="the matching document"),
        sa.Column("node", sa.Text(collation="C"), nullable=False),
        sa.Column("a", sa.Integer(), nullable=False, comment="number of one when they were scored, the smaller"),
        sa.Column("b", sa.Integer(), nullable=False),
        sa.Column("root_a", sa.Integer(), nullable=False, comment="whom a led to when that was looked at last"),
        sa.Column("root_b", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("bits", sa.Double(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("agrees", postgresql.ARRAY(sa.Text(collation="C")), nullable=False),
        sa.Column("differs", postgresql.ARRAY(sa.Text(collation="C")), nullable=False),
        sa.Column("model", sa.BigInteger(), nullable=False),
        sa.Column("document_version", sa.Integer(), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False, comment="the last run that found the pair"),
        sa.Column(
            "state",
            sa.Text(collation="C"),
            nullable=False,
            comment="open, accepted, rejected, auto, expired or superseded",
        ),
        sa.Column("valuable", sa.Boolean(), nullable=False),
        sa.Column("check", sa.Boolean(), nullable=False, comment="an automatic merge that somebody shall look at"),
        sa.Column("refusal", sa.Text(), server_default="", nullable=False, comment="why it was not joined by itself"),
        sa.Column(
            "link",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the two identifiers that the decision linked or keeps apart",
        ),
        sa.Column(
            "changed",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the key fields whose change made a decision expire",
        ),
        sa.Column("decided_by", sa.Text(collation="C"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_candidates")),
        sa.UniqueConstraint("a", "b", name=op.f("uq_match_candidates_a_b")),
    )
    op.create_index("ix_match_candidates_b", "match_candidates", ["b"], unique=False)
    op.create_index("ix_match_candidates_queue", "match_candidates", ["state", "score", "id"], unique=False)
    op.create_index("ix_match_candidates_root_b", "match_candidates", ["root_b"], unique=False)
    op.create_index("ix_match_candidates_roots", "match_candidates", ["root_a", "root_b"], unique=False)
    op.create_table(
        "review_claims",
        sa.Column("item", sa.Text(collation="C"), nullable=False, comment="m-<candidate> or i-<identity review>"),
        sa.Column("holder", sa.Text(collation="C"), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_review_claims")),
    )
    op.create_table(
        "review_votes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("item", sa.Text(collation="C"), nullable=False),
        sa.Column("principal", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "verdict", sa.Text(collation="C"), nullable=False, comment="same, different, skip, confirm, release or undo"
        ),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "counts", sa.Boolean(), nullable=False, comment="false once the decision it led to was undone or expired"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_votes")),
    )
    op.create_index("ix_review_votes_item", "review_votes", ["item", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("review_votes")
    op.drop_table("review_claims")
    op.drop_table("match_candidates")
    op.drop_table("matching_runs")
    op.drop_table("matching_models")
