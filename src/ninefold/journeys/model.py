"""Values of campaigns: what the document says, who takes part, what is to be sent and what became of it.

Pure: no I/O, no clock. Shares are basis points, money is minor units, spans are seconds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ninefold.channels import DocumentHeader, Template
from ninefold.predicate import Condition, PropertyFilter

ENTERED = "campaign_entered"
SENT = "message_sent"
FAILED = "message_failed"
SUPPRESSED = "message_suppressed"
HELD = "message_held"
FACTS = (ENTERED, SENT, FAILED, SUPPRESSED, HELD)
"""Names of the events by which campaigns tell what they did."""

SOURCE = "ninefold"
"""Source key of those events."""

Oneids = NDArray[np.uint32]


class Status(StrEnum):
    """Whether a campaign works."""

    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"  # nobody enters, what is planned waits
    STOPPED = "stopped"  # for good; what was planned is suppressed


class Arm(StrEnum):
    """On which side of the comparison a member stands."""

    TREATED = "treated"
    CONTROL = "control"


class EffectState(StrEnum):
    """How far a message is."""

    PLANNED = "planned"  # waits for its time
    CLAIMED = "claimed"  # a worker prepares it; surely not handed over yet
    HANDED = "handed"  # given to the channel, answer not known yet
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"  # the send gate said no; the reason is kept
    HELD = "held"  # of unknown fate; a person decides


class Suppression(StrEnum):
    """Why the send gate said no, in the order in which it asks."""

    STOPPED = "campaign_stopped"
    EXPIRED = "expired"
    HELD_OUT = "held_out"
    REPEATED = "already_sent"  # two profiles of one person entered for the same occasion
    UNREACHABLE = "unreachable"
    REFUSED = "refused"  # no consent, or the person is suppressed; the detail says which
    CAPPED = "capped"
    TEMPLATE = "template"  # did not render; the detail says why


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """One occasion."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """Occasions at equal distances: days and weeks by the clock on the wall, hours and minutes by elapsed time.

    Attributes:
        span: the distance.
        first: the first occasion.
        zone: IANA name of the wall clock's zone.
    """

    span: timedelta
    first: datetime
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """Occasions by a cron expression of five fields, read on the wall clock of a zone."""

    expression: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """An event starts the campaign for the person it happened to.

    Attributes:
        event: its name.
        where: all must hold for the event to count.
        condition: what must hold of the person; None for anybody.
        max_age: older events (imports, late arrivals) start nothing.
    """

    event: str
    where: tuple[PropertyFilter, ...] = ()
    condition: Condition | None = None
    max_age: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """Members are enrolled or recorded by whoever calls."""


Start = Once | Every | Cron | Trigger | ByHand


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who is meant: a segment, or a condition. Neither means everybody."""

    segment: str = ""
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """Who is left alone for comparison.

    Attributes:
        share: in basis points; 1,000 is 10 %.
        salt: raise it to draw anew.
    """

    share: int = 0
    salt: int = 1


class CapScope(StrEnum):
    """Which messages a cap counts."""

    CAMPAIGN = "campaign"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most ``count`` messages to a person in any span ``within``."""

    count: int
    within: timedelta
    scope: CapScope = CapScope.CAMPAIGN


class Reentry(StrEnum):
    """Whether a person may enter again on another occasion."""

    ALWAYS = "always"
    NEVER = "never"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What the campaign is to bring about.

    Attributes:
        event: name of the event that counts as conversion.
        where: all must hold for the event to count.
        within: how long after entering it counts; the first instant excluded, the last included.
        revenue: whether its money is compared too.
    """

    event: str
    where: tuple[PropertyFilter, ...] = ()
    within: timedelta
    revenue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign as its document describes it.

    Attributes:
        header: key, names, owner, purpose.
        status: whether it works.
        start: when and for whom it begins.
        audience: who is meant.
        channel: key of the channel; empty for one whose members are only recorded.
        template: what it says; None with an empty channel.
        holdout: who is left alone.
        cap: limit of messages per person; None for none.
        reentry: whether a person may enter again.
        reentry_gap: with ``AFTER``: how long after the last entry.
        expires: how long a message may wait before it is too late to send it.
        cost_per_send: in major units of the currency; may be a fraction of a cent.
        currency: of cost and revenue.
        consent: purpose the person must have consented to; empty for messages that need none (service).
        node: node of the org tree that sends; its consent counts.
        goal: what it is to bring about; None leaves the report without outcomes.
        version: of the document.
    """

    header: DocumentHeader
    status: Status
    start: Start
    audience: Audience
    channel: str
    template: Template | None
    holdout: Holdout
    cap: Cap | None
    reentry: Reentry
    reentry_gap: timedelta
    expires: timedelta
    cost_per_send: Decimal
    currency: str
    goal: Goal | None
    consent: str = "marketing"
    node: str = ""
    version: int = 0

    @property
    def key(self) -> str:
        """Its name in other documents and addresses."""
        return self.header.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What became of an attempt to enrol people.

    Attributes:
        candidates: distinct people looked at.
        treated: newly entered, to be sent a message.
        control: newly entered, left alone.
        already: took part in this very occasion before.
        not_again: kept out by the re-entry rule.
    """

    candidates: int = 0
    treated: int = 0
    control: int = 0
    already: int = 0
    not_again: int = 0

    @property
    def entered(self) -> int:
        """Newly entered, both arms."""
        return self.treated + self.control

    def __add__(self, other: "Enrolment") -> "Enrolment":
        return Enrolment(
            candidates=self.candidates + other.candidates,
            treated=self.treated + other.treated,
            control=self.control + other.control,
            already=self.already + other.already,
            not_again=self.not_again + other.not_again,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a round of sending did, in messages."""

    delivered: int = 0
    failed: int = 0
    retried: int = 0
    suppressed: int = 0
    held: int = 0
    waiting: int = 0  # put back: the campaign was paused, or the channel cannot be opened

    @property
    def handled(self) -> int:
        """Messages looked at."""
        return self.delivered + self.failed + self.retried + self.suppressed + self.held + self.waiting

    def __add__(self, other: "Delivery") -> "Delivery":
        return Delivery(
            delivered=self.delivered + other.delivered,
            failed=self.failed + other.failed,
            retried=self.retried + other.retried,
            suppressed=self.suppressed + other.suppressed,
            held=self.held + other.held,
            waiting=self.waiting + other.waiting,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One occasion of a scheduled campaign that was carried out (or found to be too late).

    Attributes:
        campaign: its key.
        occurrence: names the occasion for ever; the scheduled instant.
        scheduled: that instant.
        missed: it was too late to carry it out.
        enrolment: who entered now.
        problem: why it could not be carried out yet; it is tried again. Empty when all went well.
    """

    campaign: str
    occurrence: str
    scheduled: datetime
    missed: bool = False
    enrolment: Enrolment = Enrolment()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What one person would get.

    Attributes:
        public_id: the person.
        arm: the side of the comparison the person would be on.
        to: the address; empty when there is none.
        subject: rendered.
        body: rendered; JSON as text.
        reason: why the person would get nothing; empty otherwise.
        detail: more about the reason.
    """

    public_id: str
    arm: Arm
    to: str = ""
    subject: str = ""
    body: str = ""
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMessage:
    """A message of unknown fate that waits for a person's decision, and since when it waits."""

    key: str
    campaign: str
    public_id: str
    channel: str
    detail: str
    since: datetime


class Decision(StrEnum):
    """What a person decides about a message of unknown fate."""

    RESEND = "resend"
    DELIVERED = "delivered"
    FAILED = "failed"
