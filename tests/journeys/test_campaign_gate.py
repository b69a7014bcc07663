"""The send gate and what follows from outcomes, as pure decisions."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from ninefold.channels import Content, Delivered, Doubtful, Failed, InDoubt, Outcome, Retry, Unrendered
from ninefold.journeys import Campaign, parse_campaign
from ninefold.journeys.model import EffectState, Suppression
from ninefold.journeys.rules.gate import (
    ATTEMPTS_MAX,
    Claimed,
    Knowledge,
    Send,
    Suppress,
    Wait,
    gate,
    refuse,
    retry_at,
    settle,
)

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


def campaign(**changes: object) -> Campaign:
    base: dict[str, object] = {
        "kind": "campaign",
        "key": "spring",
        "name": "Spring",
        "owner": "crm",
        "status": "live",
        "start": {"by_hand": True},
        "channel": "box",
        "template": {"body": "Hi"},
        "cap": {"count": 2, "within": "7d"},
        "expires": "24h",
    }
    return parse_campaign({**base, **changes}, zone="UTC", currency="CNY")


def effect(key: str = "a", *, root: int = 1, in_doubt: bool = False, age: float = 0, attempts: int = 1) -> Claimed:
    return Claimed(
        key=key,
        campaign="spring",
        occurrence=key,
        oneid=root,
        root=root,
        version=1,
        attempts=attempts,
        planned_at=NOW - timedelta(hours=age),
        in_doubt=in_doubt,
    )


class Facts(NamedTuple):
    to: str = "x"
    content: Content | Unrendered = Content(body="Hi")
    sent: int = 0
    held_out: bool = False
    repeated: bool = False


FINE = Facts()
WRONG = Facts("", Unrendered(reason="template_error", detail="traits.name"), 9, held_out=True, repeated=True)


def verdict(one: Claimed, of: Campaign | None, facts: Facts = FINE) -> Send | Suppress | Wait:
    known = Knowledge(
        campaigns={"spring": of} if of else {},
        addresses={one.root: facts.to} if facts.to else {},
        contents={one.key: facts.content},
        sent={one.key: facts.sent},
        held_out=frozenset({one.key} if facts.held_out else ()),
        repeated=frozenset({one.key} if facts.repeated else ()),
    )
    return gate([one], known, now=NOW)[one.key]


def test_questions_are_asked_in_their_order() -> None:
    one, live = effect(), campaign()
    steps = [
        (Suppression.STOPPED, verdict(effect(age=48), campaign(status="stopped"), WRONG)),
        (Suppression.EXPIRED, verdict(effect(age=48), live, WRONG)),
        (Suppression.HELD_OUT, verdict(one, live, WRONG)),
        (Suppression.REPEATED, verdict(one, live, WRONG._replace(held_out=False))),
        (Suppression.UNREACHABLE, verdict(one, live, WRONG._replace(held_out=False, repeated=False))),
        (Suppression.CAPPED, verdict(one, live, FINE._replace(content=WRONG.content, sent=9))),
        (Suppression.TEMPLATE, verdict(one, live, FINE._replace(content=WRONG.content))),
    ]
    for reason, found in steps:
        assert isinstance(found, Suppress)
        assert found.reason is reason
    assert isinstance(verdict(one, live), Send)
    assert isinstance(verdict(effect(age=48), campaign(status="paused"), WRONG), Wait)
    assert isinstance(verdict(one, None), Suppress)


def test_messages_of_one_round_count_for_each_other() -> None:
    effects = [effect(str(number)) for number in range(4)]
    known = Knowledge(
        campaigns={"spring": campaign()},
        addresses={1: "x"},
        contents={e.key: Content(body="Hi") for e in effects},
        sent={e.key: 1 for e in effects},
    )
    verdicts = gate(effects, known, now=NOW)
    assert [isinstance(verdicts[e.key], Send) for e in effects] == [True, False, False, False]


def test_a_doubtful_message_has_its_place_under_the_cap() -> None:
    assert isinstance(verdict(effect(in_doubt=True), campaign(), FINE._replace(sent=9)), Send)


@pytest.mark.parametrize(
    ("outcome", "in_doubt", "policy", "state", "arrived"),
    [
        (Delivered(), False, InDoubt.HOLD, EffectState.DELIVERED, True),
        (Failed(reason="x"), False, InDoubt.RESEND, EffectState.FAILED, False),
        (Failed(reason="x"), True, InDoubt.RESEND, EffectState.HELD, True),
        (Retry(reason="x"), False, InDoubt.HOLD, EffectState.PLANNED, False),
        (Retry(reason="x"), True, InDoubt.RESEND, EffectState.PLANNED, True),
        (Doubtful(reason="x"), False, InDoubt.RESEND, EffectState.PLANNED, True),
        (Doubtful(reason="x"), False, InDoubt.HOLD, EffectState.HELD, True),
    ],
)
def test_what_follows_from_an_outcome(
    outcome: Outcome, policy: InDoubt, state: EffectState, *, in_doubt: bool, arrived: bool
) -> None:
    settled = settle(effect(in_doubt=in_doubt), outcome, policy, now=NOW)
    assert (settled.state, settled.arrived) == (state, arrived)
    assert (settled.next_attempt_at is not None) is (state is EffectState.PLANNED)


def test_attempts_end() -> None:
    last = effect(attempts=ATTEMPTS_MAX)
    assert settle(last, Retry(reason="busy"), InDoubt.RESEND, now=NOW).state is EffectState.FAILED
    assert settle(last, Doubtful(reason="lost"), InDoubt.RESEND, now=NOW).state is EffectState.HELD


def test_what_may_have_arrived_is_not_called_suppressed() -> None:
    no = Suppress(reason=Suppression.STOPPED)
    assert refuse(effect(), no, now=NOW).state is EffectState.SUPPRESSED
    assert refuse(effect(in_doubt=True), no, now=NOW).state is EffectState.HELD
    assert refuse(effect(in_doubt=True), Wait(), now=NOW).arrived


def test_waits_grow_and_respect_the_receiver() -> None:
    waits = [(retry_at("k", attempts, now=NOW, after=None) - NOW).total_seconds() / 60 for attempts in range(1, 15)]
    assert all(2**n <= wait <= 1.25 * 2**n for n, wait in enumerate(waits[:8]))
    assert max(waits) <= 450
    assert retry_at("k", 1, now=NOW, after=7200) == NOW + timedelta(hours=2)
