"""Campaigns from start to letter box: who enters, what the gate says, what becomes of failures."""

from datetime import timedelta

import pytest

from ninefold.base import Error
from ninefold.channels import Delivered, Doubtful, Failed, InDoubt, Outcome, Retry
from ninefold.journeys import Decision, Delivery, Enrolment, Status, segment_users
from ninefold.store import Statement

from .house import House, LetterBox

TWENTY = [f"p{number:02}" for number in range(20)]


def facts(house: House, name: str) -> list[dict[str, object]]:
    house.pump()
    rows = house.events.query(
        Statement(
            "SELECT oneid, props['reason'] AS reason, props['arm'] AS arm FROM events "
            "WHERE name = {n:String} ORDER BY oneid",
            {"n": name},
        )
    ).to_pylist()
    return [dict(row) for row in rows]


def test_a_scheduled_campaign_reaches_its_audience_once(house: House) -> None:
    house.people(*TWENTY)
    house.campaign()
    (run,) = house.campaigns.run_due(now=house.now)
    assert (run.campaign, run.occurrence, run.missed) == ("spring", "2026-06-01T08:00:00Z", False)
    assert run.enrolment == Enrolment(candidates=20, treated=20)
    assert house.campaigns.run_due(now=house.now) == ()
    assert house.campaigns.deliver(now=house.now) == Delivery(delivered=20)
    assert house.campaigns.deliver(now=house.now) == Delivery()
    assert sorted(letter.content.body for letter in house.box.letters.values()) == [f"Dear {name}" for name in TWENTY]
    assert set(house.box.handed.values()) == {1}
    assert len(facts(house, "campaign_entered")) == len(facts(house, "message_sent")) == 20


def test_a_hold_out_is_left_alone_and_written_down(house: House) -> None:
    names = [f"q{number:03}" for number in range(200)]
    house.people(*names)
    house.campaign(holdout="30%")
    (run,) = house.campaigns.run_due(now=house.now)
    assert run.enrolment.treated + run.enrolment.control == 200
    assert 35 < run.enrolment.control < 90
    assert house.campaigns.deliver(now=house.now).delivered == run.enrolment.treated == len(house.box.letters)
    arms = [row["arm"] for row in facts(house, "campaign_entered")]
    assert (arms.count("treated"), arms.count("control")) == (run.enrolment.treated, run.enrolment.control)


def test_an_audience_is_a_condition_or_a_segment(house: House) -> None:
    house.people("anna", "bert", city="Berlin")
    house.people("cora", city="Rome")
    condition = {"trait": "city", "op": "eq", "value": "Berlin"}
    house.campaign("by_condition", audience={"condition": condition})
    house.define("segment", key="berliners", condition=condition)
    house.campaign("by_segment", audience={"segment": "berliners"})
    runs = {run.campaign: run.enrolment.treated for run in house.campaigns.run_due(now=house.now)}
    assert runs == {"by_condition": 2, "by_segment": 2}


def test_the_gate_gives_reasons_in_its_order(house: House) -> None:
    mail = LetterBox("mail", "email")
    house.post.channels["mail"] = mail
    house.people("anna", "bert")
    house.take(
        house.event("visit", "nomail"),
        house.event(
            "$identify", "noname", type="identify", identifiers=(("openid", "noname"), ("email", "noname@x.example"))
        ),
    )
    house.campaign(channel="mail", cap={"count": 1, "within": "7d", "scope": "all"})
    house.campaign(
        "other",
        channel="mail",
        cap={"count": 1, "within": "7d", "scope": "all"},
        audience={"condition": {"trait": "name", "op": "eq", "value": "anna"}},
        start={"schedule": {"at": "2026-06-01T15:59"}},
    )
    house.campaigns.run_due(now=house.now)
    assert house.campaigns.deliver(now=house.now) == Delivery(delivered=2, suppressed=3)
    assert mail.people == ["anna@x.example", "bert@x.example"]
    reasons = sorted(str(row["reason"]) for row in facts(house, "message_suppressed"))
    assert reasons == ["capped", "template", "unreachable"]
    both = [house.campaigns.report(key, now=house.now).messages for key in ("spring", "other")]
    assert {reason: sum(one.suppressed.get(reason, 0) for one in both) for reason in reasons} == dict.fromkeys(
        reasons, 1
    )


