"""Values of channels: what is to be sent, what became of it, and what a channel is.

Pure: no I/O, no clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
"""Anything JSON can say."""


class InDoubt(StrEnum):
    """What to do with a message when nobody knows whether it arrived: the process died, or the answer was lost."""

    RESEND = "resend"  # the receiver recognises the key, so twice is once
    HOLD = "hold"  # a person decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What a message says, before it is made personal.

    Attributes:
        subject: one line; empty for channels without one.
        body: text or HTML; empty when ``payload`` is given.
        html: the body is HTML, so values put into it are escaped.
        payload: instead of a body: JSON whose strings are templates.
    """

    subject: str = ""
    body: str = ""
    html: bool = False
    payload: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A rendered message; never empty."""

    subject: str = ""
    body: str = ""
    html: bool = False
    payload: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrendered:
    """Why a template gave no message for a person.

    Attributes:
        reason: ``template_error``, ``empty_message`` or ``too_long``.
        detail: what went wrong, naming the value that was not there.
    """

    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One rendered message to one address.

    Attributes:
        key: names this very message for ever; a receiver that knows keys takes it once.
        to: the address in the channel's namespace.
        content: what it says.
        campaign: key of the campaign it belongs to.
        person: public id of the receiver.
    """

    key: str
    to: str
    content: Content
    campaign: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The receiver took it.

    Attributes:
        reference: the receiver's own name for it, or empty.
    """

    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It will never go through.

    Attributes:
        reason: stable code, e.g. ``recipient_refused``.
        detail: what the receiver said.
    """

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """It did not go through now, and surely did not arrive.

    Attributes:
        reason: stable code, e.g. ``unreachable``.
        detail: what the receiver said.
        after_seconds: how long the receiver asked to wait; nothing when it did not say.
    """

    reason: str
    detail: str = ""
    after_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """It was handed over, but the answer was lost: it may have arrived.

    Attributes:
        reason: stable code, e.g. ``connection_lost``.
        detail: what was seen.
    """

    reason: str
    detail: str = ""


Outcome = Delivered | Failed | Retry | Doubtful


class Channel(Protocol):
    """A way to reach people.

    Attributes:
        key: its name in campaign documents.
        namespace: identifier namespace of its addresses (``email``, ``phone``...), or ``person`` when the public id
            itself is the address, so that everybody is reachable.
        in_doubt: what to do with a message of unknown fate.
    """

    @property
    def key(self) -> str:
        """Name in campaign documents."""
        ...

    @property
    def namespace(self) -> str:
        """Where addresses come from."""
        ...

    @property
    def in_doubt(self) -> InDoubt:
        """What to do with a message of unknown fate."""
        ...

    def deliver(self, messages: Sequence[Message], *, now: datetime) -> tuple[Outcome, ...]:
        """Hand messages over; one outcome per message, in their order. Raises only when the process should stop."""
        ...

    def close(self) -> None:
        """Let go of connections; doing it twice is harmless."""
        ...
