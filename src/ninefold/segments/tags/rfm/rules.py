"""RFM: reading the matter of an RFM tag, and turning measured spreads into borders. Pure.

Every axis is a whole number where more is better (recency counts as minus the days since the last order), and a
level is one plus the borders reached: ``level = 1 + #{border: value >= border}``. So equal people get equal
levels, and the whole rule of a build is nine small lists of numbers at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ninefold.base import Fields, invalid, minor_units
from ninefold.predicate import parse_filters
from ninefold.segments.tags.model import AsOf, Source
from ninefold.segments.tags.reading import LONGEST_WINDOW_DAYS, read_as_of, read_currency

from .model import AXES, Axis, Cut, Rfm, Scale

_FIELDS = ("order", "window_days", "as_of", "currency", "result", *AXES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How the people with orders lie on one axis, measured at a build.

    Attributes:
        people: how many there are.
        total: the sum of the axis over them (recency: minus the sum of days).
        ranked: the values at ranks ceil(j * people / levels), j = 1 .. levels - 1, ascending.
    """

    people: int
    total: int
    ranked: tuple[int, ...]


def borders(axis: Axis, spread: Spread, *, recency: bool) -> tuple[int, ...]:
    """The borders of an axis, ascending: a person's level is one plus the number of borders reached.

    - quantile (nearest rank): the j-th of n levels is left by being better than the person at rank
      ceil(j * people / n). Of a group of equals astride a rank, all stay below it.
    - mean: the high level is reaching the mean: at least it, for recency at most it.
    - custom: reaching the j-th point: at least it, for recency at most it.

    Args:
        axis: how it is cut.
        spread: what was measured.
        recency: the axis counts minus days.

    Returns:
        Borders in the axis' own sign (recency: minus days), ascending; two may be equal when many people are.

    >>> borders(Axis(cut=Cut.QUANTILE), Spread(people=4, total=10, ranked=(2,)), recency=False)
    (3,)
    >>> borders(Axis(cut=Cut.MEAN), Spread(people=4, total=10, ranked=()), recency=False)
    (3,)
    >>> borders(Axis(cut=Cut.CUSTOM, points=(30, 90)), Spread(people=4, total=0, ranked=()), recency=True)
    (-90, -30)
    """
    if not spread.people:
        return ()
    if axis.cut is Cut.QUANTILE:
        return tuple(value + 1 for value in spread.ranked)
    if axis.cut is Cut.MEAN:
        return (-(-spread.total // spread.people),)
    return tuple(sorted(-point for point in axis.points)) if recency else axis.points


def read_rfm(matter: object) -> tuple[Rfm, AsOf]:
    """Check the ``rfm`` part of a tag document; with up to when its orders count.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.
    """
    body = Fields(matter, path="rfm", allowed=_FIELDS)
    order = body.section("order", ("event", "where"))
    scale = Scale(body.choice("result", tuple(Scale), Scale.CELLS))
    currency = read_currency(body)
    axes = {name: _axis(body.raw(name) or {}, name, scale, currency) for name in AXES}
    source = Source(
        event=order.text("event", allowed="the name of an event"),
        where=parse_filters(order.raw("where") or (), path="rfm.order.where"),
        window_days=body.integer("window_days", 0, low=0, high=LONGEST_WINDOW_DAYS),
    )
    return Rfm(source=source, currency=currency, scale=scale, **axes), read_as_of(body)


def _axis(value: object, name: str, scale: Scale, currency: str) -> Axis:
    field = f"rfm.{name}"
    given = {"cut": value} if isinstance(value, str) else value
    body = Fields(given, path=field, allowed=("cut", "points"))
    cut = Cut(body.choice("cut", tuple(Cut), Cut.QUANTILE))
    points = body.raw("points")
    if cut is not Cut.CUSTOM:
        if points is not None:
            raise invalid(
                "needless_points",
                "points are for custom cuts only",
                field=f"{field}.points",
                got=points,
                allowed=f'"cut": "{Cut.CUSTOM}"',
            )
        if cut is Cut.MEAN and scale is Scale.SCORES:
            raise invalid(
                "mean_has_two_levels",
                "the mean divides people in two, scores need five levels",
                field=f"{field}.cut",
                got=cut.value,
                allowed=f"{Cut.QUANTILE}, {Cut.CUSTOM}",
            )
        return Axis(cut=cut)
    wanted = scale.levels - 1
    if not isinstance(points, Sequence) or isinstance(points, str) or len(points) != wanted:
        raise invalid(
            "bad_points",
            f"{scale.value} need {wanted} cut point(s)",
            field=f"{field}.points",
            got="" if points is None else points,
            allowed=f"{wanted} ascending number(s)",
        )
    numbers = tuple(_point(point, name, currency, f"{field}.points[{i}]") for i, point in enumerate(points))
    if any(after <= before for before, after in pairwise(numbers)):
        raise invalid(
            "bad_points",
            "cut points ascend",
            field=f"{field}.points",
            got=points,
            allowed="ascending numbers, no two equal",
        )
    return Axis(cut=cut, points=numbers)


def _point(value: object, name: str, currency: str, field: str) -> int:
    if name == "monetary":
        if not currency:
            raise invalid(
                "currency_needed",
                "cut points of money need their currency",
                field="rfm.currency",
                allowed="CNY, USD, ...",
            )
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return minor_units(value, currency)
    elif isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise invalid(
        "bad_point",
        "not a cut point",
        field=field,
        got=value,
        allowed="an amount" if name == "monetary" else "a whole number, 0 or more",
    )
