"""Inbox, quarantine and import reports as stores of personal data."""

import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from ninefold.base import unavailable
from ninefold.collect.event import Event, decode_events
from ninefold.governance import privacy
from ninefold.store import Records

from . import queries
from .blanks import blank, put_back

Whose = Callable[[Event], tuple[int, ...]]
About = Callable[[Sequence[privacy.Subject]], Whose]
"""For some people: whom of them an event is about, by place. Needs the normalisers of identity, so it is handed in."""

_PAGE = 200


def settle(records: Records, *, seconds: float = 60) -> None:
    """Wait until every batch that was claimed before this call is done.

    What is claimed later is screened against the people who are suppressed by then.

    Raises:
        Error: unavailable (retryable) when that takes too long.
    """
    with records.begin() as conn:
        conn.execute(queries.LOCK_CLAIMS)  # a claim that is being made ends before we look
        ids = list(conn.execute(queries.AT_WORK).scalars())
    deadline = time.monotonic() + seconds
    while ids:
        with records.begin() as conn:
            if not conn.scalar(queries.STILL_AT_WORK, {"ids": ids}):
                return
        if time.monotonic() > deadline:
            raise unavailable("pipeline_behind", "events that came before the request are still being worked on",
                              hint="it goes on by itself once the pipeline is done with them")  # fmt: skip
        time.sleep(0.05)


class InboxStore:
    """Accepted requests: those that wait, and those kept for some days after they became events.

    Rows of a batch that is being worked on are left to the pipeline, which takes out suppressed people itself.
    """

    name = "inbox"

    def __init__(self, records: Records, about: About) -> None:
        self._records = records
        self._about = about

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Events about each person."""
        whose = self._about(subjects)
        about = (whose(event) for _, events in self._rows() for event in events)
        return privacy.Together.of(subjects).tally_places(about)

    def content(self, subject: privacy.Subject) -> object:
        """The person's events as they came."""
        whose = self._about([subject])
        return [msgspec.to_builtins(_shown(event)) for _, events in self._rows() for event in events if whose(event)]

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Write each row that holds such events anew, with blanks in their places: the batch stays the batch."""
        whose = self._about(subjects)
        for number, events in self._rows():
            if not any(map(whose, events)):
                continue
            with self._records.begin() as conn:
                payload = conn.execute(queries.LOCK_ROW, {"id": number}).scalar_one_or_none()
                if payload is not None:
                    put_back(conn, number, [blank(one) if whose(one) else one for one in decode_events(payload)])
        return ""

    def _rows(self) -> Iterator[tuple[int, list[Event]]]:
        after = 0
        while True:
            with self._records.begin() as conn:
                page = conn.execute(queries.ROWS, {"after": after, "limit": _PAGE}).all()
            for row in page:
                yield row.id, decode_events(row.payload)
            if len(page) < _PAGE:
                return
            after = page[-1].id


class QuarantineStore:
    """Events put aside, and the reports of imports. They are raw, so a person is found by the text of identifiers."""

    name = "quarantine"

    def __init__(self, records: Records) -> None:
        self._records = records

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Entries that hold an identifier of each person."""
        texts = privacy.Texts(subjects)
        said = [text for _, _, text in (*self._entries(texts), *self._errors(texts))]
        return privacy.Together.of(subjects).tally_places(map(texts.found, said))

    def content(self, subject: privacy.Subject) -> object:
        """The entries as they came."""
        texts = privacy.Texts([subject])
        return [raw.decode("utf-8", "replace") for _, raw, text in self._entries(texts) if texts.found(text)]

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Delete entries, and blank what reports quote."""
        texts = privacy.Texts(subjects)
        doomed = [number for number, _, text in self._entries(texts) if texts.found(text)]
        errors = [(run, row) for run, row, text in self._errors(texts) if texts.found(text)]
        with self._records.begin() as conn:
            conn.execute(queries.DROP, {"ids": doomed})
            conn.execute(queries.CLEAR_ERROR, {"runs": [run for run, _ in errors], "rows": [row for _, row in errors]})
        return "found by the text of identifiers of 5 characters or more"

    def _entries(self, texts: privacy.Texts) -> list[tuple[int, bytes, str]]:
        """Entries in which an identifier may stand: number, raw bytes, all text."""
        found: dict[int, tuple[bytes, str]] = {}
        for group in texts.groups():
            with self._records.begin() as conn:
                rows = conn.execute(queries.SUSPECTS, {"bytes": [one.encode() for one in group], "texts": group}).all()
            for row in rows:
                raw = bytes(row.raw)
                around = bytes(row.envelope).decode("utf-8", "replace")
                found[row.id] = raw, "\n".join((raw.decode("utf-8", "replace"), around, row.reason, row.message_id))
        return [(number, raw, text) for number, (raw, text) in found.items()]

    def _errors(self, texts: privacy.Texts) -> list[tuple[int, int, str]]:
        found: dict[tuple[int, int], str] = {}
        for group in texts.groups():
            with self._records.begin() as conn:
                rows = conn.execute(queries.IMPORT_ERRORS, {"texts": group}).all()
            found |= {(row.run_id, row.row_number): row.said for row in rows}
        return [(run, row, text) for (run, row), text in found.items()]


def _shown(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in Event.__struct_fields__}
