"""Definitions: versions, never overwritten, never lost."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import Error, Kind
from ninefold.store import (
    Definition,
    Records,
    Remembered,
    content_hash,
    definition_history,
    find_definition,
    get_definition,
    list_definitions,
    put_definition,
    retire_definition,
)

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab客", max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def test_a_change_is_a_new_version_and_the_same_content_is_none(records: Records) -> None:
    with records.begin() as conn:
        first = put_definition(conn, "segment", "vip", {"a": 1, "b": [1, 2]}, now=NOW, author="ann")
        same = put_definition(conn, "segment", "vip", {"b": [1, 2], "a": 1}, now=NOW + timedelta(days=1), author="bob")
        second = put_definition(
            conn, "segment", "vip", {"a": 1, "b": [2, 1]}, now=NOW + timedelta(days=2), author="bob"
        )
        assert (first.version, same, second.version) == (1, first, 2)
        assert get_definition(conn, "segment", "vip") == second
        assert get_definition(conn, "segment", "vip", version=1) == first
        assert first.author == "ann"
        assert first.created_at == NOW
        assert [d.version for d in definition_history(conn, "segment", "vip")] == [2, 1]


def test_going_back_to_an_older_content_is_a_new_version(records: Records) -> None:
    with records.begin() as conn:
        for number in (1, 2, 1):
            put_definition(conn, "tag", "rfm", {"n": number}, now=NOW)
        assert [d.document["n"] for d in definition_history(conn, "tag", "rfm")] == [1, 2, 1]


def test_what_is_made_of_definitions_is_made_again_only_when_one_changes(records: Records) -> None:
    made: list[int] = []

    def make(conn: sa.Connection) -> tuple[str, ...]:
        made.append(1)
        return tuple(one.key for one in list_definitions(conn, "segment"))

    kept = Remembered(("segment", "tag"), make)
    steps: tuple[Callable[[sa.Connection], Definition], ...] = (
        lambda conn: put_definition(conn, "segment", "x", {"n": 1}, now=NOW),
        lambda conn: put_definition(conn, "campaign", "x", {"n": 1}, now=NOW),  # of no kind asked for
        lambda conn: put_definition(conn, "segment", "y", {"n": 1}, now=NOW),
        lambda conn: retire_definition(conn, "segment", "x", now=NOW),
    )
    for step in steps:
        with records.begin() as conn:
            step(conn)
            assert kept.of(conn) == kept.of(conn) == tuple(one.key for one in list_definitions(conn, "segment"))
    assert len(made) == 3


def test_kinds_and_keys_are_apart(records: Records) -> None:
    with records.begin() as conn:
        put_definition(conn, "segment", "x", {"n": 1}, now=NOW)
        put_definition(conn, "campaign", "x", {"n": 2}, now=NOW)
        put_definition(conn, "segment", "y", {"n": 3}, now=NOW)
        assert [(d.key, d.document["n"]) for d in list_definitions(conn, "segment")] == [("x", 1), ("y", 3)]
        assert list_definitions(conn, "nothing") == ()


def test_a_retired_definition_is_hidden_and_comes_back_as_a_new_version(records: Records) -> None:
    with records.begin() as conn:
        put_definition(conn, "segment", "old", {"n": 1}, now=NOW)
        retired = retire_definition(conn, "segment", "old", now=NOW)
        assert retired.retired_at == NOW
        assert find_definition(conn, "segment", "old") is None
        assert list_definitions(conn, "segment") == ()
        version = get_definition(conn, "segment", "old", version=1)
        assert version.document == {"n": 1}, "its versions stay"
        with pytest.raises(Error):
            retire_definition(conn, "segment", "old", now=NOW)
        again = put_definition(conn, "segment", "old", {"n": 1}, now=NOW)
        assert again.version == 2
        assert get_definition(conn, "segment", "old") == again


def test_an_unknown_key_is_missing_and_names_the_nearest(records: Records) -> None:
    with records.begin() as conn:
        with pytest.raises(Error) as empty:
            get_definition(conn, "segment", "vip")
        assert "no segment is defined yet" in str(empty.value)
        put_definition(conn, "segment", "loyal_buyers", {}, now=NOW)
        with pytest.raises(Error) as near:
            get_definition(conn, "segment", "loyal_buyer")
        assert near.value.kind is Kind.MISSING
        assert near.value.code == "unknown_segment"
        assert 'did you mean "loyal_buyers"?' in near.value.hint
        with pytest.raises(Error) as far:
            get_definition(conn, "segment", "zzz")
        assert "loyal_buyers" in far.value.hint
        with pytest.raises(Error) as version:
            get_definition(conn, "segment", "loyal_buyers", version=9)
        assert version.value.kind is Kind.MISSING
        assert "version 9" in version.value.message


def test_savers_at_once_lose_nothing(records: Records) -> None:
    failures: list[BaseException] = []

    def save(who: int) -> None:
        try:
            for number in range(8):
                with records.begin() as conn:
                    put_definition(conn, "campaign", "spring", {"who": who, "n": number}, now=NOW, author=str(who))
        except Exception as exc:
            failures.append(exc)

    threads = [threading.Thread(target=save, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with records.begin() as conn:
        history = definition_history(conn, "campaign", "spring")
    assert sorted(d.version for d in history) == list(range(1, 33))
    assert {(d.document["who"], d.document["n"]) for d in history} == {(w, n) for w in range(4) for n in range(8)}


def test_the_same_document_saved_by_many_at_once_is_one_version(records: Records) -> None:
    def save() -> None:
        with records.begin() as conn:
            put_definition(conn, "campaign", "same", {"n": 1}, now=NOW)

    threads = [threading.Thread(target=save) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with records.begin() as conn:
        assert len(definition_history(conn, "campaign", "same")) == 1


def test_a_document_that_json_cannot_hold_is_refused_in_words(records: Records) -> None:
    for wrong in ({"n": float("nan")}, {"n": float("inf")}, {"n": "a\0b"}, {"n": "\ud800"}, {"when": NOW}, {"a\0": 1}):
        with pytest.raises(Error) as refused, records.begin() as conn:
            put_definition(conn, "segment", "wrong", wrong, now=NOW)
        assert refused.value.kind is Kind.INVALID, wrong
        assert refused.value.code == "bad_document"


@given(document=st.dictionaries(st.text("abc", max_size=3), documents, max_size=4))
def test_what_is_saved_comes_back_and_hashes_alike(records: Records, document: dict[str, Any]) -> None:
    with records.begin() as conn:
        saved = put_definition(conn, "any", "document", document, now=NOW)
        back = get_definition(conn, "any", "document")
    assert back.document == document
    assert back.content_hash == content_hash(back.document) == saved.content_hash


def test_numbers_that_are_equal_hash_alike_only_when_they_are_the_same_json(records: Records) -> None:
    assert content_hash({"n": 1}) != content_hash({"n": "1"})
    assert content_hash({"n": True}) != content_hash({"n": 1})
    with records.begin() as conn:
        first = put_definition(conn, "segment", "n", {"n": 1.0}, now=NOW)
        assert put_definition(conn, "segment", "n", get_definition(conn, "segment", "n").document, now=NOW) == first
