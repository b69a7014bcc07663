"""Cursors that say nothing: numbers of the installation, sealed so that a client can carry but not read or make them.

A deterministic authenticated encryption with HMAC-SHA256 as the only primitive, in the manner of SIV (RFC 5297): the
tag over purpose and numbers is also the nonce of the key stream.
"""

import base64
import hashlib
import hmac
import secrets
import struct

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ninefold.base import invalid
from ninefold.store import Records

from .tables import call_secrets

_TAG = 12


class Marks:
    """Seals and opens cursors under a secret of the installation."""

    def __init__(self, secret: bytes) -> None:
        self._tag_key = hmac.digest(secret, b"tag", "sha256")
        self._stream_key = hmac.digest(secret, b"stream", "sha256")

    @classmethod
    def open(cls, records: Records) -> "Marks":
        """With the secret that all processes of an installation share; made when it is missing."""
        fresh = {"name": "cursors", "secret": secrets.token_bytes(32)}
        with records.begin() as conn:
            conn.execute(pg.insert(call_secrets).values(fresh).on_conflict_do_nothing())
            kept = conn.scalar(sa.select(call_secrets.c.secret).where(call_secrets.c.name == "cursors"))
        return cls(bytes(kept or b""))

    def seal(self, purpose: str, *numbers: int) -> str:
        """Numbers as text that only :meth:`read` with the same purpose opens.

        >>> Marks(b"s").read("page", Marks(b"s").seal("page", 7, 9), 2)
        (7, 9)
        """
        plain = struct.pack(f">{len(numbers)}q", *numbers)
        tag = self._tag(purpose, plain)
        return base64.urlsafe_b64encode(tag + self._mixed(tag, plain)).rstrip(b"=").decode()

    def read(self, purpose: str, text: str, count: int, *, field: str = "after") -> tuple[int, ...]:
        """The numbers of a mark; raises invalid for anything that was not sealed here for the same purpose."""
        try:
            raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except ValueError:
            raw = b""
        tag, mixed = raw[:_TAG], raw[_TAG:]
        plain = self._mixed(tag, mixed)
        if len(plain) != 8 * count or not hmac.compare_digest(tag, self._tag(purpose, plain)):
            raise invalid("bad_cursor", "not a cursor of this list and key", field=field, got=text,
                          allowed="what `next` said, with the same filter and key")  # fmt: skip
        return struct.unpack(f">{count}q", plain)

    def _tag(self, purpose: str, plain: bytes) -> bytes:
        return hmac.digest(self._tag_key, purpose.encode() + b"\0" + plain, "sha256")[:_TAG]

    def _mixed(self, tag: bytes, text: bytes) -> bytes:
        stream = b"".join(
            hmac.new(self._stream_key, tag + bytes([block]), hashlib.sha256).digest()
            for block in range(len(text) // 32 + 1)
        )
        return bytes(one ^ other for one, other in zip(text, stream, strict=False))
