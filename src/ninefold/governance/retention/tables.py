"""Tables of retention: legal holds, and what was carried out."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

legal_holds = sa.Table(
    "legal_holds",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("oneid", sa.Integer, nullable=False, index=True, comment="the account; reads fold merged accounts"),
    sa.Column("person", _TEXT, nullable=False, comment="public id"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("until", _TIME),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("since", _TIME, nullable=False),
    sa.Column("ended_at", _TIME),
)

retention_runs = sa.Table(
    "retention_runs",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("rule", pg.JSONB, nullable=False, comment="as it was carried out"),
    sa.Column("version", sa.Integer, nullable=False, comment="of the document; 0 for the base"),
    sa.Column("before", _TIME, nullable=False),
    sa.Column("upto_batch", sa.BigInteger, nullable=False),
    sa.Column("sources", pg.ARRAY(sa.Text)),
    sa.Column("held", pg.ARRAY(sa.Integer), nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("state", _TEXT, nullable=False),
    sa.Column("started_at", _TIME, nullable=False),
    sa.Column("done_at", _TIME),
)
