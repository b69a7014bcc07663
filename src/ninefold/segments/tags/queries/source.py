"""SQL of a tag's source: its events, grouped by the person a row belongs to now. No I/O here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlglot.expressions as exp

from ninefold.base import money_events, to_ms
from ninefold.predicate import event_filter
from ninefold.predicate import writing as w
from ninefold.segments.tags.model import Source
from ninefold.store import Statement, render

DAWN_MS = -2_208_988_800_000  # 1900-01-01, the first day a DateTime64 can hold

_PEOPLE = """
SELECT if(r.root = 0, e.oneid, r.root) AS person
FROM events AS e
LEFT ANY JOIN (SELECT oneid, root FROM redirects FINAL WHERE oneid != root) AS r ON r.oneid = e.oneid
WHERE _rows
GROUP BY person
"""
_CURRENCIES = """
SELECT e.currency AS currency, count() AS events
FROM events AS e
WHERE _rows AND e.revenue_minor != 0
GROUP BY currency
ORDER BY events DESC, currency
"""
_ROWS = "e.name IN _names AND e.ts >= _since AND e.ts < _base AND _where"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which events of a source count.

    Attributes:
        source: the events.
        base: they happened before this instant.
        zone: business zone of their days.
    """

    source: Source
    base: datetime
    zone: str

    @property
    def since_ms(self) -> int:
        """From when they count, in ms since 1970."""
        days = self.source.window_days
        return to_ms(self.base - timedelta(days=days)) if days else DAWN_MS


class Asking:
    """Statements over the events of a span, with the values they are bound to."""

    def __init__(self, span: Span, *, adjusted: bool = False) -> None:
        """Args: which events count; whether those count too that tell how their money or pieces changed."""
        self.span = span
        event = span.source.event
        self._names = money_events(event) if adjusted else (event,)
        self.bindings = w.Bindings("t")
        self._filters: dict[str, object] = {}

    def per_person(self, columns: Mapping[str, exp.Expr]) -> exp.Select:
        """One row per person with events: ``person`` and the columns, aggregates over ``events AS e``."""
        named = [exp.alias_(tree, name) for name, tree in columns.items()]
        return w.select(_PEOPLE, rows=self.rows()).select(*named, copy=False)

    def rows(self) -> exp.Expr:
        """The test that an event counts."""
        where: exp.Expr = exp.true()
        if self.span.source.where:
            where, used = event_filter(self.span.source.where, now=self.span.base, zone=self.span.zone)
            self._filters |= used
        bind = self.bindings
        return w.sql(
            _ROWS, names=bind.bind(list(self._names), "Array(String)"), since=bind.instant(self.span.since_ms),
            base=bind.instant(to_ms(self.span.base)), where=where,
        )  # fmt: skip

    def event(self) -> exp.Expr:
        """The test that a row is the event itself, not an adjustment."""
        return w.sql("e.name = _event", event=self.bindings.text(self.span.source.event))

    def add(self, parameters: Mapping[str, object]) -> None:
        """Further values that parts of the statement are bound to."""
        self._filters |= parameters

    def statement(self, tree: exp.Expr) -> Statement:
        """The tree with the values it names."""
        return render(tree, {**self._filters, **self.bindings.used(tree)})


def currencies(span: Span) -> Statement:
    """The currencies that the events of a source carry amounts in, commonest first: currency, events."""
    asking = Asking(span)
    return asking.statement(w.select(_CURRENCIES, rows=asking.rows()))
