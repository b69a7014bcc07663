"""Decisions of campaigns: who gets a message, what follows from an outcome, when to try again. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from ninefold.base import stable_key
from ninefold.channels import Content, Delivered, Doubtful, Failed, InDoubt, Outcome, Retry, Unrendered
from ninefold.journeys.model import Campaign, CapScope, EffectState, Status, Suppression

ATTEMPTS_MAX = 8
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)


def effect_key(campaign: str, occurrence: str, oneid: int) -> str:
    """The key of a member's message, the same for ever.

    >>> effect_key("spring", "2026-06-01T08:00:00Z", 7) == effect_key("spring", "2026-06-01T08:00:00Z", 7)
    True
    """
    return stable_key(campaign, occurrence, oneid, "message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that a worker holds.

    Attributes:
        key: of the effect.
        campaign: key of its campaign.
        occurrence: its occasion.
        oneid: the person as entered.
        root: the person now.
        version: of the document whose template is used.
        attempts: how often it was handed over.
        planned_at: when it was decided.
        in_doubt: it may have arrived already: it was handed over once, and the answer was lost.
    """

    key: str
    campaign: str
    occurrence: str
    oneid: int
    root: int
    version: int
    attempts: int
    planned_at: datetime
    in_doubt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the send gate has to know; all by key of the effect unless said otherwise.

    Attributes:
        campaigns: the campaigns as they are now, by campaign key.
        addresses: where to send, by person (root).
        contents: what the template gave.
        sent: messages counted by the campaign's cap so far, without this one.
        held_out: effects of people who are also held out, under an account merged since.
        refused: people (root) who must not get it, with the reason: consent, suppression.
        repeated: effects of people who got this occasion's message under an account merged since.
    """

    campaigns: Mapping[str, Campaign]
    addresses: Mapping[int, str]
    contents: Mapping[str, Content | Unrendered]
    sent: Mapping[str, int] = field(default_factory=dict)
    held_out: frozenset[str] = frozenset()
    repeated: frozenset[str] = frozenset()
    refused: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """The gate lets the message through."""

    to: str
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppress:
    """The gate says no, for good."""

    reason: Suppression
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Not now: the campaign is paused."""


Verdict = Send | Suppress | Wait


def gate(claimed: Sequence[Claimed], known: Knowledge, *, now: datetime) -> dict[str, Verdict]:
    """Ask the gate's questions in their fixed order, for each message in turn.

    Order: campaign live, not too late, not held out, not sent already, permitted, reachable, under the cap, template
    renders.
    Messages let through count for the caps and occasions of those after them. A message in doubt has its place
    under the cap already.

    Returns:
        A verdict by key of the effect.
    """
    verdicts: dict[str, Verdict] = {}
    counts: Counter[tuple[int, str]] = Counter()  # by person and campaign; "" is any campaign
    occasions: set[tuple[int, str, str]] = set()
    for effect in claimed:
        campaign = known.campaigns.get(effect.campaign)
        occasion = (effect.root, effect.campaign, effect.occurrence)
        verdict: Verdict | None
        if campaign is None:
            verdict = Suppress(reason=Suppression.STOPPED, detail="the campaign is gone")
        else:
            verdict = _early(effect, campaign, known, now)
            if verdict is None and occasion in occasions:
                verdict = Suppress(reason=Suppression.REPEATED)
            if verdict is None:
                verdict = _late(effect, campaign, known, counts)
        verdicts[effect.key] = verdict
        if isinstance(verdict, Send):
            occasions.add(occasion)
            counts.update([(effect.root, ""), (effect.root, effect.campaign)])
    return verdicts


def _early(effect: Claimed, campaign: Campaign, known: Knowledge, now: datetime) -> Verdict | None:
    """Questions about campaign, time and company; None when they are all answered well."""
    if campaign.status is Status.STOPPED:
        return Suppress(reason=Suppression.STOPPED)
    if campaign.status is not Status.LIVE:
        return Wait()
    if now - effect.planned_at > campaign.expires:
        return Suppress(reason=Suppression.EXPIRED)
    if effect.key in known.held_out:
        return Suppress(reason=Suppression.HELD_OUT, detail="held out under an account merged since")
    if effect.key in known.repeated:
        return Suppress(reason=Suppression.REPEATED)
    return None


