"""The table of departures. What each did stands with the rows it changed: changes of memberships, roles, keys."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

_TIME = sa.DateTime(timezone=True)

staff_departures = sa.Table(
    "staff_departures",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("name", sa.Text(collation="C"), nullable=False, index=True),
    sa.Column("at", _TIME, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("memberships", sa.Integer, nullable=False, comment="how many were handed over"),
    sa.Column("keys", pg.ARRAY(sa.BigInteger), nullable=False, comment="tokens that ended by it"),
    sa.Column("roles", pg.ARRAY(sa.BigInteger), nullable=False, comment="roles that ended by it"),
    sa.Column("undone_at", _TIME),
)
