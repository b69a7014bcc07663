"""the log of changes, webhooks that are told of it, tags by hand"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column(
            "id", sa.BigInteger, sa.Identity(), primary_key=True, comment="the order in which changes were noted"
        ),
        sa.Column("seq", sa.BigInteger, comment="place in the log; null until it is numbered"),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("size", sa.Integer, nullable=False, comment="how many changes the entry holds"),
        sa.Column("accounts", sa.LargeBinary, nullable=False, comment="numbers of accounts as 4-byte integers each"),
        sa.Column("refs", sa.LargeBinary, comment="what each change is about, as 8-byte integers each"),
        sa.Column("nodes", pg.ARRAY(_TEXT), comment="nodes that are told whoever sees the account"),
        sa.Column("detail", pg.JSONB, nullable=False, comment="names and numbers of ours, never personal values"),
        sa.Column("at", sa.DateTime(timezone=True), comment="when it was numbered"),
        sa.UniqueConstraint("seq", name="uq_changes_seq"),
    )
    op.create_index("ix_changes_waiting", "changes", ["id"], postgresql_where=sa.text("seq IS NULL"))
    op.create_index("ix_changes_deleted", "changes", ["id"], postgresql_where=sa.text("kind = 'customer.deleted'"))
    op.create_table(
        "change_head",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False, comment="the last number given"),
        sa.Column("floor", sa.BigInteger, nullable=False, comment="the last number that is not kept any more"),
    )
    op.create_table(
        "webhook_states",
        sa.Column("webhook", _TEXT, primary_key=True),
        sa.Column("state", _TEXT, nullable=False, server_default="active", comment="active, paused or gone"),
        sa.Column(
            "seq", sa.BigInteger, nullable=False, comment="all before this place was delivered, or is not for it"
        ),
        sa.Column("place", sa.BigInteger, nullable=False, comment="and so many changes of that entry"),
        sa.Column("upto_seq", sa.BigInteger, comment="where the post under way ends; null when there is none"),
        sa.Column("upto_place", sa.BigInteger),
        sa.Column("message", _TEXT, nullable=False, server_default="", comment="the webhook-id of the post under way"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0", comment="failed ones at it"),
        sa.Column("failing_since", _TIME),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("problem", sa.Text, nullable=False, server_default=""),
        sa.Column(
            "secret", sa.Text, nullable=False, server_default="", comment="made here; signs where no variable is named"
        ),
        sa.Column("old_secret", sa.Text, nullable=False, server_default=""),
        sa.Column("old_until", _TIME, comment="until then the old secret signs too"),
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("webhook", _TEXT, nullable=False),
        sa.Column(
            "message", _TEXT, nullable=False, comment="the webhook-id: the same for every attempt at these changes"
        ),
        sa.Column("trigger", _TEXT, nullable=False, comment="feed, redelivery or test"),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False, comment="where the changes begin"),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("upto_seq", sa.BigInteger, nullable=False, comment="where they end"),
        sa.Column("upto_place", sa.BigInteger, nullable=False),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False, comment="of HTTP; 0 without an answer"),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.Column("said", sa.Text, nullable=False, server_default="", comment="the first kilobyte of the answer"),
    )
    op.create_index("ix_webhook_attempts_at", "webhook_attempts", ["at"])
    op.create_index("ix_webhook_attempts_webhook", "webhook_attempts", ["webhook", "id"])
    op.create_table(
        "manual_tags",
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
    )
    op.create_index(
        "uq_manual_tags_held",
        "manual_tags",
        ["oneid", "tag", "source"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_index(
        "ix_manual_tags_until",
        "manual_tags",
        ["until"],
        postgresql_where=sa.text("removed_at IS NULL AND until IS NOT NULL"),
    )


def downgrade() -> None:
    for table in ("manual_tags", "webhook_attempts", "webhook_states", "change_head", "changes"):
        op.drop_table(table)
