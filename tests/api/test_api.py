"""The API as its callers see it: tokens, one form of errors, the loop from documents to a report."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock
from ninefold.cli.documents import read_documents
from tests.e2e.contract import problems

from .house import DOCUMENTS, OWNED, Api, imported


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC")
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.start()
        yield Api(ninefold)


def test_the_loop_from_a_file_to_a_report(api: Api) -> None:
    imported(api)
    plan = api.ok("POST", "/v1/definitions/plan", json={"documents": DOCUMENTS})
    assert plan["ok"], plan
    assert [change["kind"] for change in plan["changes"]] == ["channel", "tag", "segment", "campaign"]
    assert api.ok("GET", "/v1/segments") == []
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": DOCUMENTS})["ok"]
    again = api.ok("POST", "/v1/definitions/apply", json={"documents": DOCUMENTS})
    assert {change["action"] for change in again["changes"]} == {"same"}

    assert api.ok("POST", "/v1/tags/rfm/refresh")["people"] == 40
    assert api.ok("POST", "/v1/segments/shanghai/preview")["size"] == 10
    [refreshed] = api.ok("POST", "/v1/segments/refresh", json={"keys": ["shanghai"]})
    assert refreshed["snapshot"]["size"] == 10
    assert len(api.ok("GET", "/v1/segments/shanghai/members")["people"]) == 10

    person = api.ok("GET", "/v1/people/phone:+8613912340001")
    assert [held["segment"] for held in person["segments"]] == ["shanghai"]
    assert person["counters"]["revenue"][0]["orders"] == 3
    why = api.ok("GET", "/v1/segments/shanghai/why/phone:13912340001")
    assert why["member"] is True
    assert why["clauses"][0]["actual"] == "上海"
    assert api.ok("GET", "/v1/people", params={"q": "139 1234 0001"})[0]["public_id"] == person["public_id"]

    entered = api.ok("POST", "/v1/campaigns/thanks/run", json={"occurrence": "may"})
    assert entered["treated"] + entered["control"] == 10
    repeated = api.ok("POST", "/v1/campaigns/thanks/run", json={"occurrence": "may"})
    assert (repeated["treated"], repeated["control"]) == (entered["treated"], entered["control"])
    api.ninefold.drain()
    report = api.ok("GET", "/v1/campaigns/thanks/report")
    assert report["treated"]["people"] == entered["treated"]
    assert report["messages"]["delivered"] == entered["treated"]

    status = api.ok("GET", "/v1/status")
    assert problems(status) == []
    assert [step["number"] for step in status["steps"]] == list(range(1, 10))
    assert api.ok("GET", "/v1/totals")["events"]["Order Completed"] == 120


def test_a_problem_in_one_document_keeps_none(api: Api) -> None:
    bad = {"kind": "segment", "key": "odd", "name": "Odd", "condition": {"segment": "nowhere"}, **OWNED}
    channel = DOCUMENTS[2]
    applied = api.ok("POST", "/v1/definitions/apply", json={"documents": [channel, bad]})
    assert applied["ok"] is False
    assert api.call("GET", "/v1/definitions/channel/outbox").status_code == 404
    unknown = api.call("POST", "/v1/definitions/plan", json={"documents": [{"kind": "segmnt", "key": "x"}]})
    assert unknown.status_code == 400
    assert 'did you mean "segment"?' in unknown.json()["hint"]


def test_the_library_can_be_applied_before_there_is_any_data(api: Api) -> None:
    documents = read_documents([Path(__file__).parents[2] / "library" / folder for folder in ("tags", "segments")])
    applied = api.ok("POST", "/v1/definitions/apply", json={"documents": documents})
    assert applied["ok"], [change["problem"] for change in applied["changes"] if change["problem"]]
    [buyers] = [change for change in applied["changes"] if (change["kind"], change["key"]) == ("segment", "buyers")]
    assert "unknown event 'Order Completed'" in buyers["advice"][0]
    assert len(api.ok("POST", "/v1/segments/refresh", json={})) >= 10


def test_a_misspelt_event_is_kept_with_advice_once_there_is_data(api: Api) -> None:
    imported(api)
    near = {"kind": "segment", "key": "near", "name": "Near", "condition": {"event": "Order Complete"}, **OWNED}
    [change] = api.ok("POST", "/v1/definitions/apply", json={"documents": [near]})["changes"]
    assert change["action"] == "create"
    assert 'did you mean "Order Completed"?' in change["advice"][0]


def test_a_pause_outlives_the_next_apply(api: Api) -> None:
    documents = {"documents": [DOCUMENTS[0] | {"audience": {"condition": {"everyone": True}}}, DOCUMENTS[2]]}
    api.ok("POST", "/v1/definitions/apply", json=documents)
    api.ok("POST", "/v1/campaigns/thanks/status", json={"status": "paused"})
    again = api.ok("POST", "/v1/definitions/apply", json=documents)["changes"][-1]
    assert again["action"] == "same"
    assert "it stays paused" in again["advice"][0]
    assert api.ok("GET", "/v1/campaigns")[0]["status"] == "paused"


@pytest.mark.parametrize("path", ["/v1/status", "/v1/people/p_x", "/v1/keys", "/v1/imports", "/v1/totals"])
def test_nothing_is_answered_without_a_token(api: Api, path: str) -> None:
    for token in ("", "nft_wrong", "\xff"):
        answer = api.call("GET", path, headers={"Authorization": f"Bearer {token}".encode("latin-1")})
        assert answer.status_code == 401
        assert {"code", "message"} <= answer.json().keys()


def test_errors_have_one_form(api: Api) -> None:
    for method, path, arguments in (
        ("GET", "/v1/people/phone:13912349999", {}),
        ("GET", "/v1/segments/nothing/members", {}),
        ("GET", "/v1/imports/99999999999999999999", {}),
        ("POST", "/v1/conditions/preview", {"json": {"condition": {"trat": 1}}}),
        ("POST", "/v1/campaigns/none/run", {"json": {}}),
        ("POST", "/v1/definitions/plan", {"content": b"{"}),
        ("GET", "/nowhere", {}),
        ("DELETE", "/v1/keys", {}),
    ):
        answer = api.call(method, path, **arguments)
        assert 400 <= answer.status_code < 500, f"{path}: {answer.status_code} {answer.text}"
        assert {"code", "message"} <= answer.json().keys()


def test_health_needs_no_token_and_names_every_part(api: Api) -> None:
    answer = api.call("GET", "/health/ready", headers={"Authorization": ""})
    assert answer.status_code == 200
    workers = {"pipeline", "connectors", "delivery", "profiles", "webhooks"}
    assert set(answer.json()["parts"]) == {"records", "events", *workers}


def test_a_pipeline_that_lags_says_so_and_stays_ready(
    records_url: str, events_url: str, tmp_path: Path, clock: FixedClock
) -> None:
    settings = Settings(data_dir=tmp_path, records_url=records_url, events_url=events_url, role="api")
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.start()  # collects, and no worker takes the events up
        api = Api(ninefold)
        write_key = api.ok("POST", "/v1/keys", json={"kind": "write", "name": "shop"})["secret"]
        api.ok("POST", "/v1/track", auth=(write_key, ""), json={"userId": "u1", "event": "Seen"})
        assert "pipeline" not in ninefold.health()
        clock.advance(timedelta(seconds=301))
        ready = api.ok("GET", "/health/ready")
    assert ready["parts"]["pipeline"] == "lagging: the oldest event waits for 301 s"
    assert ready["ok"]


def test_keys_are_made_listed_and_ended(api: Api) -> None:
    made = api.ok("POST", "/v1/keys", json={"kind": "write", "name": "shop", "channel": "web"})
    listed = api.ok("GET", "/v1/keys")
    [key] = [one for one in listed if one["name"] == "shop"]
    assert key["shown"] == made["secret"]
    api.ok("POST", f"/v1/keys/{key['id']}/revoke")
    assert api.call("POST", f"/v1/keys/{key['id']}/revoke").status_code == 404


def test_a_document_is_not_saved_over_what_somebody_else_has_changed(api: Api) -> None:
    def save(value: str, over: int) -> tuple[int, str]:
        condition = {"trait": "city", "op": "eq", "value": value}
        document = {"kind": "segment", "key": "near", "name": "Near", "owner": "crm", "condition": condition}
        body = {"documents": [document], "over": {"segment/near": over}}
        answer = api.call("POST", "/v1/definitions/apply", json=body)
        return answer.status_code, answer.json().get("code", "")

    assert save("Suzhou", 0) == (200, "")
    assert save("Wuxi", 1) == (200, "")
    assert save("Hangzhou", 1) == (409, "changed_since")
    assert api.ok("GET", "/v1/definitions/segment/near")["document"]["condition"]["value"] == "Wuxi"


def test_a_draft_of_a_condition_is_read_aloud_or_told_all_that_is_wrong(api: Api) -> None:
    right = api.ok("POST", "/v1/conditions/inspect", json={"condition": {"not": {"everyone": True}}})
    assert (right["problems"], "SELECT" in right["sql"]["text"], bool(right["reads"]["zh"])) == ([], True, True)
    wrong = {"any": [{"in_segment": "nowhere"}, {"tag": "nothing"}]}
    found = api.ok("POST", "/v1/conditions/inspect", json={"condition": wrong})["problems"]
    assert {one["field"] for one in found} == {"condition.any[0].in_segment", "condition.any[1].tag"}
    unreadable = api.ok("POST", "/v1/conditions/inspect", json={"condition": {"traitt": "city"}})
    assert (unreadable["problems"][0]["code"], unreadable["reads"]) == ("unknown_condition", None)
    names = api.ok("GET", "/v1/conditions/names", params={"event": "Order Completed"})
    assert set(names) == {"events", "traits", "tags", "segments", "properties"}
