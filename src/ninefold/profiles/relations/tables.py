"""Tables of roles and relations. Rows keep the number of the account they were made for; reads fold merged accounts."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.store import metadata

_TEXT = sa.Text(collation="C")
_TIME = sa.DateTime(timezone=True)

person_roles = sa.Table(
    "person_roles",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("oneid", sa.Integer, nullable=False),
    sa.Column("role", _TEXT, nullable=False),
    sa.Column("since", _TIME, nullable=False),
    sa.Column("until", _TIME),
    sa.Column("ends_at", _TIME, comment="when one given by hand ends by itself"),
    sa.Column("origin", _TEXT, nullable=False, comment="rule or hand"),
    sa.Column("author", sa.Text, nullable=False, server_default=""),
    sa.Column("evidence", pg.JSONB, nullable=False),
    sa.Index("ix_person_roles_oneid", "oneid"),
    sa.Index("uq_person_roles_open", "role", "oneid", "origin", unique=True, postgresql_where=sa.text("until IS NULL")),
)

relations = sa.Table(
    "relations",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("kind", _TEXT, nullable=False),
    sa.Column("oneid", sa.Integer, nullable=False, comment="from whom"),
    sa.Column("other", sa.Integer, nullable=False, server_default="0", comment="to whom; 0 for a product"),
    sa.Column("product", _TEXT, nullable=False, server_default=""),
    sa.Column("since", _TIME, nullable=False),
    sa.Column("source", _TEXT, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("kind", "oneid", "other", "product"),
    sa.Index("ix_relations_oneid", "oneid"),
    sa.Index("ix_relations_other", "other"),
)
