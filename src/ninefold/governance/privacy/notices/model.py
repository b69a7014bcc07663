"""Values of deletion notices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

DESTINATION_KIND = "deletion-destination"


class NoticeState(StrEnum):
    """How far a destination is with forgetting somebody."""

    PENDING = "pending"  # to be told, perhaps again
    ACCEPTED = "accepted"  # it took the notice and will say when it is done
    CONFIRMED = "confirmed"
    FAILED = "failed"  # it said no, or could not be reached for too long


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A system that holds copies of people and must be told whom to forget.

    Attributes:
        key: its name in receipts.
        type: ``webhook`` posts notices; ``file`` leaves each as a file for somebody to take.
        url: of a webhook.
        secret_env: environment variable with the secret that signs posts; empty leaves them unsigned.
        identifiers: kinds of identifiers it is told; the public id always.
        give_up_days: how long it is tried.
    """

    key: str
    type: Literal["webhook", "file"]
    url: str = ""
    secret_env: str = ""
    identifiers: tuple[str, ...] = ()
    give_up_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One person to be forgotten by one destination.

    Attributes:
        id: its number.
        request: the erasure it belongs to.
        person: public id.
        destination: key.
        tries: how often it was sent.
        due_at: when it is sent next.
        detail: what the destination said last.
        payload: what is told; nothing once it is settled.
    """

    id: int
    request: int
    person: str
    destination: str
    state: NoticeState
    tries: int
    created_at: datetime
    due_at: datetime
    settled_at: datetime | None
    detail: str
    payload: Mapping[str, object] | None

    @property
    def key(self) -> str:
        """Names this very notice for ever, so that the destination takes it once."""
        return f"erasure-{self.request}-{self.destination}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a destination made of a notice; ``pending`` means that it must be told again."""

    state: NoticeState
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A destination as a receipt names it.

    Attributes:
        at: when it came to its state.
    """

    destination: str
    state: str
    at: str
    detail: str = ""


class Sender(Protocol):
    """Whoever can reach destinations."""

    def send(self, destination: Destination, notices: Sequence[Notice], *, now: datetime) -> Sequence[Answer]:
        """Tell a destination; one answer per notice, in order. A repeat must do no harm there."""
        ...

    def drop(self, notice: Notice) -> None:
        """A notice is settled: nothing of it may stay with us. Doing it twice is harmless."""
        ...
