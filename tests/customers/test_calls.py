"""Repeats have their effect once; limits are exact over processes; cursors cannot be made."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import Error, FixedClock
from ninefold.governance import CallLimit
from ninefold.governance.calls import Answer, Answers, AnswerStore, CallLimits, Marks
from ninefold.governance.privacy import Subject
from ninefold.store import Records
from tests.governance.conftest import Api

from .conftest import Partner


def test_a_repeat_gets_the_same_answer_and_has_its_effect_once(api: Api, east: Partner, clock: FixedClock) -> None:
    body = {"identifiers": {"dealer_no": "D-1"}, "traits": {"city": "上海"}}
    key = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}
    first = east.call("PUT", "/v1/customers", json=body, headers=key)
    again = east.call("PUT", "/v1/customers", json=body, headers=key)
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    other = east.call("PUT", "/v1/customers", json={**body, "traits": {}}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    elsewhere = east.call("POST", "/v1/customers", json={"customers": [body]}, headers=key)
    assert elsewhere.status_code == 422
    api.ninefold.pipeline.drain()
    with api.ninefold.records.begin() as conn:
        assert conn.scalar(sa.text("SELECT sum(event_count) FROM inbox WHERE kind = 'customers'")) == 1
    clock.advance(timedelta(hours=25))
    assert "idempotency-replayed" not in east.call("PUT", "/v1/customers", json=body, headers=key).headers
    bad = east.call("PUT", "/v1/customers", json=body, headers={"Idempotency-Key": "x" * 300})
    assert bad.status_code == 422


def test_an_erased_person_stands_in_no_kept_answer(api: Api, east: Partner) -> None:
    key = {"Idempotency-Key": "once"}
    kept = east.call("PUT", "/v1/customers", json={"identifiers": {"dealer_no": "D-1"}}, headers=key).json()
    east.call("PUT", "/v1/customers", json={"identifiers": {"dealer_no": "D-2"}}, headers={"Idempotency-Key": "two"})
    answers = AnswerStore(api.ninefold.records)
    gone = Subject(accounts=(1,), public_ids=(kept["id"],))
    nobody = Subject(accounts=(9,), public_ids=("p_nobody",))
    assert answers.counts([nobody, gone]) == [0, 1]
    answers.erase([nobody, gone])
    assert answers.counts([nobody, gone]) == [0, 0]
    again = east.call("PUT", "/v1/customers", json={"identifiers": {"dealer_no": "D-1"}}, headers=key)
    assert (again.status_code, again.json()["code"]) == (410, "erased"), "it is not carried out again"
    with api.ninefold.records.begin() as conn:
        assert conn.scalar(sa.text("SELECT count(*) FROM call_answers")) == 2


def test_a_repeat_while_the_first_is_under_way_is_told_so(records: Records, clock: FixedClock) -> None:
    answers, now = Answers(), clock.now()
    with records.begin() as one:
        assert answers.recall(one, 1, "k", b"f", now=now) is None
        with records.begin() as other:
            with pytest.raises(Error, match="under way") as caught:
                answers.recall(other, 1, "k", b"f", now=now)
            assert caught.value.retryable
            assert answers.recall(other, 2, "k", b"f", now=now) is None, "another key's calls are others"
        answers.keep(one, 1, "k", b"f", Answer(status=200, body=b"{}"), now=now)
    with records.begin() as conn:
        assert answers.recall(conn, 1, "k", b"f", now=now) == Answer(status=200, body=b"{}")
        with pytest.raises(Error, match="another request"):
            answers.recall(conn, 1, "k", b"g", now=now)
    with records.begin() as conn:
        assert answers.prune(conn, now=now + timedelta(days=2)) == 1


def test_what_was_rolled_back_was_never_answered(records: Records, clock: FixedClock) -> None:
    answers, now = Answers(), clock.now()

    def fail() -> None:
        with records.begin() as conn:
            answers.recall(conn, 1, "k", b"f", now=now)
            answers.keep(conn, 1, "k", b"f", Answer(status=200, body=b"{}"), now=now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with records.begin() as conn:
        assert answers.recall(conn, 1, "k", b"other", now=now) is None


def test_a_limit_is_exact_whoever_calls_at_once(records: Records) -> None:
    limits = CallLimits(records)
    rate = CallLimit(per_second=0.05, burst=17)
    gate = threading.Barrier(6)

    def storm(_: int) -> int:
        gate.wait()
        return sum(limits.spend(7, rate).allowed for _ in range(8))

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(storm, range(6))) == 17
    assert limits.spend(8, rate).allowed, "each key has its own"
    shut = limits.spend(7, rate)
    assert not shut.allowed
    assert 0 < shut.retry_seconds <= 20
    assert int(shut.headers["Retry-After"]) >= 1


def test_a_key_that_calls_too_often_is_told_when_to_come_again(api: Api) -> None:
    partner = Partner(api, "slow", node="east", calls_per_second=0.02, burst=2)
    first = partner.call("POST", "/v1/customers/query", json={})
    assert (first.headers["ratelimit-limit"], first.headers["ratelimit-remaining"]) == ("2", "1")
    partner.ok("POST", "/v1/customers/query", json={})
    third = partner.call("POST", "/v1/customers/query", json={})
    assert (third.status_code, third.json()["code"]) == (429, "too_many_calls")
    assert 40 <= int(third.headers["retry-after"]) <= 51
    assert third.headers["ratelimit-remaining"] == "0"
    assert third.json()["allowed"]
    assert api.call("POST", "/v1/customers/query", json={}).status_code == 200, "others are not slowed down"


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=9), st.text(max_size=20), st.integers(0, 200))
def test_marks_are_read_by_nobody_else(numbers: list[int], purpose: str, place: int) -> None:
    marks = Marks(b"one")
    sealed = marks.seal(purpose, *numbers)
    assert marks.read(purpose, sealed, len(numbers)) == tuple(numbers)
    for other, said in ((Marks(b"two"), purpose), (marks, purpose + "x")):
        with pytest.raises(Error):
            other.read(said, sealed, len(numbers))
    broken = list(sealed)
    broken[place % len(broken)] = "A" if broken[place % len(broken)] != "A" else "B"
    if Marks(b"one").seal(purpose, *numbers) != "".join(broken) and place % len(broken) < len(broken) - 1:
        with pytest.raises(Error):
            marks.read(purpose, "".join(broken), len(numbers))
