"""What people's feeds say of merges: events of ours, with message ids that are the same for ever."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy.engine import Connection

from ninefold.base import to_ms
from ninefold.collect import Event, append
from ninefold.identity.changes import Change
from ninefold.identity.model import Redirects
from ninefold.identity.operators.verbs import Word
from ninefold.identity.service import Identity

SOURCE = "ninefold/identity"
MERGED = "People Merged"
UNMERGED = "People Unmerged"
Told: TypeAlias = tuple[str, int, dict[str, str]]
"""Name of the event, whom it is told of, its properties."""


def merged(conn: Connection, people: Sequence[int], change: Change, word: Word) -> None:
    """Tell the person who stays of a merge, in its transaction."""
    stays = min((int(root) for root in change.redirects.root), default=min(people))
    names = Identity().public_ids(conn, people)
    _tell(conn, [_merged(stays, names)], change.redirects, word)


def unmerged(conn: Connection, people: Sequence[int], change: Change, word: Word) -> None:
    """Tell the people who part of it."""
    names = Identity().public_ids(conn, people)
    _tell(conn, [_unmerged(one, names) for one in people], change.redirects, word)


def regrouped(
    conn: Connection, before: Mapping[int, int], after: Mapping[int, int], moved: Redirects, word: Word
) -> None:
    """Tell everybody who became one, or several, of many joined or parted at once.

    Args:
        conn: the transaction.
        before: the person of each number before.
        after: and now.
        moved: the numbers that lead elsewhere now.
        word: who says so.
    """
    names = Identity().public_ids(conn, sorted({*before.values(), *after.values()}))
    told = [_merged(stays, _named(names, were)) for stays, were in _several(after, before).items()]
    told += [_unmerged(one, _named(names, are)) for are in _several(before, after).values() for one in sorted(are)]
    _tell(conn, told, moved, word)


def _several(key: Mapping[int, int], other: Mapping[int, int]) -> dict[int, set[int]]:
    """Of each person on one side those on the other, where they are several."""
    found: dict[int, set[int]] = {}
    for number, person in key.items():
        found.setdefault(person, set()).add(other.get(number, number))
    return {person: others for person, others in found.items() if len(others) > 1}


def _named(names: Mapping[int, str], people: Iterable[int]) -> dict[int, str]:
    return {one: names[one] for one in sorted(people) if one in names}


def _merged(stays: int, names: Mapping[int, str]) -> Told:
    return MERGED, stays, {"merged": " ".join(name for number, name in names.items() if number != stays)}


def _unmerged(one: int, names: Mapping[int, str]) -> Told:
    return UNMERGED, one, {"parted": " ".join(names.values())}


def _tell(conn: Connection, told: Sequence[Told], moved: Redirects, word: Word) -> None:
    number = int(moved.version.max(initial=0))
    if not number or not told:
        return
    now = to_ms(word.now)
    said = {"author": word.author, **({"reason": word.reason} if word.reason else {})}
    events = [
        Event(
            message_id=f"identity-{number}-{oneid}", type="track", name=name, ts=now, received=now, source=SOURCE,
            channel="", identifiers=(), oneid=oneid, props={**said, **props},
        )
        for name, oneid, props in told
    ]  # fmt: skip
    append(conn, events, source=SOURCE, kind="identity", now=word.now)
