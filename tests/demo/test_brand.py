"""The generated brand: reproducible, in bounded pieces, and its truth recomputed from what it hands over."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ninefold.base import to_ms
from ninefold.cli.demo.brand import BODY, DORMANT, MAPPINGS, ORDER, REGULARS, SCALES, Brand, BrandPlan, wire_payload
from ninefold.collect.event import Event
from ninefold.collect.imports import Context, dry_run, parse_mapping
from ninefold.collect.imports.readers import open_table
from ninefold.collect.imports.rows import map_chunk

END = datetime(2026, 6, 1, tzinfo=UTC)
CONTEXT = Context(file_hash="0" * 32, received=to_ms(END), zone="Asia/Shanghai")


def small(people: int = 900, seed: int = 9) -> Brand:
    return Brand(BrandPlan(people=people, seed=seed, block=450, end=END))


@pytest.fixture(scope="module")
def brand() -> Brand:
    return small()


@pytest.fixture(scope="module")
def events(brand: Brand, tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    """Everything the brand hands over, repeats removed, as the pipeline would see it."""
    found = {}
    for file in brand.history_files(tmp_path_factory.mktemp("brand")):
        mapping = parse_mapping(file.mapping)
        rejected = skipped = 0
        for chunk in open_table(file.path, mapping.file).chunks():
            mapped = map_chunk(mapping, chunk, CONTEXT)
            rejected, skipped = rejected + len(mapped.rejected), skipped + mapped.skipped
            found.update({(event.source, event.message_id): event for event in mapped.events})
        assert (rejected, skipped) == (file.rejected, file.skipped)
    for batch in brand.history_events(size=700):
        found.update({(event.source, event.message_id): event for event in batch})
    return list(found.values())


def test_the_same_plan_gives_the_same_brand(tmp_path: Path) -> None:
    one, two = small(300), small(300)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = [event for batch in one.history_events() for event in batch]
    assert two.truth.segments == one.truth.segments  # asked in another order
    assert [event for batch in two.history_events() for event in batch] == first
    for a, b in zip(one.history_files(tmp_path / "a"), two.history_files(tmp_path / "b"), strict=True):
        if a.path.suffix == ".csv":
            assert a.path.read_bytes() == b.path.read_bytes()
    assert small(300, seed=10).truth.revenue_minor != one.truth.revenue_minor


def test_nothing_is_outside_the_history(brand: Brand, events: list[Event]) -> None:
    plan = brand.plan
    assert all(plan.start_ms <= event.ts < plan.end_ms for event in events)
    assert all(event.received <= plan.end_ms for event in events)


def test_counts_and_money(brand: Brand, events: list[Event]) -> None:
    truth = brand.truth
    assert Counter(event.name for event in events) == truth.events
    orders = [event for event in events if event.name == ORDER]
    assert len(orders) == truth.orders == len({event.order_id for event in orders})
    assert sum(event.revenue_minor for event in orders) == truth.revenue_minor
    assert {event.currency for event in orders} == {"CNY"}
    assert all(len(event.nums) == 12 for event in events if event.name == BODY)


def test_trouble_is_planted(brand: Brand) -> None:
    sent = [event for batch in brand.history_events() for event in batch]
    ids = Counter((event.source, event.message_id) for event in sent)
    assert 0.005 < sum(count - 1 for count in ids.values()) / len(sent) < 0.04  # repeats
    late = [event for event in sent if event.received - event.ts > 3_600_000]
    assert 0.01 < len(late) / len(sent) < 0.08
    table = brand.truth.identifiers
    assert table.filter(table["shared"]).num_rows > 20
    owners = Counter(zip(table["namespace"].to_pylist(), table["value"].to_pylist(), strict=True))
    several = [name for (name, _), count in owners.items() if count > 1 and name == "phone"]
    assert several  # recycled numbers


def owners_of(table: pa.Table) -> dict[tuple[str, str], list[tuple[int, int]]]:
    own = table.filter(pa.compute.invert(table["shared"])).sort_by("until_ms")
    found: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for row in own.to_pylist():
        found[row["namespace"], row["value"]].append((row["until_ms"], row["person"]))
    return found


def nodes(event: Event, owners: dict[tuple[str, str], list[tuple[int, int]]]) -> Iterator[tuple[str, str, int]]:
    """Identifiers of an event that name one person, with that person; a tablet of a family names nobody."""
    for namespace, raw in event.identifiers:
        value = f"+86{raw}" if namespace == "phone" and not raw.startswith("+") else raw
        held = owners.get((namespace, value))
        if held:
            person = next(person for until, person in held if event.ts < until)
            yield namespace, value, person


def test_truth_is_what_the_data_says(brand: Brand, events: list[Event]) -> None:
    truth, plan = brand.truth, brand.plan
    owners = owners_of(truth.identifiers)
    shown = [list(nodes(event, owners)) for event in events]
    assert all(len({person for *_, person in one}) <= 1 for one in shown)
    index = {node: i for i, node in enumerate(dict.fromkeys(node for one in shown for node in one))}
    pairs = [(index[one[0]], index[node]) for one in shown for node in one[1:]]
    left, right = np.array(pairs).T
    graph = coo_array((np.ones(len(pairs)), (left, right)), shape=(len(index), len(index)))
    count, label = connected_components(graph, directed=False)
    assert count == truth.components
    rows = truth.identifiers.filter(pa.compute.invert(truth.identifiers["shared"])).to_pylist()
    assert len(rows) == len(index)
    named = {(label[index[r["namespace"], r["value"], r["person"]]], r["component"]) for r in rows}
    assert len(named) == len({a for a, _ in named}) == len({b for _, b in named})

    orders: dict[int, list[int]] = defaultdict(list)
    shanghai, measured = set(), set()
    for event, one in zip(events, shown, strict=True):
        if not one:
            continue
        who = int(label[index[one[0]]])
        if event.name == ORDER:
            orders[who].append(event.ts)
        if event.traits.get("city") == "Shanghai":
            shanghai.add(who)
        if event.name == BODY and event.ts >= plan.recent_ms:
            measured.add(who)
    assert truth.segments == {
        DORMANT: sum(max(times) < plan.recent_ms for times in orders.values()),
        REGULARS: sum(len(times) >= 3 for who, times in orders.items() if who in shanghai),
        SCALES: len(measured),
    }
    assert all(size > 0 for size in truth.segments.values())


def test_blocks_share_no_identifier(brand: Brand) -> None:
    first, second = (
        set(zip(t["namespace"].to_pylist(), t["value"].to_pylist(), strict=True))
        for t in (block.truth.identifiers for block in brand.blocks())
    )
    assert not first & second


def test_mappings_are_what_a_person_would_be_offered(brand: Brand, tmp_path: Path) -> None:
    for file in brand.history_files(tmp_path)[::2]:
        found = dry_run(file.path, parse_mapping(file.mapping), CONTEXT, rows=200)
        assert found.events > 0
    assert {str(mapping["key"]) for mapping in MAPPINGS} == {"members", "taobao_orders", "jd_orders", "pos_receipts"}


def test_payloads_carry_what_the_events_say(events: list[Event]) -> None:
    for event in events[:: max(len(events) // 200, 1)]:
        payload = wire_payload(event)
        assert payload["messageId"] == event.message_id
        assert datetime.fromisoformat(str(payload["timestamp"])) == datetime.fromtimestamp(event.ts / 1000, tz=UTC)
