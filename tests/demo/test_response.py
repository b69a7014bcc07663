"""Phase two: the planted effect is exact, whoever was treated, and carried by identifiers the system knows."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import to_ms
from ninefold.cli.demo.brand import ORDER, Brand, BrandPlan

AT = datetime(2026, 6, 1, tzinfo=UTC)


def identifiers(count: int) -> pa.Table:
    return pa.table(
        {
            "namespace": ["anonymous_id", "phone"] * count,
            "value": [f"{kind}{i}" for i in range(count) for kind in ("web", "+8613")],
            "oneid": pa.array(np.repeat(np.arange(1, count + 1), 2), pa.int64()),
        }
    )


@given(st.integers(0, 400), st.integers(0, 200), st.integers(0, 99))
def test_the_effect_is_exact(treated: int, control: int, seed: int) -> None:
    plan = BrandPlan(seed=seed)
    people = np.random.default_rng(seed).permutation(treated + control) + 1
    found = Brand(plan).respond(
        identifiers(treated + control), people[:treated].tolist(), people[treated:].tolist(), at=AT
    )
    assert found.treated == (treated, round(0.14 * treated))
    assert found.control == (control, round(0.08 * control))
    assert len(found.events) == found.treated[1] + found.control[1] == len({e.message_id for e in found.events})
    assert found.revenue_minor == sum(event.revenue_minor for event in found.events)
    assert all(to_ms(AT) < event.ts < to_ms(AT) + 7 * 86_400_000 for event in found.events)
    assert all(event.identifiers[0][0] == "phone" and event.name == ORDER for event in found.events)
    if treated > 200 and control > 100:
        assert abs(found.uplift - 0.06) < 0.01


def test_nobody_orders_without_an_identifier_to_carry_it() -> None:
    known = identifiers(10).filter(pa.compute.equal(identifiers(10)["namespace"], "anonymous_id"))
    found = Brand().respond(known, list(range(1, 11)), [], at=AT)
    assert (found.events, found.unreachable, found.treated) == ([], 10, (10, 0))
    assert Brand().respond(known.slice(0, 0), [5], [6], at=AT).unreachable == 2


def test_the_same_question_has_the_same_answer() -> None:
    one = Brand().respond(identifiers(50), list(range(1, 31)), list(range(31, 51)), at=AT)
    two = Brand().respond(identifiers(50), list(range(30, 0, -1)), list(range(50, 30, -1)), at=AT)
    assert one == two
