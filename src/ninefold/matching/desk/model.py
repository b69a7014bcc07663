"""Values of the review desk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from ninefold.matching.model import Evidence

MatchVerdict = Literal["same", "different", "skip"]
Verdict = Literal["same", "different", "skip", "confirm", "release"]
Sort = Literal["score", "newest", "oldest"]
MATCH_KINDS: Final = ("match", "check")
IDENTITY_KINDS: Final = ("cap_breach", "veto", "storm", "learned_value", "shape")
KINDS: Final = (*MATCH_KINDS, *IDENTITY_KINDS)
STATES: Final = ("open", "accepted", "rejected", "auto", "expired", "superseded", "decided")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which items: all conditions hold; empty ones do not count.

    Attributes:
        kinds: ``match``, ``check`` (an automatic merge to be looked at), or a kind of identity's questions.
        key: matching document.
        node: org node of the matching document.
        state: one state; empty: whatever waits for a decision.
        score_from: lowest score.
        score_to: highest score.
        agrees: fields whose values are the same.
        differs: fields whose values have nothing in common.
        valuable: only items that two have to decide on, or only others.
        assigned: ``none``, or whoever holds the item.
        skipped: only items that somebody skipped, or only others.
        people: numbers of people, one of whom the item is about; None: of anybody.
    """

    kinds: tuple[str, ...] = ()
    key: str = ""
    node: str = ""
    state: str = ""
    score_from: float = 0.0
    score_to: float = 1.0
    agrees: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    valuable: bool | None = None
    assigned: str = ""
    skipped: bool | None = None
    people: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What somebody said about an item.

    Attributes:
        principal: who.
        verdict: same, different, skip, confirm, release or undo.
        reason: why.
        at: when.
        counts: False once the decision it led to was undone or expired, or when the same person said otherwise later.
    """

    principal: str
    verdict: str
    reason: str
    at: datetime
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to decide.

    Attributes:
        item: its name: ``m-<number>`` for a match, ``i-<number>`` for a question of identity.
        kind: see :class:`Filter`.
        state: open, expired, auto (a check) while it waits; accepted, rejected, superseded, decided afterwards.
        people: public ids of the people as they are now; one, when they are one by now.
        key: matching document; empty for identity's questions.
        node: its org node.
        score: probability that the two are one; None for identity's questions.
        bits: weight of all evidence, log2 of the odds.
        evidence: by field.
        refusal: why it was not joined by itself, or why the last decision could not be carried out.
        changed: the key fields whose change made a decision expire: field, side, before, after.
        valuable: two have to decide.
        model: number of the model that scored it.
        document_version: version of the matching document.
        namespace: of identity's questions: kind of identifier.
        value: its value.
        detail: what identity knows.
        holder: who works on it now.
        until: how long it stays with them.
        votes: what was said, oldest first; only on single items.
        opened_at: since when it waits.
        decided_by: who decided last.
        decided_at: when.
        reason: why.
    """

    item: str
    kind: str
    state: str
    people: tuple[str, ...]
    key: str = ""
    node: str = ""
    score: float | None = None
    bits: float | None = None
    evidence: tuple[Evidence, ...] = ()
    refusal: str = ""
    changed: tuple[Mapping[str, object], ...] = ()
    valuable: bool = False
    model: int | None = None
    document_version: int | None = None
    namespace: str = ""
    value: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)
    holder: str = ""
    until: datetime | None = None
    votes: tuple[Vote, ...] = ()
    opened_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some items and where the next page begins; an empty cursor: nothing comes after."""

    items: tuple[Item, ...]
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many items fit a filter: in all, by kind, valuable ones, and those somebody holds."""

    total: int
    by_kind: Mapping[str, int]
    valuable: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of a decision.

    Attributes:
        item: the item.
        outcome: ``done``; ``second`` another one has to say the same; ``refused`` it could not be carried out;
            ``skipped``; ``undone``.
        refusal: why it was refused.
        apart: after an undo or a "different": whether the people are two now.
    """

    item: str
    outcome: Literal["done", "second", "refused", "skipped", "undone"]
    refusal: str = ""
    apart: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a bulk decision would decide.

    Attributes:
        count: matches it would decide; this number is asked for when it is carried out.
        valuable: left out, since two have to decide on them.
        held: left out, since somebody else works on them.
        cap: how many one bulk decision may decide.
    """

    count: int
    valuable: int
    held: int
    cap: int
