"""The one error type: what it says, to whom, and that it survives a journey between processes."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import (
    OUTSIDE,
    Error,
    Kind,
    conflict,
    did_you_mean,
    invalid,
    missing,
    refused,
    unavailable,
)

LONG = invalid(
    "bad_amount", "not an amount", field="rows[3].amount", got="x" * 500, allowed="19.99", hint="see the file"
)


def test_it_names_the_field_what_was_got_and_what_is_allowed() -> None:
    for word in ("not an amount", "rows[3].amount", "19.99", "see the file"):
        assert word in str(LONG)
    assert len(LONG.got) == 200
    assert LONG.as_dict() == {
        "code": "bad_amount", "message": "not an amount", "kind": "invalid", "hint": "see the file",
        "field": "rows[3].amount", "got": "x" * 200, "allowed": "19.99",
    }  # fmt: skip


def test_nothing_is_said_about_what_is_not_known() -> None:
    assert missing("unknown_tag", "no such tag").as_dict() == {
        "code": "unknown_tag", "message": "no such tag", "kind": "missing",
    }  # fmt: skip
    assert str(refused("no", "not allowed")) == "not allowed"


def test_every_kind_has_one_meaning_outside() -> None:
    assert set(OUTSIDE) == set(Kind)
    assert len({outside.exit_code for outside in OUTSIDE.values()}) == len(Kind)
    assert all(outside.exit_code not in {0, 1} for outside in OUTSIDE.values()), "1 is what a crash exits with"
    assert conflict("x", "y").outside.http_status == 409
    assert unavailable("x", "y").outside.http_status == 503


def test_what_may_pass_says_so() -> None:
    assert unavailable("x", "y").retryable
    assert unavailable("x", "y").as_dict()["retryable"] is True
    assert not invalid("x", "y").retryable
    assert conflict("x", "y", retryable=True).retryable


@pytest.mark.parametrize("error", [LONG, unavailable("a", "b"), Error(Kind.DEFECT, "c", "d", got={"e": 1})])
def test_it_survives_pickling_and_copying(error: Error) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is Error
        assert again.as_dict() == error.as_dict()
        assert str(again) == str(error)


@given(word=st.text(max_size=12), known=st.lists(st.text(min_size=1, max_size=12), max_size=6))
def test_the_nearest_name_is_one_that_exists(word: str, known: list[str]) -> None:
    hint = did_you_mean(word, known)
    assert not hint or any(f'"{name}"' in hint for name in known)
    for name in known:
        assert did_you_mean(name, [name]) == f'did you mean "{name}"?'