def test_a_cap_slides(house: House) -> None:
    house.people("anna")
    house.campaign(start={"schedule": {"every": "1d", "first": "2026-06-01T16:00"}}, cap={"count": 2, "within": "3d"})
    sent = []
    for _ in range(7):
        house.campaigns.run_due(now=house.now)
        sent.append(house.campaigns.deliver(now=house.now).delivered)
        house.wait(days=1)
    assert sent == [1, 1, 0, 1, 1, 0, 1]


def test_failures_are_final_and_retries_come_back_later(house: House) -> None:
    house.people("anna", "bert", "cora")
    answers: dict[str, Outcome] = {"anna": Failed(reason="gone"), "bert": Retry(reason="busy", after_seconds=600)}
    house.box.answer = lambda message, time: (
        Delivered() if time > 1 else answers.get(message.content.body[5:], Delivered())
    )
    house.campaign()
    house.campaigns.run_due(now=house.now)
    assert house.campaigns.deliver(now=house.now) == Delivery(delivered=1, failed=1, retried=1)
    house.wait(minutes=9)
    assert house.campaigns.deliver(now=house.now) == Delivery()
    house.wait(minutes=2)
    assert house.campaigns.deliver(now=house.now) == Delivery(delivered=1)
    assert [row["reason"] for row in facts(house, "message_failed")] == ["gone"]
    assert house.campaigns.report("spring", now=house.now).messages.failed == {"gone": 1}


def test_endless_retries_end(house: House) -> None:
    house.people("anna")
    house.box.answer = lambda _message, _time: Retry(reason="busy")
    house.campaign(expires="30d")
    house.campaigns.run_due(now=house.now)
    total = Delivery()
    for _ in range(20):
        total += house.campaigns.deliver(now=house.now)
        house.wait(hours=8)
    assert total == Delivery(retried=7, failed=1)


def test_a_doubt_is_resent_or_held_by_the_channel_s_policy(house: House) -> None:
    mail = LetterBox("mail", "email", InDoubt.HOLD)
    house.post.channels["mail"] = mail
    for box in (mail, house.box):
        box.answer = lambda _message, time: Doubtful(reason="connection_lost") if time == 1 else Delivered()
    house.people("anna")
    house.campaign()
    house.campaign("letter", channel="mail")
    house.campaigns.run_due(now=house.now)
    assert house.campaigns.deliver(now=house.now) == Delivery(retried=1, held=1)
    house.wait(minutes=10)
    assert house.campaigns.deliver(now=house.now) == Delivery(delivered=1)
    (held,) = house.campaigns.held()
    assert (held.campaign, held.channel, held.detail) == ("letter", "mail", "connection_lost: ")
    assert house.campaigns.decide_held([held.key], Decision.RESEND, now=house.now, author="kim") == 1
    assert house.campaigns.decide_held([held.key], Decision.RESEND, now=house.now) == 0
    assert house.campaigns.deliver(now=house.now) == Delivery(delivered=1)
    assert house.campaigns.held() == ()


def test_decided_messages_are_told(house: House) -> None:
    mail = LetterBox("mail", "email", InDoubt.HOLD)
    house.post.channels["mail"] = mail
    mail.answer = lambda _message, _time: Doubtful(reason="lost")
    house.people("anna", "bert")
    house.campaign(channel="mail")
    house.campaigns.run_due(now=house.now)
    house.campaigns.deliver(now=house.now)
    one, two = house.campaigns.held("spring")
    house.campaigns.decide_held([one.key], Decision.DELIVERED, now=house.now)
    house.campaigns.decide_held([two.key], Decision.FAILED, now=house.now)
    assert len(facts(house, "message_sent")) == len(facts(house, "message_failed")) == 1
    assert len(facts(house, "message_held")) == 2


