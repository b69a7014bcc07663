"""A campaign's report against numbers worked out by hand, person by person."""

import random
from datetime import datetime, timedelta

import numpy as np
import pytest

from ninefold.base import Error, to_ms
from ninefold.experiments import Sample, absolute_lift, relative_lift
from ninefold.journeys import Enrolment
from ninefold.store import Statement

from .house import House

WITHIN = timedelta(days=7)


def arms_of(house: House, key: str = "spring") -> dict[int, tuple[str, datetime]]:
    rows = house.events.query(
        Statement(
            "SELECT oneid, props['arm'] AS arm, ts FROM events "
            "WHERE name = 'campaign_entered' AND campaign_id = {k:String}",
            {"k": key},
        )
    )
    return {row["oneid"]: (row["arm"], row["ts"]) for row in rows.to_pylist()}


def test_figures_are_those_worked_out_by_hand(house: House) -> None:
    rng = random.Random(5)
    names = [f"r{number:03}" for number in range(120)]
    house.people(*names)
    where = [{"property": "category", "op": "eq", "value": "shoes"}]
    house.campaign(
        holdout="40%", cost_per_send="0.045", goal={"event": "order", "where": where, "within": "7d", "revenue": True}
    )
    house.campaigns.run_due(now=house.now)
    house.campaigns.deliver(now=house.now)
    house.pump()
    entry = house.now
    orders = []
    for name in names:
        for _ in range(rng.choice([0, 0, 1, 2])):
            at = entry + rng.choice(
                [
                    timedelta(0),
                    timedelta(milliseconds=1),
                    WITHIN,
                    WITHIN + timedelta(milliseconds=1),
                    timedelta(days=-1),
                    timedelta(minutes=rng.randrange(14 * 1440)),
                ]
            )
            orders.append(
                (
                    name,
                    at,
                    rng.choice(["shoes", "shoes", "hats"]),
                    rng.randrange(100, 99_999),
                    rng.choice(["CNY", "CNY", "USD"]),
                )
            )
    house.wait(days=20)
    house.take(
        *(
            house.event("order", name, at, props={"category": category}, revenue_minor=minor, currency=currency)
            for name, at, category, minor, currency in orders
        )
    )
    result = house.campaigns.report("spring", now=house.now)

    arms = arms_of(house)
    oneid = {name: house.oneid(name) for name in names}
    good = [
        (oneid[name], minor, currency)
        for name, at, category, minor, currency in orders
        if category == "shoes" and entry < at <= entry + WITHIN
    ]
    for figures, arm in ((result.control, "control"), (result.treated, "treated")):
        people = [one for one, (side, _) in arms.items() if side == arm]
        money = np.array([sum(m for who, m, c in good if who == one and c == "CNY") for one in people], np.int64)
        assert figures.people == len(people)
        assert figures.goals == sum(who in people for who, _, _ in good)
        assert figures.converted == len({who for who, _, _ in good if who in people})
        assert figures.revenue_minor == int(money.sum())
        assert figures.revenue_squares == int((money.astype(object) ** 2).sum())
        assert figures.other_money == sum(who in people and c == "USD" for who, _, c in good)
        assert figures.unfinished == 0
    control, treated = (
        Sample.of(
            np.array(
                [
                    sum(m for who, m, c in good if who == one and c == "CNY")
                    for one, (side, _) in arms.items()
                    if side == arm
                ],
                np.int64,
            )
        )
        for arm in ("control", "treated")
    )
    assert result.revenue is not None
    assert result.revenue.absolute == absolute_lift(control, treated)
    assert result.revenue.relative == relative_lift(control, treated)
    assert result.extra_revenue is not None
    lift = result.revenue.absolute
    assert lift.estimate is not None
    assert lift.high is not None
    cost = round(0.045 * result.treated.people * 100)
    assert result.cost_minor == cost
    assert result.extra_revenue.net == pytest.approx(lift.estimate * result.treated.people - cost)
    assert result.extra_revenue.high == pytest.approx(lift.high * result.treated.people)
    assert result.conversion is not None
    assert result.conversion.treated.mean == result.treated.conversion_rate
    assert result.messages.delivered == result.treated.people
    assert result.reconciliation.agrees
    assert (result.reconciliation.records, result.contaminated, result.randomised) == (120, 0, True)
    assert not result.ratio.flagged
    assert result.first_entry == result.last_entry == entry


def test_an_empty_campaign_reports_nothing_and_says_why(house: House) -> None:
    house.campaign(holdout="10%")
    result = house.campaigns.report("spring", now=house.now)
    assert (result.control.people, result.treated.people, result.first_entry) == (0, 0, None)
    assert result.conversion is not None
    assert result.conversion.relative.reason == "empty_arm"
    assert result.ratio.reason == "empty"
    assert result.reconciliation.agrees
    with pytest.raises(Error, match="sprung"):
        house.campaigns.report("sprung", now=house.now)


def test_without_a_goal_there_are_sizes_and_messages_only(house: House) -> None:
    house.people("anna", "bert")
    house.campaign(goal=None)
    house.campaigns.run_due(now=house.now)
    house.campaigns.deliver(now=house.now)
    house.pump()
    result = house.campaigns.report("spring", now=house.now)
    assert (result.treated.people, result.conversion, result.extra_revenue) == (2, None, None)
    assert result.messages.delivered == 2


def test_facts_still_in_the_inbox_show_as_a_difference(house: House) -> None:
    house.people("anna", "bert")
    house.campaign()
    house.campaigns.run_due(now=house.now)
    waiting = house.campaigns.report("spring", now=house.now).reconciliation
    assert (waiting.records, waiting.events, waiting.agrees) == (2, 0, False)
    house.pump()
    assert house.campaigns.report("spring", now=house.now).reconciliation.agrees


