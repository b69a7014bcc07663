"""The one error type of the platform, and the table that maps its kinds to the outside world.

An error says what was wrong in words its reader can act on: the field, what was got, what is allowed,
and what to do next. Expected refusals of business rules are values, not errors.
"""

import difflib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TypedDict, Unpack


class Kind(StrEnum):
    """Whose fault it is, and so what the caller should do."""

    INVALID = "invalid"  # the input is wrong: mend it
    MISSING = "missing"  # the thing named does not exist
    CONFLICT = "conflict"  # it exists already, or somebody else holds it
    REFUSED = "refused"  # understood, but not allowed
    UNAVAILABLE = "unavailable"  # try again later
    DEFECT = "defect"  # our fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """How a kind of error appears outside: HTTP status, process exit code, log level."""

    http_status: int
    exit_code: int
    log_level: int


OUTSIDE: dict[Kind, Outside] = {
    Kind.INVALID: Outside(http_status=400, exit_code=2, log_level=logging.INFO),
    Kind.MISSING: Outside(http_status=404, exit_code=3, log_level=logging.INFO),
    Kind.CONFLICT: Outside(http_status=409, exit_code=4, log_level=logging.WARNING),
    Kind.REFUSED: Outside(http_status=403, exit_code=5, log_level=logging.WARNING),
    Kind.UNAVAILABLE: Outside(http_status=503, exit_code=6, log_level=logging.ERROR),
    Kind.DEFECT: Outside(http_status=500, exit_code=70, log_level=logging.ERROR),
}


class Details(TypedDict, total=False):
    """What may be said about an error besides its message; see :class:`Error`."""

    hint: str
    field: str
    got: object
    allowed: str
    retryable: bool
    retry_seconds: float


class Error(Exception):
    """An error a person can act on.

    Attributes:
        kind: whose fault it is.
        code: stable machine name, e.g. ``unknown_event``.
        message: one sentence for a person.
        hint: what to do next.
        field: path of the wrong field, e.g. ``condition.all[1].event``.
        got: what was given, as text, cut to 200 characters.
        allowed: what would have been right.
        retryable: the same call may succeed later.
        retry_seconds: when it may, where that is known; 0 is soon.
    """

    def __init__(self, kind: Kind, code: str, message: str, **details: Unpack[Details]) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.message = message
        self.hint = details.get("hint", "")
        self.field = details.get("field", "")
        self.got = str(details.get("got", ""))[:200]
        self.allowed = details.get("allowed", "")
        self.retryable = details.get("retryable", False)
        self.retry_seconds = details.get("retry_seconds", 0.0)

    def __str__(self) -> str:
        parts = [self.message]
        if self.field:
            parts.append(f"field: {self.field}")
        if self.got:
            parts.append(f"got: {self.got}")
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.hint:
            parts.append(self.hint)
        return " | ".join(parts)

    def __reduce__(self) -> tuple[object, ...]:
        details = Details(
            hint=self.hint, field=self.field, got=self.got, allowed=self.allowed, retryable=self.retryable,
            retry_seconds=self.retry_seconds,
        )  # fmt: skip
        return partial(Error, self.kind, self.code, self.message, **details), ()

    def as_dict(self) -> dict[str, object]:
        """The error as the JSON body that HTTP clients get; ``code`` and ``message`` are always there."""
        body: dict[str, object] = {"code": self.code, "message": self.message, "kind": self.kind.value}
        for name in ("hint", "field", "got", "allowed"):
            if value := getattr(self, name):
                body[name] = value
        if self.retryable:
            body["retryable"] = True
        return body

    @property
    def outside(self) -> Outside:
        """HTTP status, exit code and log level of this error."""
        return OUTSIDE[self.kind]


def invalid(code: str, message: str, *, field: str = "", got: object = "", allowed: str = "", hint: str = "") -> Error:
    """An error about wrong input; the caller raises it."""
    return Error(Kind.INVALID, code, message, field=field, got=got, allowed=allowed, hint=hint)


def missing(code: str, message: str, *, field: str = "", got: object = "", hint: str = "") -> Error:
    """An error about something that does not exist; the caller raises it."""
    return Error(Kind.MISSING, code, message, field=field, got=got, hint=hint)


def conflict(code: str, message: str, *, hint: str = "", retryable: bool = False) -> Error:
    """An error about something that exists already or is held by another; the caller raises it."""
    return Error(Kind.CONFLICT, code, message, hint=hint, retryable=retryable)


def refused(code: str, message: str, *, hint: str = "") -> Error:
    """An error about something understood but not allowed; the caller raises it."""
    return Error(Kind.REFUSED, code, message, hint=hint)


def unavailable(code: str, message: str, *, hint: str = "") -> Error:
    """An error about something that may work later; the caller raises it."""
    return Error(Kind.UNAVAILABLE, code, message, hint=hint, retryable=True)


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A hint naming the nearest candidate, or nothing when none is near.

    >>> did_you_mean("ordr", ["order", "page"])
    'did you mean "order"?'
    """
    near = difflib.get_close_matches(word, list(candidates), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""
