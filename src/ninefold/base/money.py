"""Money as integers in minor units (cents, fen), never floating point.

The number of minor digits per currency follows ISO 4217.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from .errors import invalid

MINOR_DIGITS: Mapping[str, int] = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Currencies that do not have two digits after the point."""

_ADJUSTED = " (adjusted)"
_LARGEST = 9_000_000_000_000_000  # minor units; keeps sums of a thousand such amounts inside 64 bits


def minor_digits(currency: str) -> int:
    """Digits after the point that a currency has (ISO 4217); 2 for one we do not know.

    >>> minor_digits("JPY"), minor_digits("CNY")
    (0, 2)
    """
    return MINOR_DIGITS.get(currency.upper(), 2)


def minor_units(amount: str | float | Decimal, currency: str = "CNY") -> int:
    """An amount in major units as an integer of minor units, rounded half to even.

    A float is read by its shortest decimal form, so 19.99 is 1999. Raises an invalid-input error for text that is
    no number, for infinities and for absurd sizes.

    >>> minor_units("19.99"), minor_units(0.1 + 0.2), minor_units("1,234.5"), minor_units(500, "JPY")
    (1999, 30, 123450, 500)
    """
    text = amount.replace(",", "").strip() if isinstance(amount, str) else repr(amount)
    try:
        value = amount if isinstance(amount, Decimal) else Decimal(text)
        if not value.is_finite() or value.adjusted() > 15:
            raise InvalidOperation
        minor = int(value.scaleb(minor_digits(currency)).to_integral_value(ROUND_HALF_EVEN))
    except (InvalidOperation, ValueError) as exc:
        raise invalid("bad_amount", "not an amount of money", field="amount", got=amount, allowed="19.99") from exc
    if abs(minor) > _LARGEST:
        raise invalid("bad_amount", "amount out of range", field="amount", got=amount, allowed="below 9e15 minor units")
    return minor


def adjustment_of(event: str) -> str:
    """The name of the events that tell how the money and pieces of an earlier event changed, as differences.

    An order that is corrected later keeps its event; the difference is told beside it under this name. So orders
    count once, and what sums money or pieces of an event reads both names, see :func:`money_events`. The name is not
    "Order Updated", by which shops tell the whole new total.

    >>> adjustment_of("Order Completed")
    'Order Completed (adjusted)'
    """
    return f"{event}{_ADJUSTED}"


def money_events(*events: str) -> tuple[str, ...]:
    """Events and their adjustments: whose money, or pieces, add up to what the events came to.

    >>> money_events("Order Completed")
    ('Order Completed', 'Order Completed (adjusted)')
    """
    return tuple(name for event in events for name in (event, adjustment_of(event)))


def format_money(minor: int, currency: str = "CNY") -> str:
    """Minor units as text with thousands separators and the currency code.

    >>> format_money(459603958, "USD")
    'USD 4,596,039.58'
    """
    digits = minor_digits(currency)
    return f"{currency} {Decimal(minor).scaleb(-digits):,.{digits}f}"
