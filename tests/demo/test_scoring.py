"""Pair precision and recall by group sizes, against counting pairs one by one."""

from itertools import combinations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.cli.demo.brand import score_identity

Row = tuple[str, int, int, bool, int]


def truth_of(rows: list[Row]) -> pa.Table:
    value, person, component, shared, until = zip(*rows, strict=True) if rows else ([],) * 5
    return pa.table(
        {
            "namespace": pa.array(["phone"] * len(rows), pa.string()),
            "value": pa.array(value, pa.string()),
            "person": pa.array(person, pa.int64()),
            "component": pa.array(component, pa.int64()),
            "shared": pa.array(shared, pa.bool_()),
            "until_ms": pa.array(until, pa.int64()),
        }
    )


def found_of(oneids: dict[str, int]) -> pa.Table:
    return pa.table(
        {
            "namespace": pa.array(["phone"] * len(oneids), pa.string()),
            "value": pa.array(list(oneids), pa.string()),
            "oneid": pa.array(list(oneids.values()), pa.uint32()),
        }
    )


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), max_size=12),
    st.lists(st.integers(0, 4) | st.none(), min_size=12, max_size=12),
)
def test_like_counting_pairs(true: list[tuple[int, int]], clusters: list[int | None]) -> None:
    rows = [(f"v{i}", person, person * 2 + part, False, 0) for i, (person, part) in enumerate(true)]
    oneids = {f"v{i}": one for i, one in enumerate(clusters[: len(rows)]) if one is not None}
    score = score_identity(found_of(oneids), truth_of(rows))
    pairs = list(combinations(rows, 2))
    joined = {(a[0], b[0]) for a, b in pairs if a[0] in oneids and oneids[a[0]] == oneids.get(b[0])}
    same = {(a[0], b[0]) for a, b in pairs if a[1] == b[1]}
    linkable = {(a[0], b[0]) for a, b in pairs if a[2] == b[2]}
    assert score.precision == pytest.approx(len(joined & same) / len(joined) if joined else 1)
    assert score.recall == pytest.approx(len(joined & linkable) / len(linkable) if linkable else 1)
    assert score.reach == pytest.approx(len(linkable) / len(same) if same else 1)
    assert (score.identifiers, score.missing) == (len(rows), len(rows) - len(oneids))


def test_what_counts_as_right() -> None:
    rows: list[Row] = [
        ("tablet", 1, 1, True, 9),
        ("tablet", 2, 2, True, 9),
        ("recycled", 1, 1, False, 5),
        ("recycled", 2, 2, False, 9),
        ("mine", 1, 1, False, 9),
        ("yours", 2, 2, False, 9),
    ]
    with_heir = score_identity(found_of({"recycled": 20, "yours": 20, "mine": 10, "tablet": 10}), truth_of(rows))
    assert (with_heir.precision, with_heir.recall, with_heir.identifiers) == (1.0, 1.0, 3)
    with_first = score_identity(found_of({"recycled": 10, "yours": 20, "mine": 10, "tablet": 10}), truth_of(rows))
    assert (with_first.precision, with_first.recall) == (0.0, 0.0)
    family_joined = score_identity(found_of({"recycled": 7, "yours": 7, "mine": 7, "tablet": 7}), truth_of(rows))
    assert (family_joined.precision, family_joined.recall) == (1 / 3, 1.0)


def test_many_in_one_cluster_is_arithmetic() -> None:
    count = 100_000
    values = pa.array(range(count)).cast(pa.string())
    names = pa.repeat("phone", count)
    zeros = pa.repeat(0, count)
    truth = pa.table(
        {
            "namespace": names,
            "value": values,
            "person": zeros,
            "component": zeros,
            "shared": pa.repeat(False, count),
            "until_ms": zeros,
        }
    )
    score = score_identity(pa.table({"namespace": names, "value": values, "oneid": zeros}), truth)
    assert score.pairs_right == count * (count - 1) // 2
