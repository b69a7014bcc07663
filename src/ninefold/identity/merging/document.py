"""Documents of kind ``merge-policy``: when a merge waits."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, get_args

from ninefold.base import Error, did_you_mean, invalid
from ninefold.predicate import parse

from .model import Cause, MergePolicy

KIND = "merge-policy"
_FIELDS = ("kind", "key", "name", "owner", "purpose", "description", "cool_off_hours", "causes", "valuable")
_HOURS_MAX = 24 * 90


def parse_policy(document: Mapping[str, Any], *, version: int = 0) -> MergePolicy:
    """The policy of a document.

    Args:
        document: ``cool_off_hours`` (0 to 2,160; 0 never waits), ``causes`` (``hand`` and ``match``; by hand alone
            when absent), ``valuable`` (a condition; everybody when absent).
        version: of the document.

    Raises:
        Error: invalid, naming the field.
    """
    for name in document:
        if name not in _FIELDS:
            raise _bad(str(name), name, ", ".join(_FIELDS), did_you_mean(str(name), _FIELDS))
    hours = document.get("cool_off_hours")
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 <= hours <= _HOURS_MAX:
        raise _bad("cool_off_hours", hours, f"hours, 0 to {_HOURS_MAX:,}")
    causes = document.get("causes", ["hand"])
    known = get_args(Cause)
    if not isinstance(causes, list) or not causes or not all(cause in known for cause in causes):
        raise _bad("causes", causes, f"some of {', '.join(known)}")
    valuable = document.get("valuable")
    if valuable is not None and not isinstance(valuable, Mapping):
        raise _bad("valuable", valuable, "a condition")
    return MergePolicy(
        cool_off=timedelta(hours=hours),
        causes=frozenset(causes),
        valuable=None if valuable is None else parse(dict(valuable)),
        version=version,
    )


def _bad(field: str, got: object, allowed: str, hint: str = "") -> Error:
    shown = "" if got is None else got
    return invalid("bad_merge_policy", "the policy cannot be read", field=field, got=shown, allowed=allowed, hint=hint)
