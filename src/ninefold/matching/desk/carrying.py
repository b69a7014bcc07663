"""Carries decisions out, in the caller's transaction: votes, links, states."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import conflict, invalid, missing
from ninefold.identity import joining
from ninefold.matching import candidates
from ninefold.matching.expiring import link_of
from ninefold.matching.tables import review_claims, review_votes

from . import queries
from .model import Decided, Verdict

_ALLOWED = {"m": ("same", "different", "skip"), "i": ("confirm", "release", "same", "skip")}
_UNDONE = "undone: it was decided otherwise before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict about one item.

    Attributes:
        item: its name.
        source: ``m`` for a match, ``i`` for a question of identity.
        number: its number there.
        verdict: what is said.
        said: by whom, why, when.
        valuable: whether two have to say so.
    """

    item: str
    source: str
    number: int
    verdict: Verdict
    said: joining.Said
    valuable: bool


def carry_out(conn: Connection, links: joining.Joining, what: Decision) -> Decided:
    """Take a verdict: keep the vote, and carry it out unless it is a skip or a second one is needed.

    Raises:
        Error: invalid (the verdict does not fit); conflict (decided, or held by somebody else).
    """
    if what.verdict not in _ALLOWED[what.source]:
        raise invalid("bad_verdict", "this verdict does not fit the item", field="verdict", got=what.verdict,
                      allowed=", ".join(_ALLOWED[what.source]))  # fmt: skip
    row = conn.execute(queries.locked([what.number])).one_or_none() if what.source == "m" else None
    _need_waiting(conn, what, row)
    _need_free(conn, what)
    _vote(conn, what)
    conn.execute(sa.delete(review_claims).where(review_claims.c.item == what.item))
    if what.verdict == "skip":
        return Decided(item=what.item, outcome="skipped")
    if what.valuable and not _seconded(conn, what):
        return Decided(item=what.item, outcome="second")
    if row is None:
        return _answer(conn, links, what)
    return speak(conn, links, [what.number], what.verdict, what.said, voted=True)[0]


def speak(
    conn: Connection,
    links: joining.Joining,
    ids: Sequence[int],
    verdict: Verdict,
    said: joining.Said,
    *,
    voted: bool = False,
) -> tuple[Decided, ...]:
    """Carry one verdict out on matches that wait: all in one go.

    Args:
        conn: the caller's transaction.
        links: who joins and parts.
        ids: numbers of candidates.
        verdict: same or different.
        said: by whom, why, when.
        voted: the votes are written already.
    """
    rows = conn.execute(queries.locked(sorted(ids))).all()
    if not voted:
        conn.execute(sa.insert(review_votes), [_ballot(f"m-{row.id}", verdict, said) for row in rows])
    # What an earlier decision said otherwise: that the two are one, or (they are two now) that they are not.
    gone = [link_of(row.link) for row in rows if row.link and (verdict == "different" or row.root_a != row.root_b)]
    links.take_back(conn, gone, said)
    pairs = [(row.a, row.b) for row in rows]
    done = links.join(conn, pairs, said, by_rules=False) if verdict == "same" else links.part(conn, pairs, said)
    state = "accepted" if verdict == "same" else "rejected"
    found = []
    for row, one in zip(rows, done, strict=True):
        if one.refusal:
            candidates.decide(conn, [row.id], refusal=one.refusal, updated_at=said.now)
            found.append(Decided(item=f"m-{row.id}", outcome="refused", refusal=one.refusal))
            continue
        link = [list(side) for side in one.link] if one.link else (row.link if verdict == "same" else sa.null())
        values = {"link": sa.null() if link is None else link, "check": False, "refusal": "", "changed": sa.null()}
        candidates.decide(conn, [row.id], state=state, decided_by=said.author, decided_at=said.now,
                          reason=said.reason, updated_at=said.now, **values)  # fmt: skip
        found.append(Decided(item=f"m-{row.id}", outcome="done", apart=verdict == "different"))
    return tuple(found)


