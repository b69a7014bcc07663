"""A dealer's system beside the brand's: it brings a customer, tags them, reads what changes, and is posted to."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.customers.conftest import ORG, PURPOSES, Partner
from tests.feeds.conftest import Reader
from tests.governance.conftest import Api
from tests.support.receivers import Receiver, receiver

from ninefold.app import Ninefold, Settings
from ninefold.base import FixedClock


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


@pytest.fixture
def api(records_url: str, events_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    settings = Settings(
        data_dir=tmp_path, records_url=records_url, events_url=events_url, zone="UTC", webhooks_to_private=True
    )
    with Ninefold.open(settings, clock=clock) as ninefold:
        ninefold.collector.start()
        yield Api(ninefold)
        ninefold.collector.stop()


def test_a_dealer_follows_its_customers_and_learns_nothing_of_others(
    api: Api, hook: Receiver, clock: FixedClock
) -> None:
    webhook = {"kind": "webhook", "key": "crm", "name": "Dealer CRM", "owner": "crm", "url": hook.url, "node": "east"}
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": [ORG, PURPOSES, webhook]})["ok"]
    secret = api.ok("POST", "/v1/webhooks/crm/secret")["secret"]
    dealer = Partner(api, "dealer", node="east", verbs=["read", "write", "tag"])
    rival = Partner(api, "rival", node="west")
    reader = Reader(dealer)

    theirs = rival.upsert(identifiers={"dealer_no": "W-1", "phone": "13912340009"})["id"]
    mine = dealer.upsert(identifiers={"dealer_no": "D-1", "phone": "13912340001"}, traits={"name": "李雷"})["id"]
    twin = dealer.upsert(identifiers={"dealer_no": "D-2", "phone": "13912340002"})["id"]
    dealer.ok("POST", "/v1/customers/tags", json={"tags": [{"customer": mine, "tag": "test_drive"}]})
    api.ninefold.pipeline.drain()
    assert dealer.call("GET", f"/v1/customers/{theirs}").status_code == 404
    told = reader.read()
    assert {one["customer"] for one in told} == {mine, twin}
    assert {"customer.created", "customer.updated", "tag.added"} <= {one["kind"] for one in told}

    clock.advance(timedelta(minutes=1))
    api.ok("POST", "/v1/identity/merge", json={"one": mine, "other": twin, "reason": "the same person"})
    [merged] = [one for one in reader.read() if one["kind"] == "customer.merged"]
    assert {merged["customer"], merged["data"]["merged"]} == {mine, twin}
    kept = dealer.ok("GET", f"/v1/customers/{twin}", params={"fields": ["tags"]})
    assert (kept["id"], kept["tags"][0]["tag"]) == (merged["customer"], "test_drive")

    api.ok("POST", "/v1/privacy/requests", json={"person": mine, "kind": "erase", "reason": "asked"})
    api.ninefold.privacy.carry_on()
    assert [(one["kind"], one["data"]) for one in reader.read()] == [("customer.deleted", {})]

    while api.ninefold.webhooks.step(patience_seconds=30):
        pass
    posted = [one for body in hook.bodies() for one in body["changes"]]
    assert hook.signed_with(secret)
    assert [(one["kind"], one["customer"]) for one in posted] == [("customer.deleted", merged["customer"])]
    assert "13912340001" not in str(hook.posts)
    assert theirs not in str(hook.posts)
    assert "李" not in str(hook.posts)
