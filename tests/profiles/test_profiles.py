"""Reading one person: by any identifier, through merges, with provenance, page by page."""

from datetime import timedelta

import pytest
from tests.support.world import START, World, day

from ninefold.base import Error, FixedClock, Kind
from ninefold.identity import Identity
from ninefold.predicate import tree
from ninefold.profiles import ByIdentifier, ByPublicId, Cursor, Order, Profile, Profiles
from ninefold.store import Events, Records, Statement, put_definition, retire_definition

PHONE, EMAIL, OPENID = ("phone", "+8613622223333"), ("email", "ana@example.com"), ("openid", "oXana")


def by(identifier: tuple[str, str]) -> ByIdentifier:
    return ByIdentifier(namespace=identifier[0], value=identifier[1])


@pytest.fixture
def profiles(records: Records, events: Events) -> Profiles:
    return Profiles(records, events, Identity())


def read(profiles: Profiles, identifier: tuple[str, str], clock: FixedClock) -> Profile:
    return profiles.read(by(identifier), now=clock.now())


def test_everything_about_one_person(profiles: Profiles, records: Records, events: Events, clock: FixedClock) -> None:
    world = World(events)
    [ana, bob] = world.meet(records, [PHONE, EMAIL], [("phone", "+8613900001111")], at=day(0))
    world.trait(ana, "city", "Wuhan", day(1), source="crm")
    world.trait(ana, "city", "Beijing", day(2), source="shop")
    world.trait(ana, "age", 31, day(1))
    world.trait(bob, "city", "Xi'an", day(5))
    world.event(ana, "page", day(1), props=[("path", "/")], nums=[("depth", 3.0)])
    world.event(ana, "page", day(3))
    world.event(ana, "campaign_entered", day(4), campaign_id="spring")
    world.order(ana, 19_900, day(2), order_id="o1")
    world.order(ana, 100, day(2.5), order_id="o1")  # a second line of the same order
    world.order(ana, 5_000, day(3), order_id="o2")
    world.order(ana, 700, day(3), order_id="o3", currency="USD")
    world.event(ana, "Checkout Started", day(2), revenue_minor=19_900, currency="CNY", order_id="o1")
    world.order(bob, 1, day(1))
    world.flush()

    profile = read(profiles, ("phone", "136 2222-3333"), clock)
    assert profile.public_id.startswith("p_")
    assert (profile.created_at, profile.merged_from, profile.read_at) == (day(0), (), clock.now())
    assert [(one.namespace, one.value, one.state) for one in profile.identities] == [
        (*PHONE, "active"),
        (*EMAIL, "active"),
    ]
    city = next(trait for trait in profile.traits if trait.key == "city")
    assert (city.value, city.chosen.source, city.chosen.at) == ("Beijing", "shop", day(2))
    assert [(other.value, other.source) for other in city.others] == [("Wuhan", "crm")]
    assert [trait.value for trait in profile.traits if trait.key == "age"] == [31]

    counted = {event.name: event.count for event in profile.counters.events}
    assert counted == {"Order Completed": 4, "page": 2, "campaign_entered": 1, "Checkout Started": 1}
    assert (profile.counters.total, profile.counters.first_at, profile.counters.last_at) == (8, day(1), day(4))
    assert [(one.currency, one.orders, one.total_minor, one.average_minor) for one in profile.counters.revenue] == [
        ("CNY", 2, 25_000, 12_500),
        ("USD", 1, 700, 700),
    ]

    newest, *_, oldest = profile.timeline.entries
    assert (newest.name, newest.campaign_id, newest.at) == ("campaign_entered", "spring", day(4))
    assert oldest.properties == {"depth": 3.0, "path": "/"}
    assert profiles.read(ByPublicId(public_id=profile.public_id), now=clock.now()) == profile


def test_two_accounts_that_prove_to_be_one_person_read_as_one_right_after_the_merge(
    profiles: Profiles, records: Records, events: Events, clock: FixedClock
) -> None:
    world = World(events)
    [first, second] = world.meet(records, [PHONE], [EMAIL])
    world.trait(first, "city", "Wuhan", day(3))
    world.trait(second, "city", "Beijing", day(2))
    world.order(first, 100, day(1), order_id="same")
    world.order(second, 100, day(2), order_id="other")
    world.flush()
    before = [read(profiles, PHONE, clock).public_id, read(profiles, EMAIL, clock).public_id]
    assert len(set(before)) == 2
    world.meet(records, [PHONE, EMAIL], at=day(4))
    world.flush()
    one, other = read(profiles, PHONE, clock), read(profiles, EMAIL, clock)
    assert one == other
    assert {one.public_id, *one.merged_from} == set(before)
    assert [entry.order_id for entry in one.timeline.entries] == ["other", "same"]
    assert one.counters.revenue[0].orders == 2
    [city] = one.traits
    assert (city.value, city.others[0].value) == ("Wuhan", "Beijing")
    assert {city.chosen.public_id, city.others[0].public_id} == set(before)
    old = next(public_id for public_id in before if public_id != one.public_id)
    assert profiles.read(ByPublicId(public_id=old), now=clock.now()) == one


