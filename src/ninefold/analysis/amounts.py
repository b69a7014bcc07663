"""Amounts: what is added up over events, so that refunds and later changes of an order are counted right. Pure.

The main events are what is counted; ``plus`` events change the amount without being one more (an import tells the
difference of a changed order as ``Order Completed (adjusted)``); ``less`` events take away, whichever sign they were
written with.
"""

from dataclasses import dataclass, replace

import numpy as np

from ninefold.base import Fields, invalid

from .counting import Floats
from .document import read_pick
from .frame import Columns, coded
from .model import Ints, Pick
from .streams import Flags

AMOUNT_FIELDS = ("property", "plus", "less")
CURRENCY = "currency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What is added up.

    Attributes:
        pick: the main events.
        measured: the property that is added; empty means that each event counts as 1.
        plus: events whose number is added, without being main events.
        less: events whose number is taken away.
    """

    pick: Pick
    measured: str = ""
    plus: Pick | None = None
    less: Pick | None = None

    @property
    def picks(self) -> tuple[Pick, ...]:
        """All that must be scanned, the main events first."""
        return tuple(one for one in (self.pick, self.plus, self.less) if one is not None)


MONEY = Amount(
    pick=Pick(events=("Order Completed",), label="Order Completed"),
    measured="revenue",
    plus=Pick(events=("Order Completed (adjusted)",), label="Order Completed (adjusted)"),
    less=Pick(events=("Order Refunded",), label="Order Refunded"),
)
"""What customers paid in the end: orders and their later changes, without what was given back."""


@dataclass(frozen=True, slots=True)
class Added:
    """Rows of a scan that an amount consists of.

    Attributes:
        row: places in the columns.
        value: what each adds; below zero for what is taken away.
        main: which of them are main events.
    """

    row: Ints
    value: Floats
    main: Flags


def read_amount(document: object, path: str, *more: str) -> tuple[Amount, Fields]:
    """An amount from its object; the caller reads ``more`` from the fields given back."""
    pick, fields = read_pick(document, path, *AMOUNT_FIELDS, *more)
    parts = {
        name: read_pick(fields.raw(name), fields.at(name))[0] if fields.has(name) else None
        for name in AMOUNT_FIELDS[1:]
    }
    return Amount(pick=pick, measured=fields.text("property", ""), plus=parts["plus"], less=parts["less"]), fields


def read_money(fields: Fields, name: str) -> Amount:
    """An amount field; what customers paid in the end, if it is absent. Raises invalid without a property."""
    if not fields.has(name):
        return MONEY
    amount, inner = read_amount(fields.raw(name), fields.at(name))
    if not amount.measured:
        raise invalid(
            "bad_amount", "an amount needs the property that is added up", field=inner.at("property"), allowed="revenue"
        )
    return amount


def added(amount: Amount, columns: Columns, first: int, numbers: Floats | None) -> Added:
    """The rows of an amount.

    Args:
        amount: the definition.
        columns: the scan; the amount's picks stand at the bits from ``first`` on.
        first: bit of the main events.
        numbers: the property of each row, nan where there is none; None when each event counts as 1.
    """
    bits = iter(range(first, first + len(amount.picks)))
    main, plus, less = (
        columns.has(next(bits)) if pick is not None else np.zeros(len(columns), np.bool_)
        for pick in (amount.pick, amount.plus, amount.less)
    )
    value = np.ones(len(columns)) if numbers is None else numbers
    row = np.flatnonzero((main | plus | less) & ~np.isnan(value))
    taken = (less & ~main & ~plus)[row]
    return Added(row, np.where(taken, -np.abs(value[row]), value[row]), main[row])


def per_order(found: Added, order: Ints, at: Ints) -> tuple[Added, Ints, Ints]:
    """Each order's rows put together: it stands where its first main event stands, with all that changed of it.

    Args:
        found: rows of an amount.
        order: number of each of these rows' order; -1 for none.
        at: when each was.

    Returns:
        The rows that belong to an order with a main event; for each of them the row of `found` at which its order
        began; and the order's number. A main event without an order number is an order of its own.
    """
    count = len(order)
    rank = np.lexsort((at, ~found.main, order))
    begins = np.ones(count, np.bool_)
    begins[1:] = order[rank][1:] != order[rank][:-1]
    first = np.full(int(order.max(initial=-1)) + 2, -1, np.int64)  # the last entry is for -1
    first[order[rank][begins]] = rank[begins]
    known = first >= 0
    known[known] = found.main[first[known]]
    first[~known] = -1
    places = np.arange(count)
    origin = np.where(order >= 0, first[order], np.where(found.main, places, -1))
    kept = origin >= 0
    unit = np.where(order >= 0, order, len(first) + places)[kept]
    rows = replace(found, row=found.row[kept], value=found.value[kept], main=found.main[kept])
    return rows, origin[kept], unit


def amount_notes(amount: Amount) -> tuple[str, ...]:
    """How an amount is made up, in words."""
    found = []
    if amount.plus is not None:
        found.append(f"{amount.plus.label} adds to {amount.measured or 'the number'} without being one more")
    if amount.less is not None:
        found.append(f"{amount.less.label} is taken away, when it happened, whichever sign it was written with")
    return tuple(found)


def currency_notes(columns: Columns) -> tuple[str, ...]:
    """A warning, when the rows of a scan with the column `CURRENCY` are of several currencies."""
    if CURRENCY not in columns.more:
        return ()
    codes, values = coded(columns.more[CURRENCY])
    named = sorted(values[code] for code in np.unique(codes[codes >= 0]))
    if len(named) < 2:
        return ()
    return (f"revenue is in several currencies ({', '.join(named)}), added up as plain numbers: filter by currency",)
