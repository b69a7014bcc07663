"""The document of retention (``kind: retention``). Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ninefold.base import Error, did_you_mean, invalid

from .model import RECORDS, Rule, Target, Then

KIND = "retention"
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_KEEP = re.compile(r"([1-9]\d{0,4})(d|y)")
_TOP = ("kind", "key", "name", "owner", "purpose", "description", "rules")
_RULE = ("key", "events", "traits", "records", "sources", "nodes", "keep", "then")
_TARGETS: tuple[Target, ...] = ("events", "traits", "records")

BASE: tuple[Rule, ...] = (
    # the second copy of what was accepted; how often an event was sent again; an order exported again a year later is
    # still the same order; uploads of imports that ended badly
    Rule(key="inbox", target="records", names=("inbox",), keep_days=3),
    Rule(key="receipts", target="records", names=("receipts",), keep_days=30),
    Rule(key="message-ids", target="records", names=("message_ids",), keep_days=400),
    Rule(key="import-files", target="records", names=("import_files",), keep_days=30),
)
"""What holds without a document; a rule about the same records takes the place of one of these."""


def parse_retention(document: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules a document states.

    Raises:
        Error: invalid ``bad_retention``, naming the field, what was got and what is allowed.

    >>> parse_retention({"rules": [{"key": "views", "events": ["Viewed"], "keep": "90d"}]})[0].keep_days
    90
    """
    _known(document, _TOP, "")
    rules = document.get("rules")
    if not isinstance(rules, list) or not rules:
        raise _bad("rules", rules, "a list of rules")
    found = tuple(_rule(one, f"rules[{place}]") for place, one in enumerate(rules))
    seen: set[str] = set()
    for place, rule in enumerate(found):
        if rule.key in seen:
            raise _bad(f"rules[{place}].key", rule.key, "each key once")
        seen.add(rule.key)
    return found


def in_force(stated: Sequence[Rule]) -> tuple[Rule, ...]:
    """The stated rules and those of the base that they do not replace."""
    about = {rule.names for rule in stated if rule.target == "records"}
    return (*(rule for rule in BASE if rule.names not in about), *stated)


def _rule(document: object, field: str) -> Rule:
    if not isinstance(document, Mapping):
        raise _bad(field, document, "a mapping with key, keep, and one of events, traits, records")
    _known(document, _RULE, f"{field}.")
    key = document.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise _bad(f"{field}.key", key, "1 to 63 of a-z, 0-9, dash, underscore")
    targets = [one for one in _TARGETS if one in document]
    if len(targets) != 1:
        raise _bad(field, ", ".join(targets), "exactly one of events, traits, records")
    target = targets[0]
    names = _names(document[target], f"{field}.{target}", target)
    then = document.get("then", "delete")
    allowed = ("delete", "anonymise") if target == "events" else ("delete",)
    if then not in allowed:
        raise _bad(f"{field}.then", then, " or ".join(allowed), did_you_mean(str(then), allowed))
    for name in ("sources", "nodes"):
        if target != "events" and name in document:
            raise _bad(f"{field}.{name}", name, "only with events")
    return Rule(
        key=key, target=target, names=names, sources=_list(document.get("sources", []), f"{field}.sources"),
        nodes=_list(document.get("nodes", []), f"{field}.nodes"),
        keep_days=_keep(document.get("keep"), f"{field}.keep"), then=cast("Then", then),
    )  # fmt: skip


def _names(value: object, field: str, target: Target) -> tuple[str, ...]:
    if target == "records":
        if value not in RECORDS:
            raise _bad(field, value, ", ".join(RECORDS), did_you_mean(str(value), RECORDS))
        return (str(value),)
    if target == "events" and value == "all":
        return ()
    found = _list(value, field)
    if not found:
        raise _bad(field, value, "a list of names" + (", or all" if target == "events" else ""))
    return found


def _list(value: object, field: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise _bad(field, value, "a list of texts")
    return tuple(value)


def _keep(value: object, field: str) -> int:
    match = _KEEP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _bad(field, value, "days or years, such as 90d or 2y")
    return int(match[1]) * (365 if match[2] == "y" else 1)


def _known(document: Mapping[str, Any], allowed: Sequence[str], place: str) -> None:
    for name in document:
        if name not in allowed:
            raise _bad(f"{place}{name}", name, ", ".join(allowed), did_you_mean(str(name), allowed))


def _bad(field: str, got: object, allowed: str, hint: str = "") -> Error:
    shown = "" if got is None else got
    return invalid("bad_retention", "the rules cannot be read", field=field, got=shown, allowed=allowed, hint=hint)
