"""Segments are sets: built algebra equals Python's sets, previews equal builds, overlaps are symmetric, merges map."""

from datetime import timedelta
from itertools import count
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.world import START, World, day

from ninefold.identity import Identity
from ninefold.segments import Segments
from ninefold.store import Events, Records

PEOPLE = 40
LEAVES = ("s0", "s1", "s2", "s3")
Expression = str | dict[str, list[Any]]

expressions: st.SearchStrategy[Expression] = st.recursive(
    st.sampled_from(LEAVES),
    lambda parts: st.builds(
        lambda word, operands: {word: operands},
        st.sampled_from(["union", "intersect", "minus"]),
        st.lists(parts, min_size=2, max_size=3),
    ),
    max_leaves=6,
)
merges = st.dictionaries(st.integers(1, PEOPLE), st.integers(1, PEOPLE), max_size=8)


def evaluate(expression: Expression, sets: dict[str, set[int]]) -> set[int]:
    if isinstance(expression, str):
        return sets[expression]
    [(word, operands)] = expression.items()
    first, *rest = (evaluate(operand, sets) for operand in operands)
    if word == "union":
        return first.union(*rest)
    return first.intersection(*rest) if word == "intersect" else first.difference(*rest)


def roots(pairs: dict[int, int]) -> dict[int, int]:
    """Everybody's root after merging the pairs: the smallest of each component."""
    root = {oneid: oneid for oneid in range(1, PEOPLE + 1)}
    for a, b in pairs.items():
        low, high = sorted((root[a], root[b]))
        root = {oneid: low if at == high else at for oneid, at in root.items()}
    return root


def populated(records: Records, events: Events, seed: int) -> tuple[World, Segments, dict[str, set[int]]]:
    """Forty people with four random traits, and a segment for each trait."""
    rng = np.random.default_rng(seed)
    world, segments = World(events), Segments(records, events, Identity())
    world.meet(records, *[[("member_no", f"M{n:02}")] for n in range(PEOPLE)])
    sets: dict[str, set[int]] = {}
    for leaf in LEAVES:
        sets[leaf] = {int(oneid) for oneid in rng.choice(np.arange(1, PEOPLE + 1), rng.integers(0, 30), replace=False)}
        world.trait(PEOPLE, f"is_{leaf}", "known")  # so that the trait exists even where nobody has it
        for oneid in sets[leaf]:
            world.trait(oneid, f"is_{leaf}", "yes", day(1))
    world.flush()
    with records.begin() as conn:
        for leaf in LEAVES:
            condition = {"trait": f"is_{leaf}", "op": "eq", "value": "yes"}
            segments.save(conn, {"key": leaf, "name": leaf, "owner": "crm", "condition": condition}, now=START)
    return world, segments, sets


def test_algebra_equals_sets_and_a_build_equals_its_preview(records: Records, events: Events) -> None:
    _, segments, sets = populated(records, events, 1)
    segments.refresh(now=day(2))
    ticks = count()

    @settings(max_examples=15)
    @given(expressions)
    def check(expression: Expression) -> None:
        now = day(3) + timedelta(minutes=next(ticks))
        expected = evaluate(expression, sets)
        assert set(segments.combined(expression)) == expected
        if isinstance(expression, str):
            return
        preview = segments.preview(expression, now=now)
        with records.begin() as conn:
            segments.save(conn, {"key": "whole", "name": "whole", "owner": "crm", "condition": expression}, now=now)
        *_, built = segments.refresh(["whole"], now=now)
        assert preview.size == built.snapshot.size == len(expected)
        assert set(segments.audience("whole").tolist()) == expected
        people = set(segments.members("whole").people)
        assert set(preview.sample) <= people
        assert len(people) == len(expected)
        if built.before is not None:
            before = set(segments.audience("whole", built.before.version).tolist())
            assert (built.entered, built.left) == (len(expected - before), len(before - expected))

    check()


def test_merges_after_the_build_map_every_reading_the_same_way(records: Records, events: Events) -> None:
    world, segments, sets = populated(records, events, 2)
    segments.refresh(now=day(2))
    versions = count(1)

    @settings(max_examples=12)
    @given(merges, expressions)
    def check(pairs: dict[int, int], expression: Expression) -> None:
        root, version = roots(pairs), next(versions)
        for oneid, home in root.items():
            world.merge(oneid, home, version)
        world.flush()
        mapped = {leaf: {root[oneid] for oneid in members} for leaf, members in sets.items()}
        assert {leaf: set(segments.audience(leaf).tolist()) for leaf in LEAVES} == mapped
        assert {leaf: segments.size(leaf) for leaf in LEAVES} == {leaf: len(each) for leaf, each in mapped.items()}
        assert set(segments.combined(expression)) == evaluate(expression, mapped)
        people = segments.overlap(LEAVES).people
        assert people == tuple(tuple(len(mapped[a] & mapped[b]) for b in LEAVES) for a in LEAVES)
        assert people == tuple(zip(*people, strict=True))

    check()
