"""Where write keys stand outside of a body. Pure."""

import base64
import binascii
from collections.abc import Iterator

from ninefold.collect.model import Request


def basic_key(request: Request) -> Iterator[str]:
    """The user name of ``Authorization: Basic base64(key:)``, also without the colon or without base64."""
    scheme, _, credentials = request.authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(credentials.strip() + "==").decode()
        except (binascii.Error, ValueError):
            decoded = credentials.strip()
        yield decoded.partition(":")[0]


def bearer_key(request: Request) -> Iterator[str]:
    """The token of ``Authorization: Bearer key``."""
    scheme, _, credentials = request.authorization.partition(" ")
    if scheme.lower() == "bearer" and (key := credentials.strip()):
        yield key


def header_key(request: Request) -> Iterator[str]:
    """The header ``X-Write-Key``."""
    if key := request.headers.get("x-write-key", "").strip():
        yield key


def query_keys(request: Request, *names: str) -> Iterator[str]:
    """Query parameters, in the order of the names."""
    for name in names:
        if key := request.query.get(name):
            yield key
