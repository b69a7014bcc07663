"""A webhook as it came, and what was found in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRequest:
    """One call of a vendor: header names in lower case, the body as it came."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A checked message.

    Attributes:
        payload: what it says.
        name: its name at the vendor, so that a repeat is recognised; empty when only the content names it.
        around: what the headers say, as columns ``$topic``, ``$shop``...
    """

    payload: object
    name: str = ""
    around: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the vendor wants to hear."""

    body: bytes = b'{"success":true}'
    media_type: str = "application/json"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
