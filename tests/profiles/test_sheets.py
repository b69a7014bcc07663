"""Profiles read from sheets are those of the events store, whatever changed, and whenever it was noted."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.world import START, World, day

from ninefold.base import FixedClock
from ninefold.identity import Identity
from ninefold.profiles import ByIdentifier, ByPublicId, Profile, Profiles
from ninefold.profiles import sheets as sheet
from ninefold.profiles.sheets import Pace, Part, SheetBuilder, changes
from ninefold.profiles.sheets.tables import sheet_changes
from ninefold.segments import Segments, Tags
from ninefold.store import Events, Records

PEOPLE = 6
_ORDERS = ("Order Completed",)


@pytest.fixture
def profiles(records: Records, events: Events) -> Profiles:
    return Profiles(records, events, Identity())


def _settle(profiles: Profiles, most: int = 3) -> None:
    keeper = profiles.keeper()
    while keeper.step(most=most):
        pass


def _parts_ready(records: Records, accounts: list[int]) -> set[Part]:
    with records.begin() as conn:
        found = sheet.SheetReader().read(conn, accounts)
    held = {Part.FACTS: found.facts, Part.TAGS: found.tags, Part.ENTRIES: found.entries}
    return {part for part, rows in held.items() if rows is not None}


def _as_the_store_says(records: Records, events: Events, public_id: str, now: FixedClock) -> Profile:
    """The profile of somebody who has no sheets: they are forgotten first."""
    profiles = Profiles(records, events, Identity())
    with records.begin() as conn:
        person = Identity().by_public_id(conn, public_id)
        sheet.forget(conn, list(Identity().accounts(conn, person.oneid)))
    return profiles.read(ByPublicId(public_id=public_id), now=now.now())


def test_a_sheet_says_what_the_store_says_until_a_change_is_noted(
    profiles: Profiles, records: Records, events: Events, clock: FixedClock
) -> None:
    world = World(events)
    [ana] = world.meet(records, [("phone", "+8613622223333")])
    world.trait(ana, "city", "Wuhan", day(1))
    for number in range(60):
        world.event(ana, "page", day(number), props=[("path", "/")], nums=[("depth", 3.5)])
    world.order(ana, 19_900, day(2), order_id="o1")
    world.flush()
    with records.begin() as conn:
        name = ByPublicId(public_id=Identity().public_ids(conn, [ana])[ana])
    slow = profiles.read(name, now=clock.now())
    assert _parts_ready(records, [ana]) == set()  # the read has asked for them
    _settle(profiles)
    assert _parts_ready(records, [ana]) == set(Part)
    quick = profiles.read(name, now=clock.now())
    assert quick == slow
    assert (len(quick.timeline.entries), quick.timeline.next is not None) == (50, True)

    world.event(ana, "left", day(99))
    world.flush()
    assert profiles.read(name, now=clock.now()) == slow  # nobody was told yet
    with records.begin() as conn:
        sheet.touch(conn, [ana])
    assert profiles.read(name, now=clock.now()).timeline.entries[0].name == "left"
    assert _parts_ready(records, [ana]) == {Part.TAGS, Part.ENTRIES}


def test_a_change_noted_while_a_sheet_is_made_is_not_lost(profiles: Profiles, records: Records, events: Events) -> None:
    world = World(events)
    [ana] = world.meet(records, [("phone", "+8613622223333")])
    world.trait(ana, "city", "Wuhan", day(1))
    world.flush()

    class Slow(SheetBuilder):
        def build(self, part: Part, accounts: object, tags: object) -> dict[int, str]:
            made = super().build(part, accounts, tags)  # type: ignore[arg-type]  # handed on as it came
            if part is Part.FACTS and not late:
                late.append(True)
                world.trait(ana, "city", "Beijing", day(2))
                world.flush()
                with records.begin() as conn:
                    sheet.touch(conn, [ana])
            return made

    late: list[bool] = []
    with records.begin() as conn:
        sheet.touch(conn, [ana])
    keeper = sheet.SheetKeeper(records, events, Slow(events, _ORDERS))
    assert keeper.step() == 1
    assert Part.FACTS not in _parts_ready(records, [ana])  # made, but noted as changed since
    assert keeper.step() == 1
    with records.begin() as conn:
        facts = sheet.SheetReader().read(conn, [ana]).facts
    assert facts is not None
    assert [row["value"] for row in facts.traits] == ["Beijing"]


def test_segments_and_tags_touch_only_those_for_whom_they_say_something_new(
    profiles: Profiles, records: Records, events: Events, clock: FixedClock
) -> None:
    world = World(events)
    people = world.meet(records, *[[("member_no", f"M{n}")] for n in range(4)])
    for oneid in people[:2]:
        world.order(oneid, 100 * oneid, day(1))
    world.flush()
    segments, tags = Segments(records, events, Identity()), Tags(records, events)
    names = {"name": {"en": "x", "zh": "x"}, "owner": "crm"}
    with records.begin() as conn:
        segments.save(conn, {"key": "buyers", **names, "condition": {"event": "Order Completed"}}, now=START)
        tags.save(conn, {"key": "rfm", **names, "rfm": {"order": {"event": "Order Completed"}}}, now=START)
        sheet.touch(conn, people, tuple(Part))
    _settle(profiles)
    segments.refresh(now=day(10))
    tags.refresh("rfm", now=day(10))
    assert _parts_ready(records, [people[0]]) == {Part.FACTS, Part.ENTRIES}  # the first version touches no entries
    assert _parts_ready(records, [people[3]]) == set(Part)
    _settle(profiles)

    world.order(people[3], 700, day(11))
    world.flush()
    segments.refresh(now=day(20))
    tags.refresh("rfm", now=day(20))
    assert _parts_ready(records, [people[3]]) == {Part.FACTS}  # nobody told of the order: that is the pipeline's task
    assert Part.ENTRIES in _parts_ready(records, [people[0]])
    _settle(profiles)
    with records.begin() as conn:
        ids = Identity().public_ids(conn, people)
    for oneid in people:
        quick = profiles.read(ByPublicId(public_id=ids[oneid]), now=clock.now())
        assert [(one.segment, one.since) for one in quick.segments] == (
            [("buyers", day(10) if oneid in people[:2] else day(20))] if oneid != people[2] else []
        )
        assert [tag.version for tag in quick.tags] == ([] if oneid == people[2] else [2])
        held = Tags(records, events).value_of("rfm", oneid)
        assert [tag.value for tag in quick.tags] == ([held] if held else [])


def test_notes_that_pile_up_become_one_and_name_the_same_accounts(records: Records) -> None:
    asked = list(range(1, 101))
    with records.begin() as conn:
        for one in asked:
            sheet.touch(conn, [one, one + 1], (Part.FACTS, Part.TAGS) if one % 2 else (Part.FACTS,))
    with records.begin() as conn:
        changes.fold(conn)
        found = changes.take(conn, 1_000)
        assert conn.scalar(sa.select(sa.func.count()).select_from(sheet_changes)) == 2
    assert found is not None
    part, now, left, _ = found
    assert (part, list(now), list(left)) == (Part.FACTS, [*asked, 101], [])


def test_a_load_that_never_ends_slows_rebuilding_and_does_not_stop_it() -> None:
    pace = Pace()
    most = [pace.most(busy=True, at=0.5 * tick) for tick in range(120)]
    assert sum(1 for one in most if one) == 12
    assert pace.most(busy=False, at=60.0) < pace.most(busy=False, at=62.1)


def test_a_profile_from_sheets_costs_five_statements(
    profiles: Profiles, records: Records, events: Events, clock: FixedClock
) -> None:
    world = World(events)
    asked: list[str] = []
    [ana] = world.meet(records, [("phone", "+8613622223333")])
    world.flush()
    name = ByIdentifier(namespace="phone", value="136 2222 3333")
    with records.begin() as conn:
        sheet.touch(conn, [ana], tuple(Part))
    _settle(profiles)
    first = profiles.read(name, now=clock.now())
    with counted(records.engine, asked):
        assert profiles.read(name, now=clock.now()) == first
    assert len(asked) == 5, asked


@contextmanager
def counted(engine: sa.Engine, asked: list[str]) -> Iterator[None]:
    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield
    sa.event.remove(engine, "before_cursor_execute", note)


steps = st.lists(
    st.tuples(st.sampled_from(["trait", "order", "page", "merge", "settle"]), st.integers(0, PEOPLE - 1),
              st.integers(0, PEOPLE - 1)),
    max_size=14,
)  # fmt: skip


def test_whatever_happens_the_quick_profile_is_the_slow_one(
    profiles: Profiles, records: Records, events: Events, clock: FixedClock
) -> None:
    world, moment = World(events), iter(range(10**9))
    homes = world.meet(records, *[[("member_no", f"M{n}")] for n in range(PEOPLE)])
    world.flush()

    def act(verb: str, one: int, other: int) -> None:
        at, home = day(0) + timedelta(minutes=next(moment)), homes[one]
        match verb:
            case "trait":
                world.trait(home, f"k{other}", f"v{one}", at, source=f"s{other % 2}")
            case "order":
                world.order(home, 100 * other, at, order_id=f"o{other}")
            case "page":
                world.event(home, "page", at)
            case "merge":
                world.meet(records, [("member_no", f"M{one}"), ("phone", f"+86136{other:08}")], at=at)
            case _:
                _settle(profiles)
        world.flush()
        if verb in {"trait", "order", "page"}:
            with records.begin() as conn:
                sheet.touch(conn, [home])

    @settings(max_examples=8)
    @given(steps)
    def check(history: list[tuple[str, int, int]]) -> None:
        for verb, one, other in history:
            act(verb, one, other)
        with records.begin() as conn:
            ids = set(Identity().public_ids(conn, homes).values())
        for public_id in sorted(ids):
            quick = profiles.read(ByPublicId(public_id=public_id), now=clock.now())
            assert quick == _as_the_store_says(records, events, public_id, clock)

    check()
