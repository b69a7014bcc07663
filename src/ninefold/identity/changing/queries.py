"""SQL of changes of the rules: what a list of people shows. Pure."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.identity.tables import identifiers, persons

from .tables import identity_rule_change_people, identity_rule_changes

IDENTIFIERS: Final = sa.select(identifiers.c.id, identifiers.c.namespace, identifiers.c.value).where(
    identifiers.c.id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(sa.BigInteger)))
)

NAMES: Final = sa.select(persons.c.oneid, persons.c.public_id).where(
    persons.c.oneid == sa.any_(sa.bindparam("people", type_=sa.ARRAY(sa.Integer)))
)

_P = identity_rule_change_people.c
PAGE: Final = (
    sa.select(identity_rule_change_people)
    .where(_P.change == sa.bindparam("change"), _P.kind == sa.bindparam("kind"), _P.place > sa.bindparam("after"))
    .order_by(_P.place)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)

KNOWN: Final = sa.select(sa.exists(sa.select(identifiers.c.id)))
"""Whether an identifier was ever seen."""

_C = identity_rule_changes.c
WAITING: Final = (
    sa.select(_C.id)
    .where(
        _C.by_itself,
        _C.state.in_(["queued", "simulating", "applying"]),
        _C.document == sa.bindparam("document", type_=pg.JSONB),
    )
    .order_by(_C.id)
    .limit(1)
)
"""The change that brings a document in by itself and is not done yet."""
