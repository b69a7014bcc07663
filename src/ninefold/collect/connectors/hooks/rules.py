"""Signatures of webhooks. Pure: secret and time are arguments; comparisons take the same time for all inputs."""

import base64
import hashlib
import hmac
import re

import msgspec

from ninefold.base import Error, invalid, refused
from ninefold.collect.connectors.settings import Webhook

from .columns import shopify_columns, woocommerce_columns
from .model import HookRequest, Opened

_PING = re.compile(rb"webhook_id=\d{1,20}")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def bad_signature() -> Error:
    """The one refusal of a call that nobody we know has signed; it does not say what was wrong."""
    return refused("bad_signature", "the signature of the call is missing, wrong or too old")


def json_of(body: bytes) -> object:
    """The JSON of a body; raises invalid ``bad_json``."""
    try:
        return msgspec.json.decode(body)
    except _UNREADABLE as exc:
        raise invalid("bad_json", "the body is no JSON", got=body[:80].decode("utf-8", "replace")) from exc


def open_shopify(request: HookRequest, secret: str) -> Opened:
    """Check a Shopify webhook: base64 of HMAC-SHA256 over the raw body, under the app's client secret.

    Shopify repeats a delivery under the same ``X-Shopify-Webhook-Id``. (shopify.dev: "Verify webhook deliveries")
    """
    digest = base64.b64encode(hmac.new(secret.encode(), request.body, hashlib.sha256).digest()).decode()
    if not same(digest, request.headers.get("x-shopify-hmac-sha256", "")):
        raise bad_signature()
    headers, payload = request.headers, json_of(request.body)
    return Opened(
        payload=payload,
        name=headers.get("x-shopify-webhook-id", ""),
        around={
            "$topic": headers.get("x-shopify-topic", ""),
            "$shop": headers.get("x-shopify-shop-domain", ""),
            "$triggered_at": headers.get("x-shopify-triggered-at", ""),
            **shopify_columns(headers.get("x-shopify-topic", ""), payload),
        },
    )


def open_woocommerce(request: HookRequest, secret: str) -> Opened:
    """Check a WooCommerce webhook: base64 of HMAC-SHA256 over the raw body, under the webhook's secret.

    The first call after a webhook is saved is an unsigned form, ``webhook_id=7``, that says nothing and wants a 200.
    (woocommerce.com: "Webhooks")
    """
    if _PING.fullmatch(request.body):
        return Opened(payload=None)
    digest = base64.b64encode(hmac.new(secret.encode(), request.body, hashlib.sha256).digest()).decode()
    if not same(digest, request.headers.get("x-wc-webhook-signature", "")):
        raise bad_signature()
    payload = json_of(request.body)
    topic, shop = request.headers.get("x-wc-webhook-topic", ""), request.headers.get("x-wc-webhook-source", "")
    return Opened(
        payload=payload,
        name=request.headers.get("x-wc-webhook-delivery-id", "")[:120],
        around={"$topic": topic, "$shop": shop, **woocommerce_columns(payload)},
    )


def open_hmac(request: HookRequest, hook: Webhook, secret: str, *, now_s: float) -> Opened:
    """Check a webhook signed with an HMAC over the body, or over ``timestamp.body`` where a time is signed.

    A signed time keeps a recorded call from being played again later; within the tolerance its name does.
    """
    signed = request.body
    if hook.timestamp_header:
        stamp = request.headers.get(hook.timestamp_header, "")
        check_age(stamp, hook.tolerance_seconds, now_s=now_s)
        signed = stamp.encode() + b"." + request.body
    digest = hmac.new(secret.encode(), signed, hook.algorithm)
    made = digest.hexdigest() if hook.encoding == "hex" else base64.b64encode(digest.digest()).decode()
    given = request.headers.get(hook.header, "").strip()
    if hook.prefix and not given.startswith(hook.prefix):
        raise bad_signature()
    given = given.removeprefix(hook.prefix)
    if not same(made, given.lower() if hook.encoding == "hex" else given):
        raise bad_signature()
    name = request.headers.get(hook.id_header, "") if hook.id_header else ""
    around = {f"$header.{key}": value for key, value in request.headers.items() if key.startswith("x-")}
    return Opened(payload=json_of(request.body), name=name[:120], around=around)


def check_age(stamp: str, tolerance: float, *, now_s: float) -> None:
    """Raise unless a time in seconds (or milliseconds) is within the tolerance of now."""
    try:
        seconds = float(stamp)
    except ValueError:
        raise bad_signature() from None
    if seconds > 1e11:
        seconds /= 1000
    if not abs(now_s - seconds) <= tolerance:
        raise bad_signature()


def sha1_of(*parts: str) -> str:
    """WeChat's signature: SHA-1 of its sorted parts."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - the vendor's protocol


def same(made: str, given: str) -> bool:
    """Whether two texts are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(made.encode(), given.encode("utf-8", "replace"))
