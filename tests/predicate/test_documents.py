"""Reading documents: what is taken, what is refused, and how the refusal reads."""

from datetime import date, datetime

import jsonschema
import pytest
import yaml

from ninefold.base import Error, Kind
from ninefold.predicate import json_schema, parse, parse_filters, to_document
from ninefold.predicate.model import (
    AllOf,
    AnyOf,
    Between,
    Calendar,
    Condition,
    During,
    EventClause,
    Everyone,
    Last,
    Measure,
    Not,
    Op,
    PropertyFilter,
    SegmentClause,
    Since,
    TagClause,
    TraitClause,
)

SCHEMA = jsonschema.Draft202012Validator(json_schema())

TAKEN: list[tuple[object, Condition]] = [
    ({"everyone": True}, Everyone()),
    ({"trait": "email"}, TraitClause(key="email")),
    ({"trait": "email", "op": "not_exists"}, TraitClause(key="email", op=Op.NOT_EXISTS)),
    ({"trait": "vip", "op": "eq", "value": True}, TraitClause(key="vip", op=Op.EQ, value=True)),
    ({"tag": "rfm", "op": "in", "value": ["a", "b"]}, TagClause(tag="rfm", op=Op.IN, value=("a", "b"))),
    ({"in_segment": "vip"}, SegmentClause(segment="vip")),
    ({"event": "order"}, EventClause(event="order")),
    ({"event": "order", "within": "30d"}, EventClause(event="order", within=Last(span="30d"))),
    (
        {"event": "order", "measure": "did_not", "within": "this_week"},
        EventClause(event="order", measure=Measure.DID_NOT, within=During(calendar=Calendar.THIS_WEEK)),
    ),
    (
        {"event": "o", "within": {"from": date(2026, 1, 1), "to": datetime(2026, 1, 2, 3, 4)}},  # noqa: DTZ001
        EventClause(event="o", within=Between(start="2026-01-01", end="2026-01-02T03:04:00")),
    ),
    (
        {"event": "o", "within": {"since": "2026-01-01"}, "where": [{"property": "p", "op": "gt", "value": 1}]},
        EventClause(
            event="o", within=Since(start="2026-01-01"), where=(PropertyFilter(property="p", op=Op.GT, value=1),)
        ),
    ),
    (
        {"event": "o", "measure": "sum", "of": "revenue", "op": "between", "value": [1, 2.5]},
        EventClause(event="o", measure=Measure.SUM, of="revenue", op=Op.BETWEEN, value=(1, 2.5)),
    ),
    (
        {"all": [{"any": [{"everyone": True}]}, {"not": {"trait": "a"}}]},
        AllOf(parts=(AnyOf(parts=(Everyone(),)), Not(part=TraitClause(key="a")))),
    ),
]


@pytest.mark.parametrize(("document", "condition"), TAKEN)
def test_taken(document: object, condition: Condition) -> None:
    assert parse(document) == condition
    assert parse(to_document(condition)) == condition
    SCHEMA.validate(to_document(condition))


