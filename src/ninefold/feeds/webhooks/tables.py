"""Tables of webhooks."""

import sqlalchemy as sa

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

webhook_states = sa.Table(
    "webhook_states",
    metadata,
    sa.Column("webhook", _TEXT, primary_key=True),
    sa.Column("state", _TEXT, nullable=False, server_default="active", comment="active, paused or gone"),
    sa.Column("seq", sa.BigInteger, nullable=False, comment="all before this place was delivered, or is not for it"),
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

webhook_attempts = sa.Table(
    "webhook_attempts",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("webhook", _TEXT, nullable=False),
    sa.Column("message", _TEXT, nullable=False, comment="the webhook-id: the same for every attempt at these changes"),
    sa.Column("trigger", _TEXT, nullable=False, comment="feed, redelivery or test"),
    sa.Column("at", _TIME, nullable=False, index=True),
    sa.Column("seq", sa.BigInteger, nullable=False, comment="where the changes begin"),
    sa.Column("place", sa.BigInteger, nullable=False),
    sa.Column("upto_seq", sa.BigInteger, nullable=False, comment="where they end"),
    sa.Column("upto_place", sa.BigInteger, nullable=False),
    sa.Column("changes", sa.Integer, nullable=False),
    sa.Column("status", sa.SmallInteger, nullable=False, comment="of HTTP; 0 without an answer"),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("said", sa.Text, nullable=False, server_default="", comment="the first kilobyte of the answer"),
    sa.Index("ix_webhook_attempts_webhook", "webhook", "id"),
)
