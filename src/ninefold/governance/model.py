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


Verb = Literal["read", "write", "admin"]
VERBS: frozenset[Verb] = frozenset({"read", "write", "admin"})
FIELDS = frozenset({"name", "phone", "email", "address", "birthday", "id_card", "identifiers"})
"""Kinds of personal fields that may be masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a token may do and see; the default is everything.

    Attributes:
        node: only people who belong to this node of the org tree or below; empty is everybody.
        clear: kinds of personal fields that are shown as they are; the others are masked.
        verbs: ``read``; ``write``; ``admin`` for keys, audit and privacy.
    """

    node: str = ""
    clear: frozenset[str] = FIELDS
    verbs: frozenset[Verb] = VERBS


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who calls the API, and with what right."""

    name: str
    scope: Scope = Scope()


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
    scope: Scope = Scope()
