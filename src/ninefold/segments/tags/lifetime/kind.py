"""Lifetime as a kind of tag: fit the models on all buyers, then say what each is expected to do."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from ninefold.base import Fields, minor_digits, refused
from ninefold.predicate import Lineage
from ninefold.segments.tags.kind import Building, Matter, Plan
from ninefold.segments.tags.model import AsOf, Bands, NamedValue, Source
from ninefold.segments.tags.reading import (
    SOURCE_FIELDS,
    read_as_of,
    read_bands,
    read_currency,
    read_source,
    uses_of,
)

from . import rules
from .model import Buying, Floats, Histories, Spending
from .queries import histories

_FIT_ON = 100_000  # more people change the parameters in the third digit
_FEWEST_REPEATERS = 50
_DAYS_IN_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitted:
    """Models, the histories they were fitted on, and how far ahead is asked."""

    buying: Buying
    spending: Spending | None
    seen: Histories
    weeks: float

    def money(self) -> Floats:
        """Expected amount of all coming purchases."""
        if self.spending is None:
            return np.zeros(len(self.seen.repeats))
        return rules.purchases(self.buying, self.seen, self.weeks) * rules.amounts(self.spending, self.seen)


# What the tag can say of a person; the amount in the major unit of its currency.
_RESULTS: Mapping[str, Callable[[_Fitted], Floats]] = {
    "value": _Fitted.money,
    "purchases": lambda fitted: rules.purchases(fitted.buying, fitted.seen, fitted.weeks),
    "alive": lambda fitted: rules.alive(fitted.buying, fitted.seen),
    "churn": lambda fitted: 1 - rules.alive(fitted.buying, fitted.seen),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime(Matter):
    """The matter of a lifetime tag, by the models BG/NBD (when) and Gamma-Gamma (how much).

    Days with a purchase count once. The models hold where people buy when they like, without a contract.

    Attributes:
        source: the events that are purchases.
        as_of: up to when they count.
        result: ``value`` (amount within the horizon), ``purchases`` (number within it), ``alive`` (probability of
            still being a customer) or ``churn`` (of not being one any more).
        horizon_days: how far ahead.
        currency: whose amounts count; empty means the only one there is.
        bands: how figures become values; None leaves them numbers.
    """

    source: Source
    as_of: AsOf
    result: str = "value"
    horizon_days: int = 365
    currency: str = ""
    bands: Bands | None = None

    def plan(self, building: Building) -> Plan:
        """Fit on at most 100,000 buyers, evenly chosen, and work the figures out for all.

        Raises:
            Error: refused, where too few people bought twice to fit a model.
        """
        currency = building.currency(self.source, self.currency)
        rows = building.events.query(histories(building.span(self.source), currency))
        fitted = self._fit(building.tag, _histories(rows, 10 ** minor_digits(currency) if currency else 1))
        figures = np.round(_RESULTS[self.result](fitted), 4)
        values, points = self._values(figures)
        part = pa.table(
            {
                "person": rows["person"].cast(pa.uint32()),
                "value": pa.array(values, pa.string()),
                "num": pa.array(figures, pa.float64(), mask=np.full(len(figures), self.bands is not None)),
            }
        )
        return Plan(parts=(part,), currency=currency, details=_details(fitted, points))

    def uses(self) -> Lineage:
        """The purchases, their amounts and the properties looked at."""
        return uses_of(self.source, "revenue")

    def names(self) -> tuple[NamedValue, ...]:
        """The bands, from low to high."""
        return self.bands.values if self.bands else ()

    def _fit(self, tag: str, seen: Histories) -> _Fitted:
        repeaters = int(np.count_nonzero(seen.repeats))
        if repeaters < _FEWEST_REPEATERS:
            raise refused(
                "too_few_repeats",
                f'tag "{tag}" has {repeaters} people who bought on two days; a model needs {_FEWEST_REPEATERS}',
                hint="wait, widen the window, or use a measure or RFM tag",
            )
        some = _evenly(seen, _FIT_ON)
        buying = rules.fit_buying(some)
        priced = self.result == "value" and bool(np.any((some.repeats > 0) & (some.spend > 0)))
        spending = rules.fit_spending(some) if priced else None
        return _Fitted(buying=buying, spending=spending, seen=seen, weeks=self.horizon_days / _DAYS_IN_WEEK)

    def _values(self, figures: Floats) -> tuple[list[str], list[float]]:
        """The value of each person, and the borders of the bands."""
        if self.bands is None:
            return [f"{figure:g}" for figure in figures], []
        bands = self.bands
        points, side = np.array(bands.points), "right"
        if bands.quantiles:
            ranks = -(-np.arange(1, bands.quantiles) * len(figures) // bands.quantiles) - 1
            points, side = np.sort(figures)[ranks], "left"
        levels = np.searchsorted(points, figures, side=side)  # type: ignore[call-overload]
        names = [named.value for named in bands.values]
        return [names[level] for level in levels], [float(point) for point in points]


def read_lifetime(document: object) -> Lifetime:
    """Check the ``lifetime`` part of a tag document; raises invalid."""
    body = Fields(document, path="lifetime", allowed=(*SOURCE_FIELDS, "result", "horizon_days", "currency", "bands"))
    return Lifetime(
        source=read_source(body), as_of=read_as_of(body), result=body.choice("result", tuple(_RESULTS), "value"),
        horizon_days=body.integer("horizon_days", 365, low=1, high=3_650), currency=read_currency(body),
        bands=read_bands(body),
    )  # fmt: skip


def _histories(rows: pa.Table, unit: int) -> Histories:
    return Histories(
        repeats=rows["repeats"].to_numpy(), last=rows["last"].to_numpy(), age=rows["age"].to_numpy(),
        spend=rows["spend"].to_numpy() / unit,
    )  # fmt: skip


def _evenly(seen: Histories, most: int) -> Histories:
    if len(seen.repeats) <= most:
        return seen
    chosen = np.linspace(0, len(seen.repeats) - 1, most).astype(np.int64)
    return Histories(
        repeats=seen.repeats[chosen], last=seen.last[chosen], age=seen.age[chosen], spend=seen.spend[chosen]
    )


def _details(fitted: _Fitted, points: list[float]) -> dict[str, object]:
    spending = {} if fitted.spending is None else {"gamma_gamma": asdict(fitted.spending)}
    people = len(fitted.seen.repeats)
    return {"bg_nbd": asdict(fitted.buying), **spending, "fitted_on": min(people, _FIT_ON), "points": points}