def take_back(
    conn: Connection, links: joining.Joining, number: int, said: joining.Said
) -> tuple[Decided, tuple[int, ...]]:
    """Take a decision about a match back; gives the people too.

    Raises:
        Error: missing; conflict (nothing was decided).
    """
    row = conn.execute(queries.locked([number])).one_or_none()
    item = f"m-{number}"
    if row is None:
        raise missing("unknown_review", "there is no such review", field="item", got=item)
    if row.state not in {"accepted", "rejected", "auto"}:
        raise conflict("not_decided", "nothing was decided that could be taken back", hint=f"its state: {row.state}")
    if row.link:
        links.take_back(conn, [link_of(row.link)], said)
    void_votes(conn, [item])
    conn.execute(sa.insert(review_votes), [_ballot(item, "undo", said) | {"counts": False}])
    candidates.decide(conn, [number], state="open", link=sa.null(), refusal=_UNDONE, check=False, reason=said.reason,
                      decided_by=said.author, decided_at=said.now, updated_at=said.now)  # fmt: skip
    roots = links.roots(conn, [row.a, row.b])
    return Decided(item=item, outcome="undone", apart=roots[row.a] != roots[row.b]), (row.a, row.b)


def void_votes(conn: Connection, items: Sequence[str]) -> None:
    """Let votes count no more; they stay to be read."""
    conn.execute(sa.update(review_votes).where(review_votes.c.item.in_(list(items))).values(counts=False))


def _need_waiting(conn: Connection, what: Decision, row: Any) -> None:  # noqa: ANN401 - a row of the database
    if what.source == "m":
        if row is None:
            raise missing("unknown_review", "there is no such review", field="item", got=what.item)
        if row.state not in {"open", "expired"} and not (row.state == "auto" and row.check):
            raise conflict("review_closed", "the review is decided already",
                           hint=f"{row.state} by {row.decided_by or 'matching'}; undo it first")  # fmt: skip
        return
    found = conn.execute(queries.QUESTION, {"id": what.number}).one_or_none()
    if found is None:
        raise missing("unknown_review", "there is no such review", field="item", got=what.item)
    if found.closed_at is not None:
        raise conflict("review_closed", "the review is decided already", hint=f"decided by {found.decided_by}")


def _need_free(conn: Connection, what: Decision) -> None:
    c = review_claims.c
    held = conn.execute(sa.select(c.holder, c.until).where(c.item == what.item, c.until > what.said.now)).one_or_none()
    if held is not None and held.holder != what.said.author:
        raise conflict("review_held", f"{held.holder} works on it", hint=f"until {held.until:%Y-%m-%d %H:%M} UTC")


def _vote(conn: Connection, what: Decision) -> None:
    v = review_votes.c
    mine = sa.update(review_votes).where(v.item == what.item, v.principal == what.said.author, v.counts)
    conn.execute(mine.values(counts=False))
    conn.execute(sa.insert(review_votes), [_ballot(what.item, what.verdict, what.said)])


def _ballot(item: str, verdict: str, said: joining.Said) -> dict[str, object]:
    return {"item": item, "principal": said.author, "verdict": verdict, "reason": said.reason, "at": said.now,
            "counts": True}  # fmt: skip


def _seconded(conn: Connection, what: Decision) -> bool:
    """Whether somebody else said the same."""
    v = review_votes.c
    others = sa.select(v.id).where(
        v.item == what.item, v.counts, v.verdict == what.verdict, v.principal != what.said.author
    )
    return conn.scalar(others.limit(1)) is not None


def _answer(conn: Connection, links: joining.Joining, what: Decision) -> Decided:
    """Answer a question of identity."""
    verdict = what.verdict
    if verdict == "same":
        found = conn.execute(queries.QUESTION, {"id": what.number}).one()
        if found.kind not in {"cap_breach", "veto"} or len(found.people) != 2:
            raise invalid("bad_verdict", "only two people whom a cap or a veto keeps apart can be the same",
                          field="verdict", got=verdict, allowed="confirm, release, skip")  # fmt: skip
        [one] = links.join(conn, [(found.people[0], found.people[1])], what.said, by_rules=False)
        if one.refusal:
            return Decided(item=what.item, outcome="refused", refusal=one.refusal)
        verdict = "confirm"
    joining.answer(conn, what.number, "release" if verdict == "release" else "confirm", author=what.said.author,
                   now=what.said.now)  # fmt: skip
    return Decided(item=what.item, outcome="done")
