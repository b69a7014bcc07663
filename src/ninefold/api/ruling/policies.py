"""Policies of traits over HTTP: what other ones would change."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from ninefold.api.auth import Caller
from ninefold.predicate import survivorship
from ninefold.profiles import masking
from ninefold.segments import impact

router = APIRouter(prefix="/v1/traits/policies", tags=["people"])


class PoliciesIn(BaseModel):
    """Policies to try."""

    document: dict[str, Any] = Field(
        examples=[{"kind": survivorship.KIND, "traits": {"city": {"choose": [{"sources": ["crm"]}]}}}]
    )


@router.post("/simulate")
def simulate(request: Request, caller: Caller, body: PoliciesIn) -> impact.PolicyReport:
    """Whose values other policies of traits change, per trait with samples, and which segments change size by that.
    Nothing is written.
    """
    trial: impact.PolicyTrial = request.app.state.policy_trial
    found = trial.simulate(body.document, now=request.app.state.clock.now())
    return replace(found, traits=tuple(_shown(one, caller.scope.clear) for one in found.traits))


def _shown(one: impact.TraitChange, clear: frozenset[str]) -> impact.TraitChange:
    def text(value: str) -> str:
        return str(masking.shown(one.trait, value, clear) or "")

    return replace(
        one,
        samples=tuple(replace(each, before=text(each.before), after=text(each.after)) for each in one.samples),
    )
