"""Other policies of traits, tried: whose values change, and which segments; nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ninefold.identity import Identity, changing
from ninefold.predicate import Reading, count, lineage, survivorship, trait_differences
from ninefold.segments.rules import inlined
from ninefold.segments.service import Segments
from ninefold.store import Events, Records


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChange:
    """A trait of a person whose value changes: public id, value now and then; empty where there is none."""

    person: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraitChange:
    """A trait whose values change.

    Attributes:
        trait: its name.
        before: the rule in force, in words.
        after: the other rule.
        people: whose value changes.
        samples: some of them.
    """

    trait: str
    before: str
    after: str
    people: int
    samples: tuple[ValueChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReport:
    """What other policies change.

    Attributes:
        traits: the traits whose rule is another, with what changes.
        segments: segments that ask for one of these and change size.
    """

    traits: tuple[TraitChange, ...]
    segments: tuple[changing.SegmentSize, ...]


class PolicyTrial:
    """Tries policies of traits on everybody."""

    def __init__(self, records: Records, events: Events, segments: Segments) -> None:
        """Args: the stores; the segments."""
        self._records = records
        self._events = events
        self._segments = segments

    def simulate(self, document: Mapping[str, Any], *, now: datetime) -> PolicyReport:
        """Whose values other policies change, per trait with samples, and which segments change size.

        Args:
            document: of kind ``trait-policies``.
            now: the instant conditions and validity are asked for.

        Raises:
            Error: invalid, naming the field.
        """
        with self._records.begin() as conn:
            before = survivorship.load(conn)
        after = survivorship.parse_policies(document, changed=before.changed)
        keys = sorted(key for key in {*before.traits, *after.traits} if before.of(key) != after.of(key))
        if not keys:
            return PolicyReport(traits=(), segments=())
        found = {row["trait"]: row for row in self._differences(keys, before, after, now)}
        people = {sample[0] for row in found.values() for sample in row["samples"]}
        with self._records.begin() as conn:
            names = Identity().public_ids(conn, sorted(people))
        traits = tuple(
            TraitChange(
                trait=key, before=before.of(key).text(), after=after.of(key).text(),
                people=found[key]["people"] if key in found else 0,
                samples=tuple(
                    ValueChange(person=names.get(person, ""), before=was, after=becomes)
                    for person, was, becomes in (found[key]["samples"] if key in found else ())
                ),
            )
            for key in keys
        )  # fmt: skip
        return PolicyReport(traits=traits, segments=self._sizes(frozenset(found), before, after, now))

    def _differences(
        self, keys: list[str], before: survivorship.Policies, after: survivorship.Policies, now: datetime
    ) -> list[dict[str, Any]]:
        rows = self._events.query(trait_differences(keys, before, after, now=now)).to_pylist()
        return [{**row, "samples": [tuple(one.values()) for one in row["samples"]]} for row in rows]

    def _sizes(
        self, keys: frozenset[str], before: survivorship.Policies, after: survivorship.Policies, now: datetime
    ) -> tuple[changing.SegmentSize, ...]:
        """The segments that ask for some traits, also through others, and change size."""
        known = self._segments.list()
        conditions = {one.key: one.condition for one in known}
        found = []
        for segment in known:
            condition = inlined(segment.condition, conditions)
            if not keys & lineage(condition).traits:
                continue
            was, becomes = (
                self._events.count(count(condition, now=now, zone=self._segments.zone, reading=Reading(policies=each)))
                for each in (before, after)
            )
            if was != becomes:
                name = segment.header.name_en
                found.append(changing.SegmentSize(key=segment.key, name=name, before=was, after=becomes))
        return tuple(found)
