"""Tables of campaigns: occasions, members, effects."""

import sqlalchemy as sa

from ninefold.store import metadata

_TIME = sa.DateTime(timezone=True)
_TEXT = sa.Text(collation="C")  # compared byte by byte

campaign_runs = sa.Table(
    "campaign_runs",
    metadata,
    sa.Column("campaign", _TEXT, primary_key=True),
    sa.Column("occurrence", _TEXT, primary_key=True, comment="the scheduled instant"),
    sa.Column("version", sa.Integer, nullable=False, comment="of the document it began with"),
    sa.Column("started_at", _TIME, nullable=False),
    sa.Column("finished_at", _TIME, comment="null while it is being carried out"),
    sa.Column("missed", sa.Boolean, nullable=False, server_default=sa.false()),
)
"""Occasions of scheduled campaigns, so that each is carried out once."""

campaign_members = sa.Table(
    "campaign_members",
    metadata,
    sa.Column("campaign", _TEXT, primary_key=True),
    sa.Column("occurrence", _TEXT, primary_key=True, comment="scheduled instant, message id, or recorded"),
    sa.Column("oneid", sa.Integer, primary_key=True, comment="the person's root when entering"),
    sa.Column("arm", _TEXT, nullable=False),
    sa.Column("bucket", sa.Integer, comment="0 to 9999; null when the arm was not drawn by us"),
    sa.Column("salt", sa.Integer, comment="version of the draw; null when the arm was not drawn by us"),
    sa.Column("holdout", sa.Integer, comment="share held out at the draw, basis points; null likewise"),
    sa.Column("version", sa.Integer, nullable=False, comment="of the document"),
    sa.Column("entered_at", _TIME, nullable=False),
    sa.Index("ix_campaign_members_person", "oneid", "campaign"),
)
"""Who took part, for ever, treated and control alike. Rows are only added."""

effects = sa.Table(
    "effects",
    metadata,
    sa.Column("key", _TEXT, primary_key=True, comment="of campaign, occurrence, person and kind; the same for ever"),
    sa.Column("kind", _TEXT, nullable=False),
    sa.Column("campaign", _TEXT, nullable=False),
    sa.Column("occurrence", _TEXT, nullable=False),
    sa.Column("oneid", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="of the document whose template is used"),
    sa.Column("channel", _TEXT, nullable=False),
    sa.Column("state", _TEXT, nullable=False),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("next_attempt_at", _TIME, nullable=False),
    sa.Column("claim", sa.Uuid, comment="the worker's round that holds it"),
    sa.Column("lease_until", _TIME, comment="a claim older than this belongs to a dead worker"),
    sa.Column("planned_at", _TIME, nullable=False),
    sa.Column("handed_at", _TIME, comment="when last given to the channel, unless it surely did not arrive"),
    sa.Column("settled_at", _TIME),
    sa.Column("reference", sa.Text, nullable=False, server_default="", comment="the receiver's name for it"),
    sa.Column("reason", _TEXT, nullable=False, server_default=""),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_effects_due", "campaign", "next_attempt_at", "key", postgresql_where=sa.text("state = 'planned'")),
    sa.Index("ix_effects_claimed", "lease_until", postgresql_where=sa.text("state IN ('claimed', 'handed')")),
    sa.Index("ix_effects_person", "oneid", "handed_at", postgresql_where=sa.text("handed_at IS NOT NULL")),
    sa.Index("ix_effects_campaign", "campaign", "state"),
)
"""What is to be done to people, once each. The key is decided before anything is sent."""
