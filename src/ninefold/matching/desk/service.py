"""The verbs of the review desk: look, take, decide, take back, decide many.

A decision, the link it makes, the vote and the audit entry are one transaction: two operators at the same moment, or a
crash in the middle, never leave a decision half done.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.engine import Connection, RowMapping

from ninefold.base import Clock, Error, Kind, conflict, invalid, missing
from ninefold.governance import audit
from ninefold.identity import joining, publish
from ninefold.matching.document import parse_matching
from ninefold.matching.model import KIND, DeskRules, MatchingRules
from ninefold.matching.people import People
from ninefold.matching.rules import Outcome, Quality, Suggestion, quality, suggest
from ninefold.store import Events, Records, find_definition, list_definitions

from . import queries
from .carrying import Decision, carry_out, speak, take_back
from .model import KINDS, STATES, Counts, Decided, Filter, Item, Page, Preview, Sort, Verdict
from .reading import item_of, votes_of
from .rules import read_cursor, write_cursor

PAGE_MAX = 500
_AT_ONCE = 500  # pairs that are joined in one go


class ReviewDesk:
    """One queue of uncertain matches and of identity's questions."""

    def __init__(self, records: Records, events: Events, clock: Clock, people: People, links: joining.Joining) -> None:
        """Args: the stores; who knows the valuable people; who joins and parts."""
        self._records = records
        self._events = events
        self._clock = clock
        self._people = people
        self._links = links
        self.book = audit.AuditLog(records, clock)

    def page(self, wanted: Filter, *, sort: Sort = "score", limit: int = 50, cursor: str = "") -> Page:
        """Items that fit, a page at a time.

        Args:
            wanted: which ones.
            sort: the surest first, or by age.
            limit: 1 to 500.
            cursor: where to begin, from the page before; empty begins at the top.

        Raises:
            Error: invalid (limit, cursor, an unknown kind or state).
        """
        _check(wanted)
        if not 1 <= limit <= PAGE_MAX:
            raise invalid("bad_limit", "not a number of items", field="limit", got=limit, allowed=f"1 to {PAGE_MAX}")
        after = read_cursor(cursor) if cursor else None
        with self._records.begin() as conn:
            asked = queries.page(wanted, sort=sort, limit=limit, after=after, now=self._clock.now())
            rows = conn.execute(asked).mappings().all()
            items = self._items(conn, rows[:limit])
        last = rows[limit - 1] if len(rows) > limit else None
        place = (float(last["sort_key"]), int(last["source"]), int(last["id"])) if last else None
        return Page(items=items, next=write_cursor(place) if place else "")

    def counts(self, wanted: Filter) -> Counts:
        """How many items fit."""
        _check(wanted)
        with self._records.begin() as conn:
            rows = conn.execute(queries.counts(wanted, now=self._clock.now())).all()
        return Counts(
            total=sum(row.n for row in rows),
            by_kind={row.kind: row.n for row in rows},
            valuable=sum(row.valuable for row in rows),
            held=sum(row.held for row in rows),
        )

    def get(self, item: str) -> Item:
        """One item with all that was said about it, waiting or decided; raises missing."""
        with self._records.begin() as conn:
            row = conn.execute(queries.one(item, now=self._clock.now())).mappings().one_or_none()
            if row is None:
                raise _unknown(item)
            found = self._items(conn, [row])[0]
            return replace(found, votes=votes_of(conn, item))

    def take(self, principal: str, wanted: Filter, *, limit: int = 1, sort: Sort = "score") -> tuple[Item, ...]:
        """Claim the next items that nobody holds, and get them; two who ask at once get different ones."""
        got: list[str] = []
        for _ in range(3):  # somebody else may be faster with some of them
            if len(got) >= limit:
                break
            page = self.page(replace(wanted, assigned="none"), sort=sort, limit=limit - len(got))
            got += self.claim([one.item for one in page.items], principal)
        return tuple(self.get(one) for one in got)

    def claim(self, items: Sequence[str], principal: str, *, to: str = "") -> tuple[str, ...]:
        """Claim items, or hand them to somebody; gives those that nobody else held.

        Args:
            items: names of items.
            principal: who asks.
            to: for whom; empty: for whoever asks.
        """
        if not items:
            return ()
        now = self._clock.now()
        with self._records.begin() as conn:
            known = set(conn.execute(queries.known(list(items))).scalars())
            until = now + timedelta(minutes=self._desk_rules(conn, "").claim_minutes)
            wanted = [one for one in dict.fromkeys(items) if one in known]
            if not wanted:
                raise _unknown(items[0])
            asked = queries.take(wanted, holder=to or principal, now=now, until=until, own=principal)
            got = set(conn.execute(asked).scalars())
        return tuple(one for one in wanted if one in got)

    def release(self, items: Sequence[str], principal: str) -> int:
        """Let go of items; how many were held."""
        with self._records.begin() as conn:
            return conn.execute(queries.let_go(list(items), principal)).rowcount

    def decide(self, item: str, verdict: Verdict, *, principal: str, reason: str = "") -> Decided:
        """Decide one item.

        A match or a check: ``same``, ``different``. A question of identity: ``confirm``, ``release``; and ``same``
        where a cap or a veto keeps two people apart. Anything: ``skip``, with a reason. Where two have to decide, the
        first one's vote is kept until another one says the same.

        Raises:
            Error: missing; invalid (a verdict that does not fit the kind); conflict (decided already, or somebody
                else works on it).
        """
        source, number = _parts(item)
        with self._records.begin() as conn:
            row = conn.execute(queries.one(item, now=self._clock.now())).mappings().one_or_none()
            if row is None:
                raise _unknown(item)
            known = self._rules_of(conn, row["key"])
        precious = bool(row["valuable"]) or self._precious(known, row["people"])
        said = joining.Said(author=principal, reason=reason, now=self._clock.now())
        what = Decision(item=item, source=source, number=number, verdict=verdict, said=said, valuable=precious)
        with self._records.begin() as conn:
            found = carry_out(conn, self._links, what)
            self._write(conn, principal, f"review {verdict}", item, row["people"], found.outcome, reason)
        publish(self._records, self._events)
        return found

    def undo(self, item: str, *, principal: str, reason: str) -> Decided:
        """Take a decision about a match back: its link is freed, the rules decide again, and it is asked again.

        Raises:
            Error: missing; conflict (nothing was decided); invalid (a question of identity).
        """
        source, number = _parts(item)
        if source == "i":
            raise invalid("not_undoable", "a decision about a question of identity is not taken back here",
                          field="item", got=item, allowed="m-<number>",
                          hint="block, unblock or free the identifiers by the identity desk")  # fmt: skip
        said = joining.Said(author=principal, reason=reason, now=self._clock.now())
        with self._records.begin() as conn:
            found, people = take_back(conn, self._links, number, said)
            self._write(conn, principal, "review undone", item, people, found.outcome, reason)
        publish(self._records, self._events)
        return found

    def preview(self, wanted: Filter, principal: str) -> Preview:
        """What :meth:`bulk` would decide; nothing is written."""
        with self._records.begin() as conn:
            ids, preview = self._bulk(conn, wanted, principal)
        return replace(preview, count=len(ids))

    def bulk(self, wanted: Filter, verdict: Verdict, *, principal: str, reason: str, count: int) -> tuple[Decided, ...]:
        """Decide all matches that fit, at most as many as the document allows, in one transaction: all or none.

        Args:
            wanted: which ones; valuable ones and those that others work on are left out.
            verdict: same or different.
            principal: who.
            reason: why.
            count: how many the preview said; another number by now is a conflict.
        """
        if verdict not in {"same", "different"}:
            raise invalid(
                "bad_verdict", "many are decided alike", field="verdict", got=verdict, allowed="same, different"
            )
        now = self._clock.now()
        said = joining.Said(author=principal, reason=reason, now=now)
        done: list[Decided] = []
        with self._records.begin() as conn:
            ids, preview = self._bulk(conn, wanted, principal)
            if len(ids) != count:
                raise conflict("queue_changed", f"{len(ids)} items fit by now, not {count}", hint="look again first")
            if len(ids) > preview.cap:
                raise invalid("too_many", "more than one bulk decision may decide", field="count", got=len(ids),
                              allowed=f"up to {preview.cap}", hint="narrow the filter")  # fmt: skip
            for start in range(0, len(ids), _AT_ONCE):
                done += speak(conn, self._links, ids[start : start + _AT_ONCE], verdict, said)
            entry = audit.AuditEntry(
                actor=principal, verb=f"review bulk {verdict}", target=f"{KIND}/{wanted.key or 'all'}",
                detail={"items": len(ids), "refused": sum(one.outcome == "refused" for one in done),
                        "first": ids[0] if ids else 0, "last": ids[-1] if ids else 0, "reason": bool(reason)},
            )  # fmt: skip
            self.book.append(conn, [entry])
        publish(self._records, self._events)
        return tuple(done)

    def suggest(self, key: str) -> Suggestion:
        """Thresholds that fit what people decided."""
        return suggest(self._outcomes(key))

    def evaluate(self, key: str) -> tuple[Quality, ...]:
        """Precision and recall at the document's thresholds and some others, on what people decided.

        Recall counts only pairs that were scored at least `review`: of others nobody knows.
        """
        with self._records.begin() as conn:
            rules = self._rules_of(conn, key)
        if rules is None:
            raise missing("unknown_matching", f'there is no matching document "{key}"', field="key", got=key)
        steps = {rules.thresholds.review, rules.thresholds.auto, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999}
        said = self._outcomes(key)
        return tuple(quality(said, step) for step in sorted(steps) if step <= 1)

    def _outcomes(self, key: str) -> list[Outcome]:
        with self._records.begin() as conn:
            rows = conn.execute(queries.OUTCOMES, {"doc": key}).all()
        return [Outcome(score=row.score, same=row.same) for row in rows]

    def _bulk(self, conn: Connection, wanted: Filter, principal: str) -> tuple[list[int], Preview]:
        _check(wanted)
        now = self._clock.now()
        cap = self._desk_rules(conn, wanted.key).bulk_max
        rows = conn.execute(queries.bulk(replace(wanted, kinds=("match",)), now=now, limit=cap + 1)).all()
        people = sorted({int(person) for row in rows for person in row.people})
        precious: set[int] = set()
        for key in {row.key for row in rows}:
            rules = self._rules_of(conn, key)
            if rules is not None:
                precious |= set(self._people.valuable(rules, now, people).tolist())
        held = [row.id for row in rows if row.holder not in {None, principal}]
        valuable = [row.id for row in rows if row.valuable or precious & set(row.people)]
        left_out = {*held, *valuable}
        ids = sorted(row.id for row in rows if row.id not in left_out)
        return ids, Preview(count=len(ids), valuable=len(valuable), held=len(held), cap=cap)

    def _precious(self, rules: MatchingRules | None, people: Sequence[int]) -> bool:
        if rules is None:
            return False
        return bool(len(self._people.valuable(rules, self._clock.now(), [int(one) for one in people])))

    def _rules_of(self, conn: Connection, key: str) -> MatchingRules | None:
        """The document of an item; for questions of identity the first document that says who is valuable."""
        keys = [key] if key else [one.key for one in list_definitions(conn, KIND)]
        for name in keys:
            found = find_definition(conn, KIND, name)
            rules = parse_matching(found.document, version=found.version) if found else None
            if rules is not None and (key or rules.valuable is not None):
                return rules
        return None

    def _desk_rules(self, conn: Connection, key: str) -> DeskRules:
        found = [one for one in list_definitions(conn, KIND) if not key or one.key == key]
        return parse_matching(found[0].document).desk if found else DeskRules()

    def _items(self, conn: Connection, rows: Sequence[RowMapping]) -> tuple[Item, ...]:
        people = sorted({int(person) for row in rows for person in row["people"]})
        names = joining.Joining.public_ids(conn, people)
        return tuple(item_of(row, names) for row in rows)

    def _write(self, conn: Connection, actor: str, verb: str, item: str, people: Sequence[int], *facts: str) -> None:
        names = joining.Joining.public_ids(conn, [int(one) for one in people])
        detail = {"item": item, "outcome": facts[0], "reason": bool(facts[1]), "people": sorted(set(names.values()))}
        target = next(iter(names.values()), "")
        self.book.append(conn, [audit.AuditEntry(actor=actor, verb=verb, target=target, detail=detail)])


def _check(wanted: Filter) -> None:
    for name, values, allowed in (("kind", wanted.kinds, KINDS), ("state", (wanted.state,), ("", *STATES))):
        for value in values:
            if value not in allowed:
                raise invalid(f"bad_{name}", f"there is no such {name}", field=name, got=value,
                              allowed=", ".join(one for one in allowed if one))  # fmt: skip
    if not 0 <= wanted.score_from <= wanted.score_to <= 1:
        raise invalid("bad_score", "not a range of probabilities", field="score_from",
                      got=f"{wanted.score_from} to {wanted.score_to}", allowed="0 to 1, the smaller first")  # fmt: skip


def _parts(item: str) -> tuple[str, int]:
    source, dash, number = item.partition("-")
    if source not in {"m", "i"} or not dash or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise _unknown(item)
    return source, int(number)


def _unknown(item: str) -> Error:
    return Error(Kind.MISSING, "unknown_review", "there is no such review", field="item", got=item)
