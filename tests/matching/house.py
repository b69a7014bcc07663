"""People with planted doubles: names, dates and addresses as they are written in real registers, with real slips."""

import random
import re
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from ninefold.matching import MatchingRules, parse_matching

FIRST = tuple(
    re.findall(
        r"\w+",
        """emma olivia ava sophia mia amelia harper ella grace chloe zoe lily hannah nora lucas liam noah oliver james
        henry jack owen leo ethan mason logan isaac caleb ryan nathan""",
    )
)
LAST = tuple(
    re.findall(
        r"\w+",
        """smith jones taylor brown wilson evans thomas roberts walker wright hughes green hall clarke turner hill
        cooper morris ward baker kelly price bennett gray shaw holmes mills barker hunt palmer""",
    )
)
SURNAMES, GIVEN = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗",
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰飞婷鹏雪",
)
STREETS = ["high", "station", "church", "park", "mill", "london", "victoria", "queen", "king", "green"]
ROADS = ["南京路", "解放路", "人民路", "中山路", "建设路", "和平路", "文化路", "长江路"]


@dataclass(frozen=True)
class Someone:
    name: str
    birth: str
    address: str
    phone: str
    email: str
    city: str

    @property
    def traits(self) -> dict[str, str]:
        return {"name": self.name, "birthday": self.birth, "address": self.address, "phone": self.phone,
                "email": self.email, "city": self.city}  # fmt: skip


def somebody(dice: random.Random) -> Someone:
    birth = f"{dice.randint(1940, 2005)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
    if dice.random() < 0.5:
        name = dice.choice(SURNAMES) + dice.choice(GIVEN) + dice.choice(GIVEN)
        address = f"上海市{dice.choice(ROADS)}{dice.randint(1, 900)}号{dice.randint(1, 30)}室"
        mail = f"u{dice.randint(1, 10**7)}@qq.com"
        return Someone(name, birth, address, f"1{dice.randint(30, 99)}{dice.randint(0, 10**8 - 1):08d}", mail, "上海")
    first, last = dice.choice(FIRST), dice.choice(LAST)
    address = f"{dice.randint(1, 300)} {dice.choice(STREETS)} street"
    mail = f"{first}.{last}{dice.randint(1, 999)}@example.org"
    phone = f"447{dice.randint(0, 10**9 - 1):09d}"
    return Someone(f"{first} {last}", birth, address, phone, mail, dice.choice(["leeds", "york", "bath"]))


def again(one: Someone, dice: random.Random) -> Someone:
    """The same person as somebody else wrote it down."""
    found = one
    for slip in dice.sample(["name", "birth", "address", "phone", "email"], dice.randint(1, 3)):
        match slip:
            case "name" if one.name.isascii():
                first, _, last = one.name.partition(" ")
                found = replace(found, name=dice.choice([f"{last} {first}", one.name.replace("e", "ee", 1), one.name]))
            case "name":
                found = replace(found, name=one.name[:2] + dice.choice(GIVEN))
            case "birth":
                year, month, day = one.birth.split("-")
                found = replace(found, birth=dice.choice([f"{year}/{month}/{day}", f"{year}-{day}-{month}"])
                                if int(day) <= 12 else f"{year}{month}{day}")  # fmt: skip
            case "address":
                found = replace(found, address=one.address.replace("street", "st").replace("上海市", ""))
            case "phone":
                found = replace(
                    found, phone=dice.choice(["", f"+86{one.phone}" if one.phone[:2] != "44" else one.phone])
                )
            case _:
                found = replace(found, email="")
    return found


def register(people: int, doubles: int, seed: int = 7) -> tuple[list[Someone], list[tuple[int, int]]]:
    """People, of whom some stand twice; and the places of those pairs."""
    dice = random.Random(seed)
    found = [somebody(dice) for _ in range(people)]
    pairs = []
    for place in dice.sample(range(people), doubles):
        found.append(again(found[place], dice))
        pairs.append((place, len(found) - 1))
    return found, pairs


DOCUMENT: dict[str, Any] = {
    "kind": "matching", "key": "people", "name": "People who may be one", "owner": "crm",
    "fields": [
        {"key": "name", "kind": "name", "traits": ["name"]},
        {"key": "birth", "kind": "birth_date", "traits": ["birthday"]},
        {"key": "address", "kind": "address", "traits": ["address"]},
        {"key": "phone", "kind": "phone", "traits": ["phone"]},
        {"key": "email", "kind": "email", "traits": ["email"]},
        {"key": "city", "kind": "text", "traits": ["city"]},
    ],
    "blocking": [["name", "birth.year"], ["birth", "city"], ["address"], ["phone.last8"], ["email"],
                 ["name.prefix", "address.numbers"], ["birth.year", "address.numbers"]],
    "certain": [["name", "birth"], ["phone"], ["email"]],
    "thresholds": {"auto": 0.9999, "review": 0.5},
    "expiry": {"fields": ["name", "birth"], "same": "retract", "different": "retract"},
    "desk": {"check_percent": 50, "claim_minutes": 30, "bulk_max": 100},
}  # fmt: skip


def rules(**changes: Any) -> MatchingRules:
    return parse_matching(DOCUMENT | changes)


def columns(people: list[Someone]) -> pa.Table:
    """People as the engine takes them; numbers begin with 1."""
    return pa.table({
        "oneid": list(range(1, len(people) + 1)),
        **{key: [getattr(one, key) or None for one in people]
           for key in ("name", "birth", "address", "phone", "email", "city")},
    })  # fmt: skip
