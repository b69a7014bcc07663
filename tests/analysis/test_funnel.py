"""Funnels through the service: documents, crowds, merges, late events, groups, periods, and who is behind a number."""

import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ninefold.analysis import Analyses, Answer, FunnelResult, read_analysis
from ninefold.analysis.methods import READERS
from ninefold.base import Error, to_ms
from ninefold.segments import Segments
from ninefold.store import Events, Records
from tests.support.world import START, World, day

from .reference import Event, people_of

NOW = day(40)
ZONE = "Asia/Shanghai"
OVER = {"from": "2026-01-01T00:00+00:00", "to": "2026-01-21T00:00+00:00"}


def asked(steps: list[Any], **more: Any) -> dict[str, Any]:
    over = more.pop("over", OVER)
    who = more.pop("who", None)
    own: dict[str, Any] = {"steps": steps, "window": "5d", **more}
    return {"method": "funnel", "over": over, **({"who": who} if who else {}), "funnel": own}


def counts(answer: Answer) -> list[int]:
    assert isinstance(answer.result, FunnelResult)
    return [step.people for step in answer.result.steps]


def crowds(value: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Every number of a result that names its people."""
    if isinstance(value, FunnelResult):
        for part in (value.steps, *(g.steps for g in value.groups), *(p.steps for p in value.periods)):
            for step in part:
                yield step.people, step.crowd
                if step.dropped_crowd:
                    yield step.dropped, step.dropped_crowd


def agrees(analyses: Analyses, document: dict[str, Any], answer: Answer, *, restated: bool = False) -> None:
    """Every number is the size of its list of people."""
    for number, crowd in crowds(answer.result):
        page = analyses.people(document, answer.stamp.pin, crowd, limit=10_000)
        assert (page.size, len(page.people), page.restated) == (number, number, restated), crowd


def random_world(world: World, seed: int, *, merges: bool) -> tuple[list[dict[str, Any]], dict[int, int]]:
    chance = random.Random(seed)
    root = {person: person for person in range(1, 21)}
    if merges:
        for loser, winner in ((7, 2), (11, 2), (20, 13)):
            world.merge(loser, winner)
            root[loser] = winner
    rows: list[dict[str, Any]] = []
    taken: set[int] = set()
    for number in range(260):
        while (at := chance.randrange(0, 30 * 86_400_000, 1000) + len(rows)) in taken:
            pass
        taken.add(at)
        row: dict[str, Any] = {
            "person": chance.randint(1, 20),
            "at": to_ms(START) + at,
            "name": chance.choice(["View", "Cart", "Order", "Other", "Return"]),
            "channel": chance.choice(["web", "app", ""]),
        }
        rows.append(row)
        when = START + timedelta(milliseconds=at)
        world.event(row["person"], row["name"], when, channel=row["channel"], message_id=f"r{number}", batch_id=1)
    world.flush()
    return rows, root


def expected(
    rows: list[dict[str, Any]], root: dict[int, int], document: dict[str, Any], only: set[int]
) -> list[set[int]]:
    analysis = read_analysis(document, READERS, saved=False)
    funnel: Any = analysis.matter
    events = []
    ordered = sorted(rows, key=lambda row: (root[row["person"]], row["at"]))
    session, before = 0, (0, 0)
    for row in ordered:
        person = root[row["person"]]
        if person != before[0] or row["at"] - before[1] >= funnel.window_ms:
            session += 1
        before = (person, row["at"])
        steps = frozenset(k for k, step in enumerate(funnel.steps) if row["name"] in step.pick.events)
        bars = frozenset(k for k, bar in enumerate(funnel.exclusions) if row["name"] in bar.pick.events)
        local = datetime.fromtimestamp(row["at"] / 1000, tz=ZoneInfo(ZONE))
        strict = funnel.order == "strict"
        if person in only and (steps or bars or strict) and (not funnel.hold or row["channel"]):
            events.append(
                Event(person, row["at"], steps, bars, row["channel"], local.toordinal(), session, name=row["name"])
            )
    return people_of(events, funnel, (to_ms(START), to_ms(START) + 20 * 86_400_000 + 1))


SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "strict": {"order": "strict", "window": "12d"},
    "any": {"order": "any"},
    "first": {"entry": "first"},
    "day": {"window": "day"},
    "session": {"window": {"session": "24h"}},
    "hold": {"hold": ["channel"]},
    "exclude": {"exclude": [{"event": "Return", "after": 1, "before": 2}]},
}


@pytest.mark.parametrize("merges", [False, True])
def test_a_funnel_equals_brute_force(analyses: Analyses, world: World, merges: bool) -> None:
    rows, root = random_world(world, 4, merges=merges)
    for shape in SHAPES.values():
        document = asked(["View", "Cart", "Order"], **shape)
        answer = analyses.run(document, now=NOW)
        wanted = expected(rows, root, document, set(range(21)))
        assert counts(answer) == [len(people) for people in wanted], shape
        for step in range(3):
            people, _ = analyses.audience(document, answer.stamp.pin, {"step": step + 1})
            assert set(people.tolist()) == wanted[step], shape


def test_optional_steps_and_windows_of_steps(analyses: Analyses, world: World) -> None:
    rows, root = random_world(world, 3, merges=True)
    steps = ["View", {"event": "Cart", "optional": True}, {"event": ["Order", "Return"], "within": "2d"}, "Other"]
    document = asked(steps, window="10d")
    wanted = expected(rows, root, document, set(range(21)))
    assert counts(analyses.run(document, now=NOW)) == [len(people) for people in wanted]


def test_a_crowd_on_the_spot_restricts_it(analyses: Analyses, world: World) -> None:
    for person in (1, 2, 3, 7, 13):
        world.trait(person, "city", "Wuhan")
    rows, root = random_world(world, 5, merges=True)
    document = asked(["View", "Cart", "Order"], who={"trait": "city", "op": "eq", "value": "Wuhan"})
    answer = analyses.run(document, now=NOW)
    assert answer.stamp.asked == 4  # 7 belongs to 2
    assert counts(answer) == [len(people) for people in expected(rows, root, document, {1, 2, 3, 13})]
    agrees(analyses, document, answer)


def test_groups_share_out_the_people(analyses: Analyses, world: World) -> None:
    for person in range(1, 15):
        world.trait(person, "city", ["Wuhan", "Beijing", "Xi'an"][person % 3])
    random_world(world, 8, merges=True)
    for by in (
        {"property": "channel"},
        {"property": "channel", "at": 2},
        {"property": "channel", "at": "last"},
        {"trait": "city"},
        {"trait": "city", "most": 1},
    ):
        document = asked(["View", "Cart", "Order"], breakdown=by)
        answer = analyses.run(document, now=NOW)
        assert isinstance(answer.result, FunnelResult)
        groups = answer.result.groups
        assert [sum(group.steps[k].people for group in groups) for k in range(3)] == counts(answer)
        assert any(group.others for group in groups) == (by.get("most") == 1)
        agrees(analyses, document, answer)


def test_the_group_is_that_of_the_way_that_leads_furthest(analyses: Analyses, world: World) -> None:
    for at, name, channel in ((1, "View", "web"), (2, "View", "app"), (3, "Order", "store")):
        world.event(1, name, day(at), channel=channel)
    world.flush()
    values: dict[Any, list[str | None]] = {}
    for place in (1, 2, "first", "last"):
        answer = analyses.run(asked(["View", "Order"], breakdown={"property": "channel", "at": place}), now=NOW)
        assert isinstance(answer.result, FunnelResult)
        values[place] = [group.value for group in answer.result.groups]
    assert values == {1: ["app"], 2: ["store"], "first": ["app"], "last": ["store"]}


def test_a_period_does_not_change_with_the_window_around_it(analyses: Analyses, world: World) -> None:
    random_world(world, 9, merges=False)
    found = []
    for start in ("2026-01-05", "2026-01-07"):
        document = asked(["View", "Cart", "Order"], split="day", over={"from": start, "to": "2026-01-12"})
        answer = analyses.run(document, now=NOW)
        agrees(analyses, document, answer)
        assert isinstance(answer.result, FunnelResult)
        found.append({one.period: [step.people for step in one.steps] for one in answer.result.periods})
    assert len(found[1]) == 6
    assert found[1].items() <= found[0].items()


def test_times_to_convert(analyses: Analyses, world: World) -> None:
    for person, hours in ((1, 1), (2, 3)):
        world.event(person, "View", day(1))
        world.event(person, "Order", day(1) + timedelta(hours=hours))
    world.flush()
    answer = analyses.run(asked(["View", "Order"]), now=NOW)
    assert isinstance(answer.result, FunnelResult)
    lapse = answer.result.steps[1].since_first
    assert lapse is not None
    assert (lapse.median, lapse.mean, lapse.p25) == (7200.0, 7200.0, 5400.0)


def test_late_events_stay_out_of_the_people_of_an_answer(analyses: Analyses, world: World) -> None:
    world.event(1, "View", day(1), batch_id=1)
    world.event(2, "View", day(1), batch_id=1)
    world.event(1, "Order", day(2), batch_id=1)
    world.flush()
    document = asked(["View", "Order"])
    answer = analyses.run(document, now=NOW)
    world.event(2, "Order", day(2), batch_id=2)
    world.flush()
    for other in (analyses, Analyses(*_parts(analyses), zone=ZONE)):  # this process, and one that has to ask again
        agrees(other, document, answer)
    again = analyses.run(document, now=NOW)
    assert (counts(answer), counts(again)) == ([2, 1], [2, 2])
    agrees(analyses, document, again)


def _parts(analyses: Analyses) -> tuple[Any, Any, Any, Any]:
    return analyses._records, analyses._events, analyses._identity, analyses._segments


def test_after_a_merge_the_answer_says_so_and_nobody_is_listed_twice(analyses: Analyses, world: World) -> None:
    world.event(1, "View", day(1))
    world.event(2, "Order", day(2))
    world.event(3, "View", day(1))
    world.flush()
    document = asked(["View", "Order"])
    before = analyses.run(document, now=NOW)
    assert counts(before) == [2, 0]
    world.merge(2, 1)
    world.flush()
    page = analyses.people(document, before.stamp.pin, {"step": 2})
    assert (page.size, len(page.people), page.restated) == (1, 1, True)
    after = analyses.run(document, now=NOW)
    assert counts(after) == [2, 1]
    agrees(analyses, document, after)


def test_people_become_a_segment_that_stays(
    analyses: Analyses, world: World, segments: Segments, records: Records, events: Events
) -> None:
    for person in (1, 2, 3):
        world.event(person, "View", day(1))
    world.flush()
    document = asked(["View", "Order"])
    answer = analyses.run(document, now=NOW)
    crowd = {"step": 2, "reached": False}
    header = {"key": "left", "name": "Left", "owner": "crm"}
    made = analyses.to_segment(document, answer.stamp.pin, crowd, header=header, now=NOW)
    assert (made.snapshot.size, made.entered) == (3, 3)
    world.merge(3, 1)
    world.event(4, "View", day(1))
    world.flush()
    [again] = segments.refresh(["left"], now=NOW)
    assert (again.snapshot.size, again.entered, again.left) == (2, 0, 0)
    assert segments.audience("left").tolist() == [1, 2]
    assert segments.preview({"in_segment": "left"}, now=NOW).size == 2
    narrowed = analyses.run({**document, "who": {"in_segment": "left"}}, now=NOW)
    assert counts(narrowed) == [2, 0]
    again = analyses.to_segment(document, answer.stamp.pin, {"step": 1}, header=header, now=NOW)
    assert again.snapshot.version == 3
    with records.begin() as conn:
        segments.save(conn, {"key": "views", "name": "v", "owner": "crm", "condition": {"event": "View"}}, now=NOW)
    with pytest.raises(Error) as refused:
        analyses.to_segment(document, answer.stamp.pin, crowd, header={**header, "key": "views"}, now=NOW)
    assert refused.value.code == "segment_exists"


def test_what_the_answer_says_about_itself(analyses: Analyses, world: World, records: Records) -> None:
    world.event(1, "View", day(1))
    world.flush()
    document = asked(["View", "Oder"], over={"last": "60d"})
    early = analyses.run(document, now=day(3)).stamp
    assert (early.zone, early.complete, early.waiting, early.asked) == (ZONE, False, 0, None)
    assert analyses.run({**document, "over": OVER}, now=day(39)).stamp.complete
    assert any("unknown event 'Oder'" in note for note in early.notes)
    assert any("optimised re-entry" in note for note in early.notes)
    assert "FROM events AS e" in early.sql[0].text
    kept = {"kind": "analysis", "key": "buying", "name": "Buying", "owner": "crm", **asked(["View"])}
    with records.begin() as conn:
        assert analyses.save(conn, kept, now=NOW) == ()
    assert analyses.get("buying").version == 1
    assert [one.key for one in analyses.list()] == ["buying"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"funnel": {"steps": []}}, "funnel.steps"),
        ({"funnel": {"steps": [{"event": ""}]}}, "funnel.steps[0].event"),
        ({"funnel": {"steps": ["A", {"event": "B", "within": "9y"}]}}, "funnel.steps[1].within"),
        ({"funnel": {"steps": [{"event": "A", "optional": True}]}}, "funnel.steps[0].optional"),
        ({"funnel": {"steps": ["A", "B"], "order": "strikt"}}, "funnel.order"),
        ({"funnel": {"steps": ["A", "B"], "order": "any", "exclude": [{"event": "X"}]}}, "funnel.exclude"),
        ({"funnel": {"steps": ["A", "B"], "exclude": [{"event": "X", "after": 2}]}}, "funnel.exclude[0].after"),
        ({"funnel": {"steps": ["A", "B"], "breakdown": {"trait": "a", "tag": "b"}}}, "funnel.breakdown"),
        ({"funnel": {"steps": ["A", "B"], "window": {"session": "3d"}}}, "funnel.window.session"),
        ({"funnel": {"steps": ["A"], "colour": "red"}}, "funnel.colour"),
        ({"method": "tunnel"}, "method"),
        ({"who": {"trait": "a", "op": "gt"}}, "who.value"),
        ({"over": "then"}, "over"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Error) as refused:
        read_analysis({**asked(["A"]), **change}, READERS, saved=False)
    assert refused.value.field.startswith(field)


def test_a_number_that_is_none_is_refused(analyses: Analyses, world: World) -> None:
    document = asked(["View", "Order"])
    answer = analyses.run(document, now=NOW)
    with pytest.raises(Error) as endless:
        analyses.run({**document, "over": {"before": "2026-01-01"}}, now=NOW)
    assert endless.value.code == "open_window"
    for crowd in ({"step": 3}, {"step": 1, "reached": False}, {"step": 1, "period": "2026-01-01"}, {"stap": 1}, {}):
        with pytest.raises(Error) as refused:
            analyses.people(document, answer.stamp.pin, crowd)
        assert refused.value.field.startswith("crowd")
