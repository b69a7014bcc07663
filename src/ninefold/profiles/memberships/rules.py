"""Which memberships events speak of, and what many statements come to. Pure, and the order never matters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ninefold.collect import Event
from ninefold.governance import org

from .model import STATUSES, Membership, Statement

UPDATED = "Membership Updated"


def statements_of(
    events: Sequence[Event], people: Sequence[int], sources: Mapping[str, org.SourceNode], nodes: frozenset[str]
) -> tuple[Statement, ...]:
    """What events say about memberships.

    Two ways: an event ``Membership Updated`` names node, number, status, tier and owner as properties; any other
    event of a source that belongs to a node with member numbers, and that carries such a number, says that the
    person is a member there.

    Args:
        events: in any order.
        people: the person of each, as stored.
        sources: the node of a source, by source.
        nodes: codes of the nodes there are; others are passed over.
    """
    found: list[Statement] = []
    for event, oneid in zip(events, people, strict=True):
        home = sources.get(event.source)
        if event.name != UPDATED and (home is None or not home.member_namespace):
            continue
        props = event.props if event.name == UPDATED else {}
        node = props.get("node") or (home.code if home else "")
        if node not in nodes:
            continue
        number = props.get("number", "") or _number(event, home)
        if not number and event.name != UPDATED:
            continue
        status = props.get("status", "")
        found.append(
            Statement(
                oneid=oneid,
                node=node,
                number=number[:200],
                at_ms=event.ts,
                status=status if status in STATUSES else "",
                tier=props.get("tier", "")[:200],
                owner=props.get("owner", "")[:200],
                source=event.source,
            )
        )
    return tuple(found)


def leading(memberships: Iterable[Membership]) -> tuple[Membership, ...]:
    """The same memberships of one person, in each node one leading: the best status, then joined first."""
    listed = tuple(memberships)
    best: dict[str, int] = {}
    for one in sorted(listed, key=lambda one: (STATUSES.index(one.status), one.joined_at, one.id)):
        best.setdefault(one.node, one.id)
    return tuple(replace(one, leading=best[one.node] == one.id) for one in listed)


def folded(statements: Iterable[Statement]) -> tuple[tuple[Statement, int], ...]:
    """One statement per person, node and number, with the time of the earliest one: when the person joined.

    Of each field the latest statement that says anything is in force; of two at one instant the greater text.
    """
    groups: dict[tuple[int, str, str], list[Statement]] = {}
    for one in statements:
        groups.setdefault((one.oneid, one.node, one.number), []).append(one)
    return tuple(
        (
            replace(
                max(group, key=lambda one: (one.at_ms, one.source)),
                status=_latest((one.at_ms, one.status) for one in group),
                tier=_latest((one.at_ms, one.tier) for one in group),
                owner=_latest((one.at_ms, one.owner) for one in group),
            ),
            min(one.at_ms for one in group),
        )
        for group in groups.values()
    )


def _latest(said: Iterable[tuple[int, str]]) -> str:
    return max(((at, text) for at, text in said if text), default=(0, ""))[1]


def _number(event: Event, home: org.SourceNode | None) -> str:
    if home is None or not home.member_namespace:
        return ""
    return next((value for name, value in event.identifiers if _of(name, home.member_namespace)), "")


def _of(name: str, namespace: str) -> bool:
    """Whether a namespace is a given one, in whatever matching scope."""
    return name == namespace or name.startswith(f"{namespace}:")
