"""Nested properties and traits as flat maps: text, numbers, dotted names. Pure, and on the hot path.

A number is kept as a number only when a 64-bit float holds it exactly; longer integers are ids and stay text.
"""

from collections.abc import Mapping

import msgspec

_EXACT = 2**53
_JSON = msgspec.json.Encoder()

Trait = str | float | bool | None


class TooDeep(Exception):  # noqa: N818 - a signal inside this package, turned into a rejection
    """Objects are nested deeper than the limit."""


def text_of(value: object) -> str:
    """A scalar as the text of an identifier; empty for everything else.

    >>> text_of(12.0), text_of("a"), text_of(True), text_of(None)
    ('12', 'a', '', '')
    """
    if type(value) is str:
        return value.strip()
    if type(value) is int:
        return str(value)
    if type(value) is float:
        return str(int(value)) if value.is_integer() else repr(value)
    return ""


def put_properties(
    values: Mapping[str, object], props: dict[str, str], nums: dict[str, float], prefix: str = "", room: int = 16
) -> None:
    """Add values to the text and number maps of an event.

    Args:
        values: decoded JSON object.
        props: receives text, booleans as ``true``/``false``, lists as JSON text.
        nums: receives numbers.
        prefix: put before every name, e.g. ``context.page.``.
        room: levels of nesting still allowed.

    Raises:
        TooDeep: when objects nest deeper.
    """
    for key, value in values.items():
        name = prefix + key
        kind = type(value)
        if kind is str:
            props[name] = value  # type: ignore[assignment]  # the exact type was just compared, faster than isinstance
        elif kind is float:
            nums[name] = value  # type: ignore[assignment]
        elif kind is bool:
            props[name] = "true" if value else "false"
        elif isinstance(value, int):
            if -_EXACT <= value <= _EXACT:
                nums[name] = float(value)
            else:
                props[name] = str(value)
        elif isinstance(value, dict):
            if room <= 0:
                raise TooDeep
            put_properties(value, props, nums, name + ".", room - 1)
        elif value is not None:
            props[name] = _JSON.encode(value).decode()


def put_traits(values: Mapping[str, object], traits: dict[str, Trait], prefix: str = "", room: int = 16) -> None:
    """Add values to the traits of an event; ``None`` stays, for it removes a trait.

    Raises:
        TooDeep: when objects nest deeper than ``room``.
    """
    for key, value in values.items():
        name = prefix + key
        if value is None or isinstance(value, str | bool | float):
            traits[name] = value
        elif isinstance(value, int):
            traits[name] = float(value) if -_EXACT <= value <= _EXACT else str(value)
        elif isinstance(value, dict):
            if room <= 0:
                raise TooDeep
            put_traits(value, traits, name + ".", room - 1)
        else:
            traits[name] = _JSON.encode(value).decode()
