"""Values of governance."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

KeyKind = Literal["write", "token"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where events come from: the holder of a write key.

    Attributes:
        key: unique name; stands in every event as ``source``.
        channel: kind of touchpoint, e.g. ``web``, ``app``, ``pos``; stands in every event as ``channel``.
    """

    key: str
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who calls the API."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """A key as lists show it; the secret of a token is never shown again."""

    id: int
    kind: KeyKind
    name: str
    channel: str
    shown: str
    created_at: datetime
    revoked_at: datetime | None
