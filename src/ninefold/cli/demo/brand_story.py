"""The generated brand's story: ninety days of history, a campaign with a hold-out, a week of answers, the result."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from ninefold.base import money_events
from ninefold.collect import backlog
from ninefold.experiments import Lift
from ninefold.journeys import CampaignReport

from . import queries
from .brand import DORMANT, ORDER, Brand, BrandPlan, IdentityScore, Response, score_identity
from .files import Check, ExportFile
from .stage import Stage
from .summary import Summary, campaign_facts, money_check

CAMPAIGN = "win_back"
_RFM: Mapping[str, object] = {
    "kind": "tag",
    "key": "rfm",
    "name": {"en": "RFM customer groups", "zh": "RFM 客户分层"},
    "owner": "crm",
    "purpose": "choose whom to keep, develop and win back",
    "rfm": {
        "order": {"event": ORDER},
        "window_days": 365,
        "recency": "quantile",
        "frequency": "quantile",
        "monetary": "quantile",
    },
}
_OUTBOX: Mapping[str, object] = {
    "kind": "channel",
    "key": "outbox",
    "name": {"en": "Outbox folder", "zh": "本地发件箱"},
    "owner": "crm",
    "purpose": "try campaigns without sending anything",
    "type": "outbox",
    "address": "person",
}
_CAMPAIGN: Mapping[str, object] = {
    "kind": "campaign",
    "key": CAMPAIGN,
    "name": {"en": "Win back dormant buyers", "zh": "唤回沉睡买家"},
    "owner": "crm",
    "purpose": "marketing",
    "status": "live",
    "start": {"by_hand": True},
    "audience": {"segment": DORMANT},
    "channel": "outbox",
    "template": {"subject": "We kept something for you", "body": "20 off your next order, for you."},
    "holdout": "30%",
    "cap": {"count": 1, "within": "30d"},
    "cost_per_send": "0.05",
    "goal": {"event": ORDER, "within": "7d", "revenue": True},
}
_OWNED = {"owner": "crm", "purpose": "demonstration"}


class BrandStory:
    """One performance of the generated brand.

    Attributes:
        brand: what is generated, and what is true of it.
        end: the story's clock at the end of the history.
    """

    def __init__(self, folder: Path, *, people: int, seed: int) -> None:
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.end = today - timedelta(days=BrandPlan().response_days + 1)
        self.brand = Brand(BrandPlan(people=people, seed=seed, end=self.end))
        self._folder = folder
        self._began = time.monotonic()
        self._checks: list[Check] = []
        self._events = self._rejected = 0

    def play(self, on: Stage) -> Summary:
        """Pool, unify, understand, group, campaign, learn; then compare with what was planted."""
        files = self.brand.history_files(self._folder / "exports")
        on.import_files(files)
        on.send("send SDK events", self.brand.history_events())
        on.settle()
        on.define(_RFM, *({**document, **_OWNED} for document in self.brand.segments()), _OUTBOX, _CAMPAIGN)
        on.ninefold.tags.refresh("rfm", now=on.clock.now())
        sizes = {one.snapshot.segment: one.snapshot.size for one in on.ninefold.segments.refresh(now=on.clock.now())}
        identifiers = self._identifiers(on)
        self._check_history(on, files)
        on.ninefold.run_campaign(CAMPAIGN, "demo")
        on.settle("send messages")
        response = self._answer(on, identifiers)
        report = on.ninefold.campaigns.report(CAMPAIGN, now=on.clock.now())
        on.clock.release()
        return self._summary(on, sizes, identifiers, (response, report))

    def _identifiers(self, on: Stage) -> pa.Table:
        with on.ninefold.records.begin() as conn:
            return on.ninefold.identity.all_identifiers(conn)

    def _check_history(self, on: Stage, files: tuple[ExportFile, ...]) -> None:
        truth = self.brand.truth
        found = {row["name"]: row for row in on.ninefold.events.query(queries.EVENT_COUNTS).to_pylist()}
        with on.ninefold.records.begin() as conn:
            self._rejected = backlog(conn).quarantined
        self._events = sum(row["events"] for row in found.values())
        self._checks = [
            *(
                Check(name=f'events "{name}"', expected=count, found=found.get(name, {"events": 0})["events"])
                for name, count in truth.events.items()
            ),
            money_check(
                "sales",
                truth.revenue_minor,
                sum(int(found[name]["revenue"]) for name in money_events(ORDER) if name in found),
                "CNY",
            ),
            Check(name="broken rows put aside", expected=sum(file.rejected for file in files), found=self._rejected),
        ]

    def _answer(self, on: Stage, identifiers: pa.Table) -> Response:
        rows = on.ninefold.events.query(queries.members(CAMPAIGN)).to_pylist()
        arms = {arm: [row["oneid"] for row in rows if row["arm"] == arm] for arm in ("treated", "control")}
        response = self.brand.respond(identifiers, arms["treated"], arms["control"], at=on.clock.now())
        on.clock.set(on.clock.now() + timedelta(days=self.brand.plan.response_days, hours=12))
        on.send("a week of answers", iter([response.events]), total=len(response.events))
        on.settle("resolve answers")
        return response

    def _summary(
        self, on: Stage, sizes: dict[str, int], identifiers: pa.Table, outcome: tuple[Response, CampaignReport]
    ) -> Summary:
        truth, (response, report) = self.brand.truth, outcome
        score = score_identity(identifiers, truth.identifiers)
        with on.ninefold.records.begin() as conn:
            counts = on.ninefold.identity.counts(conn)
        checks = (*self._checks, *self._identity_checks(score, sizes), *self._campaign_checks(response, report))
        return Summary(
            people=counts.people,
            identifiers=counts.identifiers,
            events=self._events,
            rejected=self._rejected,
            segments=sizes,
            campaign=campaign_facts(report) | {"planted_lift": response.uplift},
            identity={
                "precision": score.precision,
                "recall": score.recall,
                "reach": score.reach,
                "people_true": truth.people,
                "people_linkable": truth.components,
            },
            checks=checks,
            seconds=time.monotonic() - self._began,
        )

    def _identity_checks(self, score: IdentityScore, sizes: dict[str, int]) -> list[Check]:
        return [
            Check(name="identity: precision of pairs", expected=1.0, found=score.precision, tolerance=0.01),
            Check(name="identity: recall of pairs", expected=1.0, found=score.recall, tolerance=0.01),
            *(
                Check(name=f"segment {key}", expected=size, found=sizes[key], tolerance=max(2, round(size * 0.01)))
                for key, size in self.brand.truth.segments.items()
            ),
        ]

    def _campaign_checks(self, response: Response, report: CampaignReport) -> list[Check]:
        lift = report.conversion.absolute if report.conversion else Lift()
        low, high = lift.low or 0.0, lift.high or 0.0
        told, arms = report.reconciliation, (report.treated, report.control)
        files = list((self._folder / "outbox").rglob("messages/*/*.json"))
        return [
            *(
                Check(name=f"campaign: members who ordered, {arm}", expected=expected, found=figures.converted)
                for arm, (_, expected), figures in zip(
                    ("treated", "control"), (response.treated, response.control), arms, strict=True
                )
            ),
            Check(
                name="campaign: planted lift inside the interval",
                expected=response.uplift,
                found=(low + high) / 2,
                tolerance=(high - low) / 2,
            ),
            Check(name="campaign: entries told by events", expected=told.records, found=told.events),
            Check(name="campaign: messages in the outbox, once each", expected=arms[0].people, found=len(files)),
        ]