def test_the_earliest_entry_counts_and_each_person_once(house: House) -> None:
    house.people("anna")
    house.campaign(
        start={"schedule": {"every": "1d", "first": "2026-06-01T16:00"}}, goal={"event": "order", "within": "36h"}
    )
    for _ in range(3):
        house.campaigns.run_due(now=house.now)
        house.wait(days=1)
    house.take(
        house.event("order", "anna", house.now - timedelta(hours=1)),
        house.event("order", "anna", house.now - timedelta(days=2)),
    )
    result = house.campaigns.report("spring", now=house.now)
    assert (result.treated.people, result.treated.goals, result.reconciliation.records) == (1, 1, 3)


def test_people_whose_time_has_not_run_out_are_counted(house: House) -> None:
    house.people("anna", "bert")
    house.campaign()
    house.campaigns.run_due(now=house.now)
    house.pump()
    house.wait(days=6)
    assert house.campaigns.report("spring", now=house.now).treated.unfinished == 2
    house.wait(days=1)
    assert house.campaigns.report("spring", now=house.now).treated.unfinished == 0


def test_merged_accounts_are_one_person_and_both_arms_contaminate(house: House) -> None:
    names = [f"s{number:02}" for number in range(40)]
    house.people(*names)
    house.campaign(holdout="50%")
    house.campaigns.run_due(now=house.now)
    house.pump()
    side = {name: arms_of(house)[house.oneid(name)][0] for name in names}
    treated = [name for name in names if side[name] == "treated"]
    control = [name for name in names if side[name] == "control"]
    house.wait(hours=1)
    for name in (treated[1], control[2]):
        house.take(house.event("order", name, revenue_minor=500, currency="CNY"))
    house.merge(treated[0], treated[1])  # one person now
    house.merge(treated[2], control[2])  # in both arms
    result = house.campaigns.report("spring", now=house.now)
    assert (result.treated.people, result.control.people, result.contaminated) == (
        len(treated) - 2,
        len(control) - 1,
        1,
    )
    assert (result.treated.converted, result.control.converted) == (1, 0)
    assert result.reconciliation.records == result.reconciliation.events == 40


def test_a_merge_neither_changes_sides_nor_doubles_a_message(house: House) -> None:
    names = [f"t{number:02}" for number in range(40)]
    house.people(*names)
    house.campaign(holdout="50%")
    house.campaigns.run_due(now=house.now)
    house.pump()
    side = {name: arms_of(house)[house.oneid(name)][0] for name in names}
    treated = [name for name in names if side[name] == "treated"]
    control = [name for name in names if side[name] == "control"]
    house.merge(treated[0], treated[1])
    house.merge(treated[2], control[0])
    done = house.campaigns.deliver(now=house.now)
    assert (done.delivered, done.suppressed) == (len(treated) - 2, 2)
    suppressed = house.campaigns.report("spring", now=house.now).messages.suppressed
    assert suppressed == {"already_sent": 1, "held_out": 1}
    again = house.campaigns.enrol("spring", house.oneids(*names), "second", now=house.now)
    assert again.candidates == 38
    house.pump()
    rows = house.events.query(
        Statement(
            "SELECT oneid, groupUniqArray(props['arm']) AS arms FROM events "
            "WHERE name = 'campaign_entered' GROUP BY oneid"
        )
    )
    assert all(len(row["arms"]) == 1 for row in rows.to_pylist())


def test_a_campaign_carried_out_elsewhere_is_reported(house: House) -> None:
    names = [f"u{number:02}" for number in range(30)]
    house.people(*names)
    house.campaign("mailing", start={"by_hand": True}, audience=None, channel=None, template=None)
    entered = house.now - timedelta(days=400)
    treated = np.array([number % 3 > 0 for number in range(30)])
    at = np.full(30, to_ms(entered), np.int64)
    first = house.campaigns.record_members("mailing", house.oneids(*names), treated, at, now=house.now)
    assert first == Enrolment(candidates=30, treated=20, control=10)
    again = house.campaigns.record_members("mailing", house.oneids(*names), ~treated, at, now=house.now)
    assert (again.entered, again.already) == (0, 30)
    house.take(
        house.event("order", "u01", entered + timedelta(days=1), revenue_minor=700, currency="CNY"),
        house.event("order", "u03", entered + timedelta(days=8), revenue_minor=700, currency="CNY"),
    )
    result = house.campaigns.report("mailing", now=house.now)
    assert (result.treated.people, result.control.people, result.treated.revenue_minor) == (20, 10, 700)
    assert (result.randomised, result.ratio.reason) == (False, "not_assigned_here")
    assert result.first_entry == entered
    assert result.reconciliation.agrees
    assert result.messages.delivered == 0
    with pytest.raises(Error, match="length"):
        house.campaigns.record_members("mailing", house.oneids("u01"), treated, at, now=house.now)


def test_a_changed_share_leaves_the_ratio_unchecked(house: House) -> None:
    house.people("anna", "bert")
    house.campaign(holdout="10%")
    house.campaigns.enrol("spring", house.oneids("anna"), "a", now=house.now)
    house.campaign(holdout="20%")
    house.campaigns.enrol("spring", house.oneids("bert"), "b", now=house.now)
    house.pump()
    assert house.campaigns.report("spring", now=house.now).ratio.reason == "share_changed"


def test_facts_from_outside_do_not_count(house: House) -> None:
    house.people("anna")
    house.campaign()
    house.take(house.event("campaign_entered", "anna", campaign_id="spring", props={"arm": "treated"}))
    assert house.campaigns.report("spring", now=house.now).treated.people == 0
