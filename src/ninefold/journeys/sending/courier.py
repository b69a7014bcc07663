"""Sends what is planned: claim, ask the gate, hand over, write down what became of it. Each step is a commit.

A message is marked as handed over before the channel sees it. Whoever dies before that mark surely did not send;
whoever dies after it leaves a message in doubt, which the channel's policy settles: send again (the receiver knows
the key) or hold for a person.
"""

import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy.engine import Connection

from ninefold.base import Error, Kind, clean_text, span
from ninefold.channels import Channel, Content, InDoubt, Message, Outcome, Unrendered
from ninefold.collect import Event
from ninefold.journeys.enrolment import tell
from ninefold.journeys.model import (
    FAILED,
    HELD,
    SENT,
    SUPPRESSED,
    Campaign,
    CapScope,
    Delivery,
    EffectState,
    Status,
)
from ninefold.journeys.people import People
from ninefold.journeys.queries import records as sql
from ninefold.journeys.rules import facts
from ninefold.journeys.rules.gate import Claimed, Knowledge, Send, Settlement, Suppress, Wait, gate, refuse, settle
from ninefold.journeys.sources import CampaignSource, ChannelSource, Permit
from ninefold.store import Records

from .lease import kept
from .messages import Messages

_CHUNK = {InDoubt.RESEND: 500, InDoubt.HOLD: 50}
"""Messages handed over at once; few where those of a dead process need a person's decision."""

