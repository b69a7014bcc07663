"""One person read whole, in one statement: numbers and public ids, and every identifier."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from ninefold.base import missing

from .model import Identifier, Person, State
from .queries import people as sql


@dataclass(frozen=True, slots=True, kw_only=True)
class WholePerson:
    """A person and what is known of who they are.

    Attributes:
        person: as they are now.
        accounts: public id of each number, the person's own first, then whoever was merged into it.
        identifiers: of the person and of everybody merged with them.
    """

    person: Person
    accounts: dict[int, str]
    identifiers: tuple[Identifier, ...]


def read_whole(conn: Connection, asked: int | str, rank: Callable[[Identifier], tuple[int, str, str]]) -> WholePerson:
    """The person that a number or a public id stands for now, after all merges.

    Args:
        conn: a transaction.
        asked: number, or public id.
        rank: the order of the identifiers.

    Raises:
        Error: missing.
    """
    number, name = (asked, None) if isinstance(asked, int) else (None, asked)
    accounts: dict[int, str] = {}
    found: list[Identifier] = []
    person: Person | None = None
    for oneid, public_id, created_at, was, namespace, value, first, last, state in conn.execute(
        sql.WHOLE, {"oneid": number, "public_id": name}
    ):
        if public_id is None:
            seen = {"first_seen_ms": first, "last_seen_ms": last}
            found.append(Identifier(namespace=namespace, value=value, oneid=oneid, state=State(state), **seen))
            continue
        accounts[oneid] = public_id
        if was is not None:
            person = Person(oneid=oneid, public_id=public_id, created_at=created_at, was=was)
    if person is None:
        raise missing("unknown_person", "there is no such person", field="person", got=str(asked))
    numbers = sorted(accounts, key=lambda one: (one != person.oneid, one))
    return WholePerson(
        person=person,
        accounts={one: accounts[one] for one in numbers},
        identifiers=tuple(sorted(found, key=rank)),
    )
