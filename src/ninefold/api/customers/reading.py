"""Customers read by a key: one, or a page."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from ninefold.api.auth import Caller
from ninefold.api.governance import note
from ninefold.api.scope import shown_as
from ninefold.base import Clock
from ninefold.customers import PARTS, Customers, Part

from .calls import PROBLEMS, limited
from .forms import CustomerOut, PageOut, QueryIn, customer_out, page_out

router = APIRouter(prefix="/v1", tags=["open API"], dependencies=[Depends(limited)], responses=PROBLEMS)

Reference = Annotated[
    str, Path(max_length=600, description="a public id, or `namespace:value` such as `phone:13912345678`")
]


@router.get("/customers/{reference}", response_model_exclude_none=True)
def read_customer(
    request: Request,
    caller: Caller,
    reference: Reference,
    fields: Annotated[list[Part] | None, Query(description="what to show; everything by default")] = None,
    traits: Annotated[list[str] | None, Query(max_length=100, description="only these traits")] = None,
) -> CustomerOut:
    """One customer, as the key sees it. Customers of others answer as if they did not exist."""
    desk: Customers = request.app.state.customers
    clock: Clock = request.app.state.clock
    parts = frozenset(map(str, fields)) if fields else frozenset(PARTS)
    found = desk.browsing.read(caller, reference, now=clock.now(), parts=parts, traits=frozenset(traits or ()))
    note(request, target=found.id, shown=shown_as(caller.scope))
    return customer_out(found, parts)


@router.post("/customers/query", response_model_exclude_none=True)
def query_customers(request: Request, caller: Caller, body: QueryIn) -> PageOut:
    """A page of the customers that a key sees and all filters are true for, in an order that stays."""
    desk: Customers = request.app.state.customers
    wanted = body.wanted()
    page = desk.page(caller, wanted)
    note(request, verb="list customers", people=len(page.customers), withheld=page.withheld,
         shown=shown_as(caller.scope))  # fmt: skip
    return page_out(page, wanted.parts)
