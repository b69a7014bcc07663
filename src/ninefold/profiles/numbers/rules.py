"""Patterns of member numbers, check digits, and the order in which random numbers are drawn. Pure."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from ninefold.base import HEADER_FIELDS, Fields, invalid

from .model import Check, Order, Pattern, When

_FIELDS: Final = ("node", "prefix", "digits", "order", "check", "start", "issue")
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NODE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_PREFIX: Final = re.compile(r"[A-Za-z0-9-]{0,12}")
_ROUNDS: Final = 6


def parse_pattern(document: Mapping[str, Any]) -> Pattern:
    """The pattern a document of kind ``member-numbers`` states.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.

    >>> parse_pattern({"key": "casa", "node": "casa", "prefix": "8", "digits": 6, "check": "luhn"}).series
    '8|6|sequence|luhn'
    """
    fields = Fields(document, allowed=(*HEADER_FIELDS, *_FIELDS))
    digits = fields.integer("digits", 8, low=2, high=15)
    order = cast("Order", fields.choice("order", ("sequence", "random"), "sequence"))
    if order == "random" and fields.has("start"):
        raise invalid("bad_start", "random numbers do not begin anywhere", field="start", got=fields.raw("start"),
                      allowed="only with order: sequence")  # fmt: skip
    return Pattern(
        key=fields.matching("key", _KEY, allowed="lower case letters, digits and _, at most 63"),
        node=fields.matching("node", _NODE, allowed="code of a node"),
        prefix=fields.matching("prefix", _PREFIX, "", allowed="at most 12 letters, digits and -"),
        digits=digits,
        order=order,
        check=cast("Check", fields.choice("check", ("none", "luhn", "mod11"), "none")),
        start=fields.integer("start", 1, low=0, high=10**digits - 1),
        when=cast("When", fields.choice("issue", ("asked", "joining"), "asked")),
    )


def check_digit(digits: str, check: Check) -> str:
    """The check digit of a number; letters do not count.

    ``luhn`` finds every wrong digit and nearly every swap of neighbours; ``mod11`` finds all of both.

    >>> check_digit("7992739871", "luhn"), check_digit("000000021825009", "mod11")
    ('3', '7')
    """
    counted = [int(one) for one in digits if one.isdecimal()]
    match check:
        case "luhn":
            doubled = [one if place % 2 else one * 2 for place, one in enumerate(reversed(counted))]
            return str(-sum(one - 9 if one > 9 else one for one in doubled) % 10)
        case "mod11":
            rest = 0
            for one in counted:
                rest = (rest + one) * 2 % 11
            return "0123456789X"[(12 - rest) % 11]
        case "none":
            return ""


def text_of(pattern: Pattern, serial: int) -> str:
    """The number with a serial number.

    >>> text_of(Pattern(key="c", node="c", prefix="8", digits=4, check="luhn"), 12)
    '800128'
    """
    body = f"{pattern.prefix}{serial:0{pattern.digits}d}"
    return body + check_digit(body, pattern.check)


def reads(pattern: Pattern, number: str) -> bool:
    """Whether a text could be a number of a pattern, so with the right check digit."""
    body = number[:-1] if pattern.check != "none" else number
    serial = body.removeprefix(pattern.prefix)
    right = number.startswith(pattern.prefix) and serial.isascii() and serial.isdecimal()
    return right and len(serial) == pattern.digits and number == body + check_digit(body, pattern.check)


def numbers_from(pattern: Pattern, place: int, secret: int) -> Iterator[str]:
    """The numbers of a series from a place on, each once, until there are no more.

    Args:
        pattern: how they are made.
        place: how many of the series were passed already.
        secret: of the series; random numbers cannot be foretold without it.
    """
    if pattern.order == "sequence":
        for serial in range(pattern.start + place, pattern.capacity):
            yield text_of(pattern, serial)
        return
    for one in range(place, pattern.capacity):
        yield text_of(pattern, shuffled(one, pattern.capacity, secret))


def shuffled(place: int, size: int, secret: int) -> int:
    """Where a place of 0..size-1 goes in an order that a secret decides: a permutation, so nothing comes twice.

    A balanced Feistel network over the next even number of bits, walked on until it falls below the size (Black and
    Rogaway, Ciphers with Arbitrary Finite Domains, 2002).

    >>> sorted(shuffled(n, 100, 7) for n in range(100)) == list(range(100))
    True
    """
    half = ((size - 1).bit_length() + 1) // 2
    mask = (1 << half) - 1
    key = secret.to_bytes(16, "big")
    while True:
        left, right = place >> half, place & mask
        for turn in range(_ROUNDS):
            drawn = hashlib.blake2b(right.to_bytes(8, "big") + bytes([turn]), digest_size=8, key=key).digest()
            left, right = right, left ^ (int.from_bytes(drawn, "big") & mask)
        place = left << half | right
        if place < size:
            return place
