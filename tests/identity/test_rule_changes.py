"""Changes of the identity rules: simulated with segments, followed, applied, discarded, stale, undone - by hand, as the
durable job would.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ninefold.app import Ninefold, Settings
from ninefold.base import Error, FixedClock
from tests.api.house import OWNED, Api

STRICT = {"kind": "identity-rules", "namespaces": {"email": {"cap": 2}}}
PATH = "/v1/identity/rules/changes"
SEGMENTS: list[dict[str, Any]] = [
    {"kind": "segment", "key": "everybody", "name": "Everybody", "condition": {"everyone": True}, **OWNED},
    {"kind": "segment", "key": "often", "name": "Three visits",
     "condition": {"event": "Visit", "measure": "count", "op": "gte", "value": 3}, **OWNED},
    {"kind": "segment", "key": "seldom", "name": "Fewer", "condition": {"minus": ["everybody", "often"]}, **OWNED},
]  # fmt: skip


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC", role="api")
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.start()
        yield Api(ninefold)


def tell(api: Api, *items: dict[str, Any]) -> None:
    key = api.ninefold.keys.issue("write", f"web{api.ninefold.clock.now():%H%M%S}{len(items)}")
    batch = [{"messageId": f"{key[-6:]}{place}", "type": "track", "event": "Visit", **one}
             for place, one in enumerate(items)]  # fmt: skip
    assert api.call("POST", "/v1/batch", json={"batch": batch}, auth=(key, "")).status_code == 200
    api.ninefold.drain()


def visit(user: str, **traits: str) -> dict[str, Any]:
    return {"userId": user, "context": {"traits": traits}}


def anonymous(mail: str) -> dict[str, Any]:
    return {"anonymousId": f"web-{mail}", "context": {"traits": {"email": mail}}}


def four_mails(api: Api) -> None:
    """Ana with four addresses, each of which visited alone as well; and Ben."""
    mails = [f"e{k}@example.org" for k in range(4)]
    tell(api, *[visit("ana", email=mail) for mail in mails], visit("ben", email="ben@example.org"))
    tell(api, *[{"type": "identify", "traits": {"email": mail}} for mail in mails])


def work(api: Api) -> None:
    for change in api.ninefold.rule_changes.due():
        while api.ninefold.rule_changes.advance(change.job):
            pass


def people(api: Api) -> int:
    return int(api.ok("POST", "/v1/people/query", json={"limit": 1})["total"])


def test_a_change_is_simulated_applied_and_taken_back(api: Api) -> None:
    assert (done := api.ok("POST", "/v1/definitions/apply", json={"documents": SEGMENTS}))["ok"], done
    four_mails(api)
    assert people(api) == 2
    made = api.ok("POST", PATH, json={"document": STRICT, "reason": "too many addresses"})
    assert (made["state"], made["progress"], made["report"]) == ("queued", None, None)
    work(api)
    ready = api.ok("GET", f"{PATH}/{made['id']}")
    counts = ready["report"]["counts"]
    assert ready["state"] == "ready", ready
    assert (counts["people_before"], counts["people_after"], counts["splits"], counts["merges"]) == (2, 4, 2, 0)
    sizes = {one["key"]: (one["before"], one["after"]) for one in ready["report"]["segments"]}
    assert sizes == {"everybody": (2, 4), "seldom": (1, 3)}
    assert ready["report"]["segments_asked"] == 3
    assert people(api) == 2
    assert api.ok("GET", "/v1/identity/rules")["version"] == 1

    [ana] = api.ok("GET", f"{PATH}/{made['id']}/people?kind=split")
    assert len(ana["before"]) == 1
    assert len(ana["after"]) == 3
    assert {(cause["reason"], cause["namespace"]) for cause in ana["causes"]} == {("cap", "email")}
    assert api.ok("GET", f"{PATH}/{made['id']}/people?kind=merge") == []

    assert api.ok("POST", f"{PATH}/{made['id']}/apply", json={})["state"] == "applying"
    work(api)
    applied = api.ok("GET", f"{PATH}/{made['id']}")
    assert (applied["state"], applied["split"], applied["version"], applied["settled_by"]) == (
        "applied",
        2,
        1,
        "operator",
    )
    assert people(api) == 4

    back = api.ok("POST", f"{PATH}/{made['id']}/undo", json={"reason": "complaints"})
    assert back["undoes"] == made["id"]
    work(api)
    [ana] = api.ok("GET", f"{PATH}/{back['id']}/people?kind=merge")
    assert (len(ana["before"]), len(ana["after"])) == (3, 1)
    api.ok("POST", f"{PATH}/{back['id']}/apply", json={})
    work(api)
    assert people(api) == 2
    assert [one["state"] for one in api.ok("GET", PATH)] == ["applied", "applied"]


def test_segments_in_a_report_are_what_they_are_after_applying(api: Api) -> None:
    assert (done := api.ok("POST", "/v1/definitions/apply", json={"documents": SEGMENTS}))["ok"], done
    tell(api, *[visit("ana", email="a@example.org")] * 2, *[anonymous("a@example.org")] * 2,
         *[anonymous(f"m{k}@example.org") for k in range(3)])  # fmt: skip
    apart = {"kind": "identity-rules", "namespaces": {"email": {"takes_part": False}}}
    made = api.ninefold.rule_changes.draft(apart, author="ann")
    work(api)
    report = api.ninefold.rule_changes.get(made.id).report
    assert report is not None
    said = {one.key: one.after for one in report.segments}
    api.ok("POST", f"{PATH}/{made.id}/apply", json={})
    work(api)
    counted = {key: api.ok("POST", f"/v1/segments/{key}/preview")["size"] for key in ("everybody", "often", "seldom")}
    assert {key: counted[key] for key in said} == said
    assert set(said) == {"everybody", "often", "seldom"}


def test_a_stale_report_is_refused_and_simulated_again(api: Api, clock: FixedClock) -> None:
    four_mails(api)
    made = api.ok("POST", PATH, json={"document": STRICT})
    work(api)
    tell(api, *[visit(f"new{k}", email=f"new{k}@example.org") for k in range(40)])
    seen = api.ok("GET", f"{PATH}/{made['id']}")
    assert seen["statements_since"] >= 40
    refused = api.call("POST", f"{PATH}/{made['id']}/apply", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "report_stale")
    assert api.ok("POST", f"{PATH}/{made['id']}/simulate")["state"] == "queued"
    work(api)
    fresh = api.ok("GET", f"{PATH}/{made['id']}")
    assert fresh["statements_since"] == 0
    clock.advance(timedelta(minutes=1))
    other = api.ok("POST", PATH, json={"document": {"kind": "identity-rules", "namespaces": {"email": {"cap": 3}}}})
    work(api)
    for number, code in ((made["id"], 202), (other["id"], 409)):  # the second was simulated under the former rules
        assert api.call("POST", f"{PATH}/{number}/apply", json={}).status_code == code
        work(api)
    assert api.call("POST", f"{PATH}/{other['id']}/apply", json={"anyway": True}).status_code == 202


def test_what_is_discarded_stays_in_the_history_and_is_never_applied(api: Api) -> None:
    four_mails(api)
    made = api.ok("POST", PATH, json={"document": STRICT})
    gone = api.ok("POST", f"{PATH}/{made['id']}/discard", json={"reason": "not yet"})
    assert (gone["state"], gone["note"], gone["settled_by"]) == ("discarded", "not yet", "operator")
    work(api)
    assert api.ok("GET", f"{PATH}/{made['id']}")["state"] == "discarded"
    for verb in ("apply", "discard", "undo"):
        assert api.call("POST", f"{PATH}/{made['id']}/{verb}", json={}).status_code == 409
    assert api.call("GET", f"{PATH}/99").status_code == 404
    wrong = api.call("POST", PATH, json={"document": {"namespaces": {"email": {"cap": -1}}}})
    assert (wrong.status_code, wrong.json()["field"]) == (400, "namespaces.email.cap")


def test_rules_among_other_documents_are_never_in_force_without_a_replay(api: Api) -> None:
    first = api.ok("POST", "/v1/definitions/apply", json={"documents": [STRICT]})
    assert [(one["action"], one["version"], one["later"]) for one in first["changes"]] == [("create", 1, False)]
    four_mails(api)
    assert people(api) == 4
    loose = {"kind": "identity-rules", "namespaces": {"email": {"cap": 5}}}
    plan = api.ok("POST", "/v1/definitions/plan", json={"documents": [loose]})
    assert [(one["action"], one["version"], one["later"]) for one in plan["changes"]] == [("update", 1, True)]
    assert "+" in "".join(plan["changes"][0]["diff"])
    assert api.ok("GET", PATH) == []
    for _ in range(2):  # asked for twice, done once
        done = api.ok("POST", "/v1/definitions/apply", json={"documents": [loose]})
        assert "rule change" in done["changes"][0]["advice"][0]
    [waits] = api.ok("GET", PATH)
    assert (waits["state"], waits["by_itself"], api.ok("GET", "/v1/identity/rules")["version"]) == ("queued", True, 1)
    work(api)
    assert (people(api), api.ok("GET", "/v1/identity/rules")["version"]) == (2, 2)
    again = api.ok("POST", "/v1/definitions/apply", json={"documents": [loose]})
    assert [(one["action"], one["later"]) for one in again["changes"]] == [("same", False)]


def test_two_workers_never_work_on_one_change(api: Api) -> None:
    made = api.ninefold.rule_changes.draft(STRICT, author="ann")
    with api.ninefold.records.hold(f"rule-change/{made.id}"), pytest.raises(Error, match="at this moment"):
        api.ninefold.rule_changes.advance(made.job)
