"""Documents of kind ``trait-policies``: reading and checking."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ninefold.base import Error, did_you_mean, invalid

from .model import Choice, Combination, Per, Policies, Policy, Step

KIND = "trait-policies"
TRAITS_MAX = 1_000
_FIELDS = ("choose", "combine", "per", "verified_by", "valid_for")
_DAYS = re.compile(r"([1-9]\d{0,4})([dy])")
_HEAD = ("kind", "key", "name", "owner", "purpose", "description", "traits")


def parse_policies(document: Mapping[str, Any], *, changed: frozenset[str] = frozenset(), version: int = 0) -> Policies:
    """The policies of a document.

    Args:
        document: ``traits`` by name: ``choose`` (a list of newest, oldest, verified, longest, most_frequent, min, max,
            or ``{sources: [...]}``; the newest always decides at the end) or ``combine`` (sum, union); ``per``
            (statement, source, account); ``verified_by`` (a trait); ``valid_for`` (``180d``, ``2y``).
        changed: traits to which something was ever added.
        version: of the document.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.
    """
    for name in document:
        if name not in _HEAD:
            raise _bad(str(name), name, ", ".join(_HEAD), did_you_mean(str(name), _HEAD))
    traits = document.get("traits")
    if not isinstance(traits, Mapping):
        raise _bad("traits", traits, "a mapping of policies by trait")
    if len(traits) > TRAITS_MAX:
        raise _bad("traits", len(traits), f"at most {TRAITS_MAX:,} traits")
    return Policies(
        traits={str(key): _policy(str(key), one) for key, one in traits.items()}, changed=changed, version=version
    )


def _policy(key: str, document: object) -> Policy:
    field = f"traits.{key}"
    if not key:
        raise _bad("traits", key, "the name of a trait")
    if not isinstance(document, Mapping):
        raise _bad(field, document, "a mapping")
    for name in document:
        if name not in _FIELDS:
            raise _bad(f"{field}.{name}", name, ", ".join(_FIELDS), did_you_mean(str(name), _FIELDS))
    choose, combine = document.get("choose"), document.get("combine")
    if choose is not None and combine is not None:
        raise _bad(f"{field}.combine", combine, "either choose or combine")
    steps = _steps(f"{field}.choose", choose)
    companion = _text(f"{field}.verified_by", document.get("verified_by", f"{key}_verified"))
    return Policy(
        steps=steps,
        combine=None if combine is None else Combination(_word(f"{field}.combine", combine, tuple(Combination))),
        per=Per(_word(f"{field}.per", document.get("per", "statement"), tuple(Per))),
        verified_by=companion if any(step.choice is Choice.VERIFIED for step in steps) else "",
        valid_for=_span(f"{field}.valid_for", document.get("valid_for")),
    )


def _steps(field: str, stated: object) -> tuple[Step, ...]:
    if stated is None:
        return (Step(choice=Choice.NEWEST),)
    listed = [stated] if isinstance(stated, str | Mapping) else stated
    if not isinstance(listed, Sequence) or not 1 <= len(listed) <= 10:
        raise _bad(field, stated, "a list of 1 to 10 steps")
    steps = tuple(_step(f"{field}[{place}]", one) for place, one in enumerate(listed))
    return steps if steps[-1].choice in {Choice.NEWEST, Choice.OLDEST} else (*steps, Step(choice=Choice.NEWEST))


def _step(field: str, stated: object) -> Step:
    if isinstance(stated, Mapping):
        sources = stated.get("sources")
        if set(stated) != {"sources"} or not isinstance(sources, Sequence) or isinstance(sources, str) or not sources:
            raise _bad(field, str(dict(stated)), "{sources: [best, next, ...]}")
        return Step(choice=Choice.SOURCES, sources=tuple(_text(f"{field}.sources", one) for one in sources))
    words = tuple(one.value for one in Choice if one is not Choice.SOURCES)
    return Step(choice=Choice(_word(field, stated, words)))


def _word(field: str, stated: object, allowed: Sequence[str]) -> str:
    if not isinstance(stated, str) or stated not in set(allowed):
        hint = did_you_mean(stated, allowed) if isinstance(stated, str) else ""
        raise _bad(field, stated, ", ".join(allowed), hint)
    return stated


def _text(field: str, stated: object) -> str:
    if not isinstance(stated, str) or not stated or len(stated) > 200:
        raise _bad(field, stated, "a text of 1 to 200 characters")
    return stated


def _span(field: str, stated: object) -> timedelta | None:
    if stated is None:
        return None
    match = _DAYS.fullmatch(stated) if isinstance(stated, str) else None
    if match is None:
        raise _bad(field, stated, "days or years, such as 180d or 2y")
    return timedelta(days=int(match[1]) * (365 if match[2] == "y" else 1))


def _bad(field: str, got: object, allowed: str, hint: str = "") -> Error:
    shown = "" if got is None else got
    return invalid(
        "bad_trait_policies", "the policies cannot be read", field=field, got=shown, allowed=allowed, hint=hint
    )
