"""Webhooks against a real HTTP server."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tests.support.receivers import Receiver
from tests.support.receivers import receiver as receiving

from ninefold.base import sign_post
from ninefold.channels import Content, Delivered, Doubtful, Failed, Message, Retry, Webhook, WebhookSettings

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def channel(receiver: Receiver) -> Iterator[Webhook]:
    channel = Webhook(
        "hook", WebhookSettings(url=receiver.url, timeout_seconds=10.0), secret="whsec_c2VjcmV0", token="tok"
    )
    yield channel
    channel.close()


def message(key: str, body: str = "Hello") -> Message:
    return Message(key=key, to="p_1", campaign="spring", person="p_1", content=Content(subject="Hi", body=body))


def test_a_post_is_signed_and_names_its_key(receiver: Receiver, channel: Webhook) -> None:
    receiver.answer = lambda _key, _count: (202, {"x-request-id": "r-1"})
    assert channel.deliver([message("k1", "你好")], now=NOW) == (Delivered(reference="r-1"),)
    headers, body = receiver.posts[0]
    assert json.loads(body) == {
        "key": "k1",
        "campaign": "spring",
        "person": "p_1",
        "to": "p_1",
        "subject": "Hi",
        "body": "你好",
        "format": "text",
    }
    assert headers["idempotency-key"] == headers["webhook-id"] == "k1"
    assert headers["webhook-timestamp"] == "1780300800"
    digest = hmac.new(b"secret", b"k1.1780300800." + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    assert headers["authorization"] == "Bearer tok"
    assert headers["content-type"] == "application/json"


def test_the_signature_is_the_specification_s_own_example() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign_post(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_json_template_is_posted_as_it_is(receiver: Receiver, channel: Webhook) -> None:
    channel.deliver([Message(key="k", to="x", content=Content(payload={"a": ["b", 1]}))], now=NOW)
    assert json.loads(receiver.posts[0][1]) == {"a": ["b", 1]}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Delivered),
        (204, Delivered),
        (301, Failed),
        (400, Failed),
        (401, Failed),
        (404, Failed),
        (410, Failed),
        (422, Failed),
        (408, Retry),
        (425, Retry),
        (429, Retry),
        (500, Retry),
        (503, Retry),
    ],
)
def test_answers_and_what_they_mean(receiver: Receiver, channel: Webhook, status: int, kind: type) -> None:
    receiver.answer = lambda _key, _count: (status, {"location": "/elsewhere"})
    (outcome,) = channel.deliver([message("k")], now=NOW)
    assert type(outcome) is kind
    if isinstance(outcome, Failed | Retry):
        assert outcome.reason == f"http_{status}"
        assert outcome.detail == f"{status} said"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("Mon, 01 Jun 2026 08:01:00 GMT", 60.0),
        ("Mon, 01 Jun 2026 07:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("1e9", 86400.0),
    ],
)
def test_the_wait_that_the_receiver_asks_for(
    receiver: Receiver, channel: Webhook, header: str, seconds: float | None
) -> None:
    receiver.answer = lambda _key, _count: (429, {"retry-after": header})
    (outcome,) = channel.deliver([message("k")], now=NOW)
    assert isinstance(outcome, Retry)
    assert outcome.after_seconds == seconds


def test_a_lost_answer_is_a_doubt_and_the_repeat_bears_the_same_key(receiver: Receiver, channel: Webhook) -> None:
    receiver.answer = lambda _key, count: (0 if count == 1 else 200, {})
    assert isinstance(channel.deliver([message("k")], now=NOW)[0], Doubtful)
    assert isinstance(channel.deliver([message("k")], now=NOW)[0], Delivered)
    assert receiver.taken == {"k": 2}


def test_a_slow_receiver_is_a_doubt(receiver: Receiver) -> None:
    receiver.answer = lambda key, _count: (-1 if key == "slow" else 200, {})
    channel = Webhook("hook", WebhookSettings(url=receiver.url, timeout_seconds=0.3))
    slow, quick = channel.deliver([message("slow"), message("quick")], now=NOW)
    channel.close()
    assert isinstance(slow, Doubtful)
    assert slow.reason == "no_answer"
    assert isinstance(quick, Delivered)


def test_outcomes_keep_the_order_of_the_messages(receiver: Receiver, channel: Webhook) -> None:
    receiver.answer = lambda key, _count: (200 if int(key) % 3 else 500, {})
    outcomes = channel.deliver([message(str(number)) for number in range(100)], now=NOW)
    assert [isinstance(outcome, Delivered) for outcome in outcomes] == [number % 3 != 0 for number in range(100)]
    assert len(receiver.posts) == 100


def test_nobody_listens(receiver: Receiver) -> None:
    settings = WebhookSettings(url="http://127.0.0.1:9/hook", timeout_seconds=1.0)
    channel = Webhook("hook", settings)
    outcomes = channel.deliver([message(str(n)) for n in range(50)], now=NOW)
    channel.close()
    assert {outcome.reason for outcome in outcomes if isinstance(outcome, Retry)} == {"unreachable"}
    assert len(outcomes) == 50


def test_unsigned_without_a_secret(receiver: Receiver) -> None:
    channel = Webhook("hook", WebhookSettings(url=receiver.url))
    channel.deliver([message("k")], now=NOW)
    channel.close()
    assert "webhook-signature" not in receiver.posts[0][0]
    assert "authorization" not in receiver.posts[0][0]
