"""Columns that shops' messages do not hold as one field: sums over lists, the latest refund, who is no guest. Pure.

They begin with ``$`` and stand beside the message's own fields, for mappings to read.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

_LINE_FIELDS = ("product_id", "variant_id", "variation_id", "sku", "title", "name", "quantity", "price", "total")
_MOST_LINES = 100


def shopify_columns(topic: str, payload: object) -> dict[str, str]:
    """What Shopify's orders and refunds say by lists.

    ``$products``, ``$quantity`` of ``line_items``; of a refund ``$refunded`` and ``$refund_currency``, the money that
    went back by its transactions (kind ``refund``, status ``success``). (shopify.dev: Order, Refund)
    """
    if not isinstance(payload, Mapping):
        return {}
    if topic.startswith("refunds/"):
        done = [
            one
            for one in _records(payload.get("transactions"))
            if one.get("kind") == "refund" and one.get("status", "success") == "success"
        ]
        currency = next((str(one["currency"]) for one in done if one.get("currency")), "")
        lines = [{**_record(one.get("line_item")), **one} for one in _records(payload.get("refund_line_items"))]
        return _given({"$refunded": _sum(one.get("amount") for one in done), "$refund_currency": currency}) | _lines(
            lines
        )
    return _lines(_records(payload.get("line_items")))


def woocommerce_columns(payload: object) -> dict[str, str]:
    """What WooCommerce's orders say by lists, and in words of their own.

    ``$products``, ``$quantity`` of ``line_items``; ``$customer`` unless it is the guest 0; ``$paid_at``; of the latest
    refund ``$refund`` (its id) and ``$refunded`` (its money, which the vendor writes below zero). (WooCommerce API)
    """
    if not isinstance(payload, Mapping):
        return {}
    customer = payload.get("customer_id")
    refunds = sorted(_records(payload.get("refunds")), key=lambda one: int(_number(one.get("id")) or 0))
    latest = refunds[-1] if refunds else {}
    amount = _number(latest.get("total"))
    return _given({
        "$customer": "" if customer in (None, 0, "0") else str(customer),
        "$paid_at": str(payload.get("date_paid_gmt") or payload.get("date_created_gmt") or ""),
        "$refund": str(latest.get("id") or ""),
        "$refunded": "" if amount is None else f"{abs(amount):f}",
    }) | _lines(_records(payload.get("line_items")))  # fmt: skip


def _lines(lines: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """The lines of an order in few words, and how many pieces they are."""
    if not lines:
        return {}
    short = [{name: one[name] for name in _LINE_FIELDS if one.get(name) not in (None, "")} for one in lines]
    kept = json.dumps(short[:_MOST_LINES], ensure_ascii=False, separators=(",", ":"))
    return _given({"$products": kept, "$quantity": _sum(one.get("quantity") for one in lines)})


def _sum(values: Iterable[object]) -> str:
    numbers = [number for value in values if (number := _number(value)) is not None]
    return f"{sum(numbers, Decimal(0)):f}" if numbers else ""


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value)) if isinstance(value, str | int | float) else None
    except InvalidOperation:
        return None
    return number if number is None or number.is_finite() else None


def _records(value: object) -> list[Mapping[str, object]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _record(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _given(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
