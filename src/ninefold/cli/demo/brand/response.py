"""How people respond to a campaign: the second phase, after somebody else decided who was treated.

Pure. The effect is planted exactly: of the treated, the share ``baseline + uplift`` orders, of the others the share
``baseline``, each rounded to a person. So the true difference is known, and a report that misses it by more than its
interval is wrong, not unlucky. Who orders is decided by a hash of the person's identifier.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ninefold.base import stable_key, to_ms
from ninefold.collect import Event

from .people import Ints
from .plan import CURRENCY, DAY, ORDER, BrandPlan

_PREFERRED = ("user_id", "member_no", "unionid", "phone", "taobao_id", "jd_id", "openid", "email")


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What people did after a campaign.

    Attributes:
        events: orders in the order of their time; source ``shop``, one identifier each.
        treated: people treated, and how many of them ordered.
        control: people held out, and how many of them ordered.
        uplift: the true difference of the two shares.
        revenue_minor: money of the orders.
        unreachable: people of either side without an identifier that an order could carry; they do not order.
    """

    events: list[Event]
    treated: tuple[int, int]
    control: tuple[int, int]
    uplift: float
    revenue_minor: int
    unreachable: int


def respond(
    plan: BrandPlan, identifiers: pa.Table, treated: Sequence[int], control: Sequence[int], *, at: datetime
) -> Response:
    """The orders that follow a campaign.

    Args:
        plan: the brand; baseline, uplift and days of response.
        identifiers: columns namespace, value, oneid of everybody concerned.
        treated: oneids that got the message.
        control: oneids that were held out.
        at: when the campaign ran; orders follow within ``response_days``.
    """
    people = np.concatenate([np.asarray(treated, np.int64), np.asarray(control, np.int64)])
    namespaces, values = _carriers(identifiers, people)
    reachable = np.array([bool(value) for value in values], np.bool_)
    draw = np.array([_draw(plan.seed, value) for value in values], np.int64)
    orders = np.zeros(len(people), np.bool_)
    sizes = (len(treated), len(control))
    counts = []
    for first, size, share in ((0, sizes[0], plan.baseline + plan.uplift), (sizes[0], sizes[1], plan.baseline)):
        group = np.arange(first, first + size)
        ranked = group[np.lexsort((draw[group], ~reachable[group]))]
        wanted = min(round(share * size), int(reachable[group].sum()))
        orders[ranked[:wanted]] = True
        counts.append(wanted)
    who = np.flatnonzero(orders)
    events = [_order(plan, namespaces[i], values[i], int(draw[i]), to_ms(at)) for i in who.tolist()]
    shares = [count / size if size else 0.0 for count, size in zip(counts, sizes, strict=True)]
    return Response(
        events=sorted(events, key=lambda event: event.ts),
        treated=(sizes[0], counts[0]),
        control=(sizes[1], counts[1]),
        uplift=shares[0] - shares[1],
        revenue_minor=sum(event.revenue_minor for event in events),
        unreachable=int((~reachable).sum()),
    )


def _carriers(identifiers: pa.Table, people: Ints) -> tuple[list[str], list[str]]:
    """One identifier per person that an order can carry, empty where there is none."""
    rank = pc.index_in(identifiers["namespace"].cast(pa.string()), value_set=pa.array(_PREFERRED))
    usable = identifiers.append_column("rank", rank).filter(pc.is_valid(rank))
    usable = usable.filter(pc.is_in(usable["oneid"].cast(pa.int64()), value_set=pa.array(people)))
    usable = usable.sort_by([("oneid", "ascending"), ("rank", "ascending"), ("value", "ascending")])
    oneids, first = np.unique(usable["oneid"].to_numpy().astype(np.int64), return_index=True)
    place = np.searchsorted(oneids, people)
    found = (
        (place < len(oneids)) & (oneids[np.minimum(place, max(len(oneids) - 1, 0))] == people)
        if len(oneids)
        else (np.zeros(len(people), np.bool_))
    )
    names, values = usable["namespace"].to_pylist(), usable["value"].to_pylist()
    rows = [int(first[p]) if ok else -1 for p, ok in zip(place.tolist(), found.tolist(), strict=True)]
    return [names[r] if r >= 0 else "" for r in rows], [values[r] if r >= 0 else "" for r in rows]


def _draw(seed: int, value: str) -> int:
    digest = hashlib.blake2b(f"{seed}/{value}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big")


def _order(plan: BrandPlan, namespace: str, value: str, draw: int, at_ms: int) -> Event:
    ts = at_ms + 3_600_000 + draw % (plan.response_days * DAY - 2 * 3_600_000)
    order = stable_key("response", plan.seed, at_ms, value)
    return Event(
        message_id=f"shop-{order}",
        type="track",
        name=ORDER,
        ts=ts,
        received=ts + 1_000,
        source="shop",
        channel="web",
        identifiers=((namespace, value),),
        order_id=order,
        revenue_minor=9_900 + draw // 1_000 % 40_000,
        currency=CURRENCY,
        quantity=1.0,
    )
