"""Items from rows of the queue."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.matching.rules import evidence_of
from ninefold.matching.tables import review_votes

from .model import Item, Vote


def item_of(row: sa.RowMapping, names: Mapping[int, str]) -> Item:
    """An item; the people by public id, each once, those nobody knows any more left out."""
    people = dict.fromkeys(names[int(one)] for one in row["people"] if int(one) in names)
    return Item(
        item=row["item"],
        kind=row["kind"],
        state=row["state"],
        people=tuple(people),
        key=row["key"],
        node=row["node"],
        score=row["score"],
        bits=row["bits"],
        evidence=evidence_of(row["evidence"] or ()),
        refusal=row["refusal"],
        changed=tuple(row["changed"] or ()),
        valuable=row["valuable"],
        model=row["model"],
        document_version=row["document_version"],
        namespace=row["namespace"],
        value=row["value"],
        detail=row["detail"] or {},
        holder=row["holder"] or "",
        until=row["until"],
        opened_at=row["opened_at"],
        decided_by=row["decided_by"] or "",
        decided_at=row["decided_at"],
        reason=row["reason"] or "",
    )


def votes_of(conn: Connection, item: str) -> tuple[Vote, ...]:
    """What was said about an item, oldest first."""
    v = review_votes.c
    rows = conn.execute(sa.select(review_votes).where(v.item == item).order_by(v.id))
    return tuple(
        Vote(principal=row.principal, verdict=row.verdict, reason=row.reason, at=row.at, counts=row.counts)
        for row in rows
    )
