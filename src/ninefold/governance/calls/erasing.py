"""Answers kept for repeated calls as a store of personal data: they show customers."""

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from ninefold.governance.privacy import Subject, Together
from ninefold.store import Records

from . import queries

_GONE = b'{"code":"erased","message":"the person of this answer was erased","kind":"missing"}'
_STATUS = 410


class AnswerStore:
    """Answers that name a person become an answer that says so: the same call is still not carried out twice."""

    name = "answers to partners"

    def __init__(self, records: Records) -> None:
        self._records = records

    def counts(self, subjects: Sequence[Subject]) -> list[int]:
        """Kept answers that name each person."""
        with self._records.begin() as conn:
            return Together.of(subjects).tally_places(places for _, places in self._naming(conn, subjects))

    def content(self, subject: Subject) -> object:
        """The answers, as the partner got them."""
        with self._records.begin() as conn:
            return [body.decode("utf-8", "replace") for body, _ in self._naming(conn, [subject])]

    def erase(self, subjects: Sequence[Subject]) -> str:
        """Replace the answers; doing it again changes nothing."""
        if names := sorted(Together.of(subjects).public_id):
            with self._records.begin() as conn:
                conn.execute(queries.replace_naming(names, status=_STATUS, body=_GONE))
        return ""

    @staticmethod
    def _naming(conn: Connection, subjects: Sequence[Subject]) -> list[tuple[bytes, set[int]]]:
        """Answers in which one of the people stands, and the places of these people."""
        names = Together.of(subjects).public_id
        if not names:
            return []
        bodies = [bytes(one) for one in conn.scalars(queries.naming(sorted(names)))]
        return [(body, {place for name, place in names.items() if name.encode() in body}) for body in bodies]
