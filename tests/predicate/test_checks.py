"""Checks: a condition against the names that are known, and the catalog read from live data."""

from ninefold.predicate import Catalog, Problem, check, lineage, parse, read_catalog
from ninefold.predicate.model import AllOf, EventClause, Everyone, Not, TraitClause, ValueKind, walk
from ninefold.store import Events
from tests.predicate.reference import NOW, EventRow, TagRow, TraitRow, World

NUMBER, TEXT = frozenset({ValueKind.NUMBER}), frozenset({ValueKind.TEXT})
CATALOG = Catalog(
    events={"order_completed": {"category": TEXT, "price": NUMBER, "code": TEXT | NUMBER}, "app_opened": {}},
    traits={"city": TEXT, "age": NUMBER, "vip": frozenset({ValueKind.YES_NO}), "joined": frozenset({ValueKind.TIME})},
    tags={"rfm": TEXT},
    segments=frozenset({"vip_members"}),
)


def problems(document: object) -> list[tuple[str, str, str]]:
    return [(each.code, each.field, each.hint) for each in check(parse(document), CATALOG)]


def test_right_conditions_have_no_problems() -> None:
    for document in (
        {"trait": "age", "op": "gt", "value": 3},
        {"trait": "vip", "op": "eq", "value": True},
        {"trait": "joined", "op": "after", "value": "2026-01-01"},
        {"tag": "rfm", "op": "in", "value": ["a"]},
        {"in_segment": "vip_members"},
        {"event": "order_completed", "where": [{"property": "code", "op": "eq", "value": 5}, {"property": "revenue"}]},
        {"event": "order_completed", "measure": "sum", "of": "properties.price", "op": "gt", "value": 5},
        {"event": "app_opened", "measure": "last", "of": "channel", "op": "eq", "value": "app"},
    ):
        assert problems(document) == []


def test_unknown_names_come_with_the_nearest() -> None:
    document = {
        "any": [
            {"trait": "citty"},
            {"not": {"tag": "rfmm"}},
            {"in_segment": "vip_member"},
            {"event": "order_complete"},
            {
                "event": "order_completed",
                "measure": "max",
                "of": "prise",
                "op": "gt",
                "value": 1,
                "where": [{"property": "categori"}],
            },
            {"event": "zzz"},
        ]
    }
    assert problems(document) == [
        ("unknown_trait", "condition.any[0].trait", 'did you mean "city"?'),
        ("unknown_tag", "condition.any[1].not.tag", 'did you mean "rfm"?'),
        ("unknown_segment", "condition.any[2].in_segment", 'did you mean "vip_members"?'),
        ("unknown_event", "condition.any[3].event", 'did you mean "order_completed"?'),
        ("unknown_property", "condition.any[4].of", 'did you mean "price"?'),
        ("unknown_property", "condition.any[4].where[0].property", 'did you mean "category"?'),
        ("unknown_event", "condition.any[5].event", ""),
    ]
    assert check(parse({"trait": "x"}), CATALOG)[0].allowed == "age, city, joined, vip"


def test_comparisons_that_can_never_be_true() -> None:
    for document, field in (
        ({"trait": "age", "op": "eq", "value": "5"}, "value"),
        ({"trait": "city", "op": "gt", "value": 5}, "value"),
        ({"trait": "city", "op": "in", "value": [1, 2]}, "value"),
        ({"trait": "age", "op": "before", "value": "2026-01-01"}, "value"),
        ({"trait": "age", "op": "eq", "value": True}, "value"),
        ({"event": "order_completed", "measure": "sum", "of": "category", "op": "gt", "value": 5}, "of"),
        ({"event": "order_completed", "measure": "last", "of": "price", "op": "eq", "value": "x"}, "value"),
    ):
        found = problems(document)
        assert [each[:2] for each in found] == [("type_mismatch", f"condition.{field}")], document


def test_all_problems_are_told_and_each_is_an_error() -> None:
    condition = AllOf(parts=(TraitClause(key=""), Not(part=EventClause(event="x" * 300))))
    found = check(condition, CATALOG, path="segment.condition")
    assert [each.code for each in found] == ["bad_name", "bad_name", "unknown_trait", "unknown_event"]
    error = Problem(code="c", message="m", field="f", got="g", allowed="a", hint="h").error()
    assert str(error) == "m | field: f | got: g | allowed: a | h"


def test_lineage_names_everything_used() -> None:
    document = {
        "all": [
            {"trait": "a"},
            {"not": {"tag": "b"}},
            {"in_segment": "c"},
            {"event": "d", "measure": "sum", "of": "revenue", "op": "gt", "value": 1, "where": [{"property": "p"}]},
            {"event": "e"},
        ]
    }
    used = lineage(parse(document))
    assert (used.traits, used.tags, used.segments) == (frozenset("a"), frozenset("b"), frozenset("c"))
    assert used.events == {"d", "e"}
    assert used.properties == {("d", "revenue"), ("d", "p")}
    assert lineage(Everyone()) == lineage(Not(part=Everyone()))


def test_walk_gives_the_paths_of_the_document() -> None:
    condition = parse({"all": [{"any": [{"trait": "a"}]}, {"not": {"trait": "b"}}]})
    assert [path for path, _ in walk(condition)] == [
        "condition", "condition.all[0]", "condition.all[0].any[0]", "condition.all[1]", "condition.all[1].not",
    ]  # fmt: skip


def test_the_catalog_is_what_the_data_hold(events: Events) -> None:
    world = World(people=[1], runs=[("rfm", 1), ("rfm", 2)], segments=[("vip", 1, [1])])
    world.events = [
        EventRow(1, "order", NOW, props={"category": "x", "code": "1"}, nums={"price": 1.0, "code": 1.0}),
        EventRow(1, "open", NOW),
    ]
    world.traits = [
        TraitRow("age", 1, "crm", "5", 5.0, NOW),
        TraitRow("city", 1, "crm", "Paris", None, NOW),
        TraitRow("city", 1, "app", "2026-01-02", None, NOW),
        TraitRow("vip", 1, "crm", "true", 1.0, NOW),
        TraitRow("gone", 1, "crm", "", None, NOW, deleted=True),
    ]
    world.tags = [TagRow("rfm", 1, 1, "5", 5.0), TagRow("rfm", 2, 1, "gold")]
    world.load(events)
    catalog = read_catalog(events)
    assert catalog == Catalog(
        events={"order": {"category": TEXT, "code": TEXT | NUMBER, "price": NUMBER}, "open": {}},
        traits={
            "age": NUMBER,
            "city": frozenset({ValueKind.TEXT, ValueKind.TIME}),
            "vip": frozenset({ValueKind.YES_NO}),
            "gone": frozenset(),
        },
        tags={"rfm": TEXT},
        segments=frozenset({"vip"}),
    )
    about = parse({"all": [{"event": "order"}, {"trait": "age"}]})
    narrow = read_catalog(events, about=about)
    assert narrow.events == catalog.events
    assert narrow.traits == {"age": NUMBER, "city": frozenset(), "vip": frozenset(), "gone": frozenset()}
    assert (narrow.tags, narrow.segments) == ({"rfm": frozenset()}, catalog.segments)


def test_the_catalog_of_an_empty_store(events: Events) -> None:
    assert read_catalog(events) == Catalog()
    assert read_catalog(events, about=Everyone()) == Catalog()
