"""The verbs of the org tree. Each works in the caller's transaction; writers queue up behind one lock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import did_you_mean, invalid, missing
from ninefold.store import put_definition

from . import queries
from .model import Move, Node, NodeSpec, SourceNode
from .rules import KIND, matching_scopes, parse_org, paths
from .tables import org_moves, org_nodes


class Org:
    """The org tree of an installation."""

    def save(self, conn: Connection, document: Mapping[str, Any], *, now: datetime, author: str = "") -> None:
        """Check a document of kind ``org``, put its nodes into the tree, and keep it as the next version.

        Nodes it does not name stay. A node with another parent than before moves with everything below it.

        Raises:
            Error: invalid ``bad_org``, naming the field.
        """
        self.put(conn, parse_org(document), now=now, author=author)
        put_definition(conn, KIND, str(document["key"]), document, now=now, author=author)

    def put(self, conn: Connection, specs: Sequence[NodeSpec], *, now: datetime, author: str, reason: str = "") -> None:
        """Put nodes into the tree, all or none; see :meth:`save`."""
        conn.execute(queries.LOCK)
        before = {node.spec.code: node for node in self.nodes(conn)}
        parents = {code: node.spec.parent for code, node in before.items()}
        placed = paths(parents | {spec.code: spec.parent for spec in specs})
        _one_node_per_source(before, specs)
        values = [_values(spec, placed[spec.code], now) for spec in specs]
        fresh = pg.insert(org_nodes)
        kept = {name: fresh.excluded[name] for name in values[0] if name not in {"code", "path", "parent"}}
        conn.execute(fresh.on_conflict_do_update(index_elements=["code"], set_=kept), values)
        moved = {
            one.code: one.parent for one in specs if one.code in before and before[one.code].spec.parent != one.parent
        }
        _replace(conn, before, placed, moved, (now, author, reason))

    def move(
        self, conn: Connection, code: str, parent: str, *, now: datetime, author: str, reason: str = ""
    ) -> Move | None:
        """Give a node another parent (empty: make it a root); everything below moves with it.

        Returns:
            The move as history keeps it; None when it stood there already.

        Raises:
            Error: missing (a node); invalid (into its own subtree).
        """
        conn.execute(queries.LOCK)
        before = {node.spec.code: node for node in self.nodes(conn)}
        if code not in before or (parent and parent not in before):
            self.get(conn, code)
            self.get(conn, parent)
        if before[code].spec.parent == parent:
            return None
        if parent and before[parent].path.startswith(before[code].path):
            raise invalid("bad_org", "a node cannot move into its own subtree", field="parent", got=parent,
                          allowed="a node outside of it")  # fmt: skip
        placed = paths({one: node.spec.parent for one, node in before.items()} | {code: parent})
        _replace(conn, before, placed, {code: parent}, (now, author, reason))
        return self.moves(conn, code)[0]

    def get(self, conn: Connection, code: str) -> Node:
        """A node by code; raises missing with the nearest code."""
        row = conn.execute(sa.select(org_nodes).where(org_nodes.c.code == code)).one_or_none()
        if row is None:
            codes = conn.execute(sa.select(org_nodes.c.code)).scalars().all()
            hint = did_you_mean(code, codes) or "see GET /v1/org"
            raise missing("unknown_node", f'there is no node "{code}"', field="node", got=code, hint=hint)
        return _node(row)

    def nodes(self, conn: Connection, *, under: str = "") -> tuple[Node, ...]:
        """All nodes, or a node and everything below it, each after its parent.

        Raises:
            Error: missing, when the node does not exist.
        """
        if not under:
            rows = conn.execute(sa.select(org_nodes).order_by(org_nodes.c.path))
            return tuple(_node(row) for row in rows)
        found = tuple(_node(row) for row in conn.execute(queries.UNDER, {"code": under}))
        return found or (self.get(conn, under),)

    def codes(self, conn: Connection, under: str) -> tuple[str, ...]:
        """Codes of a node and of everything below it: the scope of a read."""
        return tuple(node.spec.code for node in self.nodes(conn, under=under))

    def moves(self, conn: Connection, code: str) -> tuple[Move, ...]:
        """The moves of a node itself, newest first."""
        rows = conn.execute(sa.select(org_moves).where(org_moves.c.code == code).order_by(org_moves.c.id.desc()))
        return tuple(_moved(row) for row in rows)

    def sources(self, conn: Connection) -> dict[str, SourceNode]:
        """Which node the events of a source belong to, by source."""
        wanted = sa.select(org_nodes.c.code, org_nodes.c.sources, org_nodes.c.member_namespace)
        return {
            source: SourceNode(code=code, member_namespace=namespace)
            for code, listed, namespace in conn.execute(wanted)
            for source in listed
        }

    def source_scopes(self, conn: Connection) -> dict[str, str]:
        """The matching scope of each source whose node keeps to itself; sources of the common scope are left out."""
        sources = self.sources(conn)
        if not sources:
            return {}
        scopes = self.matching_scopes(conn)
        return {source: scope for source, node in sources.items() if (scope := scopes[node.code])}

    def matching_scopes(self, conn: Connection) -> dict[str, str]:
        """Within which node the identifiers of each node join; empty text is the common scope."""
        nodes = self.nodes(conn)
        separate = frozenset(node.spec.code for node in nodes if node.spec.matching == "separate")
        return matching_scopes({node.spec.code: node.line for node in nodes}, separate)


def _replace(
    conn: Connection,
    before: Mapping[str, Node],
    placed: Mapping[str, str],
    moved: Mapping[str, str],
    when: tuple[datetime, str, str],
) -> None:
    """Write new parents and the new paths of whole subtrees, and the history of the nodes that were moved."""
    if not moved:
        return
    now, author, reason = when
    history = [
        {"code": code, "from_path": before[code].path, "to_path": placed[code], "at": now, "author": author,
         "reason": reason, "nodes": sum(path.startswith(placed[code]) for path in placed.values())}
        for code in moved
    ]  # fmt: skip
    parents = [{"code": code, "parent": parent, "now": now} for code, parent in moved.items()]
    others = [
        {"code": code, "path": path} for code, path in placed.items() if code in before and before[code].path != path
    ]
    conn.execute(sa.insert(org_moves), history)
    conn.execute(queries.PARENTS, parents)
    conn.execute(queries.PATHS, others)


def _one_node_per_source(before: Mapping[str, Node], specs: Sequence[NodeSpec]) -> None:
    stated = {spec.code for spec in specs}
    taken = {s: code for code, node in before.items() if code not in stated for s in node.spec.sources}
    for spec in specs:
        for source in spec.sources:
            if taken.setdefault(source, spec.code) != spec.code:
                raise invalid("bad_org", "a source belongs to one node", field="sources", got=source,
                              allowed=f"it belongs to {taken[source]} already")  # fmt: skip


def _values(spec: NodeSpec, path: str, now: datetime) -> dict[str, object]:
    return {
        "code": spec.code, "name": spec.name, "level": spec.level, "parent": spec.parent, "path": path,
        "matching": spec.matching, "sources": list(spec.sources), "member_namespace": spec.member_namespace,
        "closed": spec.closed, "changed_at": now,
    }  # fmt: skip


def _node(row: sa.Row[Any]) -> Node:
    spec = NodeSpec(
        code=row.code, name=row.name, level=row.level, parent=row.parent, matching=row.matching,
        sources=tuple(row.sources), member_namespace=row.member_namespace, closed=row.closed,
    )  # fmt: skip
    return Node(spec=spec, path=row.path, changed_at=row.changed_at)


def _moved(row: sa.Row[Any]) -> Move:
    return Move(
        code=row.code, from_path=row.from_path, to_path=row.to_path, nodes=row.nodes, at=row.at, author=row.author,
        reason=row.reason,
    )  # fmt: skip
