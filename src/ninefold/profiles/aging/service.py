"""Events and traits that age, as retention asks for them."""

from ninefold.governance import retention
from ninefold.profiles.queries import EVERYBODY
from ninefold.profiles.sheets import touch
from ninefold.store import Events, Records, Statement

from . import queries


class EventAging:
    """The events store. A run rewrites the parts that hold old rows: the tables have projections, in which the engine
    has no lighter deletion.
    """

    def __init__(self, records: Records, events: Events, *, zone: str) -> None:
        self._records = records
        self._events = events
        self._zone = zone

    def due(self, rule: retention.Rule, bound: retention.Bound) -> int:
        """How many rows would go."""
        return self._events.count(queries.count(rule, queries.old(rule, bound)))

    def summarise(self, rule: retention.Rule, bound: retention.Bound) -> None:
        """Leave totals per day; the rows of a run replace each other, so a repeat counts once."""
        self._events.command(queries.summarise(queries.old(rule, bound), run=bound.run, zone=self._zone))

    def delete(self, rule: retention.Rule, bound: retention.Bound) -> None:
        """Delete the rows from disk, and let the sheets of their people be made anew."""
        table = "traits" if rule.target == "traits" else "events"
        test = queries.old(rule, bound)
        # None: a crash came after the deletion. Whose rows they were is not known any more, so everybody is made anew.
        people = self._accounts(queries.people(rule, test)) or self._accounts(EVERYBODY)
        self._events.delete(table, test)
        with self._records.begin() as conn:
            touch(conn, people)

    def _accounts(self, statement: Statement) -> list[int]:
        found: list[int] = self._events.query(statement).column(0).to_pylist()
        return found

    def past(self, *, limit: int = 1_000) -> list[dict[str, object]]:
        """Totals of anonymised events per day, name, source, channel and currency, newest first."""
        rows: list[dict[str, object]] = self._events.query(queries.past(limit)).to_pylist()
        return rows
