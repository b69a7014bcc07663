"""Touches as events, as the SDKs of app, web, mini-program and scale would have sent them: late, and some twice.

Pure. The events are those that the collector makes of Segment's wire; :func:`wire_payload` gives the payload again.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import repeat

import numpy as np

from ninefold.base import from_ms
from ninefold.collect import Event

from .people import Ints, People, Texts
from .plan import CITIES, CURRENCY, DAY, MODELS, NAMESPACES, PRODUCTS, Kind
from .touches import Touches

_LATE, _TWICE = 0.03, 0.015
_HOUR = 3_600_000
_FIRST = (
    *(Kind.USER, Kind.MEMBER, Kind.UNIONID, Kind.PHONE, Kind.PHONE_NEW, Kind.EMAIL, Kind.EMAIL_TYPO, Kind.OPENID),
    *(Kind.DEVICE, Kind.FAMILY_DEVICE, Kind.SCALE, Kind.FAMILY_SCALE, Kind.ANONYMOUS, Kind.FAMILY_BROWSER),
)
"""Identifiers, most specific first."""


def make_events(people: People, touches: Sequence[Touches], *, block: int) -> list[Event]:
    """Events of all SDK channels in the order of their arrival, repeats among them."""
    events: list[Event] = []
    received: list[Ints] = []
    rng = np.random.default_rng([people.plan.seed, block, 1])
    for number, touch in enumerate(touches):
        made, arrived = _of(people, touch, f"{touch.source}-{block}-{number}", rng)
        events += made
        received.append(arrived)
    order = np.argsort(np.concatenate(received), kind="stable")
    return [events[i] for i in order.tolist()]


def product_codes(product: Ints) -> Texts:
    """Codes of products: ``SKU`` and five digits."""
    codes = np.array([f"SKU{i:05d}" for i in range(len(PRODUCTS) * MODELS)], object)
    return codes[product]


def _of(people: People, touch: Touches, prefix: str, rng: np.random.Generator) -> tuple[list[Event], Ints]:
    count = len(touch)
    late = rng.random(count) < _LATE
    delay = np.where(late, rng.integers(_HOUR, 5 * DAY, count), rng.integers(50, 5_000, count))
    arrived = np.minimum(touch.ts + delay, people.plan.end_ms)
    twice = np.flatnonzero(rng.random(count) < _TWICE)
    again = np.minimum(arrived[twice] + rng.integers(1_000, DAY, len(twice)), people.plan.end_ms)
    rows = np.concatenate([np.arange(count), twice])
    received = np.concatenate([arrived, again])
    return _events(people, touch, rows, received, prefix), received


def _events(people: People, touch: Touches, rows: Ints, received: Ints, prefix: str) -> list[Event]:
    count = len(rows)
    person = touch.person[rows]
    texts = {name: values[rows].tolist() for name, values in touch.props.items()}
    nums = {name: values[rows].tolist() for name, values in touch.nums.items()}
    is_order = touch.order is not None and touch.amount is not None
    orders = [f"{prefix}-{number}" for number in touch.order[rows].tolist()] if touch.order is not None else None
    columns: list[Iterable[object]] = [
        [f"{prefix}-{row}" for row in rows.tolist()],
        repeat(touch.type, count),
        repeat(touch.name, count),
        touch.ts[rows].tolist(),
        received.tolist(),
        repeat(touch.source, count),
        repeat(touch.channel, count),
        _identifiers(people, person, touch.shows[rows]),
        repeat(0, count),
        _traits(people, person) if touch.city else repeat({}, count),
        _rows(texts, count),
        _rows(nums, count),
        repeat("", count),
        list(orders) if orders else repeat("", count),
        product_codes(touch.product[rows]).tolist() if touch.product is not None else repeat("", count),
        repeat("", count),
        touch.amount[rows].tolist() if touch.amount is not None else repeat(0, count),
        repeat(CURRENCY if is_order else "", count),
        touch.quantity[rows].astype(float).tolist() if touch.quantity is not None else repeat(0.0, count),
    ]
    return list(map(Event, *columns))


def _identifiers(people: People, person: Ints, shows: Ints) -> list[object]:
    """The identifiers of each event; events that show the same kinds are made together."""
    found = np.empty(len(person), object)
    for mask in np.unique(shows).tolist():
        here = np.flatnonzero(shows == mask)
        kinds = [kind for kind in _FIRST if mask >> kind & 1]
        values = (people.values[kind][person[here]].tolist() for kind in kinds)
        pairs = (zip(repeat(NAMESPACES[kind]), texts, strict=False) for kind, texts in zip(kinds, values, strict=True))
        rows = np.empty(len(here), object)
        rows[:] = list(zip(*pairs, strict=True))
        found[here] = rows
    return list(found)


def _traits(people: People, person: Ints) -> list[object]:
    traits = [{"city": name} for name, _, _ in CITIES]
    return [traits[city] for city in people.city[person].tolist()]


def _rows(columns: dict[str, list[object]], count: int) -> Iterable[object]:
    if not columns:
        return repeat({}, count)
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def batches(events: Sequence[Event], size: int) -> Iterator[list[Event]]:
    """Consecutive batches of at most ``size`` events."""
    for at in range(0, len(events), size):
        yield list(events[at : at + size])


def wire_payload(event: Event) -> dict[str, object]:
    """The Segment payload that an SDK would have sent for an event.

    >>> one = Event("m", "track", "Seen", 0, 5, "web", "web", (("user_id", "u1"), ("email", "a@b.cn")))
    >>> wire_payload(one)["userId"], wire_payload(one)["originalTimestamp"]
    ('u1', '1970-01-01T00:00:00+00:00')
    """
    context: dict[str, object] = {}
    payload: dict[str, object] = {
        "type": event.type,
        "messageId": event.message_id,
        "timestamp": _iso(from_ms(event.ts)),
        "originalTimestamp": _iso(from_ms(event.ts)),
        "sentAt": _iso(from_ms(event.received)),
        "context": context,
    }
    external = []
    for namespace, value in event.identifiers:
        if namespace in _WIRE_KEYS and _WIRE_KEYS[namespace] not in payload:
            payload[_WIRE_KEYS[namespace]] = value
        elif namespace == "device_id" and "device" not in context:
            context["device"] = {"id": value}
        else:
            external.append({"id": value, "type": namespace})
    if external:
        context["externalIds"] = external
    if event.type == "track":
        payload["event"] = event.name
        payload["properties"] = _properties(event)
    else:
        payload["traits"] = dict(event.traits)
    return payload


_WIRE_KEYS = {"user_id": "userId", "anonymous_id": "anonymousId"}


def _properties(event: Event) -> dict[str, object]:
    properties: dict[str, object] = {**event.props, **event.nums}
    if event.currency:
        properties |= {
            "order_id": event.order_id,
            "product_id": event.product_id,
            "quantity": event.quantity,
            "revenue": event.revenue_minor / 100,
            "currency": event.currency,
        }
    return properties


def _iso(moment: datetime) -> str:
    return moment.isoformat()
