"""Previews: the verb is tried and rolled back, and what is stored is read as if it had been done."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from ninefold.identity import Identity, IdentityDesk, assets, merging
from ninefold.predicate import Reading, members, survivorship
from ninefold.profiles import AccountsRead, Profiles
from ninefold.segments.service import Segments
from ninefold.store import Events, Records

from .model import Difference, MergePreview, Sketch, What

Groups: TypeAlias = Sequence[Sequence[int]]
Values: TypeAlias = Sequence[Mapping[str, tuple[str, str]]]
"""Of each person: value and rule by key."""


class MergePreviews:
    """What merges and unmerges would change."""

    def __init__(
        self,
        stores: tuple[Records, Events],
        desk: IdentityDesk,
        waiting: merging.Merging,
        profiles: Profiles,
        segments: Segments,
    ) -> None:
        """Args: the stores; who tries the verbs; who knows whether a merge waits; who reads people and segments."""
        self._records, self._events = stores
        self._desk = desk
        self._waiting = waiting
        self._profiles = profiles
        self._segments = segments

    def merge(self, one: int, other: int, *, now: datetime) -> MergePreview:
        """What a merge of two people would change; nothing is written.

        Raises:
            Error: what the merge itself would raise, but for blockers and an operator's word, which are shown.
        """
        trial = self._desk.try_merge(one, other, now=now)
        return self._preview(trial, now, waits=self._waiting.due([one, other], now=now))

    def unmerge(self, oneid: int, leaving: Sequence[tuple[str, str]], *, now: datetime) -> MergePreview:
        """What taking identifiers out of a person would change; nothing is written.

        Raises:
            Error: what the unmerge itself would raise, but for blockers, which are shown.
        """
        return self._preview(self._desk.try_unmerge(oneid, leaving, now=now), now, waits=None)

    def _preview(self, trial: assets.Trial, now: datetime, *, waits: datetime | None) -> MergePreview:
        before, after = trial.regrouping.before, trial.regrouping.after
        with self._records.begin() as conn:
            identity = Identity.load(conn)
            names = identity.public_ids(conn, [number for number, _ in trial.regrouping.moved])
            policies = survivorship.load(conn)
            held = {
                number: tuple((one.namespace, one.value) for one in identity.identifiers_of(conn, number))
                for number, *_ in before
            }
        then = {group.oneid: group.identifiers for group in trial.change.people}
        read_before = [self._profiles.read_accounts(group, now=now) for group in before]
        read_after = [self._profiles.read_accounts(group, now=now) for group in after]
        in_before = self._segments_of(before, Reading(policies=policies), now)
        in_after = self._segments_of(after, Reading(policies=policies, moved=trial.regrouping.moved), now)
        return MergePreview(
            before=_sketches(before, names, held, read_before, in_before),
            after=_sketches(after, names, then, read_after, in_after),
            differences=_differences(read_before, read_after, in_before, in_after),
            assets=trial.lines,
            blockers=trial.blockers,
            kept_apart=trial.kept_apart,
            waits_until=waits,
        )

    def _segments_of(self, people: Groups, reading: Reading, now: datetime) -> list[list[str]]:
        """The segments whose condition each person meets, by the very SQL that builds them."""
        roots = [group[0] for group in people]
        found: list[list[str]] = [[] for _ in roots]
        for segment in self._segments.list():
            statement = members(segment.condition, now=now, zone=self._segments.zone, only=roots, reading=reading)
            inside = set(self._events.query(statement).column(0).to_pylist())
            for place, root in enumerate(roots):
                if root in inside:
                    found[place].append(segment.key)
        return found


def _sketches(
    people: Groups,
    names: Mapping[int, str],
    identifiers: Mapping[int, tuple[tuple[str, str], ...]],
    read: Sequence[AccountsRead],
    segments: Sequence[Sequence[str]],
) -> tuple[Sketch, ...]:
    return tuple(
        Sketch(
            public_id=names.get(group[0], ""),
            identifiers=identifiers.get(group[0], ()),
            traits=seen.traits,
            events=seen.counters.total,
            segments=tuple(inside),
        )
        for group, seen, inside in zip(people, read, segments, strict=True)
    )


def _differences(
    before: Sequence[AccountsRead],
    after: Sequence[AccountsRead],
    segments_before: Sequence[Sequence[str]],
    segments_after: Sequence[Sequence[str]],
) -> tuple[Difference, ...]:
    readings: tuple[tuple[What, Callable[[AccountsRead], Mapping[str, tuple[str, str]]]], ...] = (
        ("trait", lambda one: {trait.key: (str(trait.value), trait.policy) for trait in one.traits}),
        ("tag", lambda one: {tag.tag: (tag.value, "as built; built anew with the next refresh") for tag in one.tags}),
        ("events", lambda one: {event.name: (str(event.count), "") for event in one.counters.events}),
        ("revenue", lambda one: {each.currency: (str(each.total_minor), "") for each in one.counters.revenue}),
    )
    found = [
        line
        for what, read in readings
        for line in _lines(what, [read(one) for one in before], [read(one) for one in after])
    ]
    inside = [dict.fromkeys(keys, ("in", "")) for keys in segments_before]
    return (*found, *_lines("segment", inside, [dict.fromkeys(keys, ("in", "")) for keys in segments_after]))


def _lines(what: What, before: Values, after: Values) -> Iterable[Difference]:
    for key in sorted({key for values in (*before, *after) for key in values}):
        was, becomes = ([values[key][0] if key in values else None for values in side] for side in (before, after))
        if len({*was, *becomes}) > 1:
            rules = dict.fromkeys(values[key][1] for values in after if key in values)
            yield Difference(what=what, key=key, before=tuple(was), after=tuple(becomes), rule="; ".join(rules))
