"""Campaign documents: what they mean, and precise errors."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ninefold.base import Error
from ninefold.channels import Template
from ninefold.journeys import Campaign, Status, parse_campaign
from ninefold.journeys.document import advice
from ninefold.journeys.model import ByHand, Cap, CapScope, Cron, Every, Holdout, Once, Reentry, Trigger

BASE: dict[str, object] = {
    "kind": "campaign",
    "key": "win_back",
    "name": {"en": "Win back", "zh": "挽回"},
    "owner": "crm",
    "purpose": "marketing",
    "status": "live",
    "start": {"schedule": {"at": "2026-06-01T08:00"}},
    "audience": {"segment": "lapsed"},
    "channel": "mail",
    "template": {"subject": "We miss you", "body": "Dear {{ traits.name }}"},
    "holdout": "10%",
    "cap": {"count": 2, "within": "7d"},
    "cost_per_send": "0.045",
    "goal": {"event": "order", "within": "14d", "revenue": True},
}


def campaign(**changes: object) -> Campaign:
    document = {name: value for name, value in {**BASE, **changes}.items() if value is not None}
    return parse_campaign(document, zone="Asia/Shanghai", currency="CNY")


def test_a_whole_document() -> None:
    one = campaign()
    assert (one.key, one.status, one.channel) == ("win_back", Status.LIVE, "mail")
    assert one.start == Once(at=datetime(2026, 6, 1, 0, tzinfo=UTC))
    assert one.template == Template(subject="We miss you", body="Dear {{ traits.name }}")
    assert one.holdout == Holdout(share=1000, salt=1)
    assert one.cap == Cap(count=2, within=timedelta(days=7), scope=CapScope.CAMPAIGN)
    assert (one.cost_per_send, one.currency) == (Decimal("0.045"), "CNY")
    assert one.goal is not None
    assert (one.goal.event, one.goal.within, one.goal.revenue) == ("order", timedelta(days=14), True)
    assert (one.reentry, one.expires) == (Reentry.ALWAYS, timedelta(hours=72))
    assert one.audience.segment == "lapsed"


def test_kinds_of_start() -> None:
    weekly = campaign(start={"schedule": {"cron": "0 8 * * 1", "zone": "Europe/Berlin"}}).start
    assert weekly == Cron(expression="0 8 * * 1", zone="Europe/Berlin")
    every = campaign(start={"schedule": {"every": "2w", "first": "2026-06-01 09:00", "zone": "UTC"}}).start
    assert every == Every(span=timedelta(weeks=2), first=datetime(2026, 6, 1, 9, tzinfo=UTC), zone="UTC")
    where = [{"property": "category", "op": "eq", "value": "shoes"}]
    trigger = campaign(
        start={"trigger": {"event": "cart", "where": where, "condition": {"trait": "vip"}, "max_age": "2h"}}
    ).start
    assert isinstance(trigger, Trigger)
    assert (trigger.event, trigger.where[0].value, trigger.max_age) == ("cart", "shoes", timedelta(hours=2))
    assert trigger.condition is not None
    by_hand = campaign(start={"by_hand": True}, channel=None, template=None, audience=None)
    assert isinstance(by_hand.start, ByHand)
    assert by_hand.template is None


@pytest.mark.parametrize(
    ("given", "share"),
    [
        ("10%", 1000),
        ("12.5 %", 1250),
        (0.1, 1000),
        (0.07, 700),
        (0, 0),
        ({"share": "50%", "salt": 3}, 5000),
        ("100%", 10000),
    ],
)
def test_shares(given: object, share: int) -> None:
    assert campaign(holdout=given).holdout.share == share


@pytest.mark.parametrize(
    ("changes", "field", "hint"),
    [
        ({"audiense": {}}, "audiense", 'did you mean "audience"?'),
        ({"status": "running"}, "status", ""),
        ({"start": {}}, "start", ""),
        ({"start": {"schedule": {"at": "2026-06-01"}, "trigger": {"event": "x"}}}, "start", ""),
        ({"start": {"schedule": {"at": "tomorrow"}}}, "start.schedule.at", ""),
        ({"start": {"schedule": {"cron": "0 8 * *"}}}, "start.schedule.cron", ""),
        ({"start": {"schedule": {"cron": "0 0 31 2 *"}}}, "start.schedule.cron", ""),
        ({"start": {"schedule": {"every": "1m", "first": "2026-06-01"}}}, "start.schedule.every", ""),
        ({"start": {"schedule": {"every": "1d"}}}, "start.schedule.first", ""),
        ({"start": {"schedule": {"at": "2026-06-01", "zone": "Mars/Base"}}}, "start.schedule.zone", ""),
        ({"start": {"trigger": {"event": "message_sent"}}}, "start.trigger.event", ""),
        ({"start": {"trigger": {"event": "cart", "where": "x"}}}, "start.trigger.where", ""),
        ({"start": {"trigger": {"event": "cart", "condition": {"traitt": "x"}}}}, "start.trigger.condition", ""),
        ({"start": {"by_hand": False}}, "start.by_hand", ""),
        ({"audience": {}}, "audience", ""),
        ({"audience": {"segment": "a", "condition": {"everyone": True}}}, "audience", ""),
        ({"channel": None}, "channel", ""),
        ({"template": None}, "template", ""),
        ({"template": {"body": "x", "bodi": "y"}}, "template.bodi", 'did you mean "body"?'),
        ({"holdout": 10}, "holdout", ""),
        ({"holdout": "110%"}, "holdout", ""),
        ({"holdout": "0.001%"}, "holdout", ""),
        ({"holdout": "ten%"}, "holdout", ""),
        ({"holdout": True}, "holdout", ""),
        ({"holdout": {"share": "10%", "salt": 0}}, "holdout.salt", ""),
        ({"cap": {"count": 0, "within": "7d"}}, "cap.count", ""),
        ({"cap": {"count": 1, "within": "7 days"}}, "cap.within", ""),
        ({"cap": {"count": 1, "within": "7d", "scope": "world"}}, "cap.scope", ""),
        ({"reentry": "sometimes"}, "reentry", ""),
        ({"reentry": {"after": "0d"}}, "reentry.after", ""),
        ({"expires": "99999w"}, "expires", ""),
        ({"cost_per_send": "free"}, "cost_per_send", ""),
        ({"cost_per_send": -1}, "cost_per_send", ""),
        ({"cost_per_send": "NaN"}, "cost_per_send", ""),
        ({"currency": "yuan"}, "currency", ""),
        ({"goal": {"event": "order"}}, "goal.within", ""),
        ({"goal": {"event": "order", "within": "14d", "revenue": "yes"}}, "goal.revenue", ""),
        ({"key": "Win-Back"}, "key", ""),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, object], field: str, hint: str) -> None:
    with pytest.raises(Error) as caught:
        campaign(**changes)
    assert caught.value.field == field
    assert caught.value.allowed
    assert hint in caught.value.hint


def test_advice() -> None:
    assert advice(campaign()) == ()
    said = " ".join(advice(campaign(start={"trigger": {"event": "view"}}, cap=None, holdout=None, goal=None)))
    assert "without a cap" in said
    assert "left alone" in said
    assert "no outcomes" in said
    assert "more people" in " ".join(advice(campaign(holdout="60%")))
