"""Values of tags by hand."""

from dataclasses import dataclass
from datetime import datetime

TRAIT = "tag."
"""What a tag is called as a trait, before its name: in conditions ``{"trait": "tag.vip", "op": "exists"}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """What is said of one customer.

    Attributes:
        customer: public id, or ``namespace:value``.
        tag: its name: lower case letters, digits and _, beginning with a letter.
        value: anything more; ``true`` when nothing is said.
        until: when it ends by itself.
        why: the reason, for whoever asks later.
        remove: take it away instead.
    """

    customer: str
    tag: str
    value: str = ""
    until: datetime | None = None
    why: str = ""
    remove: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one item.

    Attributes:
        status: ``added``, ``changed``, ``removed``, ``unchanged`` or ``rejected``.
        id: public id of the customer.
        code: of the error.
        message: of the error.
        field: what was wrong.
        got: what was given.
        allowed: what would have been right.
    """

    status: str
    id: str = ""
    code: str = ""
    message: str = ""
    field: str = ""
    got: str = ""
    allowed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A tag that an account holds.

    Attributes:
        oneid: the account that was named; after a merge the person has it too.
        tag: its name.
        value: what was said with it.
        source: who set it.
        until: when it ends.
    """

    oneid: int
    tag: str
    value: str
    source: str
    until: datetime | None
