"""Values of member numbers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ninefold.profiles.memberships import Statement

KIND = "member-numbers"

Order = Literal["sequence", "random"]
Check = Literal["none", "luhn", "mod11"]
When = Literal["asked", "joining"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """How the member numbers of a node are made: prefix, then the serial number, then the check digit.

    Attributes:
        key: of its document.
        node: code of the node whose members get them.
        prefix: what every number begins with.
        digits: of the serial number, filled with zeros.
        order: ``sequence`` counts up; ``random`` draws without repeats, so that nobody guesses another one's number.
        check: ``luhn`` is modulus 10 (ISO/IEC 7812-1), ``mod11`` is ISO/IEC 7064 MOD 11-2, whose digit may be X.
        start: the first serial number of a sequence.
        when: ``joining`` gives every active member one, ``asked`` only who is asked for.
    """

    key: str
    node: str
    prefix: str = ""
    digits: int = 8
    order: Order = "sequence"
    check: Check = "none"
    start: int = 1
    when: When = "asked"

    @property
    def series(self) -> str:
        """What tells two patterns apart: numbers of one series are never given twice."""
        return f"{self.prefix}|{self.digits}|{self.order}|{self.check}"

    @property
    def capacity(self) -> int:
        """Serial numbers there are, from 0."""
        return int(10**self.digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What issuing came to.

    Attributes:
        node: whose members.
        issued: members who got a number.
        waiting: active members who have none yet.
        unlinked: of those issued, whose number the identity rules do not take as their identifier.
        sample: some of the numbers, or of those that come next.
    """

    node: str
    issued: int
    waiting: int
    unlinked: int = 0
    sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Why a row of a file was not taken: its number in the file, the column, a code, what was got, what would do."""

    row: int
    column: str
    code: str
    got: str
    allowed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of a file that may be taken.

    Attributes:
        row: its number in the file.
        reference: namespace and value of who is meant; without a namespace a public id.
        said: what it says about the membership.
    """

    row: int
    reference: tuple[str, str]
    said: Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a file of memberships came to, or would come to.

    Attributes:
        id: its number, for taking it back; 0 of a dry run.
        rows: rows with content.
        made: memberships that came into being.
        changed: memberships that were there, and now say something else.
        same: rows that say what is known.
        wrong: rows that were not taken, and why; the others were.
    """

    id: int
    rows: int
    made: int
    changed: int
    same: int
    wrong: tuple[Wrong, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipImport:
    """A file of memberships as history keeps it."""

    id: int
    file: str
    at: datetime
    author: str
    rows: int
    made: int
    changed: int
    rejected: int
    undone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What taking an import back did: memberships gone, memberships as before, and those changed since, which stay."""

    gone: int
    restored: int
    kept: int
