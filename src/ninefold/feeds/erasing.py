"""The change feed under erasure: whoever knew a person learns that nothing of the person is kept."""

from collections.abc import Sequence

from ninefold.governance import privacy
from ninefold.store import Records, changes

from . import queries


class ChangeStore:
    """The log names accounts by numbers of ours, and nothing personal; of an erased person nobody is told but the end.

    It comes before the store of memberships: they say which nodes must learn of it.
    """

    name = "change feed"

    def __init__(self, records: Records) -> None:
        self._records = records

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Nothing personal is kept here."""
        return [0] * len(subjects)

    def content(self, subject: privacy.Subject) -> object:
        """Nothing that the other stores do not show."""
        del subject
        return []

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Tell that the people are gone, once, to the nodes they belonged to."""
        with self._records.begin() as conn:
            every = [one for subject in subjects for one in subject.accounts]
            told = changes.told(conn, changes.Kind.DELETED, every)
            nodes: dict[int, set[str]] = {}
            for row in conn.execute(queries.NODES, {"accounts": every}):
                nodes.setdefault(row.oneid, set()).add(row.node)
            alike: dict[tuple[str, ...], list[int]] = {}
            for subject in subjects:
                if subject.accounts and subject.accounts[0] not in told:
                    own = sorted({node for one in subject.accounts for node in nodes.get(one, ())})
                    alike.setdefault(tuple(own), []).append(subject.accounts[0])
            for own_nodes, people in alike.items():
                changes.note(conn, changes.Kind.DELETED, people, nodes=own_nodes)
        return "the feed keeps a number that leads to nobody"
