"""What every pull gives: pages of rows from a cursor on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ninefold.base import Error, conflict
from ninefold.collect.connectors.model import Cursor, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The part of a source that a backfill reads again, in the words of its cursor; an empty end is open."""

    start: str = ""
    end: str = ""


class Pull(Protocol):
    """A source that is read page by page."""

    def pages(self, cursor: Cursor, window: Window | None) -> Iterator[Page]:
        """The pages after a cursor, which is empty at the beginning; with a window, only what is in it.

        Raises:
            Error: when the source cannot be read; retryable ones may pass.
            Later: when the source says when to come back.
        """
        ...

    def close(self) -> None:
        """Let go of connections; doing it twice is harmless."""
        ...


class Later(Exception):  # noqa: N818 - not a fault: the source says when to come back
    """The source asks for a pause.

    Attributes:
        error: what it said.
        seconds: the pause.
    """

    def __init__(self, error: Error, seconds: float) -> None:
        super().__init__(str(error))
        self.error, self.seconds = error, seconds


def check_cursor(cursor: Cursor, of: str) -> None:
    """Raise conflict ``cursor_of_other`` when a cursor was written under settings that ordered the rows otherwise."""
    if cursor and cursor.get("of") != of:
        raise conflict(
            "cursor_of_other",
            "the document now reads other rows, or in another order, than the cursor was made for",
            hint="reset the cursor (everything is read again; what is known already is recognised), or change it back",
        )