_FACT = {
    EffectState.DELIVERED: SENT,
    EffectState.FAILED: FAILED,
    EffectState.SUPPRESSED: SUPPRESSED,
    EffectState.HELD: HELD,
}
_UNAVAILABLE = "channel_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """Messages of one campaign for one channel, held under one claim."""

    claim: uuid.UUID
    campaign: str
    channel: str
    effects: tuple[Claimed, ...]
    now: datetime


class Courier:
    """Carries messages from the plan to the channels."""

    def __init__(
        self,
        records: Records,
        people: People,
        messages: Messages,
        channels: ChannelSource,
        campaigns: CampaignSource,
        *,
        permit: Permit | None = None,
    ) -> None:
        self._records = records
        self._permit = permit
        self._people = people
        self._messages = messages
        self._channels = channels
        self._campaigns = campaigns
        self.lease = timedelta(minutes=2)

    def deliver(self, now: datetime, *, limit: int = 100_000) -> Delivery:
        """Send what is due, the campaigns in turn, a chunk of each at a time.

        Args:
            now: the present instant.
            limit: how many messages to look at, at most (the last chunk may go over).
        """
        self.recover(now)
        began, total = time.monotonic(), Delivery()
        with self._records.begin() as conn:
            campaigns = self._campaigns.present(conn)
        going = {key: one for key, one in campaigns.items() if one.status in {Status.LIVE, Status.STOPPED}}
        while going and total.handled < limit:
            with self._records.begin() as conn:
                due = conn.execute(sql.DUE_CAMPAIGNS, {"campaigns": list(going), "now": now}).scalars().all()
            if not due:
                break
            for key in due:
                elapsed = timedelta(seconds=time.monotonic() - began)
                with span("campaign.chunk", campaign=key) as note:
                    done = self._chunk(going[key], now, lease_until=now + elapsed + self.lease)
                    note.add(handled=done.handled, delivered=done.delivered, failed=done.failed)
                total += done
                if done.handled == done.waiting:
                    going.pop(key)  # nothing moved: paused meanwhile, or its channel cannot be opened
        return total

    def recover(self, now: datetime, *, everything: bool = False) -> int:
        """Free what dead workers left behind; returns how many messages are held for a person now.

        Args:
            now: claims whose lease ended by then belong to the dead.
            everything: all claims do, since no other worker can be alive (at the start of the only process).
        """
        until = now + timedelta(days=36_500) if everything else now
        with self._records.begin() as conn:
            conn.execute(sql.FREE_CLAIMED, {"until": until})
            policies = {
                key: self._policy(conn, key)
                for key in conn.execute(sql.DOUBTFUL_CHANNELS, {"until": until}).scalars().all()
            }
            chosen = {policy: [key for key, one in policies.items() if one is policy] for policy in InDoubt}
            conn.execute(sql.FREE_HANDED, {"until": until, "now": now, "channels": chosen[InDoubt.RESEND]})
            values = {"until": until, "now": now, "channels": chosen[InDoubt.HOLD]}
            held = conn.execute(sql.HOLD_HANDED, values).mappings().all()
            told = [facts.about_message(HELD, row["key"], dict(row), now=now, reason="in_doubt") for row in held]
            tell(conn, told, now=now)
        return len(held)

    def _chunk(self, campaign: Campaign, now: datetime, *, lease_until: datetime) -> Delivery:
        """One chunk of a campaign through all steps."""
        claim, total = uuid.uuid4(), Delivery()
        with self._records.begin() as conn:
            limit = _CHUNK[self._policy(conn, campaign.channel) or InDoubt.HOLD]
            values = {"campaign": campaign.key, "claim": claim, "limit": limit, "now": now, "lease_until": lease_until}
            parts = self._claim(conn, values)
        with kept(self._records, claim, self.lease):
            for key, effects in parts.items():
                held = _Held(claim=claim, campaign=campaign.key, channel=key, effects=effects, now=now)
                with self._records.begin() as conn:
                    channel = self._opened(conn, key)
                total += self._put_back(held, channel) if isinstance(channel, Error) else self._carry(held, channel)
        return total

    def _claim(self, conn: Connection, values: Mapping[str, object]) -> dict[str, tuple[Claimed, ...]]:
        """Take due messages under a claim; by channel, those planned first before the others."""
        rows = conn.execute(sql.CLAIM, values).all()
        roots = self._people.roots(conn, np.asarray([row.oneid for row in rows], np.uint32)).tolist() if rows else []
        found: dict[str, list[Claimed]] = defaultdict(list)
        for row, root in sorted(zip(rows, roots, strict=True), key=lambda pair: (pair[0].planned_at, pair[0].key)):
            effect = Claimed(
                key=row.key,
                campaign=str(values["campaign"]),
                occurrence=row.occurrence,
                oneid=row.oneid,
                root=root,
                version=row.version,
                attempts=row.attempts,
                planned_at=row.planned_at,
                in_doubt=row.in_doubt,
            )
            found[row.channel].append(effect)
        return {channel: tuple(effects) for channel, effects in found.items()}

    def _carry(self, held: _Held, channel: Channel) -> Delivery:
        """Ask the gate, mark as handed over, hand over, write down."""
        with self._records.begin() as conn:
            roots = [effect.root for effect in held.effects]
            addresses = self._messages.addresses(conn, roots, channel.namespace)
            public = self._messages.public_ids(conn, roots)
            contents = self._contents(conn, held)
        with self._records.begin() as conn:
            conn.execute(sql.LOCK, {"name": "campaigns/handing"})  # caps are counted by one worker after the other
            verdicts = gate(held.effects, self._knowledge(conn, held, addresses, contents), now=held.now)
            done = self._write(conn, held, _refusals(held, verdicts))
            sends = {key: verdict for key, verdict in verdicts.items() if isinstance(verdict, Send)}
            values = {"keys": list(sends), "claim": held.claim, "now": held.now}
            marked = set(conn.execute(sql.HAND, values).scalars())
        going = [replace(effect, attempts=effect.attempts + 1) for effect in held.effects if effect.key in marked]
        messages = [
            Message(
                key=effect.key,
                to=sends[effect.key].to,
                content=sends[effect.key].content,
                campaign=held.campaign,
                person=public.get(effect.root, ""),
            )
            for effect in going
        ]
        outcomes = channel.deliver(messages, now=held.now) if messages else ()
        with self._records.begin() as conn:
            return done + self._write(conn, held, _settlements(going, outcomes, channel.in_doubt, held.now))

    def _contents(self, conn: Connection, held: _Held) -> dict[str, Content | Unrendered]:
        """What each effect's template (of the version it was planned with) says to its person."""
        by_version: dict[int, list[Claimed]] = defaultdict(list)
        for effect in held.effects:
            by_version[effect.version].append(effect)
        contents: dict[str, Content | Unrendered] = {}
        for version, effects in by_version.items():
            campaign = self._campaigns.version(conn, held.campaign, version)
            rendered = self._messages.render(
                conn, campaign, [(one.root, one.occurrence) for one in effects], now=held.now
            )
            contents |= {effect.key: rendered[effect.root, effect.occurrence] for effect in effects}
        return contents

    def _knowledge(
        self, conn: Connection, held: _Held, addresses: Mapping[int, str], contents: Mapping[str, Content | Unrendered]
    ) -> Knowledge:
        """What the gate needs to know, also about accounts merged since."""
        campaigns = self._campaigns.present(conn)
        accounts: dict[int, set[int]] = {effect.root: {effect.root} for effect in held.effects}
        for effect in held.effects:
            accounts[effect.root].add(effect.oneid)
        for account, root in self._people.merged_into(conn, list(accounts)).items():
            accounts[root].add(account)
        others = [(e, account) for e in held.effects for account in accounts[e.root] - {e.oneid}]
        values = {
            "own": [effect.key for effect, _ in others],
            "people": [account for _, account in others],
            "campaigns": [held.campaign] * len(others),
            "occurrences": [effect.occurrence for effect, _ in others],
        }
        rows = conn.execute(sql.KIN_FACTS, values).all() if others else []
        return Knowledge(
            campaigns=campaigns,
            addresses=addresses,
            contents=contents,
            sent=_sent(conn, held, campaigns.get(held.campaign), accounts),
            held_out=frozenset(row.own for row in rows if row.held_out),
            repeated=frozenset(row.own for row in rows if row.repeated),
            refused=self._refused(conn, held, campaigns.get(held.campaign), accounts),
        )

    def _refused(
        self, conn: Connection, held: _Held, campaign: Campaign | None, accounts: Mapping[int, set[int]]
    ) -> Mapping[int, str]:
        """Who must not get a message of this campaign, and why."""
        if self._permit is None or campaign is None:
            return {}
        return self._permit.refused(conn, accounts, purpose=campaign.consent, node=campaign.node, now=held.now)

    def _write(self, conn: Connection, held: _Held, settlements: Sequence[Settlement]) -> Delivery:
        """Write settlements of messages that this claim still holds, and tell of those that ended."""
        if not settlements:
            return Delivery()
        values = {
            "claim": held.claim,
            "now": held.now,
            "keys": [one.key for one in settlements],
            "states": [one.state.value for one in settlements],
            "next": [one.next_attempt_at for one in settlements],
            "reasons": [one.reason for one in settlements],
            "details": [clean_text(one.detail) for one in settlements],
            "references": [clean_text(one.reference) for one in settlements],
            "arrived": [one.arrived for one in settlements],
        }
        written = set(conn.execute(sql.SETTLE, values).scalars())
        mine = [one for one in settlements if one.key in written]
        effects = {effect.key: effect for effect in held.effects}
        told = [_fact(effects[one.key], one, held) for one in mine if one.state in _FACT]
        tell(conn, told, now=held.now)
        return _counted(mine)

    def _put_back(self, held: _Held, why: Error) -> Delivery:
        """Give back messages whose channel cannot be opened, to be tried again in a while."""
        later = held.now + timedelta(minutes=5)
        rows = [
            Settlement(
                key=effect.key,
                state=EffectState.PLANNED,
                next_attempt_at=later,
                arrived=effect.in_doubt,
                reason=_UNAVAILABLE,
                detail=str(why),
            )
            for effect in held.effects
        ]
        with self._records.begin() as conn:
            return self._write(conn, held, rows)

    def _opened(self, conn: Connection, key: str) -> Channel | Error:
        try:
            return self._channels.get(conn, key)
        except Error as exc:
            return exc

    def _policy(self, conn: Connection, key: str) -> InDoubt | None:
        """What a channel does with messages of unknown fate; None while it cannot be opened."""
        opened = self._opened(conn, key)
        if isinstance(opened, Error):
            return InDoubt.HOLD if opened.kind is Kind.MISSING else None
        return opened.in_doubt


