"""Values of governance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal, get_args

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


Verb = Literal["read", "write", "tag", "define", "review", "erase", "admin", "audit"]
VERBS: frozenset[Verb] = frozenset(get_args(Verb))
BROADER: Mapping[Verb, Verb] = MappingProxyType({
    "tag": "write", "define": "write", "review": "write", "audit": "admin",
})  # fmt: skip
"""Verbs that are a part of another: whoever has that one needs not be given them."""
FIELDS = frozenset({"name", "phone", "email", "address", "birthday", "id_card", "identifiers"})
"""Kinds of personal fields that may be masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimit:
    """How often a token may call the open API.

    Attributes:
        per_second: calls a second, sustained.
        burst: calls at once, after a pause.
    """

    per_second: float = 50.0
    burst: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a token may do and see; the default is everything.

    Attributes:
        node: only people who belong to this node of the org tree or below; empty is everybody.
        clear: kinds of personal fields that are shown as they are; the others are masked.
        verbs: ``read``; ``write``, and parts of it: ``tag`` for tags by hand, ``define`` for segments and tags,
            ``review`` for who is the same person; ``erase`` for requests to forget somebody through the open API;
            ``admin`` for users, keys, audit and privacy, and a part of it: ``audit`` for reading the audit log.
        purposes: the open API shows only people who consent to one of these for the node; empty asks nobody.
        sees: with a node, whether the open API shows what only the node's own sources said of a person, or all.
        limit: of calls to the open API.
    """

    node: str = ""
    clear: frozenset[str] = FIELDS
    verbs: frozenset[Verb] = VERBS
    purposes: frozenset[str] = frozenset()
    sees: Literal["own", "all"] = "own"
    limit: CallLimit = CallLimit()

    def allows(self, verb: Verb) -> bool:
        """Whether a verb is given, or one that it is a part of.

        >>> Scope(verbs=frozenset({"write"})).allows("review"), Scope(verbs=frozenset({"review"})).allows("write")
        (True, False)
        """
        return verb in self.verbs or BROADER.get(verb) in self.verbs

    @property
    def may(self) -> tuple[Verb, ...]:
        """All verbs that are allowed, by name."""
        return tuple(sorted(verb for verb in VERBS if self.allows(verb)))

    @property
    def own_only(self) -> bool:
        """Whether only what the node's own sources said is shown."""
        return bool(self.node) and self.sees == "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who calls the API, and with what right."""

    name: str
    scope: Scope = Scope()
    key: int = 0

    @property
    def source(self) -> str:
        """The source under which what the caller says of people is kept: ``partner:<node>:<name>``."""
        return f"partner:{self.scope.node or '-'}:{self.name}"


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
