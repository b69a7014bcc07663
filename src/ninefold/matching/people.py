"""Reads the key fields of everybody as columns: one statement per field, nothing per person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ninefold.base import to_ms
from ninefold.identity import joining
from ninefold.predicate import Reading, members, survivorship
from ninefold.profiles import memberships
from ninefold.store import Events, Records

from .model import MatchField, MatchingRules
from .queries import fields as sql

Ints = NDArray[np.int64]
OVERLAP_MS = 6 * 3_600_000  # an event may wait so long between its acceptance and the tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Up to where changes were seen.

    Attributes:
        at_ms: when the data were read.
        redirects: newest version of the redirects.
        identifiers: newest identifier.
        policies: version of the survivorship policies by which values were read.
    """

    at_ms: int
    redirects: int
    identifiers: int
    policies: int = 0


class People:
    """The people of an installation as matching reads them."""

    def __init__(self, records: Records, events: Events, belonging: memberships.Memberships, *, zone: str) -> None:
        self._records = records
        self._events = events
        self._belonging = belonging
        self._zone = zone

    def marks(self, now: datetime) -> Marks:
        """Where changes stand now; taken before the data are read, so that nothing falls between."""
        with self._records.begin() as conn:
            newest = joining.Joining.mark(conn)
            version = survivorship.load(conn).version
        seen = self._events.count(sql.redirect_mark())
        return Marks(at_ms=to_ms(now), redirects=seen, identifiers=newest, policies=version)

    def read(self, rules: MatchingRules, now: datetime) -> pa.Table:
        """Key fields: a column ``oneid`` and a text column per field, a row per present person with any of them.

        The value of a trait is the one in force under the survivorship policies, as everywhere else.
        """
        with self._records.begin() as conn:
            policies = survivorship.load(conn)
        found = [(one, self._column(one, policies, now)) for one in rules.fields]
        ids: Ints = np.unique(np.concatenate([_ints(person) for _, (person, _) in found]))
        ids = ids[ids > 0]
        if rules.node:
            with self._records.begin() as conn:
                ids = ids[np.isin(ids, self._belonging.members(conn, rules.node).astype(np.int64))]
        columns = {one.key: _spread(ids, person, value) for one, (person, value) in found}
        return pa.table({"oneid": pa.array(ids), **columns})

    def changed(self, rules: MatchingRules, since: Marks, *, overlap_ms: int = OVERLAP_MS) -> Ints:
        """Present people about whom something of importance was learnt since; a few too many do no harm.

        Args:
            rules: what is of importance.
            since: up to where changes were seen.
            overlap_ms: how much further back to look, for events that waited before they became queryable.
        """
        with self._records.begin() as conn:
            policies = survivorship.load(conn)
        fields = {trait for one in rules.fields for trait in one.traits}
        traits = sorted(fields | {policies.of(trait).verified_by for trait in fields} - {""})
        asked = sql.changed_people(traits, since_ms=since.at_ms - overlap_ms, redirects=since.redirects)
        said = _ints(self._events.query(asked).column("person"))
        with self._records.begin() as conn:
            named = joining.Joining.owners_since(conn, since.identifiers)
        return np.unique(np.concatenate([said, named]))

    def valuable(self, rules: MatchingRules, now: datetime, only: Sequence[int] | None = None) -> Ints:
        """Present people whom two have to decide on, ascending; with `only` of these alone."""
        if rules.valuable is None or (only is not None and not len(only)):
            return np.empty(0, np.int64)
        with self._records.begin() as conn:
            reading = Reading(policies=survivorship.load(conn))
        asked = members(rules.valuable, now=now, zone=self._zone, only=only, reading=reading)
        return np.unique(_ints(self._events.query(asked).column("oneid")))

    def _column(
        self, field: MatchField, policies: survivorship.Policies, now: datetime
    ) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
        person: list[pa.Array] = []
        value: list[pa.Array] = []
        if field.traits:
            for batch in self._events.stream(sql.trait_values(field.traits, policies, now=now)):
                person.append(batch.column("person").cast(pa.int64()))
                value.append(batch.column("value").cast(pa.string()))
        if field.identifiers:
            with self._records.begin() as conn:
                seen = joining.Joining.last_seen(conn, field.identifiers)
            for name in field.identifiers:
                some = seen.filter(pc.equal(seen["namespace"], name))
                person += some["oneid"].chunks
                value += some["value"].chunks
        return pa.chunked_array(person, pa.int64()), pa.chunked_array(value, pa.string())


def _ints(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.to_numpy(), dtype=np.int64)


def _spread(ids: Ints, person: pa.ChunkedArray, value: pa.ChunkedArray) -> pa.Array:
    """Values in the order of `ids`; the first value of a person counts, NULL where there is none."""
    numbers = _ints(person)
    place = np.full(len(ids), -1, dtype=np.int64)
    at = np.searchsorted(ids, numbers)
    known = at < len(ids)
    known[known] &= ids[at[known]] == numbers[known]
    where = np.flatnonzero(known)[::-1]  # backwards, so that the first of several stays
    place[at[where]] = where
    return (
        value.combine_chunks().take(pa.array(place, mask=place < 0))
        if len(numbers)
        else pa.nulls(len(ids), pa.string())
    )
