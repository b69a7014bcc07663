"""The document of retention (``kind: retention``). Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ninefold.base import HEADER_FIELDS, Fields, invalid

from .model import RECORDS, Rule, Target

KIND = "retention"
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_KEEP = re.compile(r"([1-9]\d{0,4})(d|y)")
_KEEP_WORDS = "days or years, such as 90d or 2y"
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
        Error: invalid, naming the field, what was got and what is allowed.

    >>> parse_retention({"rules": [{"key": "views", "events": ["Viewed"], "keep": "90d"}]})[0].keep_days
    90
    """
    stated = Fields(document, allowed=(*HEADER_FIELDS, "rules")).sections("rules", _RULE)
    rules = tuple(map(_rule, stated))
    seen: set[str] = set()
    for fields, rule in zip(stated, rules, strict=True):
        if rule.key in seen:
            raise fields.wrong("key", "each key once")
        seen.add(rule.key)
    return rules


def in_force(stated: Sequence[Rule]) -> tuple[Rule, ...]:
    """The stated rules and those of the base that they do not replace."""
    about = {rule.names for rule in stated if rule.target == "records"}
    return (*(rule for rule in BASE if rule.names not in about), *stated)


def _rule(fields: Fields) -> Rule:
    key = fields.matching("key", _KEY, allowed="1 to 63 of a-z, 0-9, dash, underscore")
    target = _target(fields)
    names = _names(fields, target)
    then = fields.choice("then", ("delete", "anonymise") if target == "events" else ("delete",), "delete")
    for name in ("sources", "nodes"):
        if target != "events" and fields.has(name):
            raise fields.wrong(name, "only with events")
    return Rule(
        key=key, target=target, names=names, sources=fields.texts("sources"), nodes=fields.texts("nodes"),
        keep_days=_keep(fields), then="anonymise" if then == "anonymise" else "delete",
    )  # fmt: skip


def _target(fields: Fields) -> Target:
    given = [one for one in _TARGETS if fields.has(one)]
    if len(given) == 1:
        return given[0]
    raise invalid("bad_retention", "a rule is about one thing", field=fields.path, got=", ".join(given),
                  allowed="exactly one of " + ", ".join(_TARGETS))  # fmt: skip


def _names(fields: Fields, target: Target) -> tuple[str, ...]:
    if target == "records":
        return (fields.choice("records", RECORDS),)
    if target == "events" and fields.raw("events") == "all":
        return ()
    return fields.texts(target, least=1, allowed="a list of names" + (", or all" if target == "events" else ""))


def _keep(fields: Fields) -> int:
    match = _KEEP.fullmatch(fields.text("keep", allowed=_KEEP_WORDS))
    if match is None:
        raise fields.wrong("keep", _KEEP_WORDS)
    return int(match[1]) * (365 if match[2] == "y" else 1)
