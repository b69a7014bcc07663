"""What a token's scope lets a call do. The one place where it is decided.

A token of a node sees only people who belong there: every route that names a person is checked, lists are cut to the
node's people, and routes about everybody at once are closed to it.
"""

from collections.abc import Iterable

from fastapi import Request

from ninefold.base import refused
from ninefold.governance import FIELDS, Principal, Scope, Verb
from ninefold.profiles import Profiles, memberships, read_reference

OWN = "/v1/session"
"""One's own session, password and devices: nobody needs a verb for them."""
_PARTS: tuple[tuple[Verb, tuple[str, ...]], ...] = (
    ("audit", ("/v1/audit",)),
    ("tag", ("/v1/customers/tags",)),
    ("review", ("/v1/reviews", "/v1/identity/merge", "/v1/identity/unmerge", "/v1/identity/reviews")),
    ("define", (
        "/v1/definitions/apply", "/v1/conditions", "/v1/segments", "/v1/tags", "/v1/analysis",
    )),
)  # fmt: skip
"""Verbs that are a part of `write` or `admin`, and where they are enough; see also `check_kinds`."""
_DEFINED = frozenset({"segment", "tag", "analysis", "board"})
_ADMIN = ("/v1/keys", "/v1/users", "/v1/privacy", "/v1/retention")
_ASKING = frozenset({
    "/v1/people/query", "/v1/conditions/preview", "/v1/conditions/inspect", "/v1/conditions/describe",
    "/v1/definitions/plan", "/v1/segments/{key}/preview",
    "/v1/analysis/run", "/v1/analysis/people", "/v1/customers/query",
    "/v1/reviews/counts", "/v1/reviews/bulk/preview",
})  # fmt: skip
_RAW_ENDS = ("/imports/{run_id}/errors", "/privacy/requests/{request_id}/file")
_RAW = ("/v1/quarantine", "/v1/identity")
# Who is seen there is decided by the open API itself, and never told apart from nobody.
_OPEN = ("/v1/customers", "/v1/changes")
_SUBSCRIBING = "/v1/changes/webhooks"
_OF_NODES = ("/v1/people", "/v1/org", "/v1/roles", *_OPEN)


def check_scope(request: Request, caller: Principal) -> None:
    """Raise refused when the token does not allow the call, and missing for a person outside of its node."""
    scope = caller.scope
    route = str(getattr(request.scope.get("route"), "path", ""))
    if route.startswith(OWN):
        return
    needed = _needed(request.method, route)
    if not scope.allows(needed):
        raise refused("out_of_scope", f"this token may not {needed}", hint=f"its verbs: {', '.join(scope.may)}")
    if (route.startswith(_RAW) or route.endswith(_RAW_ENDS)) and scope.clear != FIELDS:
        raise refused(
            "out_of_scope", "this shows personal data as they came", hint="ask for a token with all fields clear"
        )
    if not scope.node:
        return
    if not route.startswith(_OF_NODES) or (route.startswith("/v1/org") and needed != "read"):
        raise refused("out_of_scope", f"this token is for people of {scope.node} only", hint="ask for a wider token")
    reference = request.path_params.get("reference")
    if reference is not None and not route.startswith(_OPEN):
        _need(request, scope, str(reference))


def check_kinds(scope: Scope, kinds: Iterable[str]) -> None:
    """Refuse documents that somebody who only defines segments and tags must not change.

    Raises:
        Error: refused ``out_of_scope``.
    """
    if not scope.allows("write") and (others := sorted(set(kinds) - _DEFINED)):
        raise refused("out_of_scope", f"this caller may not change a {others[0]}",
                      hint=f"what it may change: {', '.join(sorted(_DEFINED))}")  # fmt: skip


def _needed(method: str, route: str) -> Verb:
    """The verb that a call needs, or the smaller one that is enough."""
    if route.startswith(_ADMIN):
        return "admin"
    asks = method in {"GET", "HEAD"} or route in _ASKING
    for verb, places in _PARTS:
        if route.startswith(places) and (verb == "audit" or not asks):
            return verb
    if asks:
        return "read"
    erases = method == "DELETE" and route.startswith(_OPEN) and not route.startswith(_SUBSCRIBING)
    return "erase" if erases else "write"


def narrowed(request: Request, scope: Scope) -> Profiles:
    """The profiles a token may list and search: all, or those of its node's people."""
    profiles: Profiles = request.app.state.profiles
    if not scope.node:
        return profiles
    desk: memberships.Memberships = request.app.state.memberships
    with request.app.state.records.begin() as conn:
        return profiles.within(desk.members(conn, scope.node).tolist())


def scope_of(request: Request) -> Scope:
    """The scope of the caller, who was let in before."""
    caller: Principal = request.state.principal
    return caller.scope


def shown_as(scope: Scope) -> str:
    """How personal fields are shown, as the audit log says it."""
    return (
        "clear"
        if scope.clear == FIELDS
        else "masked, but for " + ", ".join(sorted(scope.clear))
        if scope.clear
        else "masked"
    )


def _need(request: Request, scope: Scope, reference: str) -> None:
    profiles: Profiles = request.app.state.profiles
    desk: memberships.Memberships = request.app.state.memberships
    oneid = profiles.oneid(read_reference(reference))
    with request.app.state.records.begin() as conn:
        desk.need(conn, oneid, scope.node)
