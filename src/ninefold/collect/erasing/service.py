"""Inbox, quarantine and import reports as stores of personal data."""

import re
from collections.abc import Callable, Iterator

import msgspec

from ninefold.collect.event import Event, decode_events, encode_events
from ninefold.governance import privacy
from ninefold.store import Records

from . import queries

About = Callable[[privacy.Subject], Callable[[Event], bool]]
"""For a person: which events are about them. Needs the normalisers of identity, so it is handed in."""

_PAGE = 200


class InboxStore:
    """Accepted requests: those that wait, and those kept for some days after they became events.

    Rows of a batch that is being worked on are left to the pipeline, which shuts suppressed people out itself; they
    are looked at when it is done.
    """

    name = "inbox"

    def __init__(self, records: Records, about: About) -> None:
        self._records = records
        self._about = about

    def count(self, subject: privacy.Subject) -> int:
        """Events about a person."""
        return sum(map(self._about(subject), (event for _, events in self._rows() for event in events)))

    def content(self, subject: privacy.Subject) -> object:
        """The person's events as they came."""
        about = self._about(subject)
        return [msgspec.to_builtins(_shown(event)) for _, events in self._rows() for event in events if about(event)]

    def erase(self, subject: privacy.Subject) -> str:
        """Write each row that holds such events anew without them."""
        about = self._about(subject)
        for number, events in self._rows():
            if not any(map(about, events)):
                continue
            with self._records.begin() as conn:
                payload = conn.execute(queries.LOCK_ROW, {"id": number}).scalar_one_or_none()
                if payload is not None:
                    kept = [event for event in decode_events(payload) if not about(event)]
                    values = {"id": number, "payload": encode_events(kept), "events": len(kept)}
                    conn.execute(queries.REPLACE, values)
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

    def count(self, subject: privacy.Subject) -> int:
        """Entries that hold an identifier of the person."""
        return len(self._ids(subject)) + len(self._errors(subject))

    def content(self, subject: privacy.Subject) -> object:
        """The entries as they came."""
        return [raw.decode("utf-8", "replace") for _, raw in self._found(subject)]

    def erase(self, subject: privacy.Subject) -> str:
        """Delete entries, and blank what reports quote."""
        errors = self._errors(subject)
        with self._records.begin() as conn:
            conn.execute(queries.DROP, {"ids": self._ids(subject)})
            if errors:
                conn.execute(queries.CLEAR_ERROR, [{"run_id": run, "row_number": row} for run, row in errors])
        return "found by the text of identifiers of 5 characters or more"

    def _ids(self, subject: privacy.Subject) -> list[int]:
        return [number for number, _ in self._found(subject)]

    def _found(self, subject: privacy.Subject) -> list[tuple[int, bytes]]:
        texts = _needles(subject)
        if not texts:
            return []
        whole = re.compile(_bounded(texts).encode())
        with self._records.begin() as conn:
            rows = conn.execute(queries.SUSPECTS, {"needles": [text.encode() for text in texts]}).all()
        pairs = [(row.id, bytes(row.raw), bytes(row.raw) + b"\n" + bytes(row.envelope)) for row in rows]
        return [(number, raw) for number, raw, text in pairs if whole.search(text)]

    def _errors(self, subject: privacy.Subject) -> list[tuple[int, int]]:
        texts = _needles(subject)
        if not texts:
            return []
        whole = re.compile(_bounded(texts))
        with self._records.begin() as conn:
            rows = conn.execute(queries.IMPORT_ERRORS, {"needles": texts}).all()
        return [(row.run_id, row.row_number) for row in rows if whole.search(row.got)]


def _needles(subject: privacy.Subject) -> list[str]:
    return sorted({text for one in subject.identifiers for text in privacy.needles(*one)})


def _bounded(texts: list[str]) -> str:
    """A pattern of the texts as whole words: 13912340001 is not found in 139123400011."""
    return r"(?<![0-9A-Za-z])(?:" + "|".join(map(re.escape, texts)) + r")(?![0-9A-Za-z])"


def _shown(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in Event.__struct_fields__}
