"""What people did, as columns: one :class:`Touches` per kind of doing and channel.

Pure: from people to columns. Which identifiers each touch shows is a column, too: it is what the truth about who can
be known to be whom is computed from.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .people import Flags, Ints, People, Texts
from .plan import BODY, BODY_INDICATORS, DAY, MODELS, ORDER, PRODUCTS, Channel, Kind

_HOURS = np.array([1, 1, 1, 1, 1, 1, 2, 4, 6, 7, 7, 7, 8, 6, 5, 5, 6, 6, 7, 9, 12, 12, 8, 3], np.float64)


@dataclass(frozen=True, kw_only=True)
class Touches:
    """Things done in one channel, n of them.

    Attributes:
        source: key of the source.
        channel: channel of the events.
        type: Segment's call.
        name: event name.
        person: index in the block, shape (n,).
        ts: when, ms UTC, shape (n,).
        shows: bit mask of the identifiers shown, shape (n,); see ``Kind``.
        city: whether the city is told, too.
        amount: minor units of an order, shape (n,).
        product: index of the product, shape (n,).
        quantity: pieces, shape (n,).
        order: number of the order in the block, shape (n,).
        props: text properties.
        nums: numeric properties.
    """

    source: str
    channel: str
    type: str
    name: str
    person: Ints
    ts: Ints
    shows: Ints
    city: bool = False
    amount: Ints | None = None
    product: Ints | None = None
    quantity: Ints | None = None
    order: Ints | None = None
    props: dict[str, Texts] = field(default_factory=dict)
    nums: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.person)


def bits(*kinds: Kind) -> int:
    """The mask of some kinds of identifiers."""
    return sum(1 << int(kind) for kind in kinds)


_USER = bits(Kind.USER)


def pick(condition: Flags, yes: Ints | int, no: Ints | int = 0) -> Ints:
    """One mask where a condition holds, another where not, shape (n,)."""
    return np.asarray(np.where(condition, yes, no), np.int64)


def _phone(people: People, person: Ints, ts: Ints) -> Ints:
    """The bit of the number a person had at a time."""
    return pick(people.phone_is_new(person, ts), bits(Kind.PHONE_NEW), bits(Kind.PHONE))


def _moments(people: People, person: Ints) -> Ints:
    """Random times at which people were active, by the hours of the day in Shanghai."""
    rng, count = people.rng, len(person)
    first, last = people.joined_ms[person], people.left_ms[person]
    day = first + np.floor(rng.random(count) * np.maximum((last - first) // DAY, 1)).astype(np.int64) * DAY
    hour = rng.choice(24, count, p=_HOURS / _HOURS.sum())
    # Days begin at midnight UTC here; an hour of Shanghai is eight earlier, taken around the clock.
    return np.asarray(day + (hour - 8) % 24 * 3_600_000 + rng.integers(0, 3_600_000, count), np.int64)


def _times(people: People, mean: float, who: Flags) -> Ints:
    """Each person as often as a Poisson draw says, in proportion to the time the person was active."""
    share = (people.left_ms - people.joined_ms) / (people.plan.days * DAY)
    counts = people.rng.poisson(mean * share * who)
    return np.repeat(np.arange(len(people), dtype=np.int64), counts)


def make_orders(people: People) -> dict[Channel, Touches]:
    """All orders by channel. An order shows the identifiers its channel asks for."""
    rng = people.rng
    share = (people.left_ms - people.joined_ms) / (people.plan.days * DAY)
    person = np.repeat(np.arange(len(people), dtype=np.int64), rng.poisson(people.rate * share))
    ts = _moments(people, person)
    weights = np.cumsum(people.uses * np.array([1.0, 0.8, 1.2, 1.0, 0.8, 0.7]), axis=1)
    draw = rng.random(len(person)) * weights[person, -1]
    channel = (draw[:, None] >= weights[person]).sum(axis=1)
    product = np.minimum(rng.zipf(1.3, len(person)) - 1, len(PRODUCTS) * MODELS - 1).astype(np.int64)
    quantity = 1 + (rng.random(len(person)) < 0.15) + (rng.random(len(person)) < 0.05)
    amount = np.rint(np.exp(rng.normal(5.2, 0.9, len(person))) * 100).astype(np.int64) * quantity
    shows = _shown_at_orders(people, person, ts, channel)
    order = np.arange(len(person), dtype=np.int64)
    found = {}
    for one in Channel:
        here = channel == one
        found[one] = Touches(
            source=one.name.lower(),
            channel=_CHANNELS[one],
            type="track",
            name=ORDER,
            person=person[here],
            ts=ts[here],
            shows=shows[here],
            city=one in {Channel.TAOBAO, Channel.JD},
            amount=amount[here],
            product=product[here],
            quantity=quantity[here],
            order=order[here],
        )
    return found


_CHANNELS = {
    Channel.TAOBAO: "marketplace",
    Channel.JD: "marketplace",
    Channel.POS: "store",
    Channel.MINI: "mini_program",
    Channel.APP: "app",
    Channel.WEB: "web",
}


def _shown_at_orders(people: People, person: Ints, ts: Ints, channel: Ints) -> Ints:
    rng, count = people.rng, len(person)
    phone = _phone(people, person, ts)
    masked = rng.random(count) < 0.4  # a marketplace that hides the number
    card, typed = rng.random(count) < 0.7, rng.random(count) < 0.5
    wrong = rng.random(count) < 0.02
    till = pick(
        card,
        bits(Kind.MEMBER) | pick(typed, phone, 0),
        pick(wrong, bits(Kind.PHONE_TYPO), phone),
    )
    at_home = (people.family[person] >= 0) & (rng.random(count) < 0.3)
    return np.select(
        [channel == one for one in Channel],
        [
            bits(Kind.TAOBAO) | pick(masked, 0, phone),
            bits(Kind.JD) | phone,
            till,
            bits(Kind.OPENID, Kind.UNIONID) | pick(people.binds[person], phone, 0),
            bits(Kind.USER) | pick(at_home, bits(Kind.FAMILY_DEVICE), bits(Kind.DEVICE)),
            bits(Kind.USER) | pick(at_home, bits(Kind.FAMILY_BROWSER), bits(Kind.ANONYMOUS)),
        ],
    )


def make_members(people: People) -> Touches:
    """The list of members: who shops in stores or owns a scale; it tells card number, phone and city."""
    person = np.flatnonzero(people.uses[:, Channel.POS] | people.on_scale)
    ts = people.joined_ms[person]
    return Touches(
        source="members",
        channel="store",
        type="identify",
        name="$identify",
        person=person,
        ts=ts,
        shows=bits(Kind.MEMBER) | _phone(people, person, ts),
        city=True,
    )


def make_visits(people: People) -> list[Touches]:
    """Visits and sign-ins in app, web and mini-program, and measurements of the body scale."""
    return [*_app(people), *_web(people), *_mini(people), _scale(people)]


_Visits = tuple[Ints, Ints, dict[str, Texts]]


def _visits(people: People, channel: Channel, name: str, mean: float) -> _Visits:
    """Who visited when, and what was looked at."""
    person = _times(people, mean, people.uses[:, channel])
    props = {}
    if name == "Product Viewed":
        products = np.array(PRODUCTS, object)
        props["category"] = products[people.rng.integers(0, len(PRODUCTS), len(person))]
    return person, _moments(people, person), props


def _signs_in(people: People, channel: Channel, shows: Ints, who: Flags, *, city: bool) -> Touches:
    """Everybody of a channel says once who he is."""
    person = np.flatnonzero(people.uses[:, channel] & who)
    return Touches(
        source=channel.name.lower(),
        channel=_CHANNELS[channel],
        type="identify",
        name="$identify",
        person=person,
        ts=people.joined_ms[person] + people.rng.integers(0, DAY, len(person)),
        shows=shows[person],
        city=city,
    )


def _app(people: People) -> list[Touches]:
    rng, everyone = people.rng, np.arange(len(people), dtype=np.int64)
    tells_phone = rng.random(len(people)) < 0.6
    shows = bits(Kind.USER, Kind.DEVICE) | pick(tells_phone, _phone(people, everyone, people.joined_ms), 0)
    found = [_signs_in(people, Channel.APP, shows, np.ones(len(people), np.bool_), city=True)]
    for name, mean in (("App Opened", 6.0), ("Product Viewed", 6.0)):
        person, ts, props = _visits(people, Channel.APP, name, mean)
        at_home = (people.family[person] >= 0) & (rng.random(len(person)) < 0.4)
        device = pick(at_home, bits(Kind.FAMILY_DEVICE), bits(Kind.DEVICE))
        signed_in = rng.random(len(person)) < 0.8
        found.append(_doing(Channel.APP, name, (person, ts, props), device | pick(signed_in, _USER)))
    return found


def _web(people: People) -> list[Touches]:
    rng, count = people.rng, len(people)
    has_account = rng.random(count) < 0.7
    right = np.full(count, bits(Kind.USER, Kind.ANONYMOUS, Kind.EMAIL))
    wrong = np.full(count, bits(Kind.USER, Kind.ANONYMOUS, Kind.EMAIL_TYPO))
    found = [
        _signs_in(people, Channel.WEB, right, has_account, city=False),
        _signs_in(people, Channel.WEB, wrong, has_account & people.mistyped, city=False),
    ]
    person, ts, props = _visits(people, Channel.WEB, "Product Viewed", 7.0)
    at_home = (people.family[person] >= 0) & (rng.random(len(person)) < 0.3)
    browser = pick(at_home, bits(Kind.FAMILY_BROWSER), bits(Kind.ANONYMOUS))
    signed_in = has_account[person] & (rng.random(len(person)) < 0.4)
    shows = browser | pick(signed_in, _USER)
    found.append(_doing(Channel.WEB, "Product Viewed", (person, ts, props), shows))
    return found


def _mini(people: People) -> list[Touches]:
    rng, everyone = people.rng, np.arange(len(people), dtype=np.int64)
    shows = bits(Kind.OPENID, Kind.UNIONID) | _phone(people, everyone, people.joined_ms)
    found = [_signs_in(people, Channel.MINI, shows, people.binds, city=False)]
    person, ts, props = _visits(people, Channel.MINI, "Product Viewed", 7.0)
    with_union = rng.random(len(person)) < 0.8
    shows = bits(Kind.OPENID) | pick(with_union, bits(Kind.UNIONID))
    found.append(_doing(Channel.MINI, "Product Viewed", (person, ts, props), shows))
    return found


def _doing(channel: Channel, name: str, visits: _Visits, shows: Ints) -> Touches:
    person, ts, props = visits
    return Touches(
        source=channel.name.lower(),
        channel=_CHANNELS[channel],
        type="track",
        name=name,
        person=person,
        ts=ts,
        shows=shows,
        props=props,
    )


def _scale(people: People) -> Touches:
    """Twelve indicators about every second day; a family has one scale for all."""
    rng = people.rng
    person = _times(people, people.plan.days * 0.55, people.on_scale)
    scale = pick(people.family[person] >= 0, bits(Kind.FAMILY_SCALE), bits(Kind.SCALE))
    own = rng.normal(0.0, 0.7, (len(people), len(BODY_INDICATORS)))[person]
    daily = rng.normal(0.0, 0.12, (len(person), len(BODY_INDICATORS)))
    nums = {
        name: np.round(mean + spread * (own[:, i] + daily[:, i]), 1)
        for i, (name, mean, spread) in enumerate(BODY_INDICATORS)
    }
    return Touches(
        source="scale",
        channel="device",
        type="track",
        name=BODY,
        person=person,
        ts=_moments(people, person),
        shows=scale | bits(Kind.MEMBER),
        nums=nums,
    )
