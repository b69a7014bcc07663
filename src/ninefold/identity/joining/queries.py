"""Identity as relations that packages above may join with, and statements about many at once. Pure."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.identity.tables import identifiers, identity_reviews, persons

_PRESENT: Final = 2**63 - 1  # the end of an identifier's span that goes on

NUMBERS: Final = sa.select(
    persons.c.oneid,
    sa.func.coalesce(persons.c.merged_into, persons.c.oneid).label("root"),
    persons.c.public_id,
    persons.c.erased_at,
).subquery("numbers")
"""Every number ever given: oneid, root (whom it leads to now), public_id, erased_at."""

REVIEWS: Final = sa.select(
    identity_reviews.c.id,
    identity_reviews.c.kind,
    identity_reviews.c.namespace,
    identity_reviews.c.value,
    identity_reviews.c.people,
    identity_reviews.c.detail,
    identity_reviews.c.opened_at,
    identity_reviews.c.closed_at,
    identity_reviews.c.decision,
    identity_reviews.c.decided_by,
).subquery("identity_questions")
"""What identity's own limits ask an operator."""

ROOTS: Final = sa.select(NUMBERS.c.oneid, NUMBERS.c.root).where(
    NUMBERS.c.oneid == sa.any_(sa.bindparam("people", type_=sa.ARRAY(sa.Integer)))
)

_PRESENT_ONE: Final = persons.alias("present_one")

NAMES: Final = (
    sa.select(NUMBERS.c.oneid, _PRESENT_ONE.c.public_id)
    .join(_PRESENT_ONE, _PRESENT_ONE.c.oneid == NUMBERS.c.root)
    .where(NUMBERS.c.oneid == sa.any_(sa.bindparam("people", type_=sa.ARRAY(sa.Integer))))
)

NEWEST_IDENTIFIER: Final = sa.select(sa.func.coalesce(sa.func.max(identifiers.c.id), 0))

OWNERS_SINCE: Final = (
    sa.select(identifiers.c.oneid)
    .where(identifiers.c.id > sa.bindparam("after"), identifiers.c.oneid.is_not(None))
    .distinct()
)

LAST_SEEN: Final = (
    sa.select(identifiers.c.namespace, identifiers.c.oneid, identifiers.c.value)
    .where(
        identifiers.c.namespace == sa.any_(sa.bindparam("names", type_=sa.ARRAY(sa.Text))),
        identifiers.c.oneid.is_not(None),
        identifiers.c.state == 0,
        identifiers.c.until_ms == _PRESENT,
    )
    .ext(pg.distinct_on(identifiers.c.namespace, identifiers.c.oneid))
    .order_by(identifiers.c.namespace, identifiers.c.oneid, identifiers.c.last_seen_ms.desc(), identifiers.c.id.desc())
)
"""Per namespace and person the identifier that was seen last."""
