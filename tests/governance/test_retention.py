"""What is old goes, what is held stays, sums survive anonymising, and a death in the middle changes no number."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ninefold.base import Error, Kind
from ninefold.governance import retention

from .conftest import Api

RULES = {
    "kind": "retention", "key": "default", "owner": "dpo", "purpose": "law",
    "rules": [
        {"key": "views", "events": ["Viewed"], "keep": "30d", "then": "anonymise"},
        {"key": "pos", "events": "all", "nodes": ["s1"], "keep": "60d"},
        {"key": "birthdays", "traits": ["birthday"], "keep": "1y"},
        {"key": "quarantine", "records": "quarantine", "keep": "90d"},
        {"key": "copy", "records": "inbox", "keep": "1d"},
    ],
}  # fmt: skip
OLD_NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)  # as the clock of the fixtures
ORG = {"kind": "org", "key": "o", "nodes": [{"code": "s1", "level": "store", "sources": ["pos"]}]}


def _track(user: str, name: str, days_ago: int, n: int, **more: Any) -> dict[str, Any]:
    at = f"{(OLD_NOW - timedelta(days=days_ago)).isoformat()}"
    return {"type": "track", "userId": user, "event": name, "messageId": f"{user}-{name}-{n}", "timestamp": at, **more}


@pytest.fixture
def aged(api: Api) -> Api:
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [ORG, RULES]})["ok"]
    for user in ("ann", "ben", "eve"):
        api.collect(
            *[_track(user, "Viewed", days, n) for n, days in enumerate((1, 20, 40, 41))],
            _track(user, "Order Completed", 50, 9, properties={"revenue": 12.5, "currency": "CNY"}),
        )
        api.collect(_track(user, "Bought", 10, 1), _track(user, "Bought", 70, 2), source="pos")
    return api


def _due(api: Api) -> dict[str, int]:
    return {one["rule"]["key"]: one["rows"] for one in api.ok("GET", "/v1/retention/due")}


def _names(api: Api, user: str) -> list[str]:
    return sorted(one["name"] for one in api.ok("GET", f"/v1/people/user_id:{user}")["timeline"]["entries"])


def test_a_dry_run_says_what_would_go_and_touches_nothing(aged: Api) -> None:
    assert _due(aged) == {
        "receipts": 0, "message-ids": 0, "import-files": 0, "views": 6, "pos": 3, "birthdays": 0, "quarantine": 0,
        "copy": 0,
    }  # fmt: skip
    assert _due(aged)["views"] == 6


def test_rules_take_what_is_old_and_leave_totals_and_the_rest(aged: Api) -> None:
    body = {"person": "user_id:ben", "reason": "law suit"}
    hold = aged.ok("POST", "/v1/retention/holds", json=body)
    done = {one["rule"]: one for one in aged.ok("POST", "/v1/retention/run")}
    assert {key: one["rows"] for key, one in done.items()} == {"views": 4, "pos": 2}
    assert all(one["state"] == "done" and one["held_people"] == 1 for one in done.values())
    assert _names(aged, "ann") == ["Bought", "Order Completed", "Viewed", "Viewed"]
    assert _names(aged, "ben") == ["Bought", "Bought", "Order Completed", *["Viewed"] * 4]  # held
    past = aged.ok("GET", "/v1/retention/past")
    assert [(one["name"], one["events"], one["people"]) for one in past] == [("Viewed", 2, 2), ("Viewed", 2, 2)]
    refused = aged.call("POST", "/v1/privacy/requests", json={"kind": "erase", "person": "user_id:ben"})
    assert (refused.status_code, refused.json()["code"]) == (409, "legal_hold")
    assert [one["person"] for one in aged.ok("GET", "/v1/retention/holds")] == [hold["person"]]
    aged.ok("DELETE", f"/v1/retention/holds/{hold['id']}")
    assert {one["rule"]: one["rows"] for one in aged.ok("POST", "/v1/retention/run")} == {"views": 2, "pos": 1}
    entries = aged.ok("GET", "/v1/audit", params={"verb": "retention carried out"})["entries"]
    assert [(one["target"], one["detail"]["rows"]) for one in entries] == [
        ("retention/pos", 1), ("retention/views", 2), ("retention/pos", 2), ("retention/views", 4),
    ]  # fmt: skip
    assert len(aged.ok("GET", "/v1/retention/runs")) == 4


class Died(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("where", ["before_sum", "after_sum", "after_delete"])
def test_a_death_in_the_middle_changes_no_number(aged: Api, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = aged.ninefold.retention
    ageing = desk._aging["events"]

    class Dying:
        def due(self, rule: retention.Rule, bound: retention.Bound) -> int:
            return ageing.due(rule, bound)

        def summarise(self, rule: retention.Rule, bound: retention.Bound) -> None:
            if where == "before_sum":
                raise Died
            ageing.summarise(rule, bound)
            if where == "after_sum":
                raise Died

        def delete(self, rule: retention.Rule, bound: retention.Bound) -> None:
            ageing.delete(rule, bound)
            raise Died

    monkeypatch.setitem(desk._aging, "events", Dying())
    with pytest.raises(Died):
        desk.run()
    monkeypatch.setitem(desk._aging, "events", ageing)
    aged.collect(_track("late", "Viewed", 45, 1))  # comes between the two; the run in the middle does not take it
    runs = {one.rule: one.rows for one in desk.run()}
    assert runs["pos"] == 3
    rows = sorted((one["name"], one["events"], one["people"]) for one in aged.ok("GET", "/v1/retention/past"))
    assert rows == [("Viewed", 1, 1), ("Viewed", 3, 3), ("Viewed", 3, 3)]  # the late one by a run of its own


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"key": "a", "events": ["x"], "keep": "ninety"}, "rules[0].keep"),
        ({"key": "a", "events": ["x"], "traits": ["y"], "keep": "9d"}, "rules[0]"),
        ({"key": "a", "records": "inboxx", "keep": "9d"}, "rules[0].records"),
        ({"key": "a", "traits": ["x"], "keep": "9d", "then": "anonymise"}, "rules[0].then"),
        ({"key": "a", "events": [], "keep": "9d"}, "rules[0].events"),
        ({"key": "a", "traits": ["x"], "sources": ["s"], "keep": "9d"}, "rules[0].sources"),
    ],
)
def test_a_wrong_rule_is_named(rule: dict[str, Any], field: str) -> None:
    with pytest.raises(Error) as caught:
        retention.parse_retention({"key": "default", "rules": [rule]})
    assert (caught.value.kind, caught.value.field) == (Kind.INVALID, field)
