"""A random shop: visits, orders that change and are given back, merged people; and the same rows for plain Python."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ninefold.base import to_ms
from tests.support.world import START, World

WALL = ZoneInfo("Asia/Shanghai")
MERGED = {7: 2, 11: 2, 20: 13}
NAMES = ["View", "View", "Cart", "Order Completed", "Order Completed", "Order Completed (adjusted)", "Order Refunded"]


@dataclass(frozen=True)
class Row:
    """One event: whose, when (ms), what, where, how much (whole units), which order."""

    person: int
    at: int
    name: str
    channel: str
    amount: float
    order: str

    @property
    def local(self) -> datetime:
        return datetime.fromtimestamp(self.at / 1000, tz=WALL)


def shop(world: World, seed: int, *, count: int = 240, days: int = 24) -> list[Row]:
    """Write a random shop and give its rows, ordered by time, no two at one instant."""
    chance = random.Random(seed)
    for loser, root in MERGED.items():
        world.merge(loser, root)
    world.trait(3, "city", "上海")
    world.trait(4, "city", "上海")
    world.trait(2, "city", "北京")
    rows = []
    for number, at in enumerate(sorted(chance.sample(range(days * 86_400), count))):
        account, name = chance.randint(1, 20), chance.choice(NAMES)
        channel = chance.choice(["web", "app", "app", "shop", ""])
        amount = chance.randint(1, 90) / 2 if name.startswith("Order") else 0.0
        order = f"o{chance.randint(1, 30)}" if amount and chance.random() < 0.8 else ""
        moment = to_ms(START) + at * 1000
        more: dict[str, Any] = {}
        if amount:
            more = {"revenue_minor": round(amount * 100), "currency": "CNY", "order_id": order}
        world.event(
            account,
            name,
            datetime.fromtimestamp(moment / 1000, tz=UTC),
            channel=channel,
            message_id=f"s{number}",
            **more,
        )
        rows.append(Row(MERGED.get(account, account), moment, name, channel, amount, order))
    world.flush()
    return rows


def grouped(rows: list[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    """Rows by a key, in their order."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found
