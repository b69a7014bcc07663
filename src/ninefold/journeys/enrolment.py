"""Enters people into campaigns, in bulk: sticky arms, re-entry, members, planned messages and exposures.

Everything happens in the caller's transaction: either a person is a member with all that follows, or not at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.base import from_ms
from ninefold.collect import Event, append
from ninefold.experiments import assign
from ninefold.store import copy_rows

from .model import SOURCE, Arm, Campaign, EffectState, Enrolment, Holdout, Oneids, Reentry
from .people import People
from .queries import records as sql
from .rules import facts
from .rules.gate import effect_key
from .tables import effects

CHUNK = 20_000
"""People per transaction."""

_FACTS_PER_ROW = 5_000
_EVER = datetime(1, 1, 1, tzinfo=UTC)
_EFFECT_COLUMNS = (
    "key",
    "kind",
    "campaign",
    "occurrence",
    "oneid",
    "version",
    "channel",
    "state",
    "next_attempt_at",
    "planned_at",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Who is to enter, and on which occasion; one entry each, accounts as they come."""

    oneid: Oneids
    occurrence: Sequence[str]

    def __len__(self) -> int:
        return len(self.oneid)

    @classmethod
    def on(cls, oneids: Oneids, occurrence: str) -> Self:
        """People who enter on one and the same occasion."""
        return cls(oneid=oneids, occurrence=[occurrence] * len(oneids))

    def part(self, start: int, stop: int) -> "Candidates":
        """Some of them, by position."""
        return Candidates(oneid=self.oneid[start:stop], occurrence=self.occurrence[start:stop])


def enter(conn: Connection, people: People, campaign: Campaign, candidates: Candidates, *, now: datetime) -> Enrolment:
    """Enter people drawn by the sticky hash; those who took part in the same occasion stay as they are.

    The draw is over the person as known now; the arm that a person (or an account merged since) first got under the
    same draw holds for ever, also when the share changes.

    Args:
        conn: the transaction; the campaign is locked in it, so that decisions about one person come one by one.
        people: who is who.
        campaign: the campaign.
        candidates: who is to enter; the earliest occasion first where only one may count.
        now: time of entry.
    """
    conn.execute(sql.LOCK, {"name": f"campaign/{campaign.key}"})
    roots = people.roots(conn, candidates.oneid)
    places = _distinct(roots, candidates.occurrence, once=campaign.reentry is not Reentry.ALWAYS)
    roots, occurrences = roots[places], [candidates.occurrence[place] for place in places]
    arms = assign(roots, key=campaign.key, salt_version=campaign.holdout.salt, holdout=campaign.holdout.share)
    sides = np.where(arms.control, Arm.CONTROL.value, Arm.TREATED.value).tolist()
    rows = zip(roots.tolist(), occurrences, arms.bucket.tolist(), sides, [now] * len(places), strict=True)
    _stage(conn, people, roots, rows)
    named = {"campaign": campaign.key}
    already = conn.execute(sql.DROP_ALREADY_ENTERED, named).rowcount
    not_again = 0
    if campaign.reentry is not Reentry.ALWAYS:
        since = _EVER if campaign.reentry is Reentry.NEVER else now - campaign.reentry_gap
        not_again = conn.execute(sql.DROP_NOT_AGAIN, {**named, "since": since}).rowcount
    members = _insert(conn, campaign, campaign.holdout)
    treated = [row for row in members if row.arm == Arm.TREATED.value]
    if campaign.channel:
        copy_rows(conn, effects, _EFFECT_COLUMNS, _effects(campaign, treated, now))
    tell(conn, _exposures(campaign, members, now), now=now)
    return Enrolment(
        candidates=len(places),
        treated=len(treated),
        control=len(members) - len(treated),
        already=already,
        not_again=not_again,
    )


