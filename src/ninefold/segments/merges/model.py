"""Values of the preview of a merge."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ninefold.identity import assets as owned
from ninefold.profiles import Trait

What = Literal["trait", "tag", "segment", "events", "revenue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """One person as it is, or would be.

    Attributes:
        public_id: empty for a person that would come into being.
        identifiers: namespace and value of each.
        traits: the values in force, each with the rule that chose it and what else was said.
        events: how many.
        segments: keys of segments whose condition the person meets.
    """

    public_id: str
    identifiers: tuple[tuple[str, str], ...]
    traits: tuple[Trait, ...]
    events: int
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is not the same before and after.

    Attributes:
        what: a trait, tag, segment, the number of events, or the revenue in a currency.
        key: its name.
        before: the value with each person before; None for none.
        after: the value with each person after.
        rule: why it is what it is after.
    """

    what: What
    key: str
    before: tuple[str | None, ...]
    after: tuple[str | None, ...]
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePreview:
    """All that a merge, or taking one back, would change.

    Attributes:
        before: the people now.
        after: the people then; after a merge the first survives.
        differences: what is not the same, traits first.
        assets: what becomes of memberships, consents and whatever else people own.
        blockers: what speaks against it.
        kept_apart: an operator said that the two are not one.
        waits_until: when the merge would be carried out; None: at once.
        reversible: whether it can be taken back, which it always can while the ledger is kept.
    """

    before: tuple[Sketch, ...]
    after: tuple[Sketch, ...]
    differences: tuple[Difference, ...]
    assets: tuple[owned.AssetLine, ...]
    blockers: tuple[owned.Blocker, ...]
    kept_apart: bool = False
    waits_until: datetime | None = None
    reversible: bool = True
