"""What partners say of customers: found or made at once, kept once, taken back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from ninefold.base import FixedClock
from tests.governance.conftest import Api

from .conftest import Partner


def test_each_item_of_a_bulk_has_its_verdict(api: Api, east: Partner) -> None:
    items = [
        {"identifiers": {"dealer_no": "D-1"}, "traits": {"city": "上海"}},
        {"identifiers": {"phone": "nonsense"}},
        {"identifiers": {"dealer_no": "D-2"}, "memberships": [{"node": "west"}]},
        {"identifiers": {"dealer_no": "D-1", "phone": "13912340001"}},
        {"identifiers": {"dealer_no": "D-3"}, "memberships": [{"node": "east.1", "number": "77", "tier": "gold"}]},
    ]
    found = east.ok("POST", "/v1/customers", json={"customers": items})
    assert (found["accepted"], found["rejected"]) == (3, 2)
    one, bad, strange, same, member = found["verdicts"]
    assert one["id"] == same["id"] != member["id"]
    assert (bad["status"], bad["field"]) == ("rejected", "identifiers")
    assert (strange["code"], strange["got"]) == ("unknown_node", "west")
    assert "west" not in strange["allowed"], "nodes of others are not listed"
    held = east.ok("GET", f"/v1/customers/{member['id']}")["memberships"]
    assert [(each["node"], each["number"], each["tier"]) for each in held] == [("east.1", "****", "gold")]
    api.ninefold.pipeline.drain()
    receipt = api.ok("GET", f"/v1/receipts/partner:east:east crm/{one['receipt']}")
    assert "ok" in str(receipt)
    assert api.ok("GET", "/v1/identity")["people"] == 2, "the pipeline made nobody a second time"


def test_linked_identifiers_find_the_customer_and_unlinked_ones_do_not(
    api: Api, east: Partner, clock: FixedClock
) -> None:
    made = east.upsert(identifiers={"dealer_no": "D-1", "email": "a@example.com"})
    api.ninefold.pipeline.drain()
    clock.advance(timedelta(minutes=1))
    linked = east.ok("POST", f"/v1/customers/{made['id']}/link", json={"identifiers": {"phone": "13912340001"}})
    assert linked["id"] == made["id"]
    assert east.ok("GET", "/v1/customers/phone:13912340001")["id"] == made["id"]
    api.ninefold.pipeline.drain()
    clock.advance(timedelta(minutes=1))
    body = {"namespace": "phone", "value": "139 1234 0001"}
    assert east.ok("POST", f"/v1/customers/{made['id']}/unlink", json=body) == {"status": "done"}
    parted = east.ok("GET", "/v1/customers/phone:13912340001")["id"]
    assert parted != east.ok("GET", "/v1/customers/email:a@example.com")["id"] == made["id"]
    assert east.call("POST", f"/v1/customers/{made['id']}/unlink", json=body).status_code == 404
    clock.advance(timedelta(minutes=1))
    east.upsert(identifiers={"dealer_no": "D-1", "phone": "13912340001"})
    assert east.ok("GET", "/v1/customers/phone:13912340001")["id"] == made["id"], "what is seen later counts again"


def test_a_partner_cannot_take_back_what_others_say(api: Api, east: Partner, west: Partner) -> None:
    both = {"dealer_no": "X-1", "phone": "13912340001"}
    made = west.upsert(identifiers=both)
    assert east.upsert(identifiers=both)["id"] == made["id"]
    body = {"namespace": "phone", "value": "13912340001"}
    answer = east.call("POST", f"/v1/customers/{made['id']}/unlink", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "said_by_others")
    assert api.call("POST", f"/v1/customers/{made['id']}/unlink", json=body).status_code == 200


def test_two_partners_at_once_mean_one_person(api: Api) -> None:
    partners = [Partner(api, f"p{k}", node=node) for k, node in enumerate(["east", "west", "east", "west"])]

    def say(k: int) -> str:
        own = {"phone": "13912340001", f"crm_{k}": f"c{k}"}
        return str(partners[k].upsert(identifiers=own, traits={"city": f"c{k}"})["id"])

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(say, range(4)))
    assert len(ids) == 1
    api.ninefold.pipeline.drain()
    assert api.ok("GET", "/v1/identity")["people"] == 1
    for k, partner in enumerate(partners):
        assert partner.ok("GET", "/v1/customers/phone:13912340001")["traits"]["city"] in {f"c{k}", f"c{(k + 2) % 4}"}


def test_whoever_asked_not_to_be_processed_is_not_brought_back(api: Api, east: Partner) -> None:
    made = east.upsert(identifiers={"phone": "13912340001"})
    api.ninefold.pipeline.drain()
    api.ok("POST", "/v1/privacy/requests", json={"kind": "suppress", "person": made["id"]})
    assert east.upsert(identifiers={"phone": "13912340001"})["status"] == "suppressed"
    assert east.call("GET", f"/v1/customers/{made['id']}").status_code == 404


def test_forgetting_needs_the_right_and_stops_at_the_node(api: Api, east: Partner, west: Partner) -> None:
    shared = east.upsert(identifiers={"phone": "13912340001"})
    west.upsert(identifiers={"phone": "13912340001"})
    own = east.upsert(identifiers={"phone": "13912340002"})
    assert east.call("DELETE", f"/v1/customers/{own['id']}").json()["code"] == "out_of_scope"
    eraser = Partner(api, "eraser", node="east", verbs=["read", "write", "erase"])
    key = {"Idempotency-Key": "forget-1"}
    for made in (shared, own):
        assert eraser.call("DELETE", f"/v1/customers/{made['id']}").json() == {"status": "accepted"}
    assert eraser.call("DELETE", f"/v1/customers/{shared['id']}", headers=key).status_code == 404
    assert west.ok("GET", f"/v1/customers/{shared['id']}")["id"] == shared["id"], "another dealer's customer stays"
    [request] = api.ok("GET", "/v1/privacy/requests")
    assert (request["kind"], request["person"], request["state"]) == ("erase", own["id"], "open")
