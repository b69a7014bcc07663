"""The people of one block: who they are, where they buy, how often, and every identifier they have.

Pure: arrays from a plan and the number of the block. Trouble is planted here: families that share devices, telephone
numbers that change hands, typing errors.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .plan import CITIES, DAY, BrandPlan, Channel, Kind

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]

_PHONES = 6_999_999_989  # numbers from 13000000000 on; a prime, so that no two people get the same
_FACTOR = 1_540_483_477
_FAMILY = 3
_FAMILY_SHARE = 0.12
_RECYCLED_SHARE = 0.002
_REACH = {
    Channel.TAOBAO: 0.45,
    Channel.JD: 0.22,
    Channel.POS: 0.35,
    Channel.MINI: 0.45,
    Channel.APP: 0.25,
    Channel.WEB: 0.30,
}


@dataclass(frozen=True, kw_only=True)
class People:
    """The people of a block as arrays of shape (n,).

    Attributes:
        index: number of each person in the whole brand, from 0.
        rng: the block's randomness; later steps go on drawing from it.
        city: index into ``CITIES``.
        joined_ms: nothing is known of the person before.
        left_ms: the person does nothing afterwards.
        rate: orders to be expected over the whole history.
        uses: per channel, whether the person is there; shape (n, channels).
        on_scale: owns a body scale or lives with one.
        family: number of the family in the block, -1 for none.
        changed_ms: when the person's first number was given up; a time after the end for those who kept it.
        heir: index in the block of who got the number, -1 for none.
        binds: whether the mini-program was given the telephone number.
        mistyped: whether the first e-mail typed was wrong.
    """

    plan: BrandPlan
    index: Ints
    rng: np.random.Generator
    city: Ints
    joined_ms: Ints
    left_ms: Ints
    rate: NDArray[np.float64]
    uses: Flags
    on_scale: Flags
    family: Ints
    changed_ms: Ints
    heir: Ints
    binds: Flags
    mistyped: Flags

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def values(self) -> dict[Kind, Texts]:
        """Every identifier in the form in which an identity ledger keeps it (numbers as E.164)."""
        number = 13_000_000_000 + self.index * _FACTOR % _PHONES
        heirs = self.heir >= 0
        first = number.copy()
        first[self.heir[heirs]] = number[heirs]  # who comes after has the number of who went before
        family = self.index[0] + self.family
        return {
            Kind.PHONE: _joined("+86", first),
            Kind.PHONE_NEW: _joined("+86", 13_000_000_000 + (self.index + 2_000_000_000) * _FACTOR % _PHONES),
            Kind.PHONE_TYPO: _joined("+86", 13_000_000_000 + (self.index + 4_000_000_000) * _FACTOR % _PHONES),
            Kind.EMAIL: _joined("p", self.index, "@mail.example.cn"),
            Kind.EMAIL_TYPO: _joined("p", self.index, "@mial.example.cn"),
            Kind.USER: _joined("u", self.index + 100_000),
            Kind.ANONYMOUS: _joined("web-", self.index * 7 + 1),
            Kind.DEVICE: _joined("app-", self.index * 7 + 2),
            Kind.OPENID: _joined("oA", self.index * 7 + 3),
            Kind.UNIONID: _joined("oU", self.index * 7 + 4),
            Kind.MEMBER: _joined("M", self.index + 10_000_000),
            Kind.TAOBAO: _joined("tb", self.index * 7 + 5),
            Kind.JD: _joined("jd_", self.index * 7 + 6),
            Kind.SCALE: _joined("scale-", self.index * 7),
            Kind.FAMILY_DEVICE: _joined("tablet-", family),
            Kind.FAMILY_BROWSER: _joined("home-pc-", family),
            Kind.FAMILY_SCALE: _joined("home-scale-", family),
        }

    def phone_is_new(self, person: Ints, ts: Ints) -> Flags:
        """Whether people had given up their first number by a time."""
        return ts >= self.changed_ms[person]


def _joined(prefix: str, numbers: Ints, suffix: str = "") -> Texts:
    text = pc.binary_join_element_wise(pa.scalar(prefix), pa.array(numbers).cast(pa.string()), pa.scalar(suffix), "")
    return np.array(text.to_pylist(), dtype=object)


def make_people(plan: BrandPlan, block: int) -> People:
    """The people of a block.

    Purchase rates are gamma distributed and activity ends early for a third, so recency, frequency and money differ
    as they do in real bases (NBD and Pareto/NBD: Ehrenberg 1959; Schmittlein, Morrison, Colombo 1987).
    """
    first = block * plan.block
    count = min(plan.block, plan.people - first)
    rng = np.random.default_rng([plan.seed, block])
    index = np.arange(first, first + count, dtype=np.int64)
    uses = rng.random((count, len(Channel))) < np.array([_REACH[channel] for channel in Channel])
    nowhere = np.flatnonzero(~uses.any(axis=1))
    uses[nowhere, rng.integers(0, len(Channel), len(nowhere))] = True
    joined_day = np.where(rng.random(count) < 0.7, 0, rng.integers(0, plan.days - 5, count))
    stays = rng.random(count) < 0.65
    left_day = np.where(stays, plan.days, joined_day + 1 + (plan.days - 1 - joined_day) * rng.random(count))
    families = int(count * _FAMILY_SHARE) // _FAMILY
    family = np.full(count, -1, np.int64)
    family[: families * _FAMILY] = np.arange(families * _FAMILY) // _FAMILY
    rate = rng.gamma(0.9, 2.6, count)
    on_scale = rng.random(count) < 0.03
    binds, mistyped = rng.random(count) < 0.65, rng.random(count) < 0.03
    changed, heir = _recycled(plan, rng, count, families * _FAMILY)
    heirs = heir >= 0
    joined_day[heir[heirs]] = changed[heirs] + 1
    joined_day[heirs] = 0
    left_day[heirs] = left_day[heir[heirs]] = plan.days
    both = np.concatenate([np.flatnonzero(heirs), heir[heirs]])  # who show their number, so that it does change hands
    uses[both, Channel.JD] = True
    rate[both] = np.maximum(rate[both], 6.0)
    return People(
        plan=plan,
        index=index,
        rng=rng,
        city=rng.choice(len(CITIES), count, p=[share for _, _, share in CITIES]),
        joined_ms=plan.start_ms + joined_day * DAY,
        left_ms=plan.start_ms + np.floor(left_day).astype(np.int64) * DAY,
        rate=rate,
        uses=uses,
        on_scale=on_scale,
        family=family,
        changed_ms=plan.start_ms + changed * DAY,
        heir=heir,
        binds=binds,
        mistyped=mistyped,
    )


def _recycled(plan: BrandPlan, rng: np.random.Generator, count: int, first: int) -> tuple[Ints, Ints]:
    """Day on which people gave their number up, and who got it; nobody of a family, so that troubles do not mix."""
    changed = np.full(count, plan.days + 1, np.int64)
    heir = np.full(count, -1, np.int64)
    pairs = min(max(int(count * _RECYCLED_SHARE), 1), (count - first) // 2)
    chosen = first + rng.permutation(count - first)[: 2 * pairs]
    before, after = chosen[:pairs], chosen[pairs:]
    changed[before] = rng.integers(plan.days // 3, plan.days * 2 // 3, pairs)
    heir[before] = after
    return changed, heir
