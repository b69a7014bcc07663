"""The org tree: paths follow parents, moves take the subtree along, scopes come from the nearest separate node."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.base import Error, Kind
from ninefold.governance import org
from ninefold.governance.org.rules import matching_scopes, paths
from ninefold.store import Records

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str]:
    size = draw(st.integers(1, 12))
    return {f"n{i}": (f"n{draw(st.integers(0, i - 1))}" if i and draw(st.booleans()) else "") for i in range(size)}


@given(tree=trees())
def test_a_path_is_the_parents_path_and_the_code(tree: dict[str, str]) -> None:
    placed = paths(tree)
    for code, parent in tree.items():
        assert placed[code] == (placed[parent] if parent else "/") + f"{code}/"


@given(tree=trees(), separate=st.sets(st.integers(0, 11)))
def test_a_scope_is_the_nearest_separate_node_above(tree: dict[str, str], separate: set[int]) -> None:
    kept = frozenset(f"n{i}" for i in separate)
    scopes = matching_scopes({code: path.strip("/").split("/") for code, path in paths(tree).items()}, kept)
    for code, parent in tree.items():
        assert scopes[code] == (code if code in kept else scopes[parent] if parent else "")


@settings(max_examples=15)
@given(tree=trees(), data=st.data())
def test_after_any_moves_the_tree_is_as_if_made_so(records: Records, tree: dict[str, str], data: st.DataObject) -> None:
    book = org.Org()
    with records.engine.connect() as conn:
        book.put(conn, [_spec(code, parent) for code, parent in tree.items()], now=NOW, author="t")
        for _ in range(4):
            code, parent = data.draw(st.sampled_from(sorted(tree))), data.draw(st.sampled_from(["", *sorted(tree)]))
            if parent and f"/{code}/" in paths(tree)[parent]:
                with pytest.raises(Error, match="own subtree"):
                    book.move(conn, code, parent, now=NOW, author="t")
            else:
                book.move(conn, code, parent, now=NOW, author="t")
                tree = tree | {code: parent}
        placed = paths(tree)
        assert {node.spec.code: node.path for node in book.nodes(conn)} == placed
        for code in tree:
            assert set(book.codes(conn, code)) == {one for one, path in placed.items() if f"/{code}/" in path}
        conn.rollback()


def _spec(code: str, parent: str = "") -> org.NodeSpec:
    return org.NodeSpec(code=code, name=code, level="node", parent=parent)


@pytest.mark.parametrize(
    ("nodes", "field"),
    [
        ([], "nodes"),
        ([{"code": "A b"}], "nodes[0].code"),
        ([{"code": "a", "parent": "zz"}], "parent"),
        ([{"code": "a", "parent": "b"}, {"code": "b", "parent": "a"}], "parent"),
        ([{"code": "a"}, {"code": "a"}], "nodes[1].code"),
        ([{"code": "a", "matching": "some"}], "nodes[0].matching"),
        ([{"code": "a", "levle": "store"}], "nodes[0].levle"),
        ([{"code": "a", "sources": ["pos"]}, {"code": "b", "sources": ["pos"]}], "sources"),
    ],
)
def test_a_wrong_document_names_the_field(records: Records, nodes: list[object], field: str) -> None:
    with pytest.raises(Error) as wrong, records.begin() as conn:
        org.Org().save(conn, {"kind": "org", "key": "all", "nodes": nodes}, now=NOW)
    assert (wrong.value.kind, wrong.value.field) == (Kind.INVALID, field)