def test_pause_resume_stop(house: House) -> None:
    house.people(*TWENTY)
    house.campaign()
    house.campaigns.run_due(now=house.now)
    house.campaigns.pause("spring", now=house.now)
    assert house.campaigns.deliver(now=house.now) == Delivery()
    with pytest.raises(Error, match="paused"):
        house.campaigns.enrol("spring", house.oneids("p00"), "x", now=house.now)
    house.campaigns.resume("spring", now=house.now)
    assert house.campaigns.deliver(now=house.now, limit=1).delivered == 20  # a chunk at least
    house.campaigns.enrol("spring", house.oneids("p00", "p01"), "second", now=house.now)
    house.campaigns.stop("spring", now=house.now)
    assert house.campaigns.deliver(now=house.now) == Delivery(suppressed=2)
    assert house.campaigns.report("spring", now=house.now).messages.suppressed == {"campaign_stopped": 2}
    with pytest.raises(Error, match="stopped"):
        house.campaigns.resume("spring", now=house.now)
    with pytest.raises(Error, match="stopped for good"):
        house.campaign(audience={"condition": {"trait": "x"}})


def test_messages_expire(house: House) -> None:
    house.people("anna")
    house.campaign(expires="2h")
    house.campaigns.run_due(now=house.now)
    house.campaigns.pause("spring", now=house.now)
    house.wait(hours=3)
    house.campaigns.resume("spring", now=house.now)
    assert house.campaigns.deliver(now=house.now) == Delivery(suppressed=1)
    assert facts(house, "message_suppressed")[0]["reason"] == "expired"


def test_an_occasion_that_passed_long_ago_is_missed(house: House) -> None:
    house.people("anna")
    house.campaign(start={"schedule": {"cron": "0 8 * * 1", "zone": "UTC"}}, expires="24h")
    house.wait(days=8, hours=3)  # Tuesday of the next week
    (run,) = house.campaigns.run_due(now=house.now)
    assert (run.occurrence, run.missed, run.enrolment.entered) == ("2026-06-08T08:00:00Z", True, 0)
    assert house.campaigns.run_due(now=house.now) == ()


def test_a_channel_that_cannot_be_opened_delays(house: House) -> None:
    house.people("anna")
    house.campaign()
    house.campaigns.run_due(now=house.now)
    del house.post.channels["box"]
    assert house.campaigns.deliver(now=house.now) == Delivery(waiting=1)
    house.post.channels["box"] = house.box
    house.wait(minutes=6)
    assert house.campaigns.deliver(now=house.now) == Delivery(delivered=1)


def test_a_trigger_enters_the_person_it_happened_to(house: House) -> None:
    house.people("anna", "bert", "cora", vip=True)
    house.people("dave")
    where = [{"property": "category", "op": "eq", "value": "shoes"}]
    house.campaign(
        start={"trigger": {"event": "cart", "where": where, "condition": {"trait": "vip"}}},
        audience=None,
        template={"body": "{{ event.category }} for {{ event.price }}, order {{ event.order_id }}"},
    )
    house.wait(minutes=1)
    house.take(
        house.event("cart", "anna", props={"category": "shoes"}, nums={"price": 9.5}, order_id="o1"),
        house.event("cart", "anna", props={"category": "shoes"}, nums={"price": 7.0}, order_id="o2"),
        house.event("cart", "bert", props={"category": "hats"}),
        house.event("cart", "dave", props={"category": "shoes"}),
        house.event("cart", "cora", at=house.now - timedelta(days=3), props={"category": "shoes"}),
        house.event("view", "cora", props={"category": "shoes"}),
    )
    assert house.campaigns.deliver(now=house.now) == Delivery(delivered=2)
    assert sorted(letter.content.body for letter in house.box.letters.values()) == [
        "shoes for 7.0, order o2",
        "shoes for 9.5, order o1",
    ]


@pytest.mark.parametrize(
    ("reentry", "entries"), [("always", [2, 1, 1]), ("never", [1, 0, 0]), ({"after": "2d"}, [1, 0, 1])]
)
def test_reentry(house: House, reentry: object, entries: list[int]) -> None:
    house.people("anna")
    house.campaign(start={"trigger": {"event": "cart"}}, audience=None, reentry=reentry)
    house.wait(minutes=1)
    found = []
    for number in range(3):
        house.take(*(house.event("cart", "anna") for _ in range(2 if number == 0 else 1)))
        found.append(house.enrolled[-1]["spring"].entered)
        house.wait(days=1, minutes=1)
    assert found == entries


