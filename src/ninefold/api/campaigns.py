"""Campaigns: overview, preview, test, run, status, report, messages of unknown fate."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from ninefold.base import Clock, refused
from ninefold.journeys import Campaign, CampaignReport, Campaigns, Decision, HeldMessage, Preview, Status, Totals
from ninefold.profiles import Profiles, read_reference

from .auth import Caller

router = APIRouter(prefix="/v1/campaigns", tags=["campaigns"])


class CampaignOut(BaseModel):
    """A campaign in a list."""

    key: str
    name: dict[str, str]
    owner: str
    status: Status
    version: int
    channel: str
    holdout_share: float
    treated: int
    control: int
    delivered: int
    waiting: int
    held: int = Field(description="of unknown fate; a person decides")


class PreviewIn(BaseModel):
    """Whom to render for; nobody named takes some of the audience."""

    people: list[str] = Field([], max_length=50, description="public ids or namespace:value")
    sample: int = Field(5, ge=1, le=50)


class TestIn(BaseModel):
    """A test send."""

    person: str = Field(description="whose message: a public id or namespace:value", max_length=600)
    address: str = Field(description="where it goes instead", max_length=500, examples=["me@example.com"])


class TestOut(BaseModel):
    """What came of a test send."""

    outcome: str
    detail: str


class RunIn(BaseModel):
    """An occasion started by hand."""

    occurrence: str = Field(
        "", max_length=200, description="names the occasion: running it again under the same name changes nothing"
    )


class RunOut(BaseModel):
    """Who entered on an occasion."""

    occurrence: str
    treated: int
    control: int


class StatusIn(BaseModel):
    """Where to move a campaign."""

    status: Status


class DecisionIn(BaseModel):
    """What was found out about messages of unknown fate."""

    keys: list[str] = Field(min_length=1, max_length=1_000)
    decision: Decision


@router.get("")
def list_campaigns(request: Request) -> list[CampaignOut]:
    """All campaigns with their members and messages."""
    campaigns: Campaigns = request.app.state.campaigns
    totals = campaigns.totals()
    return [_out(one, totals.get(one.key)) for one in campaigns.list()]


@router.get("/held")
def held(request: Request, campaign: str = "", limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> list[HeldMessage]:
    """Messages whose fate is not known, since the process died while they were handed over: a person decides."""
    campaigns: Campaigns = request.app.state.campaigns
    return list(campaigns.held(campaign, limit=limit))


@router.post("/held/decide")
def decide(request: Request, caller: Caller, body: DecisionIn) -> dict[str, int]:
    """Settle messages of unknown fate."""
    campaigns: Campaigns = request.app.state.campaigns
    clock: Clock = request.app.state.clock
    return {"settled": campaigns.decide_held(body.keys, body.decision, now=clock.now(), author=caller.name)}


@router.post("/{key}/preview")
def preview(request: Request, key: str, body: PreviewIn) -> list[Preview]:
    """What people would get, and on which side of the comparison they would be; nothing is written or sent."""
    campaigns: Campaigns = request.app.state.campaigns
    profiles: Profiles = request.app.state.profiles
    clock: Clock = request.app.state.clock
    people = [profiles.oneid(read_reference(text)) for text in body.people]
    return list(campaigns.preview(key, people, now=clock.now(), sample=body.sample))


@router.post("/{key}/test")
def test_send(request: Request, key: str, body: TestIn) -> TestOut:
    """Send a person's message to another address; nobody is enrolled and nothing is written down."""
    campaigns: Campaigns = request.app.state.campaigns
    profiles: Profiles = request.app.state.profiles
    clock: Clock = request.app.state.clock
    found = campaigns.test_send(key, profiles.oneid(read_reference(body.person)), body.address, now=clock.now())
    return TestOut(outcome=type(found).__name__.lower(), detail=str(getattr(found, "reason", "")))


@router.post("/{key}/run")
def run(request: Request, key: str, body: RunIn) -> RunOut:
    """Enrol the audience as it is now; treated people get their message, control people are recorded and left alone.

    Enrolment is a durable job: it is finished also when the server dies meanwhile.
    """
    campaigns: Campaigns = request.app.state.campaigns
    clock: Clock = request.app.state.clock
    if campaigns.get(key).status is not Status.LIVE:
        raise refused("campaign_not_live", f'campaign "{key}" is not live', hint=f"ninefold campaign resume {key}")
    occurrence = body.occurrence or f"by-hand/{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
    request.app.state.run_campaign(key, occurrence)
    entered = campaigns.occasion(key, occurrence)
    return RunOut(occurrence=occurrence, treated=entered.treated, control=entered.control)


@router.post("/{key}/status")
def move(request: Request, caller: Caller, key: str, body: StatusIn) -> CampaignOut:
    """Pause, resume or stop a campaign."""
    campaigns: Campaigns = request.app.state.campaigns
    clock: Clock = request.app.state.clock
    verbs = {Status.LIVE: campaigns.resume, Status.PAUSED: campaigns.pause, Status.STOPPED: campaigns.stop}
    verb = verbs.get(body.status)
    moved = verb(key, now=clock.now(), author=caller.name) if verb else campaigns.get(key)
    return _out(moved, campaigns.totals().get(key))


@router.get("/{key}/report")
def report(request: Request, key: str) -> CampaignReport:
    """What a campaign brought: arms, conversion, revenue, lift with interval, money, checks."""
    campaigns: Campaigns = request.app.state.campaigns
    clock: Clock = request.app.state.clock
    return campaigns.report(key, now=clock.now())


def _out(one: Campaign, total: Totals | None) -> CampaignOut:
    counted = total or Totals()
    return CampaignOut(
        key=one.key,
        name={"en": one.header.name_en, "zh": one.header.name_zh},
        owner=one.header.owner,
        status=one.status,
        version=one.version,
        channel=one.channel,
        holdout_share=one.holdout.share / 10_000,
        treated=counted.treated,
        control=counted.control,
        delivered=counted.messages.get("delivered", 0),
        waiting=counted.waiting,
        held=counted.messages.get("held", 0),
    )
