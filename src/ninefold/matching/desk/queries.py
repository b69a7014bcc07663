"""The queue as one relation: candidates of matching and questions of identity. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.identity import joining
from ninefold.matching.queries.candidates import WAITING
from ninefold.matching.tables import match_candidates, review_claims, review_votes

from .model import Filter, Sort

_C: Final = match_candidates.c
_N: Final = joining.NUMBERS
_A: Final = _N.alias("one")
_B: Final = _N.alias("other")
_R: Final = joining.REVIEWS.c
_TEXTS: Final = pg.ARRAY(sa.Text(collation="C"))
_NOTHING: Final = sa.cast(sa.literal("{}"), _TEXTS)


def _null(kind: type[sa.types.TypeEngine[Any]]) -> sa.ColumnElement[Any]:
    return sa.cast(sa.null(), kind)


_MATCHES: Final = (
    sa.select(
        sa.literal(0).label("source"),
        _C.id,
        (sa.literal("m-") + sa.cast(_C.id, sa.Text)).label("item"),
        sa.case((_C.state == "auto", "check"), else_="match").label("kind"),
        _C.state,
        sa.or_(_C.state.in_(WAITING), sa.and_(_C.state == "auto", _C.check)).label("waiting"),
        sa.cast(pg.array([_A.c.root, _B.c.root]), pg.ARRAY(sa.Integer)).label("people"),
        _C.key,
        _C.node,
        _C.score,
        _C.bits,
        _C.evidence,
        _C.agrees,
        _C.differs,
        _C.refusal,
        _C.changed,
        _C.valuable,
        _C.model,
        _C.document_version,
        sa.literal("").label("namespace"),
        sa.literal("").label("value"),
        _null(pg.JSONB).label("detail"),
        _C.opened_at,
        _C.decided_by,
        _C.decided_at,
        _C.reason,
    )
    .join(_A, _A.c.oneid == _C.a)
    .join(_B, _B.c.oneid == _C.b)
)

_QUESTIONS: Final = sa.select(
    sa.literal(1).label("source"),
    _R.id,
    (sa.literal("i-") + sa.cast(_R.id, sa.Text)).label("item"),
    _R.kind,
    sa.case((_R.closed_at.is_(None), "open"), else_="decided").label("state"),
    _R.closed_at.is_(None).label("waiting"),
    _R.people,
    sa.literal("").label("key"),
    sa.literal("").label("node"),
    _null(sa.Double).label("score"),
    _null(sa.Double).label("bits"),
    _null(pg.JSONB).label("evidence"),
    _NOTHING.label("agrees"),
    _NOTHING.label("differs"),
    sa.literal("").label("refusal"),
    _null(pg.JSONB).label("changed"),
    sa.false().label("valuable"),
    _null(sa.BigInteger).label("model"),
    _null(sa.Integer).label("document_version"),
    _R.namespace,
    _R.value,
    _R.detail,
    _R.opened_at,
    _R.decided_by,
    _R.closed_at.label("decided_at"),
    _null(sa.Text).label("reason"),
)

_ITEMS: Final = sa.union_all(_MATCHES, _QUESTIONS).subquery("items")
_I: Final = _ITEMS.c


def queue(wanted: Filter, *, now: datetime) -> sa.Subquery:
    """The items that fit, with who holds each (``holder``, ``until``)."""
    held = sa.and_(review_claims.c.item == _I.item, review_claims.c.until > now)
    found = sa.select(_ITEMS, review_claims.c.holder, review_claims.c.until).select_from(
        _ITEMS.outerjoin(review_claims, held)
    )
    return found.where(*_tests(wanted)).subquery("queue")


def _tests(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    tests: list[sa.ColumnElement[bool]] = [_I.state == wanted.state] if wanted.state else [_I.waiting.is_(True)]
    if wanted.kinds:
        tests.append(_I.kind.in_(wanted.kinds))
    tests += [column == value for column, value in ((_I.key, wanted.key), (_I.node, wanted.node)) if value]
    if wanted.score_from > 0:
        tests.append(_I.score >= wanted.score_from)
    if wanted.score_to < 1:
        tests.append(_I.score <= wanted.score_to)
    both = ((_I.agrees, wanted.agrees), (_I.differs, wanted.differs))
    tests += [column.op("@>")(sa.cast(list(fields), _TEXTS)).is_(True) for column, fields in both if fields]
    if wanted.people is not None:
        tests.append(_I.people.op("&&")(sa.cast(list(wanted.people), pg.ARRAY(sa.Integer))).is_(True))
    return [*tests, *_work_tests(wanted)]


def _work_tests(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    """Tests of who works on an item, and what was said about it."""
    tests: list[sa.ColumnElement[bool]] = []
    if wanted.valuable is not None:
        tests.append(_I.valuable.is_(wanted.valuable))
    if wanted.assigned:
        holder = review_claims.c.holder
        tests.append(holder.is_(None) if wanted.assigned == "none" else holder == wanted.assigned)
    if wanted.skipped is not None:
        v = review_votes.c
        skipped = sa.exists().where(v.item == _I.item, v.verdict == "skip", v.counts)
        tests.append(skipped if wanted.skipped else ~skipped)
    return tests


def page(
    wanted: Filter, *, sort: Sort, limit: int, after: tuple[float, int, int] | None, now: datetime
) -> sa.Select[Any]:
    """Items in order, with the key they are sorted by; one more than asked for says that there are more."""
    q = queue(wanted, now=now)
    age = sa.extract("epoch", q.c.opened_at)
    key = {"score": sa.func.coalesce(q.c.score, 0.0), "newest": age, "oldest": -age}[sort]
    key = sa.cast(key, sa.Double).label("sort_key")
    found = sa.select(q, key).order_by(key.desc(), q.c.source.desc(), q.c.id.desc()).limit(limit + 1)
    if after is not None:
        place = sa.tuple_(sa.literal(after[0], sa.Double), sa.literal(after[1]), sa.literal(after[2], sa.BigInteger))
        found = found.where(sa.tuple_(key.element, q.c.source, q.c.id) < place)
    return found


def counts(wanted: Filter, *, now: datetime) -> sa.Select[Any]:
    """Rows (kind, n, valuable, held)."""
    q = queue(wanted, now=now)
    return sa.select(
        q.c.kind,
        sa.func.count().label("n"),
        sa.func.count().filter(q.c.valuable).label("valuable"),
        sa.func.count(q.c.holder).label("held"),
    ).group_by(q.c.kind)


def one(item: str, *, now: datetime) -> sa.Select[Any]:
    """One item, waiting or not."""
    held = sa.and_(review_claims.c.item == _I.item, review_claims.c.until > now)
    source = _ITEMS.outerjoin(review_claims, held)
    return sa.select(_ITEMS, review_claims.c.holder, review_claims.c.until).select_from(source).where(_I.item == item)


def locked(ids: list[int]) -> sa.Select[Any]:
    """Candidates by number, locked until the end of the transaction, in one order for all."""
    return sa.select(match_candidates).where(_C.id.in_(ids)).order_by(_C.id).with_for_update()


TAKE: Final = pg.insert(review_claims)


def take(items: list[str], *, holder: str, now: datetime, until: datetime, own: str) -> sa.Executable:
    """Claim items that nobody else holds; gives the ones that were got."""
    fresh = TAKE.values([{"item": one, "holder": holder, "taken_at": now, "until": until} for one in items])
    free = sa.or_(review_claims.c.until <= now, review_claims.c.holder == own)
    return fresh.on_conflict_do_update(
        index_elements=["item"],
        set_={"holder": fresh.excluded.holder, "taken_at": fresh.excluded.taken_at, "until": fresh.excluded.until},
        where=free,
    ).returning(review_claims.c.item)


OUTCOMES: Final = sa.select(_C.score, (_C.state == "accepted").label("same")).where(
    _C.key == sa.bindparam("doc"), _C.state.in_(("accepted", "rejected")), _C.decided_by != "matching"
)
"""What people decided, as labels."""

QUESTION: Final = sa.select(joining.REVIEWS).where(_R.id == sa.bindparam("id"))


def known(items: list[str]) -> sa.Select[Any]:
    """Which of some names stand for items that wait."""
    return sa.select(_I.item).where(_I.item.in_(items), _I.waiting)


def let_go(items: list[str], holder: str) -> sa.Delete:
    """Give claims of somebody back."""
    return sa.delete(review_claims).where(review_claims.c.item.in_(items), review_claims.c.holder == holder)


def bulk(wanted: Filter, *, now: datetime, limit: int) -> sa.Select[Any]:
    """Rows (id, people, key, valuable, holder) of matches that wait, in order of their numbers."""
    q = queue(replace(wanted, state=""), now=now)
    return sa.select(q.c.id, q.c.people, q.c.key, q.c.valuable, q.c.holder).order_by(q.c.id).limit(limit)
