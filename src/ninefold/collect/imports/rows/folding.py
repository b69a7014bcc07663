"""Lines of an order as one row: its cells from wherever they stand, sums, the lines as items. Pure."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from ninefold.collect.imports.model import LinesRule
from ninefold.collect.imports.readers.objects import json_text

MOST_LINES = 5_000
ITEMS, COUNT = "$items", "$lines"

Cells = Mapping[str, object]


def folded(rule: LinesRule, lines: Sequence[Cells]) -> dict[str, object]:
    """One row of an order: of each column the first cell that is filled; sums exactly; ``$items``, ``$lines``.

    A sum over a cell that is no number stays that cell, so that the row is rejected for it.

    >>> rule = LinesRule(order=("no",), sum=("paid",), items=(("sku", "sku"),))
    >>> folded(rule, [{"no": "7", "sku": "a", "paid": "0.10"}, {"no": "7", "sku": "b", "paid": "0.20"}])["paid"]
    '0.30'
    """
    row = _first(lines)
    for column in rule.sum:
        cells = [cell for line in lines if (cell := str(line.get(column, "")).strip())]
        if cells:
            row[column] = _sum(cells)
    row[ITEMS] = json_text([_item(rule, line) for line in lines])
    row[COUNT] = len(lines)
    return row


def filled(lines: Sequence[Cells], columns: Collection[str]) -> list[dict[str, object]]:
    """Each line, with the cells of some columns that only another line of its order says, such as the buyer."""
    row = {name: value for name, value in _first(lines).items() if name in columns}
    return [{**row, **{name: value for name, value in line.items() if str(value).strip()}} for line in lines]


def _first(lines: Sequence[Cells]) -> dict[str, object]:
    row: dict[str, object] = {}
    for line in lines:
        for name, value in line.items():
            if name not in row and str(value).strip():
                row[name] = value
    return row


def _item(rule: LinesRule, line: Cells) -> dict[str, object]:
    cells = {name: str(line.get(column, "")).strip() for name, column in rule.items}
    return {name: cell for name, cell in cells.items() if cell}


def _sum(cells: Sequence[str]) -> str:
    total = Decimal(0)
    for cell in cells:
        try:
            number = Decimal(cell.lstrip("¥￥$€£'= ").replace(",", "").replace("，", "").strip('"'))
        except InvalidOperation:
            return cell
        if not number.is_finite():
            return cell
        total += number
    return f"{total:f}"
