"""privacy"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "privacy_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("person", sa.Text(collation="C"), nullable=False, comment="public id"),
        sa.Column("state", sa.Text(collation="C"), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "subject",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the person as known at the request; null when it is done",
        ),
        sa.Column("progress", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="counts by store"),
        sa.Column("receipt", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("file", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_requests")),
    )
    op.create_index(op.f("ix_privacy_requests_person"), "privacy_requests", ["person"], unique=False)
    op.create_table(
        "suppressed_identifiers",
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="keyed; the value itself is nowhere"),
        sa.Column("device", sa.Boolean(), nullable=False, comment="counts only where it is the strongest of an event"),
        sa.Column("request", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_suppressed_identifiers")),
    )
    op.create_index(op.f("ix_suppressed_identifiers_request"), "suppressed_identifiers", ["request"], unique=False)
    op.create_table(
        "suppressed_people",
        sa.Column("oneid", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("oneid", name=op.f("pk_suppressed_people")),
    )


def downgrade() -> None:
    op.drop_table("suppressed_people")
    op.drop_index(op.f("ix_suppressed_identifiers_request"), table_name="suppressed_identifiers")
    op.drop_table("suppressed_identifiers")
    op.drop_index(op.f("ix_privacy_requests_person"), table_name="privacy_requests")
    op.drop_table("privacy_requests")