def _sent(conn: Connection, held: _Held, campaign: Campaign | None, accounts: Mapping[int, set[int]]) -> dict[str, int]:
    """Messages of each effect's person that the campaign's cap counts."""
    if campaign is None or campaign.cap is None:
        return {}
    pairs = [(effect.key, account) for effect in held.effects for account in accounts[effect.root]]
    scope = campaign.key if campaign.cap.scope is CapScope.CAMPAIGN else ""
    values = {
        "own": [own for own, _ in pairs],
        "people": [account for _, account in pairs],
        "campaigns": [scope] * len(pairs),
        "since": [held.now - campaign.cap.within] * len(pairs),
    }
    return {row.own: row.sent for row in conn.execute(sql.COUNT_SENT, values)}


def _refusals(held: _Held, verdicts: Mapping[str, Send | Suppress | Wait]) -> list[Settlement]:
    pairs = [(effect, verdicts[effect.key]) for effect in held.effects]
    return [refuse(effect, verdict, now=held.now) for effect, verdict in pairs if not isinstance(verdict, Send)]


def _settlements(
    effects: Sequence[Claimed], outcomes: Sequence[Outcome], policy: InDoubt, now: datetime
) -> list[Settlement]:
    return [settle(effect, outcome, policy, now=now) for effect, outcome in zip(effects, outcomes, strict=True)]


def _fact(effect: Claimed, settlement: Settlement, held: _Held) -> Event:
    row = {"campaign": effect.campaign, "occurrence": effect.occurrence, "oneid": effect.root, "channel": held.channel}
    return facts.about_message(
        _FACT[settlement.state], effect.key, row, now=held.now, reason=settlement.reason, reference=settlement.reference
    )


def _counted(settlements: Sequence[Settlement]) -> Delivery:
    states = Counter(one.state for one in settlements)
    waiting = sum(one.state is EffectState.PLANNED and one.reason in {"", _UNAVAILABLE} for one in settlements)
    return Delivery(
        delivered=states[EffectState.DELIVERED],
        failed=states[EffectState.FAILED],
        retried=states[EffectState.PLANNED] - waiting,
        suppressed=states[EffectState.SUPPRESSED],
        held=states[EffectState.HELD],
        waiting=waiting,
    )
