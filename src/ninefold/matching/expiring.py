"""Decisions expire when the facts they stood on change: links go as the document says, and it is asked again."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.identity import joining

from .model import Keeps, MatchingRules
from .tables import match_candidates, review_votes

_SIDE = {"a": "a", "b": "b", "one": "both"}


def expire(
    conn: Connection, links: joining.Joining, rules: MatchingRules, changed: pa.Table, said: joining.Said
) -> int:
    """Let decisions expire.

    Args:
        conn: the caller's transaction.
        links: who takes links back.
        rules: what shall happen.
        changed: columns id, field, side, before, after.
        said: in whose name.

    Returns:
        How many decisions expired.
    """
    facts: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in changed.to_pylist():
        facts[row["id"]].append(
            {"field": row["field"], "side": _SIDE[row["side"]], "before": row["before"], "after": row["after"]}
        )
    c = match_candidates.c
    rows = conn.execute(
        sa.select(c.id, c.state, c.link).where(c.id.in_(list(facts)), c.state.in_(("accepted", "rejected", "auto")))
        .with_for_update()
    ).all()  # fmt: skip
    gone = []
    for row in rows:
        keeps = rules.expiry.different if row.state == "rejected" else rules.expiry.same
        if keeps is Keeps.RETRACT and row.link:
            gone.append(link_of(row.link))
    links.take_back(conn, gone, said)
    for row in rows:
        keeps = rules.expiry.different if row.state == "rejected" else rules.expiry.same
        link = sa.null() if keeps is Keeps.RETRACT else row.link
        values = {"state": "expired", "changed": facts[row.id], "link": link, "updated_at": said.now, "check": False}
        conn.execute(sa.update(match_candidates).where(c.id == row.id).values(values))
    items = [f"m-{row.id}" for row in rows]
    conn.execute(sa.update(review_votes).where(review_votes.c.item.in_(items)).values(counts=False))
    return len(rows)


def link_of(stored: Sequence[Sequence[str]]) -> joining.Link:
    """A stored link as a value."""
    (a, b), (c, d) = stored
    return (a, b), (c, d)
