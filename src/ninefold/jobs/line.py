"""An assembly line: three stages at work on neighbouring pieces at the same time, every stage in order.

While one piece is handed out, the next is in the middle and the one after it is being fetched. Nothing overtakes: a
stage gets its pieces in the order in which they were fetched, and after a failure no stage begins a later piece.
"""

import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

_A = TypeVar("_A")
_B = TypeVar("_B")
_T = TypeVar("_T")

_AHEAD = 2  # pieces on their way while one is handed out


class _PieceBeforeFailedError(Exception):
    """Nothing overtakes a piece that failed."""


class Line(Generic[_A, _B]):
    """Two threads that fetch and prepare pieces ahead of the caller, who hands them out."""

    def __init__(self, fetch: Callable[[], _A | None], prepare: Callable[[_A], _B]) -> None:
        """Args: the next piece, or None when there is none; the middle stage."""
        self._fetch = fetch
        self._prepare = prepare
        self._sound = sys.maxsize  # pieces after this one wait for ever

    def run(self, hand_out: Callable[[_B], int], *, most: int) -> int:
        """Run pieces through until none is left or `most` were asked for; returns the sum of what was handed out.

        Raises:
            Exception: the first failure of any stage, in the order of the pieces, once the other stages have ended
                what they were at.
        """
        total = 0
        with ThreadPoolExecutor(1, "line-fetch") as first, ThreadPoolExecutor(1, "line-prepare") as second:
            under_way: deque[Future[_B | None]] = deque()
            asked, handed, more = 0, 0, True
            while more or under_way:
                while more and asked < most and len(under_way) <= _AHEAD:
                    under_way.append(second.submit(self._middle, asked, first.submit(self._one, asked, self._fetch)))
                    asked += 1
                piece = under_way.popleft().result()
                more = piece is not None and asked < most
                if piece is not None:
                    total += self._one(handed, partial(hand_out, piece))
                    handed += 1
        return total

    def _middle(self, number: int, fetched: "Future[_A | None]") -> _B | None:
        piece = fetched.result()
        return None if piece is None else self._one(number, partial(self._prepare, piece))

    def _one(self, number: int, stage: Callable[[], _T]) -> _T:
        if number > self._sound:
            raise _PieceBeforeFailedError
        try:
            return stage()
        except BaseException:
            self._sound = min(self._sound, number)
            raise
