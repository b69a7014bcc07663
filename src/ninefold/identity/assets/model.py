"""Values of a regrouping of people. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from ninefold.identity.changes import Change
from ninefold.identity.model import Redirects

Accounts = tuple[int, ...]
"""The numbers of one person, the person's own first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrouping:
    """Accounts as people, before and after: a merge makes one person of two, an unmerge two of one.

    Attributes:
        before: one entry per person.
        after: one entry per person, over the same accounts (and new ones).
    """

    before: tuple[Accounts, ...]
    after: tuple[Accounts, ...]

    @property
    def moved(self) -> tuple[tuple[int, int], ...]:
        """All accounts with the person they belong to afterwards."""
        return tuple((number, group[0]) for group in self.after for number in group)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetLine:
    """What becomes of one thing.

    Attributes:
        asset: key of the class, e.g. ``points``.
        subject: which one, e.g. a node, a purpose, an account.
        before: how it stands with each person before, in the order of the regrouping.
        after: how it would stand with each person after.
        rule: why, in a few words.
        conflict: the two sides disagree; somebody may want to look.
    """

    asset: str
    subject: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    rule: str
    conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """What speaks against a merge, or against taking it back.

    Attributes:
        asset: key of the class that says so.
        code: stable, e.g. ``open_dispute``.
        reason: one sentence for an operator.
    """

    asset: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A verb that was tried and rolled back.

    Attributes:
        change: what identity would change.
        regrouping: accounts as people, before and after.
        lines: what would become of what the people own.
        blockers: what speaks against it.
        kept_apart: an operator said that the two are not one; a merge needs ``override``.
    """

    change: Change
    regrouping: Regrouping
    lines: tuple[AssetLine, ...]
    blockers: tuple[Blocker, ...]
    kept_apart: bool = False


def regrouping(before: Iterable[Iterable[int]], redirects: Redirects) -> Regrouping:
    """Accounts as people before and after some redirects.

    Args:
        before: accounts of each person, the person's own number first.
        redirects: what changes.
    """
    groups = tuple(tuple(group) for group in before)
    leads = {number: group[0] for group in groups for number in group}
    leads |= dict(zip(redirects.oneid.tolist(), redirects.root.tolist(), strict=True))
    after: dict[int, list[int]] = {}
    for number, root in leads.items():
        after.setdefault(root, []).append(number)
    people = sorted((root, *sorted(number for number in numbers if number != root)) for root, numbers in after.items())
    return Regrouping(before=groups, after=tuple(people))
