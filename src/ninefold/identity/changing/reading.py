"""Changes of the rules and the people in them, as they are stored."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import missing
from ninefold.identity import ledger

from . import queries as sql
from .model import Cause, ChangedKind, ChangedPeople, Member, Report, RuleChange, RuleState
from .progress import REPLAY, SIMULATION, progress_of
from .rules import Listed
from .tables import identity_rule_change_people, identity_rule_changes

_STAGES = {RuleState.SIMULATING: SIMULATION, RuleState.APPLYING: REPLAY}


def find(conn: Connection, number: int) -> RuleChange:
    """A change; raises missing."""
    rows = conn.execute(sa.select(identity_rule_changes).where(identity_rule_changes.c.id == number)).all()
    if not rows:
        raise missing("unknown_rule_change", "there is no such change of the rules", field="change", got=number)
    return _changes(conn, rows)[0]


def newest(conn: Connection, *, before: int, limit: int) -> tuple[RuleChange, ...]:
    """Changes, the newest first; `before` a number, 0 for all."""
    c = identity_rule_changes.c
    query = sa.select(identity_rule_changes).order_by(c.id.desc()).limit(limit)
    return _changes(conn, conn.execute(query.where(c.id < before) if before else query).all())


def write_people(conn: Connection, number: int, listed: Iterable[Sequence[Listed]]) -> None:
    """Keep the people whom a change concerns, in place of those of a former simulation."""
    conn.execute(sa.delete(identity_rule_change_people).where(identity_rule_change_people.c.change == number))
    rows = [
        {
            "change": number, "kind": one.kind.value, "place": place, "identifiers": one.identifiers,
            "before": list(one.before), "after": list(one.after), "members": [list(member) for member in one.members],
            "causes": [list(cause) for cause in one.causes],
        }
        for kind in listed
        for place, one in enumerate(kind, start=1)
    ]  # fmt: skip
    if rows:
        conn.execute(sa.insert(identity_rule_change_people), rows)


def people(conn: Connection, number: int, kind: ChangedKind, *, after: int, limit: int) -> tuple[ChangedPeople, ...]:
    """A page of the people whom a change concerns; who was erased since is shown without a name."""
    asked = {"change": number, "kind": kind.value, "after": after, "limit": limit}
    rows = conn.execute(sql.PAGE, asked).all()
    numbers = {one for row in rows for one in (*row.before, *row.after, *(n for m in row.members for n in m[1:]))}
    named = names(conn, sorted(numbers))
    ids = {one for row in rows for one in (*(m[0] for m in row.members), *(end for c in row.causes for end in c[:2]))}
    texts = {
        row.id: (str(row.namespace), str(row.value)) for row in conn.execute(sql.IDENTIFIERS, {"ids": sorted(ids)})
    }
    gone = ("", "")
    return tuple(
        ChangedPeople(
            place=row.place,
            kind=ChangedKind(row.kind),
            before=tuple(named.get(one, "") for one in row.before),
            after=tuple(named.get(one, "") for one in row.after),
            identifiers=row.identifiers,
            members=tuple(
                Member(identifier=texts.get(number, gone), was=named.get(was, ""), becomes=named.get(becomes, ""))
                for number, was, becomes in row.members
            ),
            causes=tuple(
                Cause(a=texts.get(a, gone), b=texts.get(b, gone), reason=reason, namespace=namespace)
                for a, b, reason, namespace in row.causes
            ),
        )
        for row in rows
    )


def names(conn: Connection, people: Sequence[int]) -> dict[int, str]:
    """Public ids by number."""
    return {row.oneid: str(row.public_id) for row in conn.execute(sql.NAMES, {"people": list(people)})}


def _changes(conn: Connection, rows: Sequence[Any]) -> tuple[RuleChange, ...]:
    last = ledger.last_statement(conn)
    return tuple(_change(row, last) for row in rows)


def _change(row: Any, last: int) -> RuleChange:  # noqa: ANN401 - a row
    state = RuleState(row.state)
    report = None if row.report is None else msgspec.convert(row.report, Report)
    stages = _STAGES.get(state)
    progress = None
    if stages is not None and row.told_at is not None:
        progress = progress_of(
            stages, row.stage, (row.done, row.total), (row.began_at or row.told_at, row.stage_at), row.told_at
        )
    return RuleChange(
        id=row.id, state=state, document=row.document, author=row.author, reason=row.reason,
        requested_at=row.requested_at, by_itself=row.by_itself, progress=progress, report=report,
        simulated_at=row.simulated_at, statements_since=0 if report is None else max(last - report.statements, 0),
        settled_at=row.settled_at, settled_by=row.settled_by, note=row.note, version=row.version, merged=row.merged,
        split=row.split, undoes=row.undoes, job=f"{row.id}-{row.round}",
    )  # fmt: skip
