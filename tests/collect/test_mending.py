"""Mending the JSON of a quarantined event."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import Error
from ninefold.collect.quarantine.mending import OPS, mend, parse_steps

EVENT = {
    "type": "track",
    "event": "Order",
    "properties": {"prce": "¥1,299.00", "city": "SH", "unit.price": 1, "tags": ["a", "b"]},
}


def mended(*steps: dict[str, Any], event: object = EVENT) -> Any:
    return json.loads(mend(json.dumps(event).encode(), parse_steps(steps)))


def test_steps_are_done_one_after_the_other() -> None:
    found = mended(
        {"op": "rename", "path": "properties.prce", "to": "properties.price"},
        {"op": "cast", "path": "properties.price", "type": "number"},
        {"op": "map", "path": "properties.city", "values": {"SH": "上海"}},
        {"op": "drop", "path": "/properties/unit.price"},
        {"op": "set", "path": "userId", "value": "u1"},
        {"op": "default", "path": "event", "value": "Other"},
        {"op": "default", "path": "context.locale", "value": "zh-CN"},
        {"op": "set", "path": "properties.tags.1", "value": "c"},
    )
    assert found == {
        "type": "track",
        "event": "Order",
        "userId": "u1",
        "context": {"locale": "zh-CN"},
        "properties": {"price": 1299.0, "city": "上海", "tags": ["a", "c"]},
    }


def test_a_place_that_is_not_there_is_left_alone() -> None:
    steps: list[dict[str, Any]] = [
        {"op": "rename", "path": "a.b", "to": "c"},
        {"op": "drop", "path": "properties.tags.7"},
        {"op": "cast", "path": "event.x", "type": "number"},
        {"op": "map", "path": "nothing", "values": {}},
    ]
    assert mended(*steps) == EVENT


def test_a_value_that_cannot_become_a_number_is_told() -> None:
    with pytest.raises(Error) as caught:
        mended({"op": "cast", "path": "properties.city", "type": "number"})
    assert (caught.value.code, caught.value.field, caught.value.got) == ("not_mended", "properties.city", "SH")


@pytest.mark.parametrize(
    ("text", "number"), [("9.90", 9.9), ("1,299", 1299), (" ￥59 ", 59), ("-3", -3), (True, 1), (7, 7), ("1e3", 1000.0)]
)
def test_numbers_are_read_as_people_write_them(text: object, number: float) -> None:
    assert mended({"op": "cast", "path": "n", "type": "number"}, event={"n": text}) == {"n": number}


def test_broken_json_of_real_clients_is_repaired_first() -> None:
    steps = parse_steps([{"op": "set", "path": "userId", "value": "u"}])
    assert json.loads(mend(b'{"a": NaN, "b": "x\x00y"}', steps)) == {"a": None, "b": "xy", "userId": "u"}
    with pytest.raises(Error):
        mend(b"not json", steps)


@pytest.mark.parametrize(
    ("step", "field"),
    [
        ({"op": "rname", "path": "a", "to": "b"}, "mend[0].op"),
        ({"op": "rename", "path": "a"}, "mend[0].to"),
        ({"op": "drop", "path": "a", "to": "b"}, "mend[0].to"),
        ({"op": "drop", "path": ""}, "mend[0].path"),
        ({"op": "cast", "path": "a", "type": "float"}, "mend[0].type"),
        ({"op": "map", "path": "a", "values": ["x"]}, "mend[0].values"),
    ],
)
def test_a_wrong_step_is_refused_at_its_field(step: dict[str, Any], field: str) -> None:
    with pytest.raises(Error) as caught:
        parse_steps([step])
    assert (caught.value.code, caught.value.field) == ("bad_mend", field)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab1.", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab01"), inner, max_size=3),
    max_leaves=10,
)
_PATHS = st.lists(st.sampled_from("ab01"), min_size=1, max_size=4).map(".".join)


_FIELDS: dict[str, Any] = {
    "path": _PATHS,
    "to": _PATHS,
    "value": _JSON,
    "type": st.sampled_from(["number", "text", "boolean"]),
    "values": st.dictionaries(st.text("ab", max_size=2), _JSON, max_size=2),
}
_STEPS = st.lists(
    st.sampled_from(sorted(OPS)).flatmap(
        lambda op: st.fixed_dictionaries({"op": st.just(op), **{name: _FIELDS[name] for name in OPS[op]}})
    ),
    max_size=5,
)


@given(event=st.dictionaries(st.sampled_from("ab01"), _JSON, max_size=4), steps=_STEPS)
def test_any_steps_on_any_event_end_in_json_or_in_a_clear_error(event: Any, steps: list[dict[str, Any]]) -> None:
    found, code = None, ""
    try:
        found = mended(*steps, event=event)
    except Error as error:
        code = error.code
    assert isinstance(found, dict) or code == "not_mended"
    if not steps:
        assert found == event


def test_a_thing_can_move_into_an_object_of_its_own_name() -> None:
    assert mended({"op": "rename", "path": "a", "to": "a.b"}, event={"a": {"c": 1}}) == {"a": {"b": {"c": 1}}}
    assert mended({"op": "rename", "path": "a", "to": "b.c"}, event={"a": 1, "b": 2}) == {"a": 1, "b": 2}
