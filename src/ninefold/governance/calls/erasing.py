"""Answers kept for repeated calls as a store of personal data: they show customers."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.governance.privacy import Subject, Together
from ninefold.store import Records

from . import queries
from .tables import call_answers

_GONE = b'{"code":"erased","message":"the person of this answer was erased","kind":"missing"}'
_STATUS = 410


class AnswerStore:
    """Answers that name a person become an answer that says so: the same call is still not carried out twice."""

    name = "answers to partners"

    def __init__(self, records: Records) -> None:
        self._records = records

    def counts(self, subjects: Sequence[Subject]) -> list[int]:
        """Kept answers that name each person."""
        found = [0] * len(subjects)
        with self._records.begin() as conn:
            for _, places in self._naming(conn, subjects):
                for place in places:
                    found[place] += 1
        return found

    def content(self, subject: Subject) -> object:
        """The answers, as the partner got them."""
        with self._records.begin() as conn:
            return [row.body.decode("utf-8", "replace") for row, _ in self._naming(conn, [subject])]

    def erase(self, subjects: Sequence[Subject]) -> str:
        """Replace the answers; doing it again changes nothing."""
        with self._records.begin() as conn:
            for row, _ in self._naming(conn, subjects):
                conn.execute(
                    sa.update(call_answers)
                    .where(call_answers.c.caller == row.caller, call_answers.c.key == row.key)
                    .values(status=_STATUS, body=_GONE)
                )
        return ""

    @staticmethod
    def _naming(conn: Connection, subjects: Sequence[Subject]) -> list[tuple[sa.Row[tuple[object, ...]], set[int]]]:
        """Answers in which one of the people stands, and the places of these people."""
        names = Together.of(subjects).public_id
        if not names:
            return []
        rows = conn.execute(queries.naming(sorted(names))).all()
        return [(row, {place for name, place in names.items() if name.encode() in row.body}) for row in rows]
