"""Other systems are told of an erasure: signed, again until they answer, and the receipt says what came of it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ninefold.base import Error, FixedClock, Kind, sign_post
from ninefold.governance import privacy
from tests.support.receivers import Receiver, receiver

from .conftest import Api

PHONE = "13912340001"
SECRET = "a secret of both"


@pytest.fixture
def partner() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


@pytest.fixture
def told(api: Api, partner: Receiver, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("MAILER_SECRET", SECRET)
    head = {"kind": "deletion-destination", "owner": "dpo"}
    mailer = {"key": "mailer", "name": "Mail house", "type": "webhook", "identifiers": ["phone"],
              "url": partner.url, "secret_env": "MAILER_SECRET"}  # fmt: skip
    archive = {"key": "archive", "name": "Archive", "type": "file"}
    documents = [head | mailer, head | archive]
    assert api.ok("POST", "/v1/definitions/apply", json={"documents": documents})["ok"]
    api.collect({"type": "identify", "userId": "u_gone", "messageId": "i1", "traits": {"phone": PHONE}})
    return api


def _erase(api: Api) -> int:
    made = api.ok("POST", "/v1/privacy/requests", json={"kind": "erase", "person": "user_id:u_gone"})
    api.ninefold.privacy.advance(str(made["id"]))
    return int(made["id"])


def _states(api: Api, request: int) -> dict[str, str]:
    receipt = api.ok("GET", f"/v1/privacy/requests/{request}")["receipt"]
    assert receipt["complete"]
    assert api.ok("POST", "/v1/privacy/receipts/verify", json={"receipt": receipt}) == {"valid": True}
    forged = receipt | {"destinations": [one | {"state": "confirmed"} for one in receipt["destinations"]]}
    valid = all(one["state"] == "confirmed" for one in receipt["destinations"])
    assert api.ok("POST", "/v1/privacy/receipts/verify", json={"receipt": forged}) == {"valid": valid}
    return {one["destination"]: one["state"] for one in receipt["destinations"]}


def test_a_receipt_follows_what_destinations_say(told: Api, partner: Receiver) -> None:
    partner.answers = [(503, {}), (404, {})]
    request = _erase(told)
    assert _states(told, request) == {"archive": "pending", "mailer": "pending"}
    desk, clock = told.ninefold.deletions, told.ninefold.clock
    assert isinstance(clock, FixedClock)
    assert desk.send() == 2
    assert desk.send() == 0  # not before its time
    assert _states(told, request) == {"archive": "accepted", "mailer": "pending"}
    clock.set(clock.now() + timedelta(seconds=31))
    assert desk.send() == 1
    clock.set(clock.now() + timedelta(seconds=31))
    assert desk.send() == 0  # the pause doubles
    assert told.ok("POST", "/v1/privacy/notices/send") == {"sent": 1}
    assert _states(told, request) == {"archive": "accepted", "mailer": "confirmed"}

    assert len(partner.posts) == 3
    assert {head["webhook-id"] for head, _ in partner.posts} == {f"erasure-{request}-mailer"}
    head, body = partner.posts[-1]
    assert head["webhook-signature"] == sign_post(
        SECRET.encode(), head["webhook-id"], int(head["webhook-timestamp"]), body
    )
    said = json.loads(body)
    assert said["identifiers"] == [{"namespace": "phone", "value": f"+86{PHONE}"}]  # not the user id
    assert said["type"] == "person.erased"

    folder = told.ninefold.settings.data_dir / "deletions" / "archive"
    assert [json.loads(one.read_bytes())["request"] for one in folder.iterdir()] == [request]
    waiting = {one["destination"]: one for one in told.ok("GET", "/v1/privacy/notices", params={"erasure": request})}
    done = {"state": "confirmed", "detail": "shredded"}
    for _ in range(2):
        told.ok("POST", f"/v1/privacy/notices/{waiting['archive']['id']}/settle", json=done)
    again = told.call("POST", f"/v1/privacy/notices/{waiting['archive']['id']}/settle", json={"state": "failed"})
    assert (again.status_code, again.json()["code"]) == (409, "notice_settled")
    assert _states(told, request) == {"archive": "confirmed", "mailer": "confirmed"}
    assert list(folder.iterdir()) == []
    with told.ninefold.records.begin() as conn:
        assert all(one.payload is None for one in desk.book.listed(conn))  # whom it was about, nobody knows any more


def test_a_destination_that_never_answers_fails_in_the_end(told: Api, partner: Receiver) -> None:
    request = _erase(told)
    partner.shutdown()
    partner.server_close()
    desk, clock = told.ninefold.deletions, told.ninefold.clock
    assert isinstance(clock, FixedClock)
    desk.send()
    clock.set(clock.now() + timedelta(days=15))
    desk.send()
    assert _states(told, request) == {"archive": "accepted", "mailer": "failed"}


class Died(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_death_around_sending_tells_again_by_the_same_key(
    told: Api, partner: Receiver, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = _erase(told)
    desk, clock = told.ninefold.deletions, told.ninefold.clock
    assert isinstance(clock, FixedClock)
    sender = desk._sender

    class Dying:
        def send(self, destination: privacy.notices.Destination, due: Any, *, now: Any) -> Any:
            if when == "after":
                sender.send(destination, due, now=now)
            raise Died

        def drop(self, notice: privacy.notices.Notice) -> None:
            sender.drop(notice)

    monkeypatch.setattr(desk, "_sender", Dying())
    with pytest.raises(Died):
        desk.send()
    monkeypatch.setattr(desk, "_sender", sender)
    assert desk.send() == 0  # whoever had it may still be at it
    clock.set(clock.now() + timedelta(minutes=6))
    assert desk.send() == 2
    assert _states(told, request) == {"archive": "accepted", "mailer": "confirmed"}
    assert len({head["webhook-id"] for head, _ in partner.posts}) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "ftp://x"}, "url"),
        ({"type": "fax"}, "type"),
        ({"type": "file"}, "url"),
        ({"give_up_days": 0}, "give_up_days"),
        ({"secret": "x"}, "secret"),
    ],
)
def test_a_wrong_destination_is_named(change: dict[str, Any], field: str) -> None:
    document = {"key": "m", "name": "M", "owner": "o", "type": "webhook", "url": "https://x.example/forget"}
    assert privacy.notices.parse_destination(document).url
    with pytest.raises(Error) as caught:
        privacy.notices.parse_destination(document | change)
    assert (caught.value.kind, caught.value.field) == (Kind.INVALID, field)
