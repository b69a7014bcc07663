"""Reads a matching document. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from ninefold.base import HEADER_FIELDS, Fields, did_you_mean, invalid
from ninefold.predicate import Condition, lineage, parse

from .engine.kinds import KINDS
from .model import (
    KIND,
    DeskRules,
    Expiry,
    FieldKind,
    Keeps,
    MatchField,
    MatchingRules,
    Schedule,
    Thresholds,
)

_FIELDS = (*HEADER_FIELDS, "node", "fields", "blocking", "block_max", "certain", "recall", "thresholds", "expiry",
           "desk", "valuable", "schedule", "weighed")  # fmt: skip
_FIELD = ("key", "kind", "traits", "identifiers", "similar", "frequency")
_TAKEN = ("oneid", "a", "b", "score", "bits")  # columns of the engine's own
_RULES_MAX = 30
_NEVER = 2.0  # above every probability


def parse_matching(document: Mapping[str, Any], *, version: int = 0) -> MatchingRules:
    """A matching document as a value.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.
    """
    given = Fields(document, allowed=_FIELDS)
    fields = _match_fields(given)
    kinds = {one.key: one.kind for one in fields}
    blocking = _rules(given, "blocking", kinds)
    rules = MatchingRules(
        header=given.header(KIND),
        version=version,
        node=given.text("node", ""),
        fields=fields,
        blocking=blocking,
        block_max=given.integer("block_max", 200, low=2, high=10_000),
        certain=_rules(given, "certain", kinds),
        recall=given.number("recall", 0.7, low=0.01, high=1),
        thresholds=_thresholds(given.section("thresholds", ("auto", "review"))),
        expiry=_expiry(given, kinds),
        desk=_desk(given),
        valuable=_valuable(given),
        schedule=_schedule(given),
        weighed=_weighed(given, fields),
    )
    if not {part.partition(".")[0] for rule in blocking for part in rule} <= set(kinds):
        raise given.wrong("blocking", "fields of the document")
    return rules


def _match_fields(given: Fields) -> tuple[MatchField, ...]:
    listed = given.raw("fields")
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not 1 <= len(listed) <= 30:
        raise given.wrong("fields", "a list of 1 to 30 fields")
    found = tuple(_match_field(one, f"fields[{k}]") for k, one in enumerate(listed))
    keys = [one.key for one in found]
    if len(set(keys)) != len(keys):
        raise invalid(
            "bad_fields", "a field stands twice", field="fields", got=", ".join(keys), allowed="each key once"
        )
    return found


def _match_field(document: object, path: str) -> MatchField:
    one = Fields(document, path=path, allowed=_FIELD)
    key = one.text("key")
    if not key.isascii() or not key.replace("_", "").isalnum() or not key[0].islower() or key != key.lower():
        raise one.wrong("key", "lower case letters, digits and _, beginning with a letter")
    if key in _TAKEN or "__" in key or key.startswith(("block_", "tf_")) or len(key) > 40:
        raise one.wrong(
            "key", f"at most 40 signs, no __, not beginning with block_ or tf_, none of {', '.join(_TAKEN)}"
        )
    kind = FieldKind(one.choice("kind", [kind.value for kind in FieldKind]))
    traits, names = _texts(one, "traits"), _texts(one, "identifiers")
    if not traits and not names:
        raise invalid("bad_traits", "a field needs something it is read from", field=one.at("traits"),
                      allowed="names of traits, or of identifiers under `identifiers`")  # fmt: skip
    similar = one.raw("similar")
    if similar is None:
        similar = (0.92, 0.85)
    if (
        not isinstance(similar, Sequence)
        or len(similar) != 2
        or not all(isinstance(s, float) and 0 < s < 1 for s in similar)
        or similar[0] < similar[1]
    ):
        raise one.wrong("similar", "two numbers between 0 and 1, the larger first")
    frequency = one.flag("frequency", default=kind in {FieldKind.NAME, FieldKind.TEXT})
    return MatchField(
        key=key, kind=kind, traits=traits, identifiers=names, similar=(similar[0], similar[1]), frequency=frequency
    )


def _texts(given: Fields, name: str) -> tuple[str, ...]:
    value = given.raw(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value) or len(value) > 20:
        raise given.wrong(name, "a list of at most 20 names")
    return tuple(one.strip() for one in value)


def _rules(given: Fields, name: str, kinds: Mapping[str, FieldKind]) -> tuple[tuple[str, ...], ...]:
    value = given.raw(name)
    if name == "certain" and value is None:
        return ()
    if not isinstance(value, list) or not 1 <= len(value) <= _RULES_MAX:
        raise given.wrong(name, f"a list of 1 to {_RULES_MAX} rules, each a list of fields or parts of fields")
    for k, rule in enumerate(value):
        if not isinstance(rule, list) or not 1 <= len(rule) <= 6 or not all(isinstance(one, str) for one in rule):
            raise invalid(f"bad_{name}", "a rule is a list of fields", field=f"{name}[{k}]", got=rule,
                          allowed="1 to 6 fields or parts of fields")  # fmt: skip
        for part in rule:
            _check_part(part, f"{name}[{k}]", kinds)
    return tuple(tuple(rule) for rule in value)


def _check_part(part: str, path: str, kinds: Mapping[str, FieldKind]) -> None:
    key, dot, cut = part.partition(".")
    if key not in kinds:
        raise invalid("unknown_field", f'there is no field "{key}" in this document', field=path, got=part,
                      allowed=", ".join(kinds), hint=did_you_mean(key, kinds))  # fmt: skip
    cuts = KINDS[kinds[key]].parts
    if dot and cut not in cuts:
        raise invalid("unknown_part", f'a {kinds[key].value} has no part "{cut}"', field=path, got=part,
                      allowed=", ".join(f"{key}.{one}" for one in cuts) or key,
                      hint=did_you_mean(cut, cuts))  # fmt: skip


def _thresholds(given: Fields) -> Thresholds:
    review = given.number("review", None, low=0.0001, high=1)
    never = given.raw("auto") in {None, "never"}
    auto = _NEVER if never else given.number("auto", None, low=review, high=1)
    return Thresholds(auto=auto, review=review)


def _expiry(given: Fields, kinds: Mapping[str, FieldKind]) -> Expiry:
    if not given.has("expiry"):
        return Expiry()
    one = given.section("expiry", ("fields", "same", "different"))
    fields = _texts(one, "fields")
    for key in fields:
        if key not in kinds:
            raise invalid("unknown_field", f'there is no field "{key}" in this document', field=one.at("fields"),
                          got=key, allowed=", ".join(kinds), hint=did_you_mean(key, kinds))  # fmt: skip
    words = [word.value for word in Keeps]
    return Expiry(
        fields=fields,
        same=Keeps(one.choice("same", words, Keeps.KEEP.value)),
        different=Keeps(one.choice("different", words, Keeps.RETRACT.value)),
    )


def _desk(given: Fields) -> DeskRules:
    if not given.has("desk"):
        return DeskRules()
    one = given.section("desk", ("check_percent", "claim_minutes", "bulk_max"))
    return DeskRules(
        check_percent=one.number("check_percent", 2.0, low=0, high=100),
        claim_minutes=one.integer("claim_minutes", 30, low=1, high=10_080),
        bulk_max=one.integer("bulk_max", 500, low=1, high=5_000),
    )


def _weighed(given: Fields, fields: Sequence[MatchField]) -> frozenset[str]:
    """What the document says, else the identifiers that its fields compare."""
    compared = {name for one in fields for name in one.identifiers}
    return frozenset(_texts(given, "weighed") if given.has("weighed") else compared)


def _schedule(given: Fields) -> Schedule | None:
    if not given.has("schedule"):
        return None
    one = given.section("schedule", ("every_hours", "new_people", "full_days"))
    if not one.has("every_hours") and not one.has("new_people"):
        raise given.wrong("schedule", "every_hours, new_people or both")
    return Schedule(
        every_hours=one.integer("every_hours", None, low=1, high=8_760) if one.has("every_hours") else None,
        new_people=one.integer("new_people", None, low=1, high=100_000_000) if one.has("new_people") else None,
        full_days=one.integer("full_days", 30, low=1, high=3_650),
    )


def _valuable(given: Fields) -> Condition | None:
    if not given.has("valuable"):
        return None
    condition = parse(given.raw("valuable"), path="valuable")
    used = lineage(condition)
    if used.segments or used.tags:
        raise given.wrong("valuable", "a condition of traits and events: segments and tags are made later than matches")
    return condition
