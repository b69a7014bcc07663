"""Parts of many people's profiles at once, each by one statement for all of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from pyroaring import BitMap

from ninefold.predicate import survivorship, trait_values
from ninefold.store import Events

from . import queries
from .held_segments import HeldSegments
from .model import Trait
from .rules import Row, tag_values_of, traits_of, whole

Accounts: TypeAlias = Mapping[int, Mapping[int, str]]
"""The accounts of each person: root to number to public id, the root first."""


def _roots(people: Accounts) -> dict[int, int]:
    return {oneid: root for root, own in people.items() for oneid in own}


def traits_of_many(
    events: Events, people: Accounts, policies: survivorship.Policies, *, now: datetime
) -> dict[int, tuple[Trait, ...]]:
    """The traits of each person, by the rules of the 360 view."""
    roots = _roots(people)
    rows: list[Row] = events.query(queries.traits(list(roots))).to_pylist() if roots else []
    special = sorted({str(row["key"]) for row in rows if not policies.simple(str(row["key"]))})
    values = trait_values(special, policies, now=now, whose=roots)
    held: dict[int, list[Row]] = {}
    for row in events.query(values).to_pylist() if values is not None else ():
        held.setdefault(whole(row["person"]), []).append(row)
    own: dict[int, list[Row]] = {root: [] for root in people}
    for row in rows:
        own[roots[whole(row["oneid"])]].append(row)
    return {root: traits_of(own[root], people[root], held.get(root, ()), policies) for root in people}


def tags_of_many(events: Events, people: Accounts, tags: Sequence[str]) -> dict[int, dict[str, str]]:
    """The value of each tag of each person: the root's own before that of the account of the highest number."""
    roots = _roots(people)
    if not roots or not tags:
        return {}
    own: dict[int, list[Row]] = {}
    for row in events.query(queries.tags_of_many(list(roots), tags)).to_pylist():
        own.setdefault(roots[row["oneid"]], []).append(row)
    return {root: tag_values_of(rows, root=root) for root, rows in own.items()}


def segments_of_many(held: HeldSegments, people: Accounts, segments: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """The segments whose newest version has each person, by key."""
    bitmaps = held.newest(segments)
    found: dict[int, tuple[str, ...]] = {}
    for root, own in people.items():
        accounts = BitMap(own)
        found[root] = tuple(sorted(key for key, inside in bitmaps.items() if inside.intersect(accounts)))
    return found
