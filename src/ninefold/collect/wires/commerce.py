"""The commerce columns of an event out of its properties (Segment's e-commerce and RudderStack's names). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from ninefold.base import Error, minor_units

from .flatten import text_of

_KEYS = frozenset(
    (
        "order_id",
        "orderId",
        "product_id",
        "productId",
        "sku",
        "campaign_id",
        "campaignId",
        "quantity",
        "products",
        "revenue",
        "total",
        "value",
    )
)
_PIECES = 1e9  # more pieces than this are a unit mix-up; the text stays in the properties
_SAME = {"RMB": "CNY"}


@dataclass(frozen=True, slots=True)
class Commerce:
    """What an event says about a purchase; all empty for other events.

    Attributes:
        order_id: order_id, orderId.
        product_id: product_id, productId or sku; of the single entry of ``products`` when there is one.
        campaign_id: campaign_id, campaignId.
        revenue_minor: revenue, else total, else value (value only with a currency), in minor units of ``currency``.
        currency: ISO 4217 code, empty without revenue.
        quantity: quantity, else the sum over ``products``.
        warning: an amount or currency that could not be read.
    """

    order_id: str = ""
    product_id: str = ""
    campaign_id: str = ""
    revenue_minor: int = 0
    currency: str = ""
    quantity: float = 0.0
    warning: str = ""


NOTHING = Commerce()


def commerce_of(properties: Mapping[str, object], default_currency: str) -> Commerce:
    """Read the commerce columns.

    Args:
        properties: decoded properties of the event.
        default_currency: of amounts that name none.
    """
    present = _KEYS.intersection(properties)
    if not present:
        return NOTHING
    product_id = _first(properties, present, "product_id", "productId", "sku")
    quantity = _number(properties["quantity"]) if "quantity" in present else 0.0
    if "products" in present and isinstance(products := properties["products"], list):
        entries = [entry for entry in products if isinstance(entry, dict)]
        if not product_id and len(entries) == 1:
            product_id = _first(entries[0], _KEYS.intersection(entries[0]), "product_id", "productId", "sku")
        if not quantity:
            quantity = min(sum(_number(entry.get("quantity", 1)) for entry in entries), _PIECES)
    revenue, currency, warning = 0, "", ""
    for key in ("revenue", "total", "value"):
        # A bare "value" is a slider or a rating as often as money, so it counts only beside a currency.
        if key in present and properties[key] not in (None, "") and (key != "value" or "currency" in properties):
            revenue, currency, warning = _money(properties[key], properties.get("currency"), default_currency)
            break
    return Commerce(
        _first(properties, present, "order_id", "orderId"),
        product_id,
        _first(properties, present, "campaign_id", "campaignId"),
        revenue,
        currency,
        quantity,
        warning,
    )


def _first(properties: Mapping[str, object], present: frozenset[str], *keys: str) -> str:
    for key in keys:
        if key in present and (text := text_of(properties[key])):
            return text
    return ""


def _money(amount: object, named: object, default_currency: str) -> tuple[int, str, str]:
    currency = default_currency
    if named:
        code = named.strip().upper() if isinstance(named, str) else ""
        if not (len(code) == 3 and code.isascii() and code.isalpha()):
            return 0, "", "currency_unreadable"
        currency = _SAME.get(code, code)
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        return 0, "", "revenue_unreadable"
    try:
        return minor_units(amount, currency), currency, ""
    except Error:
        return 0, "", "revenue_unreadable"


def _number(value: object) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_PIECES <= value <= _PIECES:
        return 0.0
    return float(value)
