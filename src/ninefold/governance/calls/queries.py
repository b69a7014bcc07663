"""SQL of calls."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from .tables import call_answers, call_limits

_SECONDS: Final = sa.Interval()


def spend(caller: int, *, gap: Any, reach: Any, present: sa.ColumnElement[Any]) -> sa.Executable:  # noqa: ANN401
    """Take one call from a limit; the row comes back when it was allowed. Exact: the row's lock orders all callers.

    Args:
        caller: number of the key.
        gap: between two calls at the sustained rate.
        reach: how far the arrival time may lie ahead: the burst but one call, in time.
        present: the database's clock, the same for every process.
    """
    fresh = pg.insert(call_limits).values(caller=caller, full_at=present + sa.literal(gap, _SECONDS))
    kept = call_limits.c.full_at
    return fresh.on_conflict_do_update(
        index_elements=["caller"],
        set_={"full_at": sa.func.greatest(kept, present) + sa.literal(gap, _SECONDS)},
        where=kept <= present + sa.literal(reach, _SECONDS),
    ).returning(call_limits.c.full_at - present)


def ahead(caller: int, present: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """How long until the whole burst is free again."""
    return sa.select(call_limits.c.full_at - present).where(call_limits.c.caller == caller)


def release(caller: int) -> sa.Delete:
    """Forget what was taken from a limit."""
    return sa.delete(call_limits).where(call_limits.c.caller == caller)


def naming(public_ids: Sequence[str]) -> sa.Select[Any]:
    """Bodies of kept answers in which one of these ids stands; one pass, however many ids."""
    return sa.select(call_answers.c.body).where(_names(public_ids))


def replace_naming(public_ids: Sequence[str], *, status: int, body: bytes) -> sa.Update:
    """Put another answer in the place of those in which one of these ids stands."""
    return sa.update(call_answers).where(_names(public_ids)).values(status=status, body=body)


def _names(public_ids: Sequence[str]) -> sa.ColumnElement[bool]:
    pattern = "|".join(public_ids)  # ids have letters, digits and underscores only
    return sa.func.convert_from(call_answers.c.body, "UTF8").op("~", is_comparison=True)(pattern)
