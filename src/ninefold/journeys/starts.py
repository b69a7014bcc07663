"""Begins campaigns: on schedule for an audience, or when an event happens to somebody.

Occasions have names that are the same for ever, so doing a start again after a crash enters nobody twice.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ninefold.base import Error, parse_time
from ninefold.predicate import Condition, Reading, event_filter, members, survivorship, tree
from ninefold.segments import Segments
from ninefold.store import Events, Records

from .enrolment import CHUNK, Candidates, enter
from .model import Campaign, Enrolment, Oneids, Run, Status, Trigger
from .people import People
from .queries import outcomes
from .queries import records as sql
from .registry import Registry
from .rules.schedule import latest_due, occurrence_id

_log = logging.getLogger(__name__)
_EVER = parse_time("1970-01-01")
_SKEW = timedelta(minutes=5)  # how far a sender's clock may run ahead


class Starts:
    """Finds who is to enter which campaign now, and enters them."""

    def __init__(
        self, records: Records, events: Events, segments: Segments, people: People, registry: Registry, *, zone: str
    ) -> None:
        self._records = records
        self._events = events
        self._segments = segments
        self._people = people
        self._registry = registry
        self._zone = zone

    def run_due(self, now: datetime) -> tuple[Run, ...]:
        """Carry out the occasions of scheduled campaigns that are due, the newest of each.

        An occasion that is later than the campaign's ``expires`` is written down as missed. One that was begun and
        not finished is taken up again.
        """
        with self._records.begin() as conn:
            campaigns = self._registry.present(conn)
            begun = [(row.campaign, row.occurrence) for row in conn.execute(sql.UNFINISHED_RUNS)]
        due = [(key, parse_time(occurrence)) for key, occurrence in begun if key in campaigns]
        for key, campaign in campaigns.items():
            at = self._due(campaign, now)
            if at is not None and (key, at) not in due:
                due.append((key, at))
        runs = [self._run(campaigns[key], at, now) for key, at in due if campaigns[key].status is Status.LIVE]
        return tuple(run for run in runs if run is not None)

    def on_batch(
        self, batch: int, people: NDArray[np.uint32], names: frozenset[str], *, now: datetime
    ) -> dict[str, Enrolment]:
        """Enter people into campaigns that an event of theirs in a batch of the pipeline starts.

        Args:
            batch: number of the pipeline's batch; its events are in the events store.
            people: whose events it holds.
            names: names of its events.
            now: the present instant.

        Returns:
            Who entered, by campaign.
        """
        if not len(people):
            return {}
        with self._records.begin() as conn:
            campaigns = self._registry.present(conn).values()
            started = {
                one.key: self._registry.live_since(conn, one.key)
                for one in campaigns
                if one.status is Status.LIVE and isinstance(one.start, Trigger) and one.start.event in names
            }
        found: dict[str, Enrolment] = {}
        for campaign in campaigns:
            if campaign.key in started and isinstance(campaign.start, Trigger):
                candidates = self._triggered(campaign, campaign.start, batch, started[campaign.key], now)
                found[campaign.key] = self.enrol(campaign, candidates, now=now)
        return found

    def enrol(self, campaign: Campaign, candidates: Candidates, *, now: datetime) -> Enrolment:
        """Enter people, some thousands per transaction."""
        total = Enrolment()
        for start in range(0, len(candidates), CHUNK):
            with self._records.begin() as conn:
                total += enter(conn, self._people, campaign, candidates.part(start, start + CHUNK), now=now)
        return total

    def audience(self, campaign: Campaign, *, now: datetime) -> Oneids:
        """Who is meant, as of now: present oneids. A segment is built anew, so that it is exact and kept."""
        if campaign.audience.segment:
            self._segments.refresh([campaign.audience.segment], now=now)
            people: Oneids = self._segments.audience(campaign.audience.segment)
            return people
        return self._members(campaign.audience.condition or tree.Everyone(), now)

    def _due(self, campaign: Campaign, now: datetime) -> datetime | None:
        """The newest occasion since the campaign is live that was not begun yet."""
        if campaign.status is not Status.LIVE or latest_due(campaign.start, since=_EVER, now=now) is None:
            return None
        with self._records.begin() as conn:
            at = latest_due(campaign.start, since=self._registry.live_since(conn, campaign.key), now=now)
            if at is None:
                return None
            values = {"campaign": campaign.key, "occurrence": occurrence_id(at)}
            return at if conn.execute(sql.RUN, values).one_or_none() is None else None

    def _run(self, campaign: Campaign, at: datetime, now: datetime) -> Run | None:
        """Carry out one occasion; None when another worker is at it or has done it."""
        occurrence, missed = occurrence_id(at), now - at > campaign.expires
        run = Run(campaign=campaign.key, occurrence=occurrence, scheduled=at)
        values = {"campaign": campaign.key, "occurrence": occurrence, "now": now}
        with self._records.hold(f"campaign-run/{campaign.key}/{occurrence}") as held:
            if not held:
                return None
            with self._records.begin() as conn:
                conn.execute(sql.BEGIN_RUN, {**values, "version": campaign.version, "missed": missed})
                if conn.execute(sql.RUN, values).one().finished_at is not None:
                    return replace(run, missed=True) if missed else None
            enrolment = Enrolment()
            if not missed:
                try:
                    oneids = self.audience(campaign, now=now)
                    enrolment = self.enrol(campaign, Candidates.on(oneids, occurrence), now=now)
                except Error as exc:
                    _log.warning("campaign %s: occasion %s not carried out: %s", campaign.key, occurrence, exc)
                    return replace(run, problem=str(exc))
            with self._records.begin() as conn:
                conn.execute(sql.FINISH_RUN, {**values, "missed": missed})
        return replace(run, missed=missed, enrolment=enrolment)

    def _triggered(
        self, campaign: Campaign, trigger: Trigger, batch: int, live_since: datetime, now: datetime
    ) -> Candidates:
        """Whom events of a batch bring into a campaign, the earliest event first."""
        where = event_filter(trigger.where, now=now, zone=self._zone)
        since = max(now - trigger.max_age, live_since)
        rows = self._events.query(outcomes.triggers(batch, trigger.event, where, since=since, until=now + _SKEW))
        people = np.asarray(rows["person"], np.uint32)
        messages: Sequence[str] = rows["message_id"].to_pylist()
        condition = _all(_conditions(campaign, trigger))
        if condition is not None and len(people):
            fitting = np.isin(people, self._members(condition, now, only=np.unique(people)))
            people, messages = people[fitting], [one for one, fits in zip(messages, fitting, strict=True) if fits]
        return Candidates(oneid=people, occurrence=messages)

    def _members(self, condition: Condition, now: datetime, *, only: Oneids | None = None) -> Oneids:
        among = None if only is None else only.tolist()
        with self._records.begin() as conn:
            reading = Reading(policies=survivorship.load(conn))
        rows = self._events.query(members(condition, now=now, zone=self._zone, only=among, reading=reading))
        return np.asarray(rows["oneid"], np.uint32)


def _conditions(campaign: Campaign, trigger: Trigger) -> list[Condition]:
    """What must hold of a person besides the event."""
    found: list[Condition] = [one for one in (trigger.condition, campaign.audience.condition) if one is not None]
    return [*found, tree.SegmentClause(segment=campaign.audience.segment)] if campaign.audience.segment else found


def _all(conditions: Sequence[Condition]) -> Condition | None:
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    return tree.AllOf(parts=tuple(conditions))