REFUSED: list[tuple[object, str, str, str]] = [
    (None, "not_a_mapping", "condition", ""),
    ([], "not_a_mapping", "condition", ""),
    ({1: 2}, "not_a_mapping", "condition", ""),
    ({}, "unknown_condition", "condition", ""),
    ({"trai": "city"}, "unknown_condition", "condition", 'did you mean "trait"?'),
    ({"trait": "a", "tag": "b"}, "two_conditions", "condition", ""),
    ({"all": []}, "empty_group", "condition.all", ""),
    ({"all": {"trait": "a"}}, "not_a_list", "condition.all", ""),
    ({"any": [{"trait": "a"}, 5]}, "not_a_mapping", "condition.any[1]", ""),
    ({"not": {"not": {"trait": 5}}}, "not_a_text", "condition.not.not.trait", "put it in quotes"),
    ({"everyone": False}, "bad_everyone", "condition.everyone", ""),
    ({"trait": "a", "oper": "eq", "value": 1}, "unknown_field", "condition.oper", 'did you mean "op"?'),
    ({"trait": "a", "op": "contians", "value": "x"}, "unknown_op", "condition.op", 'did you mean "contains"?'),
    ({"trait": "a", "op": ">=", "value": 1}, "unknown_op", "condition.op", 'did you mean "gte"?'),
    ({"trait": "a", "value": 1}, "missing_field", "condition.op", ""),
    ({"trait": "a", "op": "eq"}, "missing_value", "condition.value", ""),
    ({"trait": "a", "op": "exists", "value": 1}, "bad_value", "condition.value", ""),
    ({"trait": "a", "op": "gt", "value": "5"}, "bad_value", "condition.value", ""),
    ({"trait": "a", "op": "gt", "value": True}, "bad_value", "condition.value", ""),
    ({"trait": "a", "op": "eq", "value": {"b": 1}}, "bad_value", "condition.value", ""),
    ({"trait": "a", "op": "in", "value": []}, "bad_value", "condition.value", ""),
    ({"trait": "a", "op": "in", "value": ["a", 1]}, "bad_value", "condition.value", ""),
    ({"trait": "a", "op": "in", "value": [[1]]}, "bad_value", "condition.value[0]", ""),
    ({"trait": "a", "op": "between", "value": [2, 1]}, "bad_value", "condition.value", ""),
    ({"trait": "a", "op": "contains", "value": ""}, "bad_value", "condition.value", ""),
    ({"trait": "a", "op": "matches", "value": "("}, "bad_pattern", "condition.value", ""),
    ({"trait": "a", "op": "matches", "value": "(?=x)"}, "bad_pattern", "condition.value", ""),
    ({"trait": "a", "op": "matches", "value": r"(a)\1"}, "bad_pattern", "condition.value", ""),
    ({"trait": "a", "op": "matches", "value": "x" * 501}, "pattern_too_long", "condition.value", ""),
    ({"trait": "a", "op": "eq", "value": "x" * 2001}, "bad_text", "condition.value", ""),
    ({"trait": "a", "op": "in", "value": ["a", "b\x00"]}, "bad_text", "condition.value[1]", ""),
    ({"trait": "a", "op": "eq", "value": "\ud800"}, "bad_text", "condition.value", ""),
    ({"trait": "a", "op": "eq", "value": float("nan")}, "bad_number", "condition.value", ""),
    ({"trait": "a", "op": "lt", "value": float("inf")}, "bad_number", "condition.value", ""),
    ({"trait": "a", "op": "lt", "value": 10**400}, "bad_number", "condition.value", ""),
    ({"trait": "a", "op": "within_last", "value": "30"}, "bad_value", "condition.value", ""),
    ({"trait": "a", "op": "within_last", "value": "0d"}, "bad_value", "condition.value", ""),
    ({"trait": "a", "op": "within_last", "value": "99999999d"}, "bad_value", "condition.value", ""),
    ({"trait": "a", "op": "before", "value": "2026-02-30"}, "bad_value", "condition.value", ""),
    ({"trait": "a", "op": "before", "value": "1850-01-01"}, "bad_value", "condition.value", ""),
    ({"trait": ""}, "bad_name", "condition.trait", ""),
    ({"trait": "a\x00"}, "bad_name", "condition.trait", ""),
    ({"in_segment": "s" * 201}, "bad_name", "condition.in_segment", ""),
    ({"event": "o", "measure": "often"}, "unknown_measure", "condition.measure", ""),
    ({"event": "o", "op": "gt", "value": 1}, "needless_field", "condition.op", ""),
    ({"event": "o", "measure": "count"}, "missing_field", "condition.op", ""),
    ({"event": "o", "measure": "count", "of": "p", "op": "gt", "value": 1}, "needless_field", "condition.of", ""),
    ({"event": "o", "measure": "count", "op": "eq", "value": "3"}, "type_mismatch", "condition.value", ""),
    ({"event": "o", "measure": "count", "op": "contains", "value": "3"}, "bad_op", "condition.op", ""),
    ({"event": "o", "measure": "sum", "op": "gt", "value": 1}, "missing_field", "condition.of", ""),
    ({"event": "o", "measure": "max", "of": "time", "op": "gt", "value": 1}, "not_a_number", "condition.of", ""),
    ({"event": "o", "measure": "last", "of": "time", "op": "gt", "value": 1}, "bad_op", "condition.op", ""),
    (
        {"event": "o", "measure": "last", "of": "channel", "op": "eq", "value": 1},
        "type_mismatch",
        "condition.value",
        "",
    ),
    ({"event": "o", "within": "30 days"}, "bad_window", "condition.within", ""),
    ({"event": "o", "within": "this_mont"}, "bad_window", "condition.within", 'did you mean "this_month"?'),
    ({"event": "o", "within": {"last": "x"}}, "bad_span", "condition.within.last", ""),
    ({"event": "o", "within": {"lats": "30d"}}, "unknown_field", "condition.within.lats", 'did you mean "last"?'),
    ({"event": "o", "within": {"from": "2026-01-01"}}, "bad_window", "condition.within", ""),
    ({"event": "o", "within": {}}, "bad_window", "condition.within", ""),
    ({"event": "o", "within": {"since": "yesterday"}}, "bad_moment", "condition.within.since", ""),
    ({"event": "o", "within": {"calendar": "May"}}, "unknown_calendar_window", "condition.within.calendar", ""),
    (
        {"event": "o", "within": {"from": "2026-02-01", "to": "2026-01-31"}},
        "window_reversed",
        "condition.within",
        "",
    ),
    ({"event": "o", "where": {"property": "p"}}, "not_a_list", "condition.where", ""),
    ({"event": "o", "where": [{"op": "eq"}]}, "missing_field", "condition.where[0].property", ""),
    ({"event": "o", "where": [{"property": "p", "op": "eq"}]}, "missing_value", "condition.where[0].value", ""),
    (
        {"event": "o", "where": [{"property": "revenue", "op": "contains", "value": "1"}]},
        "bad_op",
        "condition.where[0].op",
        "",
    ),
    (
        {"event": "o", "where": [{"property": "quantity", "op": "eq", "value": "1"}]},
        "type_mismatch",
        "condition.where[0].value",
        "",
    ),
    ({"event": "o", "where": [{"property": "p"}] * 21}, "too_many_filters", "condition.where", ""),
    ({"any": [{"trait": "a"}] * 201}, "too_many_clauses", "condition", ""),
    ({"any": [{"event": "a", "where": [{"property": "p"}]}] * 101}, "too_many_clauses", "condition", ""),
]


