"""Values of webhooks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ninefold.governance import Principal
from ninefold.store import changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What is posted where.

    Attributes:
        key: its name.
        url: where changes are posted.
        caller: what it may know, as a key of its own.
        kinds: kinds of changes; empty is all.
        secret_env: environment variable with the signing secret; empty: a secret that was made here.
        batch: changes in one post, at most.
        give_up_days: for so long a post is tried again; then the webhook is paused until somebody resumes it.
        active: whether it is posted to at all.
        token: number of the key that made it, and with which it ends; 0 of one that an operator made.
    """

    key: str
    url: str
    caller: Principal
    kinds: tuple[changes.Kind, ...] = ()
    secret_env: str = ""
    batch: int = 100
    give_up_days: float = 3.0
    active: bool = True
    token: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A webhook that a key asks for: its name among the key's own, where to, kinds (empty: all), how many a post."""

    name: str
    url: str
    kinds: tuple[str, ...] = ()
    batch: int = 100


class State(StrEnum):
    """Whether a webhook is posted to."""

    ACTIVE = "active"
    PAUSED = "paused"  # by hand, or after failing for too long
    GONE = "gone"  # the receiver answered 410: it does not want any more


class Trigger(StrEnum):
    """Why something was posted."""

    FEED = "feed"
    AGAIN = "redelivery"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a webhook stands.

    Attributes:
        subscription: what it is.
        state: whether it is posted to.
        place: all before it was delivered, or is not for this webhook.
        upto: where the post under way ends; None when there is none.
        message: the ``webhook-id`` of the post under way.
        attempts: failed attempts at it.
        failing_since: when the first of them was.
        due_at: when the next one is.
        problem: what went wrong last.
    """

    subscription: Subscription
    state: State
    place: changes.Position
    upto: changes.Position | None
    message: str
    attempts: int
    failing_since: datetime | None
    due_at: datetime
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back of a post.

    Attributes:
        status: of HTTP; 0 without an answer.
        said: the first kilobyte of the answer, or what went wrong.
        milliseconds: how long it took.
        after_seconds: when the receiver wants to be asked again.
    """

    status: int
    said: str
    milliseconds: int
    after_seconds: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One post, as the log keeps it.

    Attributes:
        id: its number.
        message: the ``webhook-id``: the same for every attempt at the same changes.
        trigger: why it was posted.
        at: when.
        changes: how many it told of.
        status: of HTTP; 0 without an answer.
        milliseconds: how long it took.
        said: the first kilobyte of the answer, or what went wrong.
    """

    id: int
    message: str
    trigger: Trigger
    at: datetime
    changes: int
    status: int
    milliseconds: int
    said: str
