"""Tables of privacy: requests, and who must not be collected or contacted."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

privacy_requests = sa.Table(
    "privacy_requests",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("kind", _TEXT, nullable=False),
    sa.Column("person", _TEXT, nullable=False, index=True, comment="public id"),
    sa.Column("state", _TEXT, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("requested_at", _TIME, nullable=False),
    sa.Column("done_at", _TIME),
    sa.Column("subject", pg.JSONB, comment="the person as known at the request; null when it is done"),
    sa.Column("progress", pg.JSONB, nullable=False, comment="counts by store"),
    sa.Column("receipt", pg.JSONB),
    sa.Column("file", sa.Text, nullable=False, server_default=""),
)

suppressed_identifiers = sa.Table(
    "suppressed_identifiers",
    metadata,
    sa.Column("hash", sa.LargeBinary, primary_key=True, comment="keyed; the value itself is nowhere"),
    sa.Column("device", sa.Boolean, nullable=False, comment="counts only where it is the strongest of an event"),
    sa.Column("request", sa.BigInteger, nullable=False, index=True),
)

suppressed_people = sa.Table(
    "suppressed_people",
    metadata,
    sa.Column("oneid", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("request", sa.BigInteger, nullable=False),
    sa.Column("since", _TIME, nullable=False),
)
