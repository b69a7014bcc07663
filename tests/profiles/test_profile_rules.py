"""From rows to a profile: which statement about a trait holds, what is masked, what an order costs on average."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import Error, Kind
from ninefold.profiles import ByIdentifier, ByPublicId, Cursor, read_reference
from ninefold.profiles.rules import counters_of, masked, names_of, shown_name, trait_scalar, traits_of


def test_a_reference_is_an_identifier_or_a_public_id() -> None:
    assert read_reference("email:ana@example.com") == ByIdentifier(namespace="email", value="ana@example.com")
    assert read_reference(" p_abc ") == ByPublicId(public_id="p_abc")


@given(st.integers(-(10**15), 10**15), st.text())
def test_a_cursor_survives_the_way_to_the_client(at_ms: int, message_id: str) -> None:
    cursor = Cursor(at_ms=at_ms, message_id=message_id)
    assert Cursor.read(cursor.text()) == cursor


@pytest.mark.parametrize("text", ["", "abc", "12", "x.y", "1-2.z"])
def test_a_wrong_cursor_is_refused(text: str) -> None:
    with pytest.raises(Error) as wrong:
        Cursor.read(text)
    assert wrong.value.kind is Kind.INVALID


@given(st.text(min_size=1).filter(lambda text: "*" not in text), st.sampled_from(["phone", "email", "openid"]))
def test_masking_never_shows_the_whole(value: str, namespace: str) -> None:
    assert masked(namespace, value) != value


def test_masks() -> None:
    assert masked("phone", "+8613812345678") == "+86138****5678"
    assert masked("email", "ana.li@example.com") == "a***@example.com"
    assert masked("member_no", "M1") == "****"


@pytest.mark.parametrize(
    ("value", "number", "expected"),
    [
        ("31", 31.0, 31),
        ("31.5", 31.5, 31.5),
        ("31.0", 31.0, 31),
        ("false", 0.0, False),
        ("0310", 310.0, "0310"),
        ("2026-01-01T00:00:00Z", 1767225600000.0, "2026-01-01T00:00:00Z"),
        ("", None, ""),
        ("1e3", 1000.0, "1e3"),
    ],
)
def test_a_trait_gets_its_type_back(value: str, number: float | None, expected: object) -> None:
    found = trait_scalar(value, number)
    assert found == expected
    assert type(found) is type(expected)


def row(source: str, value: str, at_ms: int, *, deleted: int = 0, oneid: int = 1) -> dict[str, object]:
    return {
        "key": "city",
        "oneid": oneid,
        "source": source,
        "value": value,
        "num": None,
        "deleted": deleted,
        "at_ms": at_ms,
    }


def test_the_latest_statement_holds_and_the_others_are_kept() -> None:
    [trait] = traits_of(
        [row("crm", "Wuhan", 1), row("shop", "Beijing", 3), row("app", "Xi'an", 2, oneid=2)], {1: "p_a", 2: "p_b"}
    )
    assert (trait.value, trait.chosen.source, trait.chosen.public_id) == ("Beijing", "shop", "p_a")
    assert [(other.value, other.public_id) for other in trait.others] == [("Xi'an", "p_b"), ("Wuhan", "p_a")]


def test_of_two_at_one_instant_the_later_source_in_the_alphabet_holds() -> None:
    [trait] = traits_of([row("crm", "Wuhan", 1), row("app", "Beijing", 1)], {})
    assert trait.value == "Wuhan"


def test_a_trait_taken_back_last_is_absent_and_one_taken_back_before_is_not() -> None:
    assert traits_of([row("crm", "Wuhan", 1), row("shop", "", 2, deleted=1)], {}) == ()
    [trait] = traits_of([row("crm", "Wuhan", 3), row("shop", "", 2, deleted=1)], {})
    assert (trait.value, trait.others[0].value) == ("Wuhan", None)


def test_the_average_order_is_rounded_half_to_even() -> None:
    def order(total: int, orders: int) -> dict[str, object]:
        return {
            "of_name": 0,
            "is_order": 1,
            "name": "",
            "currency": "CNY",
            "times": orders,
            "first_ms": 0,
            "last_ms": 0,
            "total": total,
            "orders": orders,
        }

    assert [counters_of([order(total, 2)]).revenue[0].average_minor for total in (1, 3, 5, -1)] == [0, 2, 2, 0]


def test_names() -> None:
    assert names_of("vip", {"name": {"zh": "贵宾"}}) == ("贵宾", "贵宾")
    assert names_of("vip", {"name": "VIP"}) == ("VIP", "VIP")
    assert shown_name({"nickname": "小安", "last_name": "李"}) == "小安"
    assert shown_name({"last_name": "李", "first_name": "安"}) == "李安"
    assert shown_name({}) == ""
