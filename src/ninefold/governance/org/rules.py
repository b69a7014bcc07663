"""The document of the org tree (``kind: org``), and where nodes stand. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ninefold.base import HEADER_FIELDS, Fields, did_you_mean, invalid

from .model import NodeSpec

KIND = "org"
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_CODE_WORDS = "1 to 63 of a-z, 0-9, dot, dash, underscore; a letter or digit first"
_NAME = re.compile(r".{0,200}", re.DOTALL)
_NAME_WORDS = "text of at most 200 characters"
_NODE = ("code", "name", "level", "parent", "matching", "sources", "member_namespace", "closed")


def parse_org(document: Mapping[str, Any]) -> tuple[NodeSpec, ...]:
    """The nodes a document states; nodes of other documents stay as they are.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.

    >>> parse_org({"key": "all", "nodes": [{"code": "acme", "level": "group"}]})[0].name
    'acme'
    """
    fields = Fields(document, allowed=(*HEADER_FIELDS, "nodes"))
    fields.matching("key", _CODE, allowed=_CODE_WORDS)
    nodes = fields.sections("nodes", _NODE)
    specs = tuple(map(_node, nodes))
    seen: set[str] = set()
    for node, spec in zip(nodes, specs, strict=True):
        if spec.code in seen:
            raise node.wrong("code", "each code once")
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
                raise _bad_parent(" > ".join([*reversed(line), step]), "a tree without rings")
            line.append(step)
            above = parents[step]
            if above and above not in parents:
                raise _bad_parent(above, "the code of a node", did_you_mean(above, parents))
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


def _node(fields: Fields) -> NodeSpec:
    code = fields.matching("code", _CODE, allowed=_CODE_WORDS)
    return NodeSpec(
        code=code,
        name=fields.matching("name", _NAME, code, allowed=_NAME_WORDS),
        level=fields.matching("level", _CODE, "node", allowed=_CODE_WORDS),
        parent=fields.matching("parent", _CODE, "", allowed=_CODE_WORDS) if fields.raw("parent") else "",
        matching="separate" if fields.choice("matching", ("shared", "separate"), "shared") == "separate" else "shared",
        sources=fields.texts("sources", allowed="a list of source names"),
        member_namespace=fields.matching("member_namespace", _NAME, "", allowed=_NAME_WORDS),
        closed=fields.flag("closed", default=False),
    )


def _bad_parent(got: str, allowed: str, hint: str = "") -> Exception:
    return invalid("bad_org", "the nodes are no tree", field="parent", got=got, allowed=allowed, hint=hint)
