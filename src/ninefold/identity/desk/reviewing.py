"""What operators decide about identifiers that a limit stopped."""

from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import conflict, invalid, missing
from ninefold.identity.model import ReviewKind, State
from ninefold.identity.service import Identity
from ninefold.identity.tables import identity_reviews

Verdict = Literal["confirm", "release"]
_BLOCKING = (ReviewKind.STORM, ReviewKind.LEARNED)


def decide(conn: Connection, review: int, verdict: Verdict, *, author: str, now: datetime) -> None:
    """Close a review.

    "confirm" says that the limit was right: the value of a storm or a proposal is blocked for good. "release" says that
    it was wrong: the value takes part again with everything it ever met, no limit blocks it any more, and the question
    is not asked again. Two people whom a cap or a veto keeps apart are joined by a must-link, not by a release.

    Raises:
        Error: missing, when there is no such review; conflict, when it is closed; invalid, when it cannot be released.
    """
    r = identity_reviews.c
    row = conn.execute(sa.select(identity_reviews).where(r.id == review).with_for_update()).mappings().one_or_none()
    if row is None:
        raise missing("unknown_review", "there is no such review", field="review", got=str(review))
    if row["closed_at"] is not None:
        raise conflict("review_closed", "the review is decided already", hint=f"decided by {row['decided_by']}")
    kind, identity = ReviewKind(row["kind"]), Identity.load(conn)
    if verdict == "release" and kind in (ReviewKind.CAP_BREACH, ReviewKind.VETO):
        raise invalid(
            "not_releasable", "a cap or a veto keeps two people apart", field="decision", got=verdict,
            allowed="confirm", hint="say that the two are one by a must-link",
        )  # fmt: skip
    if kind in _BLOCKING:
        value = (row["namespace"], row["value"])
        identity.settle(conn, value, State.BLOCKED if verdict == "confirm" else State.ACTIVE, author=author, now=now)
    decided = {"closed_at": now, "decision": verdict, "decided_by": author}
    conn.execute(sa.update(identity_reviews).where(r.id == review).values(decided))
