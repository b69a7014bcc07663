"""An event that comes days late counts as of its own time everywhere, and starts nothing that is over.

Two people do the same at the same time; what one of them did is told at once, of the other twelve days later. From then
on nobody can tell them apart.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.governance.conftest import Api, api

from ninefold.base import FixedClock

__all__ = ["api"]
HAPPENED, NOW = datetime(2026, 5, 20, 8, tzinfo=UTC), datetime(2026, 6, 1, 8, tzinfo=UTC)
OWNED = {"name": "x", "owner": "crm"}
BOUGHT = {"event": "Order Completed", "measure": "did"}
DOCUMENTS: list[dict[str, Any]] = [
    {"kind": "channel", "key": "outbox", "type": "outbox", "address": "person", **OWNED},
    {"kind": "segment", "key": "this_week", "condition": {**BOUGHT, "within": "7d"}, **OWNED},
    {"kind": "segment", "key": "this_month", "condition": {**BOUGHT, "within": "30d"}, **OWNED},
    {"kind": "tag", "key": "rfm", **OWNED,
     "rfm": {"order": {"event": "Order Completed"}, "window_days": 365}},
    {"kind": "campaign", "key": "thanks", "status": "live", "start": {"trigger": {"event": "Order Completed"}},
     "channel": "outbox", "template": {"subject": "Thanks", "body": "Thank you"}, **OWNED},
]  # fmt: skip


def bought(user: str) -> dict[str, Any]:
    return {"type": "track", "event": "Order Completed", "userId": user, "messageId": f"o-{user}",
            "timestamp": HAPPENED.isoformat(), "properties": {"order_id": user, "revenue": 150}}  # fmt: skip


@pytest.fixture
def told(api: Api, clock: FixedClock) -> Api:
    """One order told at once, one told late."""
    clock.set(HAPPENED)
    done = api.ok("POST", "/v1/definitions/apply", json={"documents": DOCUMENTS})
    assert done["ok"], [one["problem"] for one in done["changes"]]
    api.collect(bought("prompt"))
    api.ninefold.campaigns.deliver(now=clock.now() + timedelta(hours=1))
    clock.set(NOW)
    api.collect(bought("late"))
    api.ninefold.campaigns.deliver(now=clock.now() + timedelta(hours=1))
    return api


def test_a_late_event_counts_as_of_its_own_time(told: Api) -> None:
    told.ok("POST", "/v1/segments/refresh", json={})
    counts = {one["key"]: one["size"] for one in told.ok("GET", "/v1/segments")}
    assert (counts["this_week"], counts["this_month"]) == (0, 2)

    measures = [{"event": "Order Completed", "take": "people", "label": "buyers"}]
    for first, last, buyers in (("2026-05-20", "2026-05-20", 2), ("2026-05-21", "2026-06-01", 0)):
        asked = {"method": "event", "over": {"from": first, "to": last}, "event": {"measures": measures}}
        answer = told.ok("POST", "/v1/analysis/run", json={"analysis": asked})
        assert answer["result"]["series"][0]["total"]["value"] == buyers

    people = {user: told.ok("GET", f"/v1/people/user_id:{user}") for user in ("prompt", "late")}
    orders = {
        user: [(one["at"], one["name"]) for one in person["timeline"]["entries"] if one["name"] == "Order Completed"]
        for user, person in people.items()
    }
    assert orders["late"] == orders["prompt"]
    assert orders["late"][0][0].startswith("2026-05-20T08:00")

    told.ninefold.tags.refresh("rfm", now=told.ninefold.clock.now())
    members = told.ok("GET", "/v1/tags/rfm/distribution")
    assert [one["people"] for one in members["values"] if one["people"]] == [2], "the same value for both"


def test_a_late_event_starts_no_campaign(told: Api) -> None:
    sent = {
        user: [one["name"] for one in told.ok("GET", f"/v1/people/user_id:{user}")["timeline"]["entries"]]
        for user in ("prompt", "late")
    }
    told.ninefold.pipeline.drain()
    messages = {user: names.count("message_sent") for user, names in sent.items()}
    assert messages == {"prompt": 1, "late": 0}
