"""Events in the order of each person's time: the one order on which funnels, paths, intervals and sessions agree. Pure.

Events of one person in one millisecond follow by what they match, the earliest step first, then by a hash of the
message id: the same events always give the same order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .frame import Columns
from .model import Ints

Flags: TypeAlias = NDArray[np.bool_]
Codes: TypeAlias = NDArray[np.uint8] | NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Stream:
    """Sorted events.

    Attributes:
        person: whose, ascending.
        at: ms since 1970, ascending within a part.
        code: place of the event's mask in `masks`.
        masks: the different masks.
        part: number of the part of a person's events that a chain must not leave; ascending with the rows.
        row: place in the columns it was made from; empty when nothing more is needed from there.
    """

    person: NDArray[np.uint32]
    at: Ints
    code: Codes
    masks: NDArray[np.uint32]
    part: Ints
    row: Ints

    def __len__(self) -> int:
        return len(self.person)

    def matching(self, bit: int) -> Ints:
        """The places of the events that a pick means."""
        wanted = np.flatnonzero(self.masks >> np.uint32(bit) & np.uint32(1))
        if len(wanted) == 1:
            return np.flatnonzero(self.code == wanted[0])
        table = np.zeros(len(self.masks) or 1, np.bool_)
        table[wanted] = True
        return np.flatnonzero(table[self.code])

    def cut(self, kept: Flags) -> "Stream":
        """Some of the events, in their order."""
        row = self.row[kept] if len(self.row) else self.row
        return replace(
            self, person=self.person[kept], at=self.at[kept], code=self.code[kept], part=self.part[kept], row=row
        )

    def begins(self) -> Flags:
        """Where another person's events begin."""
        return changes(self.person)


def ordered(
    columns: Columns, steps: int, *, tie: NDArray[np.uint64] | None = None, keys: Sequence[Ints] = ()
) -> Stream:
    """The events of columns in order.

    Args:
        columns: as scanned.
        steps: how many of the mask's low bits are steps; events of equal time follow by the earliest they match.
        tie: hash of the message id; with it the stream knows the rows it came from.
        keys: what parts a person's events besides; each row's number.
    """
    masks, code = _coded(columns.mask, steps)
    if tie is None and not keys:
        packed = _packed(columns, masks, code)
        if packed is not None:
            return packed
    last = tie if tie is not None else np.zeros(len(columns), np.uint8)
    row = np.lexsort((last, code, columns.at, *keys, columns.person))
    person = columns.person[row]
    part = changes(person)
    for key in keys:
        part |= changes(key[row])
    return Stream(person, columns.at[row], code[row], masks, np.cumsum(part), row)


def changes(values: NDArray[np.generic]) -> Flags:
    """Where a value differs from the one before; true at the beginning."""
    found = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


def sessions(person: NDArray[np.uint32], at: Ints, gap: int) -> Ints:
    """The number of each event's session: a person's events with less than ``gap`` ms between neighbours.

    The events may stand in any order; a pause of exactly ``gap`` begins a new session.
    """
    row = np.lexsort((at, person))
    begins = changes(person[row])
    begins[1:] |= np.diff(at[row]) >= gap
    found = np.empty(len(row), np.int64)
    found[row] = np.cumsum(begins)
    return found


def _coded(mask: NDArray[np.uint32], steps: int) -> tuple[NDArray[np.uint32], Codes]:
    """The different masks in the order of events of equal time, and each event's place among them."""
    seen = np.zeros(1 << max(int(mask.max(initial=0)).bit_length(), 1), np.bool_)
    seen[mask] = True
    found = np.flatnonzero(seen).astype(np.uint32)
    low = found & np.uint32((1 << steps) - 1)
    earliest = np.where(low > 0, np.log2(np.maximum(low & (~low + np.uint32(1)), 1)), 64)
    found = found[np.lexsort((found, earliest))]
    table = np.zeros(len(seen), np.uint32)
    table[found] = np.arange(len(found))
    return found, table.astype(np.uint8)[mask] if len(found) <= 256 else table[mask]


def _packed(columns: Columns, masks: NDArray[np.uint32], code: Codes) -> Stream | None:
    """Person, time and code in one 64-bit number each, which sort many times faster; None where they do not fit."""
    if not len(columns):
        empty = np.zeros(0, np.int64)
        return Stream(columns.person, columns.at, code, masks, empty, empty)
    origin = int(columns.at.min())
    low = max(len(masks) - 1, 1).bit_length()
    high = low + max(int(columns.at.max()) - origin, 1).bit_length()
    if high + int(columns.person.max()).bit_length() > 64:
        return None
    key = columns.person.astype(np.uint64)
    key <<= np.uint64(high)
    key |= (columns.at - origin).astype(np.uint64) << np.uint64(low)
    key |= code
    key.sort()
    person = (key >> np.uint64(high)).astype(np.uint32)
    small = (key & np.uint64((1 << low) - 1)).astype(np.uint32)
    key >>= np.uint64(low)
    key &= np.uint64((1 << (high - low)) - 1)
    at = key.astype(np.int64) + origin
    return Stream(
        person,
        at,
        small.astype(np.uint8) if len(masks) <= 256 else small,
        masks,
        person.astype(np.int64),
        np.zeros(0, np.int64),
    )
