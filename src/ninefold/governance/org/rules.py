"""The document of the org tree (``kind: org``), and where nodes stand. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ninefold.base import did_you_mean, invalid

from .model import NodeSpec

KIND = "org"
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_TOP = ("kind", "key", "name", "owner", "purpose", "description", "nodes")
_NODE = ("code", "name", "level", "parent", "matching", "sources", "member_namespace", "closed")


def parse_org(document: Mapping[str, Any]) -> tuple[NodeSpec, ...]:
    """The nodes a document states; nodes of other documents stay as they are.

    Raises:
        Error: invalid ``bad_org``, naming the field, what was got and what is allowed.

    >>> parse_org({"key": "all", "nodes": [{"code": "acme", "level": "group"}]})[0].name
    'acme'
    """
    _known(document, _TOP, "")
    _code(document.get("key"), "key")
    nodes = document.get("nodes")
    if not isinstance(nodes, list) or not nodes:
        raise _bad("nodes", nodes, "a list of nodes")
    specs = tuple(_node(one, f"nodes[{place}]") for place, one in enumerate(nodes))
    seen: set[str] = set()
    for place, spec in enumerate(specs):
        if spec.code in seen:
            raise _bad(f"nodes[{place}].code", spec.code, "each code once")
        seen.add(spec.code)
    return specs


def paths(parents: Mapping[str, str]) -> dict[str, str]:
    """The path of every node, from the parents of all.

    Raises:
        Error: invalid ``bad_org`` for a parent that does not exist, and for a ring.

    >>> paths({"store": "brand", "brand": ""})
    {'brand': '/brand/', 'store': '/brand/store/'}
    """
    found: dict[str, str] = {}
    for code in parents:
        line: list[str] = []
        step = code
        while step and step not in found:
            if step in line:
                raise _bad("parent", " > ".join([*reversed(line), step]), "a tree without rings")
            line.append(step)
            above = parents[step]
            if above and above not in parents:
                raise _bad("parent", above, "the code of a node", did_you_mean(above, parents))
            step = above
        path = found.get(step, "/")
        for one in reversed(line):
            path = f"{path}{one}/"
            found[one] = path
    return found


def matching_scopes(lines: Mapping[str, Sequence[str]], separate: frozenset[str]) -> dict[str, str]:
    """Within which node the identifiers of each node join: the nearest one above that is ``separate``, or itself.

    Args:
        lines: codes from the root to the node itself, by node.
        separate: codes of the nodes that keep to themselves.

    Returns:
        Code of the scope by node; empty text is the common scope of all that are shared.

    >>> matching_scopes({"a": ["a"], "b": ["a", "b"], "c": ["a", "b", "c"]}, frozenset({"b"}))
    {'a': '', 'b': 'b', 'c': 'b'}
    """
    return {code: next((one for one in reversed(line) if one in separate), "") for code, line in lines.items()}


def _node(document: object, field: str) -> NodeSpec:
    if not isinstance(document, Mapping):
        raise _bad(field, document, "a mapping with code, level and parent")
    _known(document, _NODE, f"{field}.")
    code = _code(document.get("code"), f"{field}.code")
    parent = document.get("parent") or ""
    matching = document.get("matching", "shared")
    if matching not in {"shared", "separate"}:
        raise _bad(f"{field}.matching", matching, "shared or separate")
    sources = document.get("sources", [])
    if not isinstance(sources, list) or not all(isinstance(one, str) and one for one in sources):
        raise _bad(f"{field}.sources", sources, "a list of source names")
    return NodeSpec(
        code=code,
        name=_text(document.get("name", code), f"{field}.name"),
        level=_code(document.get("level", "node"), f"{field}.level"),
        parent=_code(parent, f"{field}.parent") if parent else "",
        matching=matching,
        sources=tuple(sources),
        member_namespace=_text(document.get("member_namespace", ""), f"{field}.member_namespace"),
        closed=bool(document.get("closed", False)),
    )


def _code(value: object, field: str) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise _bad(field, value, "1 to 63 of a-z, 0-9, dot, dash, underscore; a letter or digit first")
    return value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise _bad(field, value, "text of at most 200 characters")
    return value


def _known(document: Mapping[str, Any], allowed: Sequence[str], place: str) -> None:
    for name in document:
        if name not in allowed:
            raise _bad(f"{place}{name}", name, ", ".join(allowed), did_you_mean(str(name), allowed))


def _bad(field: str, got: object, allowed: str, hint: str = "") -> Exception:
    return invalid(
        "bad_org",
        "the org tree cannot be read",
        field=field,
        got="" if got is None else got,
        allowed=allowed,
        hint=hint,
    )
