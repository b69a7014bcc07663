"""Segments: definitions, previews, versions, who came and went, algebra, merges, guards."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from tests.support.world import START, World, day

from ninefold.base import Error, FixedClock, Kind
from ninefold.identity import Identity
from ninefold.predicate import bitmap_select, tree
from ninefold.segments import Segments, Tags
from ninefold.segments.queries.segments import preview
from ninefold.store import Events, Records, Statement, put_definition

BUYERS = {"event": "Order Completed"}
WUHAN = {"trait": "city", "op": "eq", "value": "Wuhan"}


@pytest.fixture
def segments(records: Records, events: Events) -> Segments:
    return Segments(records, events, Identity())


@pytest.fixture
def world(records: Records, events: Events) -> World:
    """Ten people 1..10: 1-6 bought, 4-8 live in Wuhan, 10 did nothing."""
    world = World(events)
    ids = world.meet(records, *[[("member_no", f"M{n:02}")] for n in range(1, 11)])
    assert ids == list(range(1, 11))
    for oneid in range(1, 7):
        world.order(oneid, 100 * oneid, day(oneid))
    for oneid in range(4, 9):
        world.trait(oneid, "city", "Wuhan", day(1))
    world.trait(9, "city", "Beijing", day(1))
    world.flush()
    return world


def document(key: str, condition: object, **more: Any) -> dict[str, Any]:
    return {
        "kind": "segment",
        "key": key,
        "name": {"en": key, "zh": key},
        "owner": "crm",
        "condition": condition,
        **more,
    }


def save(segments: Segments, records: Records, **conditions: object) -> None:
    for key, condition in conditions.items():
        with records.begin() as conn:
            segments.save(conn, document(key, condition), now=START)


def people(segments: Segments, key: str, when: int | None = None) -> set[int]:
    return set(segments.audience(key, when).tolist())


NOW = day(30)


def test_preview_counts_exactly_and_writes_nothing(
    segments: Segments, records: Records, world: World, events: Events
) -> None:
    found = segments.preview({"all": [BUYERS, WUHAN]}, now=NOW)
    assert (found.size, len(found.sample), found.parts) == (3, 3, ())
    assert all(public_id.startswith("p_") for public_id in found.sample)
    everyone = segments.preview({"everyone": True}, now=NOW, sample=4)
    assert (everyone.size, len(set(everyone.sample))) == (10, 4)
    assert segments.preview({"everyone": True}, now=NOW, sample=4) == everyone
    assert segments.preview({"everyone": True}, now=NOW, sample=0).sample == ()
    assert segments.preview({"all": [BUYERS, {"not": BUYERS}]}, now=NOW).size == 0
    assert events.count(Statement("SELECT count() FROM segment_versions")) == 0


def test_a_preview_is_bounded_in_time_and_size(segments: Segments, records: Records, world: World) -> None:
    statement = preview(bitmap_select(tree.Everyone(), now=NOW, zone="UTC"), sample=3, seconds_max=7)
    assert statement.text.rstrip().endswith("max_execution_time = 7")
    for wrong in ({"sample": 101}, {"sample": -1}, {"seconds_max": 0}):
        with pytest.raises(Error) as refused:
            segments.preview({"everyone": True}, now=NOW, **wrong)
        assert refused.value.kind is Kind.INVALID


def test_a_stored_document_that_reads_no_more_is_named(segments: Segments, records: Records, world: World) -> None:
    with records.begin() as conn:
        put_definition(conn, "segment", "ancient", {"key": "ancient", "rule": "old form"}, now=START)
    with pytest.raises(Error, match='"ancient"') as broken:
        segments.list()
    assert broken.value.code == "stored_definition"


def test_preview_works_out_segments_that_were_never_built(segments: Segments, records: Records, world: World) -> None:
    save(segments, records, buyers=BUYERS, local=WUHAN, both={"intersect": ["buyers", "local"]})
    assert segments.preview({"minus": ["local", "buyers"]}, now=NOW).size == 2
    assert segments.preview({"union": ["both", {"trait": "city", "op": "eq", "value": "Beijing"}]}, now=NOW).size == 4
    [built] = segments.refresh(["buyers"], now=NOW)
    found = segments.preview({"minus": ["local", "buyers"]}, now=NOW)
    assert (found.size, found.parts) == (2, (built.snapshot,))


def test_a_refresh_builds_parts_before_wholes_and_tells_who_came_and_went(
    segments: Segments, records: Records, world: World
) -> None:
    save(segments, records, a_buyers=BUYERS, z_local=WUHAN)
    save(segments, records, m_both={"intersect": ["a_buyers", "z_local"]}, b_only={"minus": ["a_buyers", "m_both"]})
    built = segments.refresh(["b_only"], now=NOW)
    order = [one.snapshot.segment for one in built]
    assert order.index("m_both") > max(order.index("a_buyers"), order.index("z_local"))
    assert order[-1] == "b_only"
    assert (built[-1].entered, built[-1].left, built[-1].before) == (3, 0, None)
    assert people(segments, "b_only") == {1, 2, 3}

    world.trait(1, "city", "Wuhan", day(31))
    world.order(9, 50, day(31))
    world.flush()
    again = {one.snapshot.segment: one for one in segments.refresh(now=day(32))}
    assert set(again) == {"a_buyers", "z_local", "m_both", "b_only"}
    last = again["b_only"]
    assert (last.entered, last.left, last.snapshot.version, last.snapshot.size) == (1, 1, 2, 3)
    assert people(segments, "b_only") == {2, 3, 9}
    assert people(segments, "b_only", 1) == {1, 2, 3}
    difference = segments.difference("b_only", 1, 2)
    assert (difference.entered, difference.left, difference.stayed) == (1, 1, 2)
    came, went = segments.entered("b_only", 1, 2).people, segments.entered("b_only", 2, 1).people
    with records.begin() as conn:
        names = Identity().public_ids(conn, [9, 1])
    assert (came, went) == ((names[9],), (names[1],))


def test_versions_are_found_by_number_and_by_time(segments: Segments, records: Records, world: World) -> None:
    save(segments, records, buyers=BUYERS)
    for when in (day(2.5), day(4.5), day(10)):
        segments.refresh(["buyers"], now=when)
    assert [one.size for one in segments.history("buyers")] == [6, 4, 2]
    assert segments.at("buyers").version == 3
    assert segments.at("buyers", day(7)).version == 2
    assert segments.at("buyers", day(10)).version == 3
    assert segments.at("buyers", 1).built_at == day(2.5)
    for wrong in (4, day(2)):
        with pytest.raises(Error) as missing:
            segments.at("buyers", wrong)
        assert missing.value.kind is Kind.MISSING
    assert segments.contains("buyers", 2, 1)
    assert not segments.contains("buyers", 3, 1)


def test_a_segment_with_nobody_is_a_version_with_nobody(segments: Segments, records: Records, world: World) -> None:
    save(segments, records, nobody={"all": [BUYERS, {"trait": "city", "op": "eq", "value": "Beijing"}]}, buyers=BUYERS)
    [first] = segments.refresh(["nobody"], now=NOW)
    assert (first.snapshot.size, first.entered) == (0, 0)
    assert segments.audience("nobody").shape == (0,)
    assert segments.audience("nobody").dtype == np.uint32
    assert segments.members("nobody").people == ()
    segments.refresh(now=NOW)
    assert segments.overlap(["nobody", "buyers"]).people == ((0, 0), (0, 6))
    assert segments.size("nobody") == 0
    assert not segments.contains("nobody", 1)


def test_members_are_paged_by_public_id(segments: Segments, records: Records, world: World) -> None:
    save(segments, records, everyone={"everyone": True})
    segments.refresh(now=NOW)
    seen: list[str] = []
    after: str | None = None
    while True:
        page = segments.members("everyone", limit=4, after=after)
        seen += page.people
        if (after := page.next) is None:
            break
    with records.begin() as conn:
        names = Identity().public_ids(conn, range(1, 11))
    assert seen == [names[oneid] for oneid in range(1, 11)]
    with pytest.raises(Error):
        segments.members("everyone", limit=0)


def test_people_merged_after_the_build_count_once_everywhere(
    segments: Segments, records: Records, world: World
) -> None:
    save(segments, records, buyers=BUYERS, local=WUHAN)
    segments.refresh(now=NOW)
    world.merge(3, 2)  # both bought
    world.merge(5, 10)  # a member into somebody who was none
    world.flush()
    assert people(segments, "buyers") == {1, 2, 4, 6, 10}
    assert segments.size("buyers") == 5
    assert segments.sizes() == {"buyers": 5, "local": 5}
    assert segments.contains("buyers", 10)
    assert not segments.contains("buyers", 5)
    assert segments.overlap(["buyers", "local"]).people == ((5, 3), (3, 5))
    assert set(segments.combined({"intersect": ["buyers", "local"]})) == {4, 6, 10}
    [built] = segments.refresh(["buyers"], now=NOW + timedelta(hours=1))
    assert (built.entered, built.left, built.snapshot.size) == (0, 0, 5)
    assert people(segments, "buyers") == {1, 2, 4, 6, 10}
    assert len(segments.members("buyers").people) == 5


def test_late_events_change_the_next_version_and_never_an_old_one(
    segments: Segments, records: Records, world: World
) -> None:
    save(segments, records, early={"event": "Order Completed", "within": {"before": "2026-01-03"}})
    segments.refresh(now=NOW)
    world.order(7, 100, day(1))
    world.flush()
    assert people(segments, "early") == {1}
    segments.refresh(now=NOW)
    assert people(segments, "early") == {1, 7}
    assert people(segments, "early", 1) == {1}


def test_a_version_remembers_its_definition(segments: Segments, records: Records, world: World) -> None:
    save(segments, records, vip=BUYERS)
    segments.refresh(now=NOW)
    save(segments, records, vip=BUYERS)
    assert segments.get("vip").version == 1
    save(segments, records, vip=WUHAN)
    segments.refresh(now=NOW)
    assert [one.definition_version for one in segments.history("vip")] == [2, 1]
    assert segments.get("vip", 1).condition != segments.get("vip").condition


def test_everybody_falls_to_the_first_segment_of_a_priority_list(
    segments: Segments, records: Records, world: World
) -> None:
    order = ["wuhan", "buyers", "everyone"]
    save(segments, records, wuhan=WUHAN, buyers=BUYERS, everyone={"everyone": True})
    places = {f"place_{key}": {"first_of": order, "place": key} for key in order}
    save(segments, records, **places)
    segments.refresh(now=NOW)
    fallen = {key: people(segments, f"place_{key}") for key in order}
    assert fallen == {"wuhan": {4, 5, 6, 7, 8}, "buyers": {1, 2, 3}, "everyone": {9, 10}}
    assert [(one.size, one.own) for one in segments.priority(order)] == [(5, 5), (6, 3), (10, 2)]
    for wrong in ({"first_of": order, "place": "nowhere"}, {"first_of": order}, {"first_of": ["a", "a"], "place": "a"}):
        with pytest.raises(Error) as caught:
            save(segments, records, bad=wrong)
        assert caught.value.code == "bad_priority"
    with pytest.raises(Error):
        segments.priority(["wuhan", "wuhan"])


def test_when_next_looks_into_the_segments_it_is_made_from(segments: Segments, records: Records, world: World) -> None:
    save(segments, records, recent={"event": "Order Completed", "within": "60d"})
    save(segments, records, made={"intersect": ["recent", {"event": "Order Completed"}]})
    found = segments.when("made", 2, now=NOW)
    assert (found.verdict, found.at) == (True, day(62) + timedelta(milliseconds=1))
    assert not found.others


def test_segments_never_come_to_use_themselves(segments: Segments, records: Records, world: World) -> None:
    save(segments, records, a=BUYERS, b={"union": ["a", WUHAN]}, c={"minus": ["b", "a"]})
    with pytest.raises(Error) as cycle:
        save(segments, records, a={"any": [WUHAN, {"in_segment": "c"}]})
    assert cycle.value.code == "segment_cycle"
    assert "a > c > " in cycle.value.got
    assert cycle.value.got.endswith(" > a")
    with pytest.raises(Error) as itself:
        save(segments, records, d={"union": ["d", "a"]})
    assert itself.value.field == "condition.union[0]"


def test_a_name_that_nobody_was_seen_with_is_kept_with_advice(
    segments: Segments, records: Records, world: World
) -> None:
    with records.begin() as conn:
        document = {
            "kind": "segment",
            "key": "near",
            "name": "near",
            "owner": "crm",
            "condition": {"event": "Order Complete"},
        }
        near = segments.save(conn, document, now=NOW)
    assert near.advice == ("condition.event: unknown event 'Order Complete'. did you mean \"Order Completed\"?",)
    with pytest.raises(Error, match="unknown event"):
        segments.preview({"event": "Order Complete"}, now=NOW)


def test_a_wrong_condition_is_not_saved(segments: Segments, records: Records, world: World) -> None:
    save(segments, records, buyers=BUYERS)
    for condition, field in (
        ({"event": 7}, "condition.event"),
        ({"union": ["vip", BUYERS]}, "condition.union[0]"),
        (None, "condition"),
    ):
        with pytest.raises(Error) as wrong:
            save(segments, records, mine=condition)
        assert wrong.value.field == field
        with pytest.raises(Error, match=wrong.value.message):
            segments.preview(condition, now=NOW)
    assert [one.key for one in segments.list()] == ["buyers"]


def test_what_is_used_is_not_retired(segments: Segments, records: Records, events: Events, world: World) -> None:
    guarded = Segments(records, events, Identity(), used_by=[lambda key: ["campaign spring"] if key == "both" else []])
    save(segments, records, buyers=BUYERS, both={"intersect": ["buyers", WUHAN]})
    segments.refresh(now=NOW)
    with records.begin() as conn:
        for key, user in (("buyers", "segment both"), ("both", "campaign spring")):
            with pytest.raises(Error) as used:
                guarded.retire(conn, key, now=NOW)
            assert used.value.kind is Kind.REFUSED
            assert user in str(used.value)
    with records.begin() as conn:
        segments.retire(conn, "both", now=NOW)
        segments.retire(conn, "buyers", now=NOW)
    assert segments.list() == ()
    assert segments.size("both") == 3  # its history stays


def test_tags_used_by_segments_are_not_retired(
    segments: Segments, records: Records, events: Events, world: World
) -> None:
    tags = Tags(records, events, used_by=[segments.users_of_tag])
    body = {"kind": "tag", "key": "rfm", "name": "RFM", "owner": "crm", "rfm": {"order": {"event": "Order Completed"}}}
    with records.begin() as conn:
        tags.save(conn, body, now=START)
    save(segments, records, best={"tag": "rfm", "op": "eq", "value": "important_develop"})
    with records.begin() as conn, pytest.raises(Error, match="segment best"):
        tags.retire(conn, "rfm", now=NOW)
    tags.refresh("rfm", now=NOW, base=NOW)
    [best] = segments.refresh(["best"], now=NOW)
    share = next(share for share in tags.distribution("rfm") if share.value == "important_develop")
    assert best.snapshot.size == share.people > 0


def test_a_segment_being_built_is_not_built_twice_at_once(segments: Segments, records: Records, world: World) -> None:
    save(segments, records, buyers=BUYERS, local={"minus": [WUHAN, "buyers"]})
    with records.hold("segment/buyers"):
        with pytest.raises(Error) as busy:
            segments.refresh(["buyers"], now=NOW)
        assert busy.value.retryable
        assert segments.refresh(now=NOW) == ()  # a part was never built: the whole waits rather than be wrong
        with pytest.raises(Error, match="part"):
            segments.refresh(["local"], now=NOW)
    segments.refresh(now=NOW)
    with records.hold("segment/buyers"):
        assert [one.snapshot.segment for one in segments.refresh(["local"], now=NOW)] == ["local"]
    with pytest.raises(Error) as unknown:
        segments.refresh(["buyer"], now=NOW)
    assert 'did you mean "buyers"?' in unknown.value.hint


def test_algebra_over_versions(segments: Segments, records: Records, world: World) -> None:
    save(segments, records, buyers=BUYERS, local=WUHAN)
    segments.refresh(["buyers"], now=day(3.5))
    segments.refresh(now=NOW)
    assert set(segments.combined("buyers@1")) == {1, 2, 3}
    assert set(segments.combined({"minus": ["buyers", "buyers@1"]})) == {4, 5, 6}
    assert set(segments.combined({"union": [{"intersect": ["buyers", "local"]}, "buyers@1"]})) == {1, 2, 3, 4, 5, 6}
    wrongs: tuple[object, ...] = ("buyers@x", {"xor": ["buyers"]}, {"union": []}, 5)
    for wrong in wrongs:
        with pytest.raises(Error) as refused:
            segments.combined(wrong)
        assert refused.value.kind is Kind.INVALID


def test_why_somebody_is_in_or_not(segments: Segments, records: Records, world: World) -> None:
    save(segments, records, buyers=BUYERS, both={"intersect": ["buyers", WUHAN]})
    segments.refresh(now=NOW)
    assert segments.why("both", 4, now=NOW).verdict
    assert not segments.why("both", 1, now=NOW).verdict


def test_an_operators_fortnight(segments: Segments, records: Records, world: World, clock: FixedClock) -> None:
    """Two segments, one made of them, new events, and the question who came and who went."""
    save(
        segments,
        records,
        spenders={"event": "Order Completed", "measure": "sum", "of": "revenue", "op": "gte", "value": 4},
        quiet={"event": "Order Completed", "measure": "did_not", "within": {"last": "7d"}},
    )
    assert segments.preview({"intersect": ["spenders", "quiet"]}, now=day(8)).size == 0
    save(segments, records, win_back={"intersect": ["spenders", "quiet"]})
    assert {one.snapshot.segment: one.entered for one in segments.refresh(["win_back"], now=day(8))} == {
        "spenders": 3,
        "quiet": 4 + 0,
        "win_back": 0,
    }
    world.order(1, 300, day(9))  # 1 now spent four in all, but is not quiet
    world.flush()
    [*_, second] = segments.refresh(["win_back"], now=day(12.5))
    assert (second.entered, second.left) == (2, 0)
    assert people(segments, "win_back") == {4, 5}
    world.order(4, 10, day(13))
    world.flush()
    [*_, third] = segments.refresh(["win_back"], now=day(17))
    assert (third.entered, third.left) == (2, 1)
    assert people(segments, "win_back") == {1, 5, 6}
    difference = segments.difference("win_back", day(12.5), day(17))
    assert (difference.entered, difference.left, difference.stayed) == (2, 1, 1)
