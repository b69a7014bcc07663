"""What is checked of a partner's item before anything is done with it. Pure."""

from collections.abc import Mapping

from ninefold.base import Error, clean_text, did_you_mean, from_ms, invalid, to_ms
from ninefold.collect import Event, plans
from ninefold.governance import Scope, consent
from ninefold.profiles import memberships

from .model import Given, Limits, Outcome, Status

NAME = "Customer Upserted"
_NAMESPACE = 100
_STATUSES = ("", *memberships.STATUSES)


def check(given: Given, scope: Scope, nodes: frozenset[str], purposes: Mapping[str, consent.Purpose]) -> None:
    """Raise invalid for the first thing that cannot be kept.

    Args:
        given: the item.
        scope: of the key.
        nodes: codes of the nodes that the key may name.
        purposes: all purposes there are.
    """
    limits = Limits()
    if not 0 < len(given.identifiers) <= limits.identifiers:
        raise invalid("no_identifier", "a customer is named by identifiers", field="identifiers",
                      got=len(given.identifiers), allowed=f"1 to {limits.identifiers}")  # fmt: skip
    for namespace, value in given.identifiers:
        if not 0 < len(namespace) <= _NAMESPACE or not value or len(value) > limits.text or value != clean_text(value):
            raise invalid("not_an_identifier", "not an identifier", field=f"identifiers.{namespace[:_NAMESPACE]}",
                          got=value, allowed="a namespace and a text that is not empty")  # fmt: skip
    if len(given.traits) > limits.traits:
        raise invalid("too_many_traits", "too many traits at once", field="traits", got=len(given.traits),
                      allowed=f"at most {limits.traits}")  # fmt: skip
    for key, trait in given.traits.items():
        if not 0 < len(key) <= _NAMESPACE or (isinstance(trait, str) and len(trait) > limits.text):
            raise invalid("bad_trait", "a trait cannot be kept", field=f"traits.{key[:_NAMESPACE]}", got=trait,
                          allowed=f"a text of at most {limits.text} characters, a number, true, false or null"
                          )  # fmt: skip
    _check_places(given, nodes)
    _check_consents(given, scope, nodes, purposes)


def _check_places(given: Given, nodes: frozenset[str]) -> None:
    for k, one in enumerate(given.memberships):
        if one.node not in nodes:
            raise invalid("unknown_node", "the key may name no such node", field=f"memberships[{k}].node",
                          got=one.node, allowed=_some(nodes), hint=did_you_mean(one.node, nodes))  # fmt: skip
        if one.status not in _STATUSES:
            raise invalid("bad_membership", "unknown status", field=f"memberships[{k}].status", got=one.status,
                          allowed=", ".join(memberships.STATUSES))  # fmt: skip


def _check_consents(given: Given, scope: Scope, nodes: frozenset[str], purposes: Mapping[str, consent.Purpose]) -> None:
    allowed = scope.purposes & set(purposes) if scope.purposes else frozenset(purposes)
    for k, one in enumerate(given.consents):
        if one.purpose not in allowed:
            raise invalid("unknown_purpose", "the key may name no such purpose", field=f"consents[{k}].purpose",
                          got=one.purpose, allowed=_some(allowed), hint=did_you_mean(one.purpose, allowed)
                          )  # fmt: skip
        if one.node and one.node not in nodes:
            raise invalid("unknown_node", "the key may name no such node", field=f"consents[{k}].node", got=one.node,
                          allowed=_some(nodes))  # fmt: skip


def _some(names: frozenset[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:20]) + (", ..." if len(listed) > 20 else "")


def event_of(given: Given, *, message_id: str, source: str, channel: str, now_ms: int) -> Event:
    """The event that carries an item to the 360 view: what is not about the present moment cannot be in the future."""
    at = min(to_ms(given.at), now_ms) if given.at is not None else now_ms
    return Event(
        message_id=message_id,
        type="identify",
        name=NAME,
        ts=at,
        received=now_ms,
        source=source,
        channel=channel,
        identifiers=given.identifiers,
        traits=dict(given.traits),
    )


def judged(event: Event, checker: plans.Checker | None) -> Event | Outcome:
    """The event as the tracking plan leaves it, or a rejection; without traits there is nothing to judge."""
    if checker is None or not event.traits:
        return event
    [verdict] = plans.passed([event], checker)
    if isinstance(verdict, Event):
        return verdict
    path = verdict.violation.path
    got = event.traits.get(path)
    return Outcome(
        status=Status.REJECTED, code=verdict.code, message=verdict.violation.message,
        field=f"traits.{path}" if path else "traits", got="" if got is None else str(got),
        allowed=f'what the plan "{checker.plan.key}" says of {plans.IDENTIFIED}',
    )  # fmt: skip


def warnings_of(event: Event) -> tuple[str, ...]:
    """What the tracking plan found and let pass."""
    return tuple(event.props.get(plans.WARNINGS, "").split())


def statements(given: Given, oneid: int, *, scope: Scope, at_ms: int, source: str) -> list[memberships.Statement]:
    """The memberships of an item; whoever a node's key brings is a member there."""
    said = [
        memberships.Statement(
            oneid=oneid, node=one.node, number=one.number, at_ms=at_ms, status=one.status, tier=one.tier,
            owner=one.owner, source=source,
        )
        for one in given.memberships
    ]  # fmt: skip
    if not said and scope.node:
        said.append(memberships.Statement(oneid=oneid, node=scope.node, at_ms=at_ms, source=source))
    return said


def records(
    given: Given, oneid: int, purposes: Mapping[str, consent.Purpose], *, scope: Scope, at_ms: int, source: str
) -> list[consent.Record]:
    """The consents of an item, at the key's node where none is named; one without a proof names the message."""
    found = []
    for one in given.consents:
        said_ms = min(to_ms(one.at), at_ms) if one.at is not None else at_ms
        valid = purposes[one.purpose].valid_for
        ends = one.expires_at or (from_ms(said_ms) + valid if valid is not None else None)
        found.append(
            consent.Record(
                oneid=oneid, purpose=one.purpose, said=one.said, at_ms=said_ms, node=one.node or scope.node,
                expires_ms=to_ms(ends) if ends is not None and one.said == "granted" else None,
                text_version=one.text_version, channel=one.channel, evidence=one.evidence, source=source,
            )
        )  # fmt: skip
    return found


def rejected(error: Error) -> Outcome:
    """An error as the verdict on an item."""
    return Outcome(
        status=Status.REJECTED, code=error.code, message=error.message, field=error.field, got=error.got,
        allowed=error.allowed,
    )  # fmt: skip
