"""What a report of a campaign says. Frozen values; money in minor units, shares as fractions."""

from dataclasses import dataclass, field
from datetime import datetime

from ninefold.experiments import Comparison, Increment, Sample, SampleRatio, compare, increment, sample_ratio
from ninefold.journeys.model import Campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFigures:
    """One side of the comparison.

    Attributes:
        people: members, each person once.
        converted: those who reached the goal in time.
        goals: times the goal was reached.
        revenue_minor: money of those goals, in the campaign's currency.
        revenue_squares: sum of each person's squared money.
        unfinished: members whose time has not run out; their outcome may still come.
        other_money: goals paid in other currencies, not added.
    """

    people: int = 0
    converted: int = 0
    goals: int = 0
    revenue_minor: int = 0
    revenue_squares: int = 0
    unfinished: int = 0
    other_money: int = 0

    @property
    def conversion_rate(self) -> float | None:
        """Share of members who reached the goal; nothing for an empty arm."""
        return self.converted / self.people if self.people else None

    @property
    def conversion(self) -> Sample:
        """Statistics of having reached the goal."""
        return Sample.of_successes(self.converted, self.people)

    @property
    def revenue(self) -> Sample:
        """Statistics of money per member."""
        return Sample(n=self.people, total=self.revenue_minor, squares=self.revenue_squares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Whether both stores tell of the same entries.

    Attributes:
        records: entries written down (every occasion of every member).
        events: entries told by events.
    """

    records: int
    events: int

    @property
    def agrees(self) -> bool:
        """Both say the same; otherwise facts still wait in the inbox, or something is wrong."""
        return self.records == self.events


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCounts:
    """What became of a campaign's messages: numbers by reason where there is one."""

    waiting: int = 0
    delivered: int = 0
    held: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    suppressed: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignReport:
    """A campaign's result.

    People who were in both arms before two of their accounts were merged are in neither figure: they are counted as
    ``contaminated``. A person who entered several times counts from the earliest entry.

    Attributes:
        campaign: its key.
        version: of the document now.
        now: as of when.
        currency: of all money.
        control: people left alone.
        treated: people who were to be treated, reached or not.
        contaminated: people in both arms.
        first_entry: earliest entry; None without members.
        last_entry: latest entry.
        randomised: the arms were drawn by us; otherwise a difference need not be an effect.
        ratio: did the arms come out in the sizes ordered.
        conversion: lift of the share of converted members; None without a goal.
        revenue: lift of money per member; None where the goal counts no money.
        extra_conversions: conversions brought by the campaign.
        extra_revenue: money brought by the campaign, and net of cost.
        cost_minor: of the messages delivered.
        messages: what became of them.
        reconciliation: do both stores agree.
    """

    campaign: str
    version: int
    now: datetime
    currency: str
    control: ArmFigures
    treated: ArmFigures
    contaminated: int
    first_entry: datetime | None
    last_entry: datetime | None
    randomised: bool
    ratio: SampleRatio
    conversion: Comparison | None
    revenue: Comparison | None
    extra_conversions: Increment | None
    extra_revenue: Increment | None
    cost_minor: int
    messages: MessageCounts
    reconciliation: Reconciliation


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the two stores counted of a campaign.

    Attributes:
        control: the arm's figures.
        treated: the arm's figures.
        contaminated: people in both.
        first_entry: earliest entry.
        last_entry: latest entry.
        events: entries told by events.
        records: entries written down.
        drawn: of these, entries whose arm we drew.
        shares: hold-out shares in force when they were drawn, basis points.
        messages: what became of messages.
    """

    control: ArmFigures
    treated: ArmFigures
    contaminated: int
    first_entry: datetime | None
    last_entry: datetime | None
    events: int
    records: int
    drawn: int
    shares: tuple[int, ...]
    messages: MessageCounts


def conclude(campaign: Campaign, counted: Counted, *, cost_minor: int, now: datetime) -> CampaignReport:
    """Turn counts into a report; see ``ninefold.experiments`` for formulas and sources."""
    control, treated, goal = counted.control, counted.treated, campaign.goal
    randomised = counted.drawn == counted.records and any(counted.shares)
    money = goal is not None and goal.revenue
    return CampaignReport(
        campaign=campaign.key,
        version=campaign.version,
        now=now,
        currency=campaign.currency,
        control=control,
        treated=treated,
        contaminated=counted.contaminated,
        first_entry=counted.first_entry,
        last_entry=counted.last_entry,
        randomised=randomised,
        ratio=_ratio(counted),
        conversion=compare(control.conversion, treated.conversion) if goal else None,
        revenue=compare(control.revenue, treated.revenue) if money else None,
        extra_conversions=increment(control.conversion, treated.conversion) if goal else None,
        extra_revenue=increment(control.revenue, treated.revenue, cost=cost_minor) if money else None,
        cost_minor=cost_minor,
        messages=counted.messages,
        reconciliation=Reconciliation(records=counted.records, events=counted.events),
    )


def _ratio(counted: Counted) -> SampleRatio:
    control, treated = counted.control.people, counted.treated.people
    if counted.drawn < counted.records:
        return SampleRatio(control=control, treated=treated, reason="not_assigned_here")
    if len(counted.shares) > 1:
        return SampleRatio(control=control, treated=treated, reason="share_changed")
    return sample_ratio(control, treated, holdout=counted.shares[0] if counted.shares else 0)
