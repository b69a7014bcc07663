"""The verbs of campaigns: define, start, send, report, and what an operator does by hand.

Every verb takes ``now``; none reads a clock. Those that take a transaction leave the commit to the caller; the others
work in transactions of their own, each of which leaves everything consistent.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold.base import conflict, invalid, refused, stable_key, to_ms
from ninefold.channels import (
    Channel,
    Content,
    JsonValue,
    Message,
    Outcome,
    SmtpSettings,
    Unrendered,
    check_template,
    parse_channel,
)
from ninefold.experiments import assign
from ninefold.identity import Identity
from ninefold.predicate import check, read_catalog, tree
from ninefold.segments import Segments
from ninefold.store import Document, Events, Records, find_definition, get_definition, put_definition

from .document import advice, carried_over, conditions_of, parse_campaign, set_by_hand
from .enrolment import CHUNK, Candidates, Recorded, record, tell
from .model import (
    FAILED,
    SENT,
    Arm,
    Campaign,
    Decision,
    Delivery,
    Enrolment,
    HeldMessage,
    Oneids,
    Preview,
    Run,
    Status,
)
from .overview import Totals, Underway, occasion, totals, underway
from .queries import records as sql
from .registry import KIND, Registry
from .reporting import report
from .rules import facts
from .rules.report import CampaignReport
from .sending.courier import Courier
from .sending.messages import Messages
from .sources import CampaignSettings, ChannelSource
from .starts import Starts

_MOVES = {
    Status.DRAFT: {Status.LIVE, Status.STOPPED},
    Status.LIVE: {Status.PAUSED, Status.STOPPED},
    Status.PAUSED: {Status.LIVE, Status.STOPPED},
    Status.STOPPED: set[Status](),
}
_DECIDED = {Decision.RESEND: "planned", Decision.DELIVERED: "delivered", Decision.FAILED: "failed"}
_TOLD = {Decision.DELIVERED: SENT, Decision.FAILED: FAILED}


class Campaigns:
    """The campaigns of one brand."""

    def __init__(
        self,
        records: Records,
        events: Events,
        identity: Identity,
        segments: Segments,
        channels: ChannelSource,
        *,
        settings: CampaignSettings,
    ) -> None:
        self._records = records
        self._events = events
        self._segments = segments
        self._channels = channels
        self._settings = settings
        self._people = identity
        self._registry = Registry(zone=settings.zone, currency=settings.currency)
        self._messages = Messages(events, self._people)
        self._courier = Courier(records, self._people, self._messages, channels, self._registry, permit=settings.permit)
        self._starts = Starts(records, events, segments, self._people, self._registry, zone=settings.zone)

    def check(self, document: object) -> tuple[str, ...]:
        """Judge a campaign document; returns advice, each a sentence: names that nobody has, and what is unwise.

        Unknown events, traits, tags and segments are advice only, since they may come to be.

        Raises:
            Error: invalid, for the first thing that is wrong, naming the field.
        """
        campaign = parse_campaign(document, zone=self._settings.zone, currency=self._settings.currency)
        asked = conditions_of(campaign)
        about = tree.AllOf(parts=tuple(one for _, one in asked)) if asked else tree.Everyone()
        catalog = read_catalog(self._events, about=about)
        said = [*advice(campaign)]
        for path, condition in asked:
            said += [f"{one.field}: {one.message}. {one.hint}".strip() for one in check(condition, catalog, path=path)]
        if campaign.template is not None:
            said += check_template(campaign.template, traits=catalog.traits, tags=catalog.tags)
        return tuple(said)

    def save(self, conn: Connection, document: Document, *, now: datetime, author: str = "") -> Campaign:
        """Check a document and keep it as the next version; unchanged content makes no new version.

        People who entered already keep the template of the version they entered with; caps, status and goal count
        as they are now. What an operator did by hand (pause, resume, stop) stays as it is, see `carried_over`.

        Raises:
            Error: invalid, naming the wrong field; missing, for an unknown channel or segment; conflict, when it was
                stopped before.
        """
        before = find_definition(conn, KIND, str(document.get("key", "")))
        carried = carried_over(document, before.document if before else None)
        stopped = before is not None and self._registry.get(conn, before.key).status is Status.STOPPED
        if before is not None and stopped and carried != before.document and document.get("status") != "stopped":
            raise conflict(
                "campaign_stopped",
                f'campaign "{before.key}" was stopped for good',
                hint="give the new one another key",
            )
        return self._keep(conn, carried, now=now, author=author)

    def _keep(self, conn: Connection, document: Document, *, now: datetime, author: str) -> Campaign:
        campaign = parse_campaign(document, zone=self._settings.zone, currency=self._settings.currency)
        if campaign.channel:
            channel = parse_channel(get_definition(conn, "channel", campaign.channel).document)
            payload = campaign.template.payload if campaign.template else None
            if isinstance(channel.settings, SmtpSettings) and payload is not None:
                raise invalid(
                    "json_mail",
                    "an e-mail cannot be JSON",
                    field="template.json",
                    got=campaign.channel,
                    allowed="subject and body",
                )
        if campaign.audience.segment:
            get_definition(conn, "segment", campaign.audience.segment)
        kept = put_definition(conn, KIND, campaign.key, document, now=now, author=author)
        return replace(campaign, version=kept.version)

    def get(self, key: str) -> Campaign:
        """A campaign as it is now; raises missing with the nearest key."""
        with self._records.begin() as conn:
            return self._registry.get(conn, key)

    def list(self) -> tuple[Campaign, ...]:
        """All campaigns that are not retired, by key."""
        with self._records.begin() as conn:
            return tuple(self._registry.present(conn).values())

    def pause(self, key: str, *, now: datetime, author: str = "") -> Campaign:
        """Nobody enters and nothing is sent until it is resumed; what is planned waits (until it expires)."""
        return self._move(key, Status.PAUSED, now, author)

    def resume(self, key: str, *, now: datetime, author: str = "") -> Campaign:
        """Let a draft or paused campaign work. Occasions that passed meanwhile are not made up for."""
        return self._move(key, Status.LIVE, now, author)

    def stop(self, key: str, *, now: datetime, author: str = "") -> Campaign:
        """End a campaign for good; what is planned is suppressed with the next delivery."""
        return self._move(key, Status.STOPPED, now, author)

    def enrol(self, key: str, oneids: Oneids, occurrence: str, *, now: datetime) -> Enrolment:
        """Enter people into a live campaign.

        Args:
            key: the campaign.
            oneids: the people, roots or accounts merged since, shape (n,).
            occurrence: names the occasion for ever; enrolling a person twice on one occasion is once.
            now: time of entry.

        Raises:
            Error: missing; refused, when the campaign is not live.
        """
        campaign = self.get(key)
        if campaign.status is not Status.LIVE:
            raise refused("campaign_not_live", f'campaign "{key}" is {campaign.status.value}', hint="resume it first")
        if not occurrence or len(occurrence) > 200:
            raise invalid(
                "bad_occurrence",
                "an occasion needs a name",
                field="occurrence",
                got=occurrence,
                allowed="1 to 200 characters",
            )
        return self._starts.enrol(campaign, Candidates.on(oneids, occurrence), now=now)

    def run(self, key: str, occurrence: str, *, now: datetime) -> Enrolment:
        """Enrol the audience as it is now, on an occasion started by hand.

        The name of the occasion makes it repeatable: after a crash the same call enrols those who are missing.

        Args:
            key: the campaign.
            occurrence: names the occasion for ever.
            now: time of entry.

        Raises:
            Error: missing; refused, when the campaign is not live.
        """
        return self.enrol(key, self._starts.audience(self.get(key), now=now), occurrence, now=now)

    def totals(self) -> dict[str, Totals]:
        """Members and messages of every campaign that has members, by key."""
        with self._records.begin() as conn:
            return totals(conn)

    def underway(self) -> tuple[Underway, ...]:
        """Occasions that are being carried out, the oldest first."""
        with self._records.begin() as conn:
            return underway(conn)

    def occasion(self, key: str, occurrence: str) -> Totals:
        """Entries of one occasion."""
        with self._records.begin() as conn:
            return occasion(conn, key, occurrence)

    def record_members(
        self, key: str, oneids: Oneids, treated: NDArray[np.bool_], entered_at_ms: NDArray[np.int64], *, now: datetime
    ) -> Enrolment:
        """Write down members of a campaign that was carried out elsewhere, so that it can be reported.

        Nothing is sent. A person counts once, with the first entry written down.

        Args:
            key: the campaign.
            oneids: the people, shape (n,).
            treated: True for treated, False for control, shape (n,).
            entered_at_ms: time of entry, ms since 1970, shape (n,).
            now: the present instant.

        Raises:
            Error: missing; invalid, when the arrays differ in length.
        """
        if not len(oneids) == len(treated) == len(entered_at_ms):
            raise invalid(
                "bad_members",
                "arrays of different length",
                field="oneids",
                got=f"{len(oneids)}, {len(treated)}, {len(entered_at_ms)}",
                allowed="equal lengths",
            )
        campaign, total = self.get(key), Enrolment()
        members = Recorded(oneid=oneids, treated=treated, entered_at_ms=entered_at_ms)
        for start in range(0, len(oneids), CHUNK):
            with self._records.begin() as conn:
                total += record(conn, self._people, campaign, members.part(start, start + CHUNK), now=now)
        return total

    def run_due(self, *, now: datetime) -> tuple[Run, ...]:
        """Carry out occasions of scheduled campaigns that are due; doing it again changes nothing."""
        return self._starts.run_due(now)

    def on_batch(
        self, batch: int, people: NDArray[np.uint32], names: frozenset[str], *, now: datetime
    ) -> dict[str, Enrolment]:
        """Enter people into campaigns that events of a pipeline batch start; doing it again changes nothing.

        Args:
            batch: number of the batch, whose events are in the events store.
            people: whose events it holds.
            names: names of its events.
            now: the present instant.
        """
        return self._starts.on_batch(batch, people, names, now=now)

    def deliver(self, *, now: datetime, limit: int = 100_000) -> Delivery:
        """Send messages that are due, about ``limit`` at most."""
        return self._courier.deliver(now, limit=limit)

    def recover(self, *, now: datetime) -> int:
        """At the start of the only process: free at once what a killed one left; returns messages held for a person."""
        return self._courier.recover(now, everything=True)

    def report(self, key: str, *, now: datetime) -> CampaignReport:
        """The result of a campaign as of now; raises missing."""
        with self._records.begin() as conn:
            campaign = self._registry.get(conn, key)
            return report(conn, self._events, campaign, now=now, zone=self._settings.zone)

    def preview(self, key: str, oneids: Sequence[int] = (), *, now: datetime, sample: int = 5) -> tuple[Preview, ...]:
        """What people would get, and on which side they would be; nothing is written or sent.

        Args:
            key: the campaign.
            oneids: the people; none takes some of the audience, spread evenly.
            now: the present instant.
            sample: how many of the audience.
        """
        campaign = self.get(key)
        if not oneids:
            audience = self._starts.audience(campaign, now=now)
            oneids = audience[:: max(len(audience) // sample, 1)][:sample].tolist()
        with self._records.begin() as conn:
            roots = self._people.roots(conn, np.asarray(oneids, np.uint32))
            people = roots.tolist()
            contents = self._messages.render(conn, campaign, [(root, "") for root in people], now=now)
            public = self._messages.public_ids(conn, people)
            channel = self._channels.get(conn, campaign.channel) if campaign.channel else None
            to = self._messages.addresses(conn, people, channel.namespace) if channel else {}
        arms = assign(roots, key=key, salt_version=campaign.holdout.salt, holdout=campaign.holdout.share)
        return tuple(
            _preview(public.get(root, ""), Arm.CONTROL if held else Arm.TREATED, to.get(root, ""), contents[root, ""])
            for root, held in zip(people, arms.control.tolist(), strict=True)
        )

    def test_send(self, key: str, oneid: int, address: str, *, now: datetime) -> Outcome | Unrendered:
        """Send what a person would get to another address, e.g. one's own; nothing is written down.

        Raises:
            Error: missing, for an unknown campaign or channel; unavailable, when the channel cannot be opened.
        """
        campaign = self.get(key)
        with self._records.begin() as conn:
            [root] = self._people.roots(conn, np.asarray([oneid], np.uint32)).tolist()
            content = self._messages.render(conn, campaign, [(root, "")], now=now)[root, ""]
            channel: Channel = self._channels.get(conn, campaign.channel)
            public = self._messages.public_ids(conn, [root])
        if isinstance(content, Unrendered):
            return content
        name = stable_key("test", key, address, root, to_ms(now))
        message = Message(key=name, to=address, content=content, campaign=key, person=public.get(root, ""))
        return channel.deliver([message], now=now)[0]

    def held(self, key: str = "", *, limit: int = 100) -> tuple[HeldMessage, ...]:
        """Messages of unknown fate that wait for a person, the oldest first; of all campaigns without a key."""
        with self._records.begin() as conn:
            rows = conn.execute(sql.HELD, {"campaign": key, "limit": limit}).all()
            public = self._messages.public_ids(conn, sorted({row.oneid for row in rows}))
        return tuple(
            HeldMessage(
                key=row.key,
                campaign=row.campaign,
                public_id=public.get(row.oneid, ""),
                channel=row.channel,
                detail=row.detail,
                since=row.settled_at,
            )
            for row in rows
        )

    def decide_held(self, keys: Sequence[str], decision: Decision, *, now: datetime, author: str = "") -> int:
        """Settle messages of unknown fate; returns how many were still waiting for it."""
        detail = f"decided by {author}" if author else "decided by a person"
        values = {"keys": [*keys], "state": _DECIDED[decision], "now": now, "reason": "decided", "detail": detail}
        with self._records.begin() as conn:
            rows = conn.execute(sql.DECIDE_HELD, values).mappings().all()
            if decision in _TOLD:
                told = [
                    facts.about_message(_TOLD[decision], row["key"], dict(row), now=now, reason="decided")
                    for row in rows
                ]
                tell(conn, told, now=now)
        return len(rows)

    def _move(self, key: str, status: Status, now: datetime, author: str) -> Campaign:
        with self._records.begin() as conn:
            definition = get_definition(conn, KIND, key)
            present = self._registry.get(conn, key).status
            if present is not status and status not in _MOVES[present]:
                raise conflict(
                    "campaign_status", f'campaign "{key}" is {present.value}, so it cannot become {status.value}'
                )
            return self._keep(conn, set_by_hand(definition.document, status, author), now=now, author=author)


def _preview(public_id: str, arm: Arm, to: str, content: Content | Unrendered) -> Preview:
    if isinstance(content, Unrendered):
        return Preview(public_id=public_id, arm=arm, to=to, reason=content.reason, detail=content.detail)
    body = _json(content.payload) if content.payload is not None else content.body
    reason = "held_out" if arm is Arm.CONTROL else "" if to else "unreachable"
    return Preview(public_id=public_id, arm=arm, to=to, subject=content.subject, body=body, reason=reason)


def _json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