@pytest.mark.parametrize(("document", "code", "field", "hint"), REFUSED)
def test_refused(document: object, code: str, field: str, hint: str) -> None:
    with pytest.raises(Error) as caught:
        parse(document)
    error = caught.value
    assert (error.kind, error.code, error.field) == (Kind.INVALID, code, field)
    assert error.message
    assert error.hint == hint or not hint
    assert "\x00" not in str(error)
    str(error).encode()


SEEN_ONLY_BY_PARSE = {"bad_pattern", "window_reversed", "too_many_clauses", "bad_name", "bad_text", "bad_number"}


NOT_SAID_BY_A_SCHEMA = (
    {"trait": "a", "op": "between", "value": [2, 1]},
    {"trait": "a", "op": "before", "value": "2026-02-30"},
    {"trait": "a", "op": "before", "value": "1850-01-01"},
    {"trait": "a", "op": "within_last", "value": "99999999d"},
    {1: 2},
)


@pytest.mark.parametrize(
    "document",
    [each[0] for each in REFUSED if each[1] not in SEEN_ONLY_BY_PARSE and each[0] not in NOT_SAID_BY_A_SCHEMA],
)
def test_refused_by_the_schema_too(document: object) -> None:
    assert not SCHEMA.is_valid(document)


def test_deep_nesting_is_refused_before_it_hurts() -> None:
    document: object = {"everyone": True}
    for _ in range(11):
        document = {"not": document}
    parse(document)
    for _ in range(20_000):
        document = {"not": document}
    with pytest.raises(Error) as caught:
        parse(document)
    assert caught.value.code == "too_deep"
    with pytest.raises(Error, match="a text is needed"):
        parse({"trait": document})


def test_a_million_clauses_are_refused_early() -> None:
    with pytest.raises(Error) as caught:
        parse({"any": [{"all": [{"trait": "a"}] * 1000}] * 1000})
    assert caught.value.code == "too_many_clauses"


def test_paths_begin_where_the_caller_says() -> None:
    with pytest.raises(Error) as caught:
        parse({"all": [{"trait": ""}]}, path="campaign.audience")
    assert caught.value.field == "campaign.audience.all[0].trait"


def test_yaml_dates_are_texts() -> None:
    condition = parse(yaml.safe_load("{trait: birthday, op: before, value: 2000-01-31}"))
    assert condition == TraitClause(key="birthday", op=Op.BEFORE, value="2000-01-31")
    window = parse(yaml.safe_load("{event: o, within: {since: 2026-01-31T10:00:00+08:00}}"))
    assert window == EventClause(event="o", within=Since(start="2026-01-31T10:00:00+08:00"))


def test_filters_alone() -> None:
    assert parse_filters([{"property": "p"}]) == (PropertyFilter(property="p"),)
    with pytest.raises(Error) as caught:
        parse_filters([{"property": "p", "op": "gt", "value": "x"}], path="rfm.order.where")
    assert caught.value.field == "rfm.order.where[0].value"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
