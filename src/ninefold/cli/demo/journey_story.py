"""The Complete Journey's story: a year of a real grocer, reconciled to the line and the cent, and one real campaign."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ninefold.base import to_ms
from ninefold.collect import backlog
from ninefold.journeys import CampaignReport

from . import journey
from .files import Check
from .journey.model import LINE, REDEEMED
from .stage import Stage
from .summary import Summary, campaign_facts, money_check

_OWNED = {"owner": "crm", "purpose": "demonstration"}
_END = datetime(2018, 1, 2, tzinfo=UTC)
_DOCUMENTS: tuple[Mapping[str, object], ...] = (
    {
        "kind": "tag",
        "key": "rfm",
        "name": {"en": "RFM customer groups", "zh": "RFM 客户分层"},
        "rfm": {
            "order": {"event": LINE},
            "window_days": 365,
            "recency": "quantile",
            "frequency": "quantile",
            "monetary": "quantile",
        },
        **_OWNED,
    },
    {
        "kind": "segment",
        "key": "champions",
        "name": {"en": "Recent, frequent, big", "zh": "重要价值客户"},
        "condition": {"tag": "rfm", "op": "eq", "value": "important_value"},
        **_OWNED,
    },
    {
        "kind": "segment",
        "key": "families",
        "name": {"en": "Families with kids", "zh": "有孩家庭"},
        "condition": {"trait": "kids_count", "op": "in", "value": ["1", "2", "3+"]},
        **_OWNED,
    },
    {
        "kind": "segment",
        "key": "coupon_users",
        "name": {"en": "Coupon users", "zh": "用券客户"},
        "condition": {"event": REDEEMED, "measure": "did"},
        **_OWNED,
    },
)


class JourneyStory:
    """One performance of The Complete Journey.

    Attributes:
        end: the story's clock: just after the year of data.
    """

    def __init__(self, folder: Path) -> None:
        self.end = _END
        self._folder = folder
        self._began = time.monotonic()

    def play(self, on: Stage) -> Summary:
        """Import the year, resolve, tag, group, re-play a campaign, and reconcile with the source."""
        files = journey.prepare(self._folder / "exports")
        on.import_files(files)
        on.settle()
        on.define(*_DOCUMENTS)
        on.ninefold.tags.refresh("rfm", now=on.clock.now())
        sizes = {one.snapshot.segment: one.snapshot.size for one in on.ninefold.segments.refresh(now=on.clock.now())}
        replay = journey.replay()
        report = self._replay(on, replay)
        on.clock.release()
        return self._summary(on, sizes, replay, report)

    def _replay(self, on: Stage, replay: journey.Replay) -> CampaignReport:
        key = f"journey_{replay.campaign}"
        on.define(
            {
                "kind": "campaign",
                "key": key,
                "name": f"Campaign {replay.campaign} as it really was",
                "status": "live",
                "start": {"by_hand": True},
                "currency": "USD",
                "goal": {
                    "event": REDEEMED,
                    "where": [{"property": "campaign_id", "op": "eq", "value": str(replay.campaign)}],
                    "within": f"{(replay.end - replay.start).days + 1}d",
                },
                **_OWNED,
            }
        )
        with on.ninefold.records.begin() as conn:
            known = on.ninefold.identity.all_identifiers(conn)
        wanted = pa.array([*replay.received, *replay.others])
        place = pc.index_in(wanted, value_set=known["value"].combine_chunks())
        oneids = pc.take(known["oneid"].combine_chunks(), place).to_numpy(zero_copy_only=False).astype(np.uint32)
        treated = np.arange(len(wanted)) < len(replay.received)
        entered = np.full(len(wanted), to_ms(replay.start - timedelta(milliseconds=1)))
        on.ninefold.campaigns.record_members(key, oneids, treated, entered, now=on.clock.now())
        on.settle("record members")
        return on.ninefold.campaigns.report(key, now=on.clock.now())

    def _summary(self, on: Stage, sizes: Mapping[str, int], replay: journey.Replay, report: CampaignReport) -> Summary:
        source, found = journey.source_totals(), journey.found_totals(on.ninefold.events)
        with on.ninefold.records.begin() as conn:
            counts = on.ninefold.identity.counts(conn)
            rejected = backlog(conn).quarantined
        checks = (
            *journey.reconcile(source, found),
            money_check("sales", source.sales_cents, found.sales_cents, "USD"),
            Check(name="households are people", expected=source.households, found=counts.people),
            Check(name="rows put aside", expected=0, found=rejected),
            Check(
                name=f"campaign {replay.campaign}: households that got it",
                expected=len(replay.received),
                found=report.treated.people,
            ),
            Check(
                name=f"campaign {replay.campaign}: households that did not",
                expected=len(replay.others),
                found=report.control.people,
            ),
            Check(
                name=f"campaign {replay.campaign}: of those who got it, redeemed",
                expected=len(replay.redeemers),
                found=report.treated.converted,
            ),
        )
        return Summary(
            people=counts.people,
            identifiers=counts.identifiers,
            events=found.lines + found.received + found.redeemed + found.profiles,
            rejected=rejected,
            segments=sizes,
            campaign=campaign_facts(report),
            identity={
                "precision": 1.0 if counts.people == source.households else 0.0,
                "recall": 1.0 if counts.people == source.households else 0.0,
            },
            checks=checks,
            seconds=time.monotonic() - self._began,
            notes=(
                "Nobody was held out at random in this real campaign: its difference describes, it proves nothing.",
            ),
        )
