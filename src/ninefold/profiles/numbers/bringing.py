"""Memberships from a file: tried, taken row by row with a report, and taken back.

One transaction: a crash leaves all of it or nothing. A row whose number belongs to somebody else is not taken, since
two people would become one; it stands in the report for somebody to decide.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import conflict, missing, to_ms
from ninefold.governance import org
from ninefold.identity import Identity
from ninefold.profiles.memberships import Memberships, Statement, folded, tell

from . import queries
from .lines import Reader
from .model import Brought, Line, MembershipImport, Undone, Wrong
from .service import Numbers
from .tables import membership_imports

_SAID = ("issued", "status", "tier", "owner", "joined_ms", "status_ms", "tier_ms", "owner_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meant:
    """A line, with the person it means.

    Attributes:
        root: the person.
        home: the account that has the number already, or is to have it.
        bare: its membership in the node that has no number yet and gets this one; 0 when there is none.
    """

    line: Line
    root: int
    home: int
    bare: int = 0

    @property
    def said(self) -> Statement:
        number = "" if self.bare else self.line.said.number
        return replace(self.line.said, oneid=self.home, number=number, source="import")


class MembershipImports:
    """Files of memberships."""

    def __init__(self, tree: org.Org, desk: Memberships, numbers: Numbers, *, zone: str) -> None:
        self._tree = tree
        self._desk = desk
        self._numbers = numbers
        self._zone = zone

    def reader(self, conn: Connection, *, namespace: str = "", node: str = "") -> Reader:
        """Who reads rows: references without a namespace are of this one, rows without a node of this node.

        Raises:
            Error: missing (the node).
        """
        if node:
            self._tree.get(conn, node)
        nodes = frozenset(one.spec.code for one in self._tree.nodes(conn) if not one.spec.closed)
        return Reader(nodes, self._numbers.patterns(conn), namespace=namespace, node=node, zone=self._zone)

    def bring(
        self, conn: Connection, path: Path, reader: Reader, *, now: datetime, author: str, dry: bool = False
    ) -> Brought:
        """Take a file of memberships, or only say what it would come to.

        Args:
            conn: the caller's transaction, which has touched neither memberships nor identities before.
            path: CSV, Excel, Parquet or JSON Lines; columns ``person`` and, each optional, ``node``, ``number``,
                ``status``, ``tier``, ``owner``, ``joined_at`` (the statement counts as of then).
            reader: see :meth:`reader`.
            now: the instant.
            author: who brings it.
            dry: nothing is written.

        Raises:
            Error: invalid, missing (the file as a whole); wrong rows stand in the report.
        """
        who = Identity.load(conn) if dry else Identity.writing(conn)
        read = list(reader.read(path, now_ms=to_ms(now)))
        meant, wrong = self._judged(conn, who, [one for one in read if isinstance(one, Line)])
        wrong = sorted([*(one for one in read if isinstance(one, Wrong)), *wrong], key=lambda one: one.row)
        meant = _on_bare(conn, meant)
        said = self._desk.named(conn, [one.said for one in meant])
        before = _held(conn, said)
        made = {key for key in map(_key, said) if key not in before}
        numbered = {_key(one.said) for one in meant if one.bare}
        changing = {
            key
            for key, one in ((_key(one), one) for one, _ in folded(said))
            if key in before and (key in numbered or _changes(one, before[key]))
        }
        brought = Brought(
            id=0, rows=len(read), made=len(made), changed=len(changing),
            same=len(meant) - len(made) - len(changing), wrong=tuple(wrong),
        )  # fmt: skip
        if dry:
            return brought
        values = {
            "file": path.name, "at": now, "author": author, "rows": brought.rows, "made": brought.made,
            "changed": brought.changed, "rejected": len(wrong),
        }  # fmt: skip
        number = conn.scalars(sa.insert(membership_imports).values(values).returning(membership_imports.c.id)).one()
        self._desk.state(conn, said, now=now)
        self._keep(conn, number, said, before, touched=made | changing)
        given = {one.bare: one.line.said.number for one in meant if one.bare}
        giving = {"ids": list(given), "numbers": list(given.values()), "reason": f"import {number}"}
        conn.execute(queries.GIVE, giving | {"now": now, "author": author})
        fresh = [one for one in meant if one.bare or (one.said.number and _key(one.said) in made)]
        homes = [(one.line.said.node, one.home, one.root) for one in fresh]
        self._numbers.identify(conn, who, homes, [one.line.said.number for one in fresh], now=now)
        return replace(brought, id=number)

    def undo(self, conn: Connection, number: int, *, now: datetime, author: str) -> Undone:
        """Take an import back: what it made goes, what it changed is as before; what changed since stays as it is.

        Numbers that it brought are their people's identifiers no more from now on.

        Raises:
            Error: missing; conflict, when it was taken back already.
        """
        who = Identity.writing(conn)
        i = membership_imports.c
        row = conn.execute(sa.select(membership_imports).where(i.id == number).with_for_update()).one_or_none()
        if row is None:
            raise missing("unknown_import", f"there is no import {number} of memberships", field="import", got=number)
        if row.undone_at is not None:
            raise conflict("already_undone", f"import {number} was taken back already")
        values = {"import": number, "at": row.at, "now": now, "author": author}
        restored = conn.execute(queries.RESTORE, values).all()
        gone = conn.execute(queries.REMOVE, values).all()
        conn.execute(queries.FORGET_CHANGES, {"ids": [one.id for one in gone]})
        tell(conn, [(one.oneid, one.node, one.status, one.node) for one in restored])
        tell(conn, [(one.oneid, one.node, "left", one.node) for one in gone])
        numbered = [one for one in (*gone, *restored) if one.number]
        homes = [(one.node, one.oneid, one.root) for one in numbered]
        self._numbers.identify(conn, who, homes, [one.number for one in numbered], now=now, unbind=True)
        conn.execute(sa.update(membership_imports).where(i.id == number).values(undone_at=now))
        kept = row.made + row.changed - len(gone) - len(restored)
        return Undone(gone=len(gone), restored=len(restored), kept=kept)

    def history(self, conn: Connection, *, limit: int = 100) -> tuple[MembershipImport, ...]:
        """Imports of memberships, newest first."""
        rows = conn.execute(sa.select(membership_imports).order_by(membership_imports.c.id.desc()).limit(limit))
        return tuple(MembershipImport(**row._asdict()) for row in rows)

    def _judged(self, conn: Connection, who: Identity, lines: Sequence[Line]) -> tuple[list[_Meant], list[Wrong]]:
        """Lines with their people; and those that name nobody, or a number of somebody else."""
        spaces = self._numbers.namespaces(conn)
        people = who.find_many(conn, [one.reference for one in lines])
        carried = who.find_many(conn, [(spaces.get(one.said.node, "-"), one.said.number) for one in lines])
        asked = {"nodes": [one.said.node for one in lines], "numbers": [one.said.number for one in lines]}
        holders: dict[int, dict[int, int]] = {}
        for row in conn.execute(queries.HOLDERS, asked):
            holders.setdefault(row.n, {})[row.root] = row.oneid
        claims: dict[tuple[str, str], set[int | None]] = {}
        for one, root in zip(lines, people, strict=True):
            if one.said.number:
                claims.setdefault((one.said.node, one.said.number), set()).add(root)
        meant: list[_Meant] = []
        wrong: list[Wrong] = []
        for place, (line, root) in enumerate(zip(lines, people, strict=True)):
            held = holders.get(place, {})
            others = set(held) | ({carried[place]} if carried[place] is not None else set())
            if root is None:
                wrong.append(Wrong(row=line.row, column="person", code="unknown_person", got=line.reference[1][:200],
                                   allowed="somebody who is known"))  # fmt: skip
            elif line.said.number and others - {root}:
                wrong.append(_taken(line, "a number that nobody else has"))
            elif line.said.number and len(claims[line.said.node, line.said.number]) > 1:
                wrong.append(_taken(line, "a number that no other row gives to somebody else"))
            else:
                meant.append(_Meant(line=line, root=root, home=held.get(root, root)))
        return meant, wrong

    @staticmethod
    def _keep(
        conn: Connection, number: int, said: Sequence[Statement], before: "_Before", *, touched: "set[_Key]"
    ) -> None:
        """Write down how each membership that the import touched was before."""
        after = _held(conn, said)
        rows = [(after[key], before.get(key)) for key in sorted(touched)]
        kept = {
            "import": number,
            "ids": [now["id"] for now, _ in rows],
            "before": [None if was is None else json.dumps({name: was[name] for name in _SAID}) for _, was in rows],
        }
        conn.execute(queries.KEEP, kept)


_Key = tuple[int, str, str]
_Before = dict[_Key, dict[str, Any]]


def _key(one: Statement) -> _Key:
    return one.oneid, one.node, one.number


def _held(conn: Connection, said: Sequence[Statement]) -> _Before:
    """The memberships that statements speak of, as they are."""
    keys = sorted({_key(one) for one in said})
    asked = {
        "oneids": [oneid for oneid, _, _ in keys],
        "nodes": [node for _, node, _ in keys],
        "numbers": [number for _, _, number in keys],
    }
    return {keys[row.n]: dict(row._mapping) for row in conn.execute(queries.HELD, asked)}  # noqa: SLF001 - as SQLAlchemy names it


def _on_bare(conn: Connection, meant: Sequence[_Meant]) -> list[_Meant]:
    """Lines with a number for somebody who is a member already, without a number, are about that membership."""
    held = _held(conn, [replace(one.said, number="") for one in meant])
    known = _held(conn, [one.said for one in meant])
    placed: list[_Meant] = []
    for one in meant:
        there = held.get((one.home, one.said.node, ""))
        free = there is not None and not there["issued"] and _key(one.said) not in known
        placed.append(replace(one, bare=there["id"]) if one.said.number and there and free else one)
        if there and free and one.said.number:
            there["issued"] = one.said.number  # a second number of the file is a membership of its own
    return placed


def _changes(one: Statement, held: dict[str, Any]) -> bool:
    """Whether a statement says anything new about a membership: the latest word on each field is in force."""
    fields = ("status", "tier", "owner")
    return one.at_ms < held["joined_ms"] or any(
        getattr(one, name) and one.at_ms > held[f"{name}_ms"] for name in fields
    )


def _taken(line: Line, allowed: str) -> Wrong:
    return Wrong(row=line.row, column="number", code="number_taken", got=line.said.number, allowed=allowed)