def test_the_timeline_is_read_page_by_page_without_gap_or_repeat(
    profiles: Profiles, records: Records, events: Events
) -> None:
    world = World(events)
    [ana] = world.meet(records, [PHONE])
    for number in range(25):
        world.event(ana, "page" if number % 5 else "order", day(number // 4))  # four at each instant
    world.flush()
    seen: list[str] = []
    before: Cursor | None = None
    while True:
        page = profiles.timeline(by(PHONE), limit=7, before=before)
        seen += [entry.message_id for entry in page.entries]
        if page.next is None:
            break
        before = Cursor.read(page.next.text())
    everything = profiles.timeline(by(PHONE), limit=100)
    assert seen == [entry.message_id for entry in everything.entries]
    assert len(set(seen)) == 25
    assert everything.next is None
    assert [entry.at for entry in everything.entries] == sorted((e.at for e in everything.entries), reverse=True)
    orders = profiles.timeline(by(PHONE), names=["order"])
    assert {entry.name for entry in orders.entries} == {"order"}
    assert len(orders.entries) == 5


def test_tags_and_segments_come_from_their_current_versions(
    profiles: Profiles, records: Records, events: Events, clock: FixedClock
) -> None:
    world = World(events)
    [ana, bob] = world.meet(records, [PHONE], [EMAIL])
    world.flush()
    with records.begin() as conn:
        for kind, key in (("tag", "rfm"), ("tag", "gone"), ("segment", "vip"), ("segment", "new"), ("segment", "old")):
            put_definition(conn, kind, key, {"name": {"en": key.upper(), "zh": f"{key}客户"}}, now=START)
        retire_definition(conn, "tag", "gone", now=START)
        retire_definition(conn, "segment", "old", now=START)
    for tag, version, value in (("rfm", 1, "low"), ("rfm", 2, "high"), ("rfm", 3, "never published"), ("gone", 1, "x")):
        events.command(
            Statement(
                "INSERT INTO tags VALUES ({t:String}, {v:UInt32}, {o:UInt32}, {x:String}, NULL)",
                {"t": tag, "v": version, "o": ana, "x": value},
            )
        )
        if value != "never published":
            events.command(
                Statement(
                    "INSERT INTO tag_runs VALUES ({t:String}, {v:UInt32}, {a:DateTime64(3)}, 1)",
                    {"t": tag, "v": version, "a": day(version)},
                )
            )
    # ana is in vip from version 2 on, left new in version 2, and is in a segment nobody keeps any more
    for segment, version, members, entered in (
        ("vip", 1, [bob], [bob]),
        ("vip", 2, [ana, bob], [ana]),
        ("vip", 3, [ana], []),
        ("new", 1, [ana], [ana]),
        ("new", 2, [bob], [bob]),
        ("old", 1, [ana], [ana]),
    ):
        events.command(
            Statement(
                "INSERT INTO segment_versions SELECT {s:String}, {v:UInt32}, 1, {a:DateTime64(3)}, 1, "
                "(SELECT groupBitmapState(arrayJoin({m:Array(UInt32)}))), "
                "(SELECT groupBitmapState(toUInt32(n)) FROM (SELECT arrayJoin({e:Array(UInt32)}) AS n))",
                {"s": segment, "v": version, "a": day(version), "m": members, "e": entered},
            )
        )
        for oneid in entered:
            events.command(
                Statement(
                    "INSERT INTO segment_entries VALUES ({o:UInt32}, {s:String}, {v:UInt32}, {a:DateTime64(3)})",
                    {"o": oneid, "s": segment, "v": version, "a": day(version)},
                )
            )
    profiles.keeper().prepare()
    profile = read(profiles, PHONE, clock)
    assert [(tag.tag, tag.value, tag.version, tag.built_at) for tag in profile.tags] == [("rfm", "high", 2, day(2))]
    assert [(s.segment, s.name_zh, s.version, s.since_version, s.since) for s in profile.segments] == [
        ("vip", "vip客户", 3, 2, day(2))
    ]


def test_nobody_is_an_error_that_says_so(profiles: Profiles, clock: FixedClock) -> None:
    for reference in (by(PHONE), ByPublicId(public_id="p_nobody"), ByIdentifier(namespace="phone", value="none")):
        with pytest.raises(Error) as nobody:
            profiles.read(reference, now=clock.now())
        assert nobody.value.kind is Kind.MISSING
    with pytest.raises(Error) as many:
        profiles.read(by(PHONE), now=clock.now(), timeline_limit=100_000)
    assert (many.value.kind, many.value.field) == (Kind.INVALID, "timeline_limit")


def test_a_person_with_nothing_but_an_identifier_reads_as_such(
    profiles: Profiles, records: Records, events: Events, clock: FixedClock
) -> None:
    World(events).meet(records, [PHONE])
    profile = profiles.read(by(PHONE), now=clock.now(), mask=True)
    assert (profile.traits, profile.tags, profile.segments, profile.timeline.entries) == ((), (), (), ())
    assert (profile.counters.total, profile.counters.first_at, profile.counters.revenue) == (0, None, ())
    assert profile.identities[0].value == "+86136****3333"


def test_search_finds_by_public_id_by_any_identifier_and_by_the_beginning_of_the_name(
    profiles: Profiles, records: Records, events: Events, clock: FixedClock
) -> None:
    world = World(events)
    [ana, anton, bob] = world.meet(records, [PHONE, OPENID], [EMAIL], [("member_no", "M77"), ("card_no", "C-5")])
    world.trait(ana, "name", "Ana Li", day(1))
    world.trait(anton, "name", "anton", day(1))
    world.trait(bob, "nickname", "Ann", day(1))
    world.event(ana, "page", day(9))
    world.flush()
    public_id = read(profiles, PHONE, clock).public_id
    assert [(one.public_id, one.why) for one in profiles.search("13622223333", now=day(30))] == [(public_id, "phone")]
    assert [(one.public_id, one.why) for one in profiles.search(public_id, now=day(30))] == [(public_id, "public_id")]
    [exact] = profiles.search(" oXana ", now=day(30))
    assert (exact.name, exact.why, exact.last_seen) == ("Ana Li", "openid", day(9))
    assert [one.why for one in profiles.search("m77", now=day(30))] == ["member_no"]
    assert [one.why for one in profiles.search("C-5", now=day(30))] == ["card_no"]  # a namespace no rule speaks of
    assert profiles.search("M7", now=day(30)) == ()
    assert {one.name for one in profiles.search("AN", now=day(30))} == {"Ana Li", "anton", "Ann"}
    assert [one.name for one in profiles.search("an", limit=1, now=day(30))] == ["Ana Li"]
    assert profiles.search("nothing like it", now=day(30)) == ()
    assert profiles.search("  ", now=day(30)) == ()
    with pytest.raises(Error):
        profiles.search("a", limit=0, now=day(30))


def test_search_finds_a_merged_person_once(profiles: Profiles, records: Records, events: Events) -> None:
    world = World(events)
    [first, second] = world.meet(records, [PHONE], [EMAIL])
    world.trait(first, "name", "Ana", day(1))
    world.trait(second, "name", "Ana Li", day(2))
    world.meet(records, [PHONE, EMAIL])
    world.flush()
    [ana] = profiles.search("ana", now=day(30))
    assert (ana.name, ana.why) == ("Ana Li", "name")


def test_people_of_a_condition_are_listed_sorted_and_page_by_page(
    profiles: Profiles, records: Records, events: Events, clock: FixedClock
) -> None:
    world = World(events)
    ids = world.meet(records, *[[("member_no", f"M{n}")] for n in range(7)])
    for n, oneid in enumerate(ids[:6]):
        world.trait(oneid, "age", [40, 9, 31, 100, 31, 25][n])
        world.trait(oneid, "city", "Wuhan" if n % 2 else "Beijing")
    for n, oneid in enumerate(ids[1:4]):
        world.event(oneid, "page", day(n))
    world.flush()

    def ages(order: Order, limit: int = 10, offset: int = 0) -> list[object]:
        page = profiles.people(
            tree.Everyone(), now=clock.now(), traits=["age"], order=order, limit=limit, offset=offset
        )
        assert page.total == 7
        return [person.traits.get("age") for person in page.people]

    up = Order(by="trait", trait="age")
    assert ages(up) == [9, 25, 31, 31, 40, 100, None]
    assert ages(Order(by="trait", trait="age", descending=True)) == [100, 40, 31, 31, 25, 9, None]
    assert ages(up, 3, 3) == [31, 40, 100]
    assert ages(Order(by="last_seen", descending=True)) == [100, 31, 9, 40, 31, 25, None]
    assert ages(Order()) == [40, 9, 31, 100, 31, 25, None]
    local = tree.TraitClause(key="city", op=tree.Op.EQ, value="Wuhan")
    page = profiles.people(local, now=clock.now(), traits=["city", "age"], limit=2)
    assert (page.total, page.next, [person.traits for person in page.people]) == (
        3,
        2,
        [{"city": "Wuhan", "age": 9}, {"city": "Wuhan", "age": 100}],
    )
    assert profiles.people(tree.EventClause(event="page"), now=clock.now()).total == 3
    assert profiles.people(tree.EventClause(event="nothing"), now=clock.now()).people == ()


def test_a_merged_person_is_listed_once_with_the_newest_value(
    profiles: Profiles, records: Records, events: Events, clock: FixedClock
) -> None:
    world = World(events)
    [first, second] = world.meet(records, [PHONE], [EMAIL])
    world.trait(first, "age", 30, day(2))
    world.trait(second, "age", 31, day(1))
    world.event(second, "page", day(5))
    world.meet(records, [PHONE, EMAIL], at=day(6))
    world.flush()
    page = profiles.people(tree.Everyone(), now=clock.now() + timedelta(days=1), traits=["age"])
    assert [(person.traits, person.last_seen) for person in page.people] == [({"age": 30}, day(5))]
