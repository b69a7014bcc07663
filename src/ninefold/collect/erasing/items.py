"""Statements about things as a store of personal data: a shop has a keeper, a device has somebody who wears it."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from ninefold.governance import privacy
from ninefold.store import Records

from . import queries


class ItemStore:
    """Statements about products, shops, companies. They are raw, so a person is found by the text of identifiers."""

    name = "things"

    def __init__(self, records: Records) -> None:
        self._records = records

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Values in which an identifier of each person stands; the name of a thing counts as one."""
        return privacy.Together.of(subjects).tally_places(places for _, _, _, places in self._naming(subjects))

    def content(self, subject: privacy.Subject) -> object:
        """The values, by what they are called."""
        return [{"property": name, "value": said} for _, name, said, _ in self._naming([subject])]

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Take those values out of their statements, and drop statements about things that are called so."""
        found = [(number, name) for number, name, _, _ in self._naming(subjects)]
        named = [number for number, name in found if not name]
        inside = [(number, name) for number, name in found if name]
        with self._records.begin() as conn:
            conn.execute(queries.DROP_ITEMS, {"hashes": named})
            conn.execute(
                queries.CLEAR_ITEMS, {"hashes": [one for one, _ in inside], "names": [name for _, name in inside]}
            )
        return "found by the text of identifiers of 5 characters or more"

    def _naming(self, subjects: Sequence[privacy.Subject]) -> Iterator[tuple[UUID, str, str, frozenset[int]]]:
        """Statement, property (empty: what the thing is called), its value, places of the people there; each once."""
        texts = privacy.Texts(subjects)
        seen: set[tuple[UUID, str]] = set()
        for group in texts.groups():
            with self._records.begin() as conn:
                rows = conn.execute(queries.ITEMS_NAMING, {"texts": group}).all()
            for row in rows:
                if (row.hash, row.name) not in seen and (places := texts.found(row.said)):
                    seen.add((row.hash, row.name))
                    yield row.hash, row.name, row.said, places
