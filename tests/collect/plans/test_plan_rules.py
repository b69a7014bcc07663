"""The verdict of a plan on one event."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import Error
from ninefold.collect import Event
from ninefold.collect.plans import Checked, Checker, Fault, Reply, parse_event, parse_plan
from ninefold.collect.plans.model import REPLIES
from ninefold.collect.plans.rules import covering, with_events
from ninefold.collect.plans.shape import assemble, shape_of, unplanned

CITY: dict[str, Any] = {"shipping.city": "上海"}
NOWHERE: dict[str, Any] = {"shipping.city": "広島"}
ORDER: dict[str, Any] = {
    "key": "order_completed",
    "event": "Order Completed",
    "schema": {
        "type": "object",
        "properties": {
            "order_id": {"type": "string", "minLength": 1},
            "price": {"type": "number", "minimum": 0},
            "gift": {"type": "boolean"},
            "lines": {"type": "array", "items": {"type": "object", "required": ["sku"]}},
            "shipping": {"type": "object", "properties": {"city": {"enum": ["上海", "北京"]}}, "required": ["city"]},
        },
        "required": ["order_id", "price"],
    },
}


def event(
    name: str = "Order Completed", *, kind: str = "track", traits: dict[str, Any] | None = None, **values: Any
) -> Event:
    props = {key: value for key, value in values.items() if isinstance(value, str)}
    nums = {key: float(value) for key, value in values.items() if not isinstance(value, str)}
    return Event("m1", kind, name, 1, 2, "web", "web", (("user_id", "u1"),), 0, traits or {}, props, nums)


def checker(*documents: dict[str, Any], **plan: Any) -> Checker:
    return Checker(with_events(parse_plan({"key": "default", **plan}), map(parse_event, documents or (ORDER,))))


def faults(checked: Checked) -> list[tuple[str, str]]:
    return [(one.fault.value, one.path) for one in checked.violations]


def test_a_right_event_comes_back_as_it_is() -> None:
    good = event(order_id="o1", price=3, gift="true", lines='[{"sku":"a"}]', **CITY)
    checked = checker().check(good)
    assert checked.event is good
    assert checked.violations == ()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"price": 3}, [("missing", "order_id")]),
        ({"order_id": "o", "price": -1}, [("invalid", "price")]),
        ({"order_id": "o", "price": "3"}, [("invalid", "price")]),
        ({"order_id": "o", "price": 3, "gift": "yes"}, [("invalid", "gift")]),
        ({"order_id": "o", "price": 3, "lines": '[{"sku":1},{}]'}, [("missing", "lines.1.sku")]),
        ({"order_id": "o", "price": 3, "lines": "none"}, [("invalid", "lines")]),
        ({"order_id": "o", "price": 3, "shipping.city": "広島"}, [("invalid", "shipping.city")]),
        (
            {"order_id": "o", "price": 3, "shipping.zip": "1"},
            [("unplanned_property", "shipping.zip"), ("missing", "shipping.city")],
        ),
        ({"order_id": "o", "price": 3, "colour": "red"}, [("unplanned_property", "colour")]),
        ({"order_id": "o", "price": 3, "$ours": "x", "context.locale": "zh"}, []),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_property(values: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert faults(checker().check(event(**values))) == expected


def test_an_unplanned_event_is_a_fault_only_when_it_is_a_track() -> None:
    strict = checker(unplanned_event="block")
    assert faults(strict.check(event("Order completed"))) == [("unplanned_event", "")]
    assert strict.check(event("Order completed")).blocking is not None
    assert strict.check(event("$page", kind="page", anything="x")).violations == ()
    assert strict.check(event("$page_ping", anything="x")).violations == ()


def test_what_is_left_out_is_kept_aside_and_everything_else_stays() -> None:
    checked = checker(unplanned_property="omit", invalid="omit").check(
        event(order_id="o1", price=3, colour="red", size=9, **NOWHERE)
    )
    assert checked.blocking is None
    assert checked.event.nums == {"price": 3.0}
    assert msgspec.json.decode(checked.event.props["$omitted"]) == {
        "colour": "red",
        "size": 9.0,
        "shipping.city": "広島",
    }
    assert {one[1] for one in msgspec.json.decode(checked.event.props["$violations"])} == {
        "colour",
        "size",
        "shipping.city",
    }
    assert set(checked.event.props) == {"order_id", "$omitted", "$violations", "$warnings"}


def test_a_planned_event_may_answer_otherwise_than_its_plan() -> None:
    checked = checker({**ORDER, "invalid": "block"}, invalid="allow").check(event(order_id="o", price=-1))
    assert checked.blocking is not None
    assert checked.blocking.reply is Reply.BLOCK
    assert "minimum" in checked.blocking.message


def test_traits_of_an_identify_are_judged_by_their_own_types() -> None:
    traits = {
        "key": "people",
        "event": "$identify",
        "schema": {"properties": {"vip": {"type": "boolean"}, "age": {"type": "integer"}}},
    }
    judge = checker(traits, common={"required": ["app"]}, unplanned_property="omit", invalid="omit")
    good = event("$identify", kind="identify", traits={"vip": True, "age": 30.0, "gone": None})
    assert judge.check(good).event is good
    checked = judge.check(event("$identify", kind="identify", traits={"vip": "yes", "age": 30.5, "nick": "A"}))
    assert faults(checked) == [("unplanned_property", "nick"), ("invalid", "age"), ("invalid", "vip")]
    assert checked.event.traits == {}


def test_what_every_event_must_have_is_asked_of_each() -> None:
    judge = checker(common={"required": ["app"], "properties": {"app": {"enum": ["ios", "web"]}}})
    assert faults(judge.check(event(order_id="o", price=1))) == [("missing", "app")]
    assert judge.check(event(order_id="o", price=1, app="web")).violations == ()


def test_composed_schemas_know_their_names() -> None:
    shape = shape_of(
        [
            {
                "$defs": {"money": {"properties": {"amount": {"type": "number"}}}},
                "allOf": [{"properties": {"a": {}}}, {"$ref": "#/$defs/money"}],
                "patternProperties": {"^utm_": {"type": "string"}},
            }
        ]
    )
    assert list(unplanned({"a": 1, "amount": 2, "utm_source": "x", "b": 1}, shape)) == ["b"]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"key": "x", "event": "X", "schema": {"type": "objekt"}}, "schema.type"),
        ({"key": "x", "event": "X", "schema": {"$ref": "http://example.org/schema"}}, "schema"),
        ({"key": "x", "event": "X", "schema": {"not": {"pattern": "(?=x)"}}}, "schema.not.pattern"),
        ({"key": "x", "event": "X", "schema": {"properties": {"a": {"$ref": "#/$defs/no"}}}}, "schema"),
        ({"key": "x", "event": "X", "schema": []}, "schema"),
        ({"key": "x", "event": ""}, "event"),
        ({"key": "X", "event": "X"}, "key"),
        ({"key": "x", "event": "X", "missing": "omit"}, "missing"),
        ({"key": "x", "event": "X", "plan": "default"}, "plan"),
        ({"kind": "segment", "key": "x", "event": "X"}, "kind"),
    ],
)  # fmt: skip
def test_a_wrong_document_is_refused_at_its_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(Error) as caught:
        parse_event(document)
    assert (caught.value.code, caught.value.field) == ("bad_plan", field)


def test_two_documents_may_not_plan_one_event() -> None:
    with pytest.raises(Error) as caught:
        checker(ORDER, {**ORDER, "key": "again"})
    assert caught.value.got == "order_completed, again"


def test_the_plan_that_names_a_source_covers_it() -> None:
    general, shop = parse_plan({"key": "all"}), parse_plan({"key": "shop", "sources": ["web"]})
    other = parse_plan({"key": "web", "sources": ["web", "till"]})
    assert covering([other, general, shop]) == ({"web": shop, "till": other}, general)
    assert covering([shop]) == ({"web": shop}, None)


_FLAT = st.dictionaries(
    st.text("ab.", min_size=1, max_size=5),
    st.one_of(
        st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["true", "[1]", "{"])
    ),
    max_size=8,
)
_SCHEMAS = st.recursive(
    st.sampled_from(
        [{}, {"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "array"}, {"type": "object"}]
    ),
    lambda inner: st.fixed_dictionaries(
        {"properties": st.dictionaries(st.sampled_from(["a", "b", "a.b"]), inner, max_size=3)}
    ),
    max_leaves=6,
)


@given(
    flat=_FLAT,
    schema=_SCHEMAS,
    replies=st.fixed_dictionaries({fault: st.sampled_from(REPLIES[fault]) for fault in Fault}),
)
def test_nothing_is_lost_whatever_the_plan_says(
    flat: dict[str, Any], schema: dict[str, Any], replies: dict[Fault, Reply]
) -> None:
    before = event(**flat)
    judge = checker(
        {"key": "x", "event": "Order Completed", "schema": schema}, **{k.value: v.value for k, v in replies.items()}
    )
    checked = judge.check(before)
    if checked.blocking is not None:
        assert checked.event is before
        return
    after = checked.event
    aside = msgspec.json.decode(after.props.get("$omitted", "{}"))
    mended = {**after.props, **after.nums, **aside}
    mended.pop("$omitted", None)
    mended.pop("$violations", None)
    mended.pop("$warnings", None)
    assert mended == {**before.props, **before.nums}
    if not any(one.reply is Reply.OMIT for one in checked.violations):
        assert not aside
    again = judge.check(msgspec.structs.replace(after, props={k: v for k, v in after.props.items() if k[0] != "$"}))
    assert not any(one.reply is Reply.OMIT and one.fault is not Fault.INVALID for one in again.violations)


@given(flat=_FLAT, schema=_SCHEMAS)
def test_assembling_keeps_every_value(flat: dict[str, Any], schema: dict[str, Any]) -> None:
    def count(value: object) -> int:
        return sum(map(count, value.values())) if isinstance(value, dict) and value else 1

    shape = shape_of([schema])
    assert count(assemble(flat, shape)) >= len(set(flat)) - _clashes(flat)


def _clashes(flat: dict[str, Any]) -> int:
    """Names that stand both for a value and for an object share a place, one of the two is not seen by the schema."""
    return sum(1 for name in flat for other in flat if other != name and other.startswith(f"{name}."))
