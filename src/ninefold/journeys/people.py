"""What campaigns ask of identity, in bulk, and the values of people that templates speak of."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
from sqlalchemy.engine import Connection

from ninefold.channels import nest
from ninefold.predicate import survivorship, trait_values
from ninefold.store import Events

from .model import Oneids
from .queries import outcomes


class People(Protocol):
    """Who is who, for many people at once."""

    def roots(self, conn: Connection, oneids: Oneids) -> Oneids:
        """Who these people are now, in the same order."""
        ...

    def merged_into(self, conn: Connection, roots: Sequence[int]) -> dict[int, int]:
        """Accounts that were merged into these people, with whom they are now."""
        ...

    def public_ids(self, conn: Connection, oneids: Sequence[int]) -> dict[int, str]:
        """Public ids of people."""
        ...

    def addresses(self, conn: Connection, roots: Sequence[int], namespace: str) -> dict[int, str]:
        """The identifier of a namespace last seen of each person; people without one are absent."""
        ...


Values = dict[int, dict[str, object]]
"""Values by person and name."""


def values_of(
    events: Events, roots: Sequence[int], kin: Mapping[int, int], policies: survivorship.Policies, *, now: datetime
) -> tuple[Values, Values]:
    """Traits and tags of people as templates see them.

    The latest statement of a trait counts, over all sources and merged accounts, unless a policy says otherwise; a
    deleted one is absent. A tag's
    value of the person's own account goes before those of accounts merged since.

    Args:
        events: the events store.
        roots: the people.
        kin: accounts merged into them.
        policies: which value of a trait holds.
        now: the instant.
    """
    ids = np.unique(np.asarray([*roots, *kin], np.uint32)).tolist()
    latest: dict[tuple[int, str], tuple[tuple[object, ...], dict[str, object]]] = {}
    for row in events.query(outcomes.traits(ids)).to_pylist():
        place, order = (kin.get(row["oneid"], row["oneid"]), row["key"]), (row["at"], row["oneid"])
        if place not in latest or latest[place][0] < order:
            latest[place] = (order, row)
    traits: Values = defaultdict(dict)
    for (root, key), (_, row) in latest.items():
        if not row["gone"]:
            traits[root][key] = plain_value(str(row["text"]), row["number"])
    if (held := trait_values(None, policies, now=now, whose={**{root: root for root in roots}, **kin})) is not None:
        special = {key for _, _, keys in policies.special() for key in keys}
        for own in traits.values():
            for key in special & own.keys():
                del own[key]
        for row in events.query(held).to_pylist():
            traits[row["person"]][row["trait"]] = plain_value(row["value"], row["num"])
    tags: Values = defaultdict(dict)
    for row in sorted(events.query(outcomes.tags(ids)).to_pylist(), key=lambda row: row["oneid"] in kin):
        tags[kin.get(row["oneid"], row["oneid"])].setdefault(row["tag"], plain_value(row["text"], row["number"]))
    return {root: nest(own) for root, own in traits.items()}, tags


def plain_value(text: str, number: object) -> object:
    """A stored value as a template should print it: true and false, whole numbers without a point, else the text.

    >>> plain_value("true", 1.0), plain_value("3", 3.0), plain_value("2026-06-01", 1780272000000.0)
    (True, 3, '2026-06-01')
    """
    if text in {"true", "false"}:
        return text == "true"
    if not isinstance(number, float):
        return text
    try:
        same = float(text) == number
    except ValueError:
        return text
    if not same:
        return text
    return int(number) if number.is_integer() and abs(number) < 1e15 else number
