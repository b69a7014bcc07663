"""A file of memberships as lines, and what is wrong with each. Pure but for reading the file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ninefold.base import Error, did_you_mean, invalid, parse_time, to_ms
from ninefold.collect import imports
from ninefold.profiles.memberships import STATUSES, Statement

from .model import Line, Pattern, Wrong
from .rules import reads

MOST: Final = 200_000
"""Rows of a file: it is taken whole or not at all."""

_TITLES: Final[Mapping[str, tuple[str, ...]]] = {
    "person": ("person", "customer", "reference", "顾客", "会员", "客户"),
    "node": ("node", "store", "门店", "节点"),
    "number": ("number", "member_number", "card", "card_number", "会员号", "会员卡号", "卡号"),
    "status": ("status", "状态"),
    "tier": ("tier", "level", "等级", "会员等级"),
    "owner": ("owner", "guide", "导购", "专属导购"),
    "joined_at": ("joined_at", "joined", "入会时间", "开卡时间"),
}
"""Columns by what they mean, under the headers they may have; of others nothing is read."""
_LONGEST: Final = 200


class Reader:
    """Reads rows of a file as statements about memberships.

    Attributes:
        nodes: codes of nodes that take members.
        patterns: how numbers of nodes are made, by node.
        namespace: of references that name none; empty: those are public ids.
        node: of rows that name none.
        zone: IANA zone of times without an offset.
    """

    def __init__(
        self, nodes: frozenset[str], patterns: Mapping[str, Pattern], *, namespace: str, node: str, zone: str
    ) -> None:
        self.nodes = nodes
        self.patterns = patterns
        self.namespace = namespace
        self.node = node
        self.zone = zone

    def read(self, path: Path, *, now_ms: int) -> Iterator[Line | Wrong]:
        """Each row with content, in the order of the file.

        Raises:
            Error: invalid (no table, no column of people, too many rows); missing (the file).
        """
        table = imports.open_table(path, imports.FileRule())
        columns = _columns(table.headers)
        count = 0
        for chunk in table.chunks():
            for broken in chunk.broken:
                one = broken.problem
                yield Wrong(row=one.row, column=one.column, code=one.code, got=one.got, allowed=one.allowed)
            count += chunk.records
            if count > MOST:
                raise invalid("too_many_rows", "the file has too many rows", field="file", got=f"more than {MOST}",
                              allowed=f"at most {MOST} rows; split the file")  # fmt: skip
            cells = {name: chunk.table.column(header).to_pylist() for name, header in columns.items()}
            for place, row in enumerate(chunk.rows.tolist()):
                texts = {name: _text(listed[place]) for name, listed in cells.items()}
                try:
                    yield self._line(row, texts, now_ms)
                except Error as wrong:
                    yield Wrong(row=row, column=columns.get(wrong.field, wrong.field), code=wrong.code,
                                got=str(wrong.got)[:_LONGEST], allowed=wrong.allowed)  # fmt: skip

    def _line(self, row: int, cells: Mapping[str, str], now_ms: int) -> Line:
        person, node = cells["person"], cells.get("node", "") or self.node
        if not person:
            raise invalid("no_person", "nobody is named", field="person", got="", allowed="who is meant")
        namespace, colon, value = person.partition(":")
        reference = (namespace, value) if colon else (self.namespace, person)
        if node not in self.nodes:
            raise invalid("unknown_node", "no such node takes members", field="node", got=node, allowed="an open node",
                          hint=did_you_mean(node, self.nodes))  # fmt: skip
        status = cells.get("status", "").lower()
        if status and status not in STATUSES:
            raise invalid("bad_membership", "unknown status", field="status", got=status, allowed=", ".join(STATUSES))
        said = Statement(
            oneid=0, node=node, number=self._number(node, cells.get("number", "")), status=status,
            tier=cells.get("tier", "")[:_LONGEST], owner=cells.get("owner", "")[:_LONGEST],
            at_ms=self._at(cells.get("joined_at", ""), now_ms),
        )  # fmt: skip
        return Line(row=row, reference=reference, said=said)

    def _number(self, node: str, number: str) -> str:
        """A number with the form of the node's pattern must have its check digit; others are of before."""
        pattern = self.patterns.get(node)
        if len(number) > _LONGEST:
            raise invalid("bad_number", "a number too long", field="number", got=number,
                          allowed=f"at most {_LONGEST} characters")  # fmt: skip
        if pattern is None or pattern.check == "none" or not number.startswith(pattern.prefix):
            return number
        whole = len(pattern.prefix) + pattern.digits + 1
        if len(number) == whole and not reads(pattern, number):
            raise invalid("bad_check_digit", "the check digit is wrong", field="number", got=number,
                          allowed=f"a number with the check digit of {pattern.check}")  # fmt: skip
        return number

    def _at(self, text: str, now_ms: int) -> int:
        if not text:
            return now_ms
        try:
            return min(to_ms(parse_time(text, zone=self.zone)), now_ms)
        except Error as error:
            raise invalid("bad_time", "not a time", field="joined_at", got=text,
                          allowed="a day or an instant, e.g. 2026-05-01") from error  # fmt: skip


def _columns(headers: tuple[str, ...]) -> dict[str, str]:
    lowered = {header.strip().lower(): header for header in headers}
    found = {
        name: next(lowered[title] for title in titles if title in lowered)
        for name, titles in _TITLES.items()
        if not lowered.keys().isdisjoint(titles)
    }
    if "person" not in found:
        raise invalid("no_person_column", "the file does not say who is meant", field="person",
                      got=", ".join(headers)[:_LONGEST], allowed=", ".join(_TITLES["person"]))  # fmt: skip
    return found


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():  # a workbook's number
        cell = int(cell)
    return "" if cell is None else str(cell).strip()