def _late(effect: Claimed, campaign: Campaign, known: Knowledge, counts: Mapping[tuple[int, str], int]) -> Verdict:
    """Questions about the person: permitted, reachable, capped, and does the template render."""
    if (why := known.refused.get(effect.root)) is not None:
        return Suppress(reason=Suppression.REFUSED, detail=why)
    to = known.addresses.get(effect.root, "")
    if not to:
        return Suppress(reason=Suppression.UNREACHABLE)
    cap = campaign.cap
    if cap is not None and not effect.in_doubt:
        scope = "" if cap.scope is CapScope.ALL else effect.campaign
        if known.sent.get(effect.key, 0) + counts.get((effect.root, scope), 0) >= cap.count:
            return Suppress(reason=Suppression.CAPPED, detail=f"{cap.count} within {cap.within}")
    content = known.contents[effect.key]
    if isinstance(content, Unrendered):
        return Suppress(reason=Suppression.TEMPLATE, detail=f"{content.reason}: {content.detail}")
    return Send(to=to, content=content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What is written about a message after a verdict or an outcome.

    Attributes:
        key: of the effect.
        state: the new one.
        next_attempt_at: when to try again; only in ``PLANNED``.
        arrived: it did arrive, or may have: its place under the cap stays taken.
        reason: stable code.
        detail: more about it.
        reference: the receiver's name for it.
    """

    key: str
    state: EffectState
    next_attempt_at: datetime | None = None
    arrived: bool = False
    reason: str = ""
    detail: str = ""
    reference: str = ""


def settle(effect: Claimed, outcome: Outcome, policy: InDoubt, *, now: datetime) -> Settlement:
    """What follows from a channel's outcome; ``effect.attempts`` counts this attempt too.

    A message that may have arrived on an earlier attempt never ends as failed: a person decides.
    """
    match outcome:
        case Delivered(reference=reference):
            return Settlement(key=effect.key, state=EffectState.DELIVERED, arrived=True, reference=reference)
        case Failed(reason=reason, detail=detail):
            return _ended(effect, reason, detail, may_have_arrived=effect.in_doubt)
        case Retry(reason=reason, detail=detail, after_seconds=after):
            if effect.attempts >= ATTEMPTS_MAX:
                return _ended(effect, "too_many_attempts", f"{reason}: {detail}", may_have_arrived=effect.in_doubt)
            return _again(effect, reason, detail, now, after, arrived=effect.in_doubt)
        case Doubtful(reason=reason, detail=detail):
            if policy is InDoubt.HOLD or effect.attempts >= ATTEMPTS_MAX:
                return _ended(effect, reason, detail, may_have_arrived=True)
            return _again(effect, reason, detail, now, None, arrived=True)
        case _:
            assert_never(outcome)


def _ended(effect: Claimed, reason: str, detail: str, *, may_have_arrived: bool) -> Settlement:
    if may_have_arrived:
        return Settlement(
            key=effect.key, state=EffectState.HELD, reason="in_doubt", arrived=True, detail=f"{reason}: {detail}"
        )
    return Settlement(key=effect.key, state=EffectState.FAILED, reason=reason, detail=detail)


def _again(
    effect: Claimed, reason: str, detail: str, now: datetime, after: float | None, *, arrived: bool
) -> Settlement:
    at = retry_at(effect.key, effect.attempts, now=now, after=after)
    return Settlement(
        key=effect.key, state=EffectState.PLANNED, reason=reason, detail=detail, next_attempt_at=at, arrived=arrived
    )


def refuse(effect: Claimed, verdict: Suppress | Wait, *, now: datetime) -> Settlement:
    """What follows from a no of the gate. What may have arrived already is not called suppressed, but held."""
    if isinstance(verdict, Wait):
        return Settlement(key=effect.key, state=EffectState.PLANNED, next_attempt_at=now, arrived=effect.in_doubt)
    if effect.in_doubt:
        return Settlement(
            key=effect.key,
            state=EffectState.HELD,
            reason="in_doubt",
            arrived=True,
            detail=f"may have arrived; not sent again: {verdict.reason.value} {verdict.detail}".strip(),
        )
    return Settlement(key=effect.key, state=EffectState.SUPPRESSED, reason=verdict.reason.value, detail=verdict.detail)


def retry_at(key: str, attempts: int, *, now: datetime, after: float | None) -> datetime:
    """When to try again: doubling from a minute to six hours, spread by up to a quarter, never before asked.

    The spread comes from the key, so that messages which failed together do not all return together.
    """
    wait = min(_FIRST_WAIT * 2 ** max(attempts - 1, 0), _LONGEST_WAIT)
    wait += wait * (int(stable_key(key, attempts)[:4], 16) / 0xFFFF / 4)
    at: datetime = now + max(wait, timedelta(seconds=after or 0))
    return at
