r"""Bytes of delimited text into records, a block at a time.

Pure. A quote opens a field only at its start and closes it only before a delimiter or line end; ``""`` is a quote.
A record whose quotes break this rule is cut at the end of its first line and marked broken, and the next line starts
afresh, so that one stray quote does not swallow the file. Works for every encoding in which line feed, quote and
delimiter are single bytes that no other character contains (UTF-8, GB18030, Latin).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LONGEST_FIELD = 1 << 20
"""Bytes of a quoted field; a quote that stays open longer is a stray one."""

_WINDOW = 1024
_LF, _CR, _QUOTE = 10, 13, 34
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Where the records of a block are.

    Attributes:
        starts: first byte of each record, shape (n,).
        ends: byte after each record, its line end included, shape (n,).
        broken: whether the quotes of a record are wrong, shape (n,).
        rest: first byte of the incomplete record at the end of the block.
    """

    starts: Ints
    ends: Ints
    broken: NDArray[np.bool_]
    rest: int


def split_records(block: bytes, delimiter: str, *, final: bool) -> Records:
    """The records of a block that begins at a record.

    Args:
        block: bytes.
        delimiter: the delimiter, one ASCII character.
        final: whether the file ends with the block; then nothing is left over.
    """
    data = np.frombuffer(block, np.uint8)
    lines = np.flatnonzero(data == _LF).astype(np.int64)
    quotes = np.flatnonzero(data == _QUOTE).astype(np.int64)
    if not len(quotes):
        return _records(lines, np.zeros(0, np.int64), len(block), final=final)
    walk = _Walk(data, lines, quotes, ord(delimiter), final=final)
    walk.run()
    inside = _inside(lines, np.concatenate(walk.opens), np.concatenate(walk.closes))
    if walk.open_at is not None:
        inside |= lines > walk.open_at
    return _records(lines[~inside], np.array(walk.broken, np.int64), len(block), final=final)


def _inside(lines: Ints, opens: Ints, closes: Ints) -> NDArray[np.bool_]:
    if not len(opens):
        return np.zeros(len(lines), np.bool_)
    place = np.searchsorted(opens, lines) - 1
    return np.asarray((place >= 0) & (lines < closes[place]), np.bool_)


def _records(lines: Ints, broken: Ints, length: int, *, final: bool) -> Records:
    ends = lines + 1
    rest = int(ends[-1]) if len(ends) else 0
    if final and rest < length:
        ends = np.append(ends, length)
        rest = length
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]]) if len(ends) else ends
    return Records(starts=starts, ends=ends, broken=np.isin(starts, broken), rest=rest)


class _Walk:
    """Pairs quotes up from left to right, a window at a time, and starts again behind each wrong one."""

    def __init__(self, data: NDArray[np.uint8], lines: Ints, quotes: Ints, delimiter: int, *, final: bool) -> None:
        line_end = np.uint8(_LF)
        before, after = np.append(line_end, data)[quotes], np.append(data, line_end)[quotes + 1]
        self.lines, self.quotes, self.length, self.final = lines, quotes, len(data), final
        self.may_open = (before == delimiter) | (before == _LF)
        self.may_close = (after == delimiter) | (after == _LF) | (after == _CR)
        self.opens: list[Ints] = [np.zeros(0, np.int64)]
        self.closes: list[Ints] = [np.zeros(0, np.int64)]
        self.broken: list[int] = []
        self.open_at: int | None = None
        self.settled = self.settled_line = self.settled_pairs = 0  # behind the last broken line nothing changes

    def run(self) -> None:
        at = 0  # index of the next quote, which is outside a field
        while at < len(self.quotes):
            at = self._window(at)

    def _window(self, at: int) -> int:
        """Pair up one window of quotes; the index at which the next one begins."""
        quotes = self.quotes[at : at + _WINDOW]
        opens, closes = quotes[::2], quotes[1::2]
        pairs = len(closes)
        again = opens[1:] == closes[: len(opens) - 1] + 1  # directly behind a closing quote: an escaped one
        open_fits = self.may_open[at : at + _WINDOW : 2].copy()
        open_fits[1:] |= again
        open_fits[0] |= self._just_closed(at)
        close_fits = self.may_close[at + 1 : at + _WINDOW : 2].copy()
        close_fits[: len(again)] |= again
        if pairs == len(opens) and at + _WINDOW < len(self.quotes):
            close_fits[-1] |= self.quotes[at + _WINDOW] == closes[-1] + 1
        close_fits &= closes - opens[:pairs] <= LONGEST_FIELD
        wrong_open = len(opens) if open_fits.all() else int(np.argmin(open_fits))
        wrong_close = pairs if close_fits.all() else int(np.argmin(close_fits))
        good = min(wrong_open, wrong_close)
        self.opens.append(opens[:good])
        self.closes.append(closes[:good])
        if wrong_open < len(opens) and wrong_open <= wrong_close:
            return at + 2 * wrong_open + 1  # in the middle of an unquoted field: a character like any other
        if wrong_close < pairs:
            return self._break(int(opens[wrong_close]))
        if pairs < len(opens):
            return self._unclosed(int(opens[-1]))
        return at + 2 * pairs

    def _just_closed(self, at: int) -> bool:
        """Whether the quote at an index follows directly on the last closing one."""
        last = self.closes[-1]
        return bool(len(last) and last[-1] == self.quotes[at - 1] == self.quotes[at] - 1)

    def _unclosed(self, position: int) -> int:
        """The last quote of the block stays open: the next block may close it, or it is a stray one."""
        if self.final or self.length - position > LONGEST_FIELD:
            return self._break(position)
        self.open_at = position
        return len(self.quotes)

    def _break(self, position: int) -> int:
        """Give up the record that holds the quote at a position; the next line starts afresh."""
        recent = slice(self.settled_pairs, None)
        opens, closes = (np.concatenate([*pairs[recent], pairs[0][:0]]) for pairs in (self.opens, self.closes))
        lines = self.lines[self.settled_line : np.searchsorted(self.lines, position)]
        ends = lines[~_inside(lines, opens, closes)]
        start = int(ends[-1]) + 1 if len(ends) else self.settled
        kept = opens < start
        self.opens[recent], self.closes[recent] = [opens[kept]], [closes[kept]]
        self.broken.append(start)
        line = int(np.searchsorted(self.lines, start))
        end = int(self.lines[line]) if line < len(self.lines) else self.length
        self.settled, self.settled_line, self.settled_pairs = end + 1, line + 1, len(self.opens)
        return int(np.searchsorted(self.quotes, end))
