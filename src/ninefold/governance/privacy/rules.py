"""Hashes of suppressed identifiers, seals of receipts, what an identifier looks like in raw text. Pure."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from .model import Receipt

DEVICES = frozenset({"anonymous_id", "device_id", "cookie_id", "session_id", "ip"})
"""Kinds of identifiers that belong to a device, which others may use too."""

_SHORTEST = 5  # a shorter value would be found in texts about others


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The secret of an installation; hashes and receipts are keyed with it. Losing it lets suppressed people return."""

    key: bytes


def identifier_hash(seal: Seal, namespace: str, value: str) -> bytes:
    """What is kept of an identifier that must not come back: 32 bytes that only the key connects with it.

    >>> one = Seal(key=b"k" * 32)
    >>> identifier_hash(one, "phone", "+86139") == identifier_hash(one, "phone", "+86139")
    True
    """
    return hmac.digest(derived(seal, b"suppress"), f"{namespace}\0{value}".encode(), "sha256")


def sealed(seal: Seal, receipt: Receipt) -> Receipt:
    """The receipt with its signature."""
    return replace(receipt, signature=_signature(seal, _content(asdict(receipt))))


def resealed(seal: Seal, receipt: Mapping[str, object], destinations: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """A receipt, as JSON, that says how far destinations are now, signed anew."""
    said = {**receipt, "destinations": [dict(one) for one in destinations]}
    return said | {"signature": _signature(seal, _content(said))}


def verified(seal: Seal, receipt: Mapping[str, object]) -> bool:
    """Whether a receipt, as JSON, is one of this installation and unchanged."""
    signature = receipt.get("signature")
    try:
        expected = _signature(seal, _content(receipt))
    except (TypeError, ValueError):
        return False
    return isinstance(signature, str) and hmac.compare_digest(expected.encode(), signature.encode())


def needles(namespace: str, value: str) -> tuple[str, ...]:
    """Texts by which an identifier may stand in raw data: as normalised, and a telephone number without its country.

    >>> needles("phone", "+8613912340001")
    ('+8613912340001', '13912340001')
    >>> needles("user_id", "7")
    ()
    """
    found = [value]
    if namespace == "phone" and (national := re.fullmatch(r"\+\d{1,3}(\d{10,11})", value)):
        found.append(national[1] if not value.startswith("+86") else value[3:])
    return tuple(one for one in found if len(one) >= _SHORTEST)


def _content(receipt: Mapping[str, object]) -> bytes:
    said = {name: value for name, value in receipt.items() if name != "signature"}
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _signature(seal: Seal, content: bytes) -> str:
    return hmac.digest(derived(seal, b"receipt"), content, "sha256").hex()


def derived(seal: Seal, use: bytes) -> bytes:
    """A key for one use, made of the installation's: 32 bytes."""
    return hashlib.blake2b(use, key=seal.key[:64], digest_size=32).digest()
