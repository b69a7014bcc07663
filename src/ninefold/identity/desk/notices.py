"""What people's feeds say of merges: events of ours, with message ids that are the same for ever."""

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from ninefold.base import to_ms
from ninefold.collect import Event, append
from ninefold.identity.changes import Change
from ninefold.identity.operators.verbs import Word
from ninefold.identity.service import Identity

SOURCE = "ninefold/identity"
MERGED = "People Merged"
UNMERGED = "People Unmerged"


def merged(conn: Connection, people: Sequence[int], change: Change, word: Word) -> None:
    """Tell the person who stays of a merge, in its transaction."""
    stays = min((int(root) for root in change.redirects.root), default=min(people))
    names = Identity().public_ids(conn, people)
    others = " ".join(name for number, name in names.items() if number != stays)
    _tell(conn, MERGED, (stays,), change, word, merged=others)


def unmerged(conn: Connection, people: Sequence[int], change: Change, word: Word) -> None:
    """Tell the people who part of it."""
    names = Identity().public_ids(conn, people)
    _tell(conn, UNMERGED, tuple(people), change, word, parted=" ".join(names.values()))


def _tell(conn: Connection, name: str, people: Sequence[int], change: Change, word: Word, **props: str) -> None:
    number = int(change.redirects.version.max(initial=0))
    if not number:
        return
    told = [
        Event(
            message_id=f"identity-{number}-{oneid}",
            type="track",
            name=name,
            ts=to_ms(word.now),
            received=to_ms(word.now),
            source=SOURCE,
            channel="",
            identifiers=(),
            oneid=oneid,
            props={"author": word.author, **({"reason": word.reason} if word.reason else {}), **props},
        )
        for oneid in people
    ]
    append(conn, told, source=SOURCE, kind="identity", now=word.now)
