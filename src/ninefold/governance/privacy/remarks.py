"""Free words of operators and programs as a store of personal data: reasons, notes, messages of errors."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.store import Records, metadata

from .model import Subject, Together
from .texts import Texts

_BLANK = "(erased)"


class RemarkStore:
    """Columns of free words. A person is found by the text of identifiers; a remark that holds one becomes a blank."""

    name = "remarks"

    def __init__(self, records: Records, columns: Sequence[tuple[str, str]]) -> None:
        """Args: the records store; table and column of each kind of remark."""
        self._records = records
        self._columns: list[sa.Column[str]] = [metadata.tables[table].c[column] for table, column in columns]

    def counts(self, subjects: Sequence[Subject]) -> list[int]:
        """Different remarks about each person."""
        with self._records.begin() as conn:
            return Together.of(subjects).tally_places(places for _, _, places in self._about(conn, subjects))

    def content(self, subject: Subject) -> object:
        """The remarks."""
        with self._records.begin() as conn:
            return [said for _, said, _ in self._about(conn, [subject])]

    def erase(self, subjects: Sequence[Subject]) -> str:
        """Blank them."""
        said: dict[sa.Column[str], list[str]] = {}
        with self._records.begin() as conn:
            for column, remark, _ in self._about(conn, subjects):
                said.setdefault(column, []).append(remark)
            for column, remarks in said.items():
                conn.execute(sa.update(column.table).where(column.in_(remarks)).values({column: _BLANK}))
        return "found by the text of identifiers of 5 characters or more"

    def _about(
        self, conn: Connection, subjects: Sequence[Subject]
    ) -> Iterator[tuple[sa.Column[str], str, frozenset[int]]]:
        """Column, remark and the places of the people who stand in it."""
        texts = Texts(subjects)
        for column in self._columns:
            found: set[str] = set()
            for group in texts.groups():
                needle = sa.func.unnest(sa.literal(group, pg.ARRAY(sa.Text))).column_valued("needle")
                there = sa.select(needle).where(sa.func.strpos(column, needle) > 0).exists()
                found.update(conn.scalars(sa.select(column).distinct().where(there)))
            for remark in found:
                if places := texts.found(remark):
                    yield column, remark, places