def test_a_template_of_the_version_entered_with_is_used(house: House) -> None:
    house.people("anna")
    house.campaign()
    house.campaigns.run_due(now=house.now)
    house.campaign(template={"body": "changed"})
    house.campaigns.deliver(now=house.now)
    assert [letter.content.body for letter in house.box.letters.values()] == ["Dear anna"]


def test_preview_and_test_send(house: House) -> None:
    house.people("anna", "bert")
    house.campaign(
        holdout="50%",
        template={
            "subject": "Hi",
            "body": "{{ traits.name }} {% if traits.name == 'bert' %}{{ traits.no }}{% endif %}",
        },
    )
    shown = {one.body or one.reason: one for one in house.campaigns.preview("spring", now=house.now)}
    assert set(shown) == {"anna ", "template_error"}
    assert "traits.no" in shown["template_error"].detail
    outcome = house.campaigns.test_send("spring", house.oneid("anna"), "me@brand.example", now=house.now)
    assert outcome == Delivered()
    (letter,) = house.box.letters.values()
    assert (letter.to, letter.content.body) == ("me@brand.example", "anna ")
    assert house.campaigns.deliver(now=house.now) == Delivery()
    assert house.campaigns.report("spring", now=house.now).reconciliation.records == 0


def test_check_and_save_refuse_what_cannot_work(house: House) -> None:
    with pytest.raises(Error, match="lapsed"):
        house.campaign(audience={"segment": "lapsed"})
    document = {
        "kind": "campaign",
        "key": "x",
        "name": "x",
        "owner": "y",
        "start": {"schedule": {"at": "2026-06-01"}},
        "channel": "nochannel",
        "template": {"body": "x"},
    }
    with pytest.raises(Error, match="nochannel"), house.records.begin() as conn:
        house.campaigns.save(conn, document, now=house.now)
    house.define("channel", key="mail", type="smtp", host="mail.example", sender="crm@brand.example")
    with pytest.raises(Error, match="cannot be JSON"), house.records.begin() as conn:
        house.campaigns.save(conn, {**document, "channel": "mail", "template": {"json": {"a": "b"}}}, now=house.now)


def test_check_advises_on_names_nobody_has(house: House) -> None:
    house.people("anna", city="Berlin")
    house.take(house.event("order", "anna"))
    document = {
        "kind": "campaign",
        "key": "x",
        "name": "x",
        "owner": "y",
        "start": {"trigger": {"event": "ordr", "condition": {"trait": "citty"}}},
        "channel": "box",
        "template": {"body": "{{ traits.nam }}"},
        "holdout": "10%",
        "cap": {"count": 1, "within": "7d"},
        "goal": {"event": "order", "within": "7d"},
    }
    said = house.campaigns.check(document)
    paths = [line.partition(":")[0] for line in said]
    assert paths == ["start.trigger.event", "start.trigger.condition.trait", "template.body"]
    assert all("did you mean" in line for line in said)
    assert segment_users(house.records, "vip") == ()
    with pytest.raises(Error, match="cannot speak of"):
        house.campaigns.check({**document, "template": {"body": "{{ trait.name }}"}})


def test_what_an_operator_did_by_hand_outlives_the_document_that_is_applied_again(house: House) -> None:
    house.campaign()
    paused = house.campaigns.pause("spring", now=house.now, author="li")
    house.campaign()
    assert house.campaigns.get("spring").version == paused.version, "an unchanged document changes nothing"
    house.campaign(purpose="more")
    changed = house.campaigns.get("spring")
    assert (changed.status, changed.header.purpose) == (Status.PAUSED, "more")
    house.campaigns.resume("spring", now=house.now)
    house.campaign(purpose="more")
    assert house.campaigns.get("spring").status is Status.LIVE
    house.campaign(status="paused")
    assert house.campaigns.get("spring").status is Status.PAUSED
    house.campaign()
    assert house.campaigns.get("spring").status is Status.LIVE, "what the author wrote, the author takes back"


def test_a_campaign_stopped_by_hand_does_not_hinder_its_folder(house: House) -> None:
    house.campaign()
    stopped = house.campaigns.stop("spring", now=house.now)
    house.campaign()
    assert house.campaigns.get("spring") == stopped