def record(conn: Connection, people: People, campaign: Campaign, members: "Recorded", *, now: datetime) -> Enrolment:
    """Write down members whose arm and time of entry were decided elsewhere; nothing is sent to them.

    A person recorded before, or twice here, keeps what was written first.
    """
    conn.execute(sql.LOCK, {"name": f"campaign/{campaign.key}"})
    roots = people.roots(conn, members.oneid)
    occasions = ["recorded"] * len(roots)
    places = _distinct(roots, occasions, once=True)
    arms = np.where(members.treated[places], Arm.TREATED.value, Arm.CONTROL.value).tolist()
    times = [from_ms(at) for at in members.entered_at_ms[places].tolist()]
    nothing = [None] * len(places)  # no bucket: the arm was not drawn by us
    rows = zip(roots[places].tolist(), occasions, nothing, arms, times, strict=False)
    _stage(conn, people, roots[places], rows)
    already = conn.execute(sql.DROP_ALREADY_ENTERED, {"campaign": campaign.key}).rowcount
    written = _insert(conn, campaign, None)
    tell(conn, _exposures(campaign, written, now), now=now)
    treated = sum(row.arm == Arm.TREATED.value for row in written)
    return Enrolment(candidates=len(places), treated=treated, control=len(written) - treated, already=already)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recorded:
    """Members as decided elsewhere, one entry each.

    Attributes:
        oneid: the people.
        treated: True for treated, False for control.
        entered_at_ms: when each entered, ms since 1970.
    """

    oneid: Oneids
    treated: NDArray[np.bool_]
    entered_at_ms: NDArray[np.int64]

    def part(self, start: int, stop: int) -> "Recorded":
        """Some of them, by position."""
        return Recorded(
            oneid=self.oneid[start:stop], treated=self.treated[start:stop], entered_at_ms=self.entered_at_ms[start:stop]
        )


def tell(conn: Connection, events: Sequence[Event], *, now: datetime) -> None:
    """Put facts into the inbox, in the transaction of what they tell."""
    for start in range(0, len(events), _FACTS_PER_ROW):
        append(conn, events[start : start + _FACTS_PER_ROW], source=SOURCE, kind="campaign", now=now)


def _distinct(roots: Oneids, occurrences: Sequence[str], *, once: bool) -> list[int]:
    """Positions of the first appearance of each person, or of each person on each occasion."""
    if once:
        return [int(place) for place in np.sort(np.unique(roots, return_index=True)[1])]
    first: dict[tuple[int, str], int] = {}
    for place, one in enumerate(zip(roots.tolist(), occurrences, strict=True)):
        first.setdefault(one, place)
    return list(first.values())


def _stage(conn: Connection, people: People, roots: Oneids, rows: Iterable[Sequence[object]]) -> None:
    """Put candidates and the accounts merged into them beside the tables they are to be compared with."""
    for statement in sql.MAKE_CANDIDATES:
        conn.execute(statement)
    copy_rows(conn, sql.CANDIDATES, ("oneid", "occurrence", "bucket", "arm", "entered_at"), rows)
    copy_rows(conn, sql.KIN, ("oneid", "root"), people.merged_into(conn, roots.tolist()).items())
    conn.execute(sql.ANALYZE_CANDIDATES)


def _insert(conn: Connection, campaign: Campaign, draw: Holdout | None) -> Sequence[sa.Row[tuple[object, ...]]]:
    values = {
        "campaign": campaign.key,
        "version": campaign.version,
        "salt": draw.salt if draw else None,
        "holdout": draw.share if draw else None,
    }
    return conn.execute(sql.ENTER, values).all()


def _effects(
    campaign: Campaign, treated: Sequence[sa.Row[tuple[object, ...]]], now: datetime
) -> Iterable[tuple[object, ...]]:
    for row in treated:
        key = effect_key(campaign.key, row.occurrence, row.oneid)
        yield (
            key,
            "message",
            campaign.key,
            row.occurrence,
            row.oneid,
            campaign.version,
            campaign.channel,
            EffectState.PLANNED.value,
            now,
            now,
        )


def _exposures(campaign: Campaign, members: Sequence[sa.Row[tuple[object, ...]]], now: datetime) -> list[Event]:
    return [
        facts.entered(campaign.key, row.occurrence, row.oneid, row.arm, at=row.entered_at, now=now) for row in members
    ]
