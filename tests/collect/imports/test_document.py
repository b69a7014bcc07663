"""The mapping document: round trip, defaults, and errors that name the field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import Error
from ninefold.collect.imports import check_columns, mapping_document, parse_mapping

LEAST: dict[str, object] = {"key": "m", "identifiers": [{"namespace": "phone", "column": "p"}]}

WRONG: list[tuple[dict[str, object], str]] = [
    ({"key": "Big"}, "key"),
    ({"name": {"de": "x"}}, "name.de"),
    ({"identifiers": []}, "identifiers"),
    ({"identifiers": "phone"}, "identifiers"),
    ({"identifiers": [{"namespace": "Phone", "column": "p"}]}, "identifiers[0].namespace"),
    ({"identifiers": [{"namespace": "phone"}]}, "identifiers[0].column"),
    ({"identifiers": [{"namespace": "phone", "colum": "p"}]}, "identifiers[0].colum"),
    ({"zone": "Asia/Shanghia"}, "zone"),
    ({"tiem": "at"}, "tiem"),
    ({"time": {"column": "a", "constant": "b"}}, "time"),
    ({"time": {"column": "a", "format": "dd/mm"}}, "time.format"),
    ({"amount": {"column": "a", "currency": "RMB¥"}}, "amount.currency"),
    ({"amount": {"column": "a", "unit": "cents"}}, "amount.unit"),
    ({"event": {"column": "a", "constant": "b"}}, "event"),
    ({"event": 5}, "event"),
    ({"event": {"constant": 5}}, "event"),
    ({"quantity": {"column": "n", "type": "int"}}, "quantity.type"),
    ({"properties": ["a"]}, "properties"),
    ({"properties": {"a": {"column": "x", "drop_bad": "yes"}}}, "properties.a.drop_bad"),
    ({"traits": {"a": {"constant": [1]}}}, "traits.a.constant"),
    ({"traits": {"a": {"column": "x", "values": {"a": 1}}}}, "traits.a.values.a"),
    ({"filters": [{"column": "a"}]}, "filters[0]"),
    ({"filters": [{"column": "a", "present": 1}]}, "filters[0].present"),
    ({"file": {"format": "json"}}, "file.format"),
    ({"file": {"encoding": "utf-99"}}, "file.encoding"),
    ({"file": {"delimiter": ",,"}}, "file.delimiter"),
    ({"file": {"header_row": 0}}, "file.header_row"),
    ({"message_id": [1]}, "message_id[0]"),
]


@pytest.mark.parametrize(("change", "field"), WRONG, ids=[field for _, field in WRONG])
def test_wrong_documents_name_the_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(Error) as caught:
        parse_mapping({**LEAST, **change})
    assert (caught.value.code, caught.value.field) == ("bad_mapping", field)
    assert caught.value.allowed


def test_near_misses_are_suggested() -> None:
    with pytest.raises(Error, match='did you mean "traits"'):
        parse_mapping({**LEAST, "trait": {}})
    with pytest.raises(Error, match='did you mean "手机号码"'):
        check_columns(parse_mapping({**LEAST, "order_id": "手机号"}), ("p", "手机号码"))


names = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x9FFF, exclude_categories=["Cs"]), min_size=1, max_size=8
)
constants = st.text(max_size=5) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
types = st.sampled_from(["auto", "text", "number", "boolean", "time", "date"])
flags = st.booleans()


def parts(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries(fields)


whole = parts(column=names, type=types, values=st.dictionaries(names, names, max_size=2), drop_bad=flags)
fixed = parts(constant=constants)
values = names | fixed | whole
one_or_two = st.lists(names, min_size=1, max_size=2)
documents = st.fixed_dictionaries(
    {
        "key": st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True),
        "identifiers": st.lists(
            parts(namespace=st.just("phone"), column=names, drop_bad=flags), min_size=1, max_size=3
        ),
    },
    optional={
        "name": names | parts(en=names, zh=names),
        "channel": names,
        "zone": st.sampled_from(["UTC", "Asia/Shanghai"]),
        "event": names | whole | parts(constant=names),
        "time": names | parts(column=one_or_two, format=st.just("%d/%m/%Y"), zone=st.just("UTC")),
        "amount": names | parts(column=names, currency=st.just("USD"), unit=st.just("minor"), decimal=st.just(",")),
        "order_id": values,
        "quantity": names,
        "properties": st.dictionaries(names, values, max_size=3),
        "traits": st.dictionaries(names, values, max_size=3),
        "message_id": st.lists(names, max_size=2),
        "filters": st.lists(parts(column=names, present=flags) | parts(column=names, is_not=one_or_two), max_size=2),
        "empty": one_or_two,
        "file": st.just({"format": "csv", "encoding": "gb18030", "delimiter": ";", "header_row": 3}),
    },
)


@given(documents)
def test_round_trip(document: dict[str, object]) -> None:
    mapping = parse_mapping(document)
    assert parse_mapping(mapping_document(mapping)) == mapping
    assert "" not in mapping.columns()
