"""What senders and receivers of webhooks agree on: the signature of the Standard Webhooks specification, and pauses.

standardwebhooks.com: ``webhook-signature: v1,<base64 of HMAC-SHA256(secret, "id.timestamp.body")>``; a secret is
written ``whsec_<base64>``; during a change of secret the header has one signature per secret, separated by a space.
"""

import base64
import hashlib
import hmac
import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_DAY_SECONDS = 86_400.0


def sign_post(secret: bytes, key: str, timestamp: int, body: bytes) -> str:
    """The signature of a post.

    Args:
        secret: shared with the receiver.
        key: value of the ``webhook-id`` header.
        timestamp: value of the ``webhook-timestamp`` header, seconds since 1970.
        body: the bytes posted.

    >>> sign_post(b"secret", "msg_1", 1614265330, b'{"test": 2432232314}')[:3]
    'v1,'
    """
    digest = hmac.new(secret, f"{key}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode("ascii")


def secret_bytes(secret: str) -> bytes:
    """Secrets of the form ``whsec_<base64>`` are unpacked, as the specification says; others are taken as text."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return secret.encode()


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header, which is a number or a date (RFC 9110, 10.2.3); at most a day."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            at = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return None if math.isnan(seconds) else min(max(seconds, 0.0), _DAY_SECONDS)
