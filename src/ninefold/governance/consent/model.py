"""Values of consent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

Said = Literal["granted", "denied", "withdrawn", "requested"]
EVERYWHERE = ""


class Standing(StrEnum):
    """What holds for a person, a purpose and a node now."""

    GRANTED = "granted"
    DENIED = "denied"  # said no, or withdrew
    EXPIRED = "expired"  # said yes, but for a time that is over
    UNKNOWN = "unknown"  # never said anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What personal data may be used for.

    Attributes:
        key: e.g. ``marketing``.
        name: for people.
        unknown: what happens to people who never said anything: ``allow`` or ``deny``.
        valid_for: a yes is good for this long, unless it names its own end; None is for ever.
        double_opt_in: a yes counts once it is confirmed; before it is ``requested``, which decides nothing.
        categories: names of consent categories of client SDKs that mean this purpose.
    """

    key: str
    name: str
    unknown: Literal["allow", "deny"]
    valid_for: timedelta | None = None
    categories: tuple[str, ...] = ()
    double_opt_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Purposes:
    """All purposes of an installation, by key."""

    purposes: Mapping[str, Purpose]

    def of_category(self, name: str) -> str:
        """The purpose that an SDK's category means; empty when none does."""
        if name in self.purposes:
            return name
        return next((one.key for one in self.purposes.values() if name in one.categories), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Something a person said about a purpose; never changed afterwards.

    Attributes:
        oneid: the account that said it (home number).
        node: for which node of the org tree and all below it; empty is everywhere.
        at_ms: when it was said, ms UTC.
        expires_ms: when a yes ends; None is never.
        text_version: version of the text that was agreed to.
        channel: where it was said.
        evidence: message id, form, recording...
        source: who told us.
    """

    oneid: int
    purpose: str
    said: Said
    at_ms: int
    node: str = EVERYWHERE
    expires_ms: int | None = None
    text_version: str = ""
    channel: str = ""
    evidence: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What holds, and why.

    Attributes:
        standing: of the person.
        allowed: whether the purpose may be pursued, under the policy for people who never said anything.
        conflict: accounts of the person that were merged disagree; the strictest is in force, and the person should
            be asked.
        pending: a yes waits to be confirmed.
        because: the records that decide, one per account that said something.
        until: when a yes ends.
    """

    standing: Standing
    allowed: bool
    conflict: bool = False
    pending: bool = False
    because: tuple[Record, ...] = field(default=())
    until: datetime | None = None
