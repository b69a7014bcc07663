"""Reading a rules document, with errors that say what to write instead."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, cast

from ninefold.base import did_you_mean
from ninefold.identity.rules.normalise import clean_namespace
from ninefold.identity.ruleset import (
    CLEAR,
    Algorithm,
    BlockedValues,
    Breaker,
    Hashing,
    IdentityRules,
    NamespaceRule,
    Normaliser,
    Period,
    Salt,
    Shared,
    Velocity,
)

from .defaults import DEFAULT_DOCUMENT
from .fields import BLOCKED, BREAKER, NAMESPACE, SALT, TOP, check, fault, mapping, number

_SALT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")
Document = Mapping[str, object]


def _blocked(document: Document, field: str) -> BlockedValues:
    def texts(name: str) -> Sequence[str]:
        return cast("Sequence[str]", document.get(name, ()))

    for pattern in texts("patterns"):
        try:
            re.compile(pattern)
        except re.error as exc:
            raise fault(f"{field}.patterns", pattern, "a regular expression", hint=str(exc)) from exc
    return BlockedValues(
        exact=frozenset(item.strip().lower() for item in texts("exact")),
        patterns=tuple(texts("patterns")),
        learned=frozenset(item.strip().lower() for item in texts("learned")),
    )


def _hashing(document: Document, field: str, salts: Mapping[str, Salt]) -> Hashing:
    states = [*Algorithm, *salts]
    accept = tuple(dict.fromkeys(cast("Sequence[str]", document["accept"])))
    for state in accept:
        if state not in states:
            raise fault(f"{field}.accept", state, ", ".join(states), hint=did_you_mean(state, states))
        algorithm = salts[state].algorithm if state in salts else state
        if algorithm not in hashlib.algorithms_available:
            raise fault(f"{field}.accept", state, "a hash that this machine's OpenSSL offers")
    store = str(document["store"])
    if store not in (CLEAR, *accept):
        raise fault(f"{field}.store", store, ", ".join((CLEAR, *accept)), hint="a stored state must be accepted too")
    return Hashing(accept=accept, store=store)


def _rule(name: str, document: Document, field: str, salts: Mapping[str, Salt]) -> NamespaceRule:
    def whole(key: str) -> int:
        return cast("int", document[key])

    velocity = cast("Mapping[str, int | None]", document["velocity"])
    strong, shared = document["strength"] == "strong", Shared(str(document["shared"]))
    if strong and shared is not Shared.FIRST_OWNER:
        raise fault(f"{field}.shared", shared.value, Shared.FIRST_OWNER.value,
                    hint="a strong value names one person; only a weak one can be shared")  # fmt: skip
    _check_silence(document, field)
    return NamespaceRule(
        name=name,
        priority=whole("priority"),
        cap=whole("cap"),
        strong=strong,
        storm_limit=whole("storm_limit"),
        normaliser=Normaliser(str(document["normaliser"])),
        blocked=_blocked(cast("Document", document["blocked"]), f"{field}.blocked"),
        period=Period(str(document["period"])),
        immutable=bool(document["immutable"]),
        parent=cast("str | None", document["parent"]),
        takes_part=bool(document["takes_part"]),
        shared=shared,
        hashing=_hashing(cast("Document", document["hashing"]), f"{field}.hashing", salts),
        velocity=Velocity(per_hour=velocity.get("per_hour"), per_day=velocity.get("per_day")),
        ttl_days=cast("int | None", document["ttl_days"]),
        recycle_after_days=cast("int | None", document["recycle_after_days"]),
    )


def _check_silence(document: Document, field: str) -> None:
    ttl, recycle = (cast("int | None", document[key]) for key in ("ttl_days", "recycle_after_days"))
    if recycle is not None and document["immutable"]:
        raise fault(f"{field}.recycle_after_days", recycle, "null, since the namespace is immutable",
                    hint="a value that never changes hands cannot be recycled")  # fmt: skip
    if ttl is not None and recycle is not None and recycle >= ttl:
        raise fault(f"{field}.recycle_after_days", recycle, f"fewer days than ttl_days ({ttl}), or null",
                    hint="after ttl_days a value is forgotten, so it cannot go on with its person")  # fmt: skip


def _over(base: object, changes: object, field: str) -> dict[str, object]:
    """A rule with changes laid over it; mappings inside (but not lists) are laid over each other too."""
    check(changes, NAMESPACE, field)
    known, new = cast("Document", base), dict(cast("Document", changes))
    if new.pop("unique", False):
        for name, short in (("cap", 1), ("period", "ever")):
            if new.setdefault(name, short) != short:
                raise fault(f"{field}.{name}", new[name], str(short), hint="unique: true is short for cap 1, ever")
    both = {**known, **new}
    for name in ("velocity", "hashing"):
        both[name] = {**cast("Document", known[name]), **cast("Document", both[name])}
    return both


def _salts(document: object, secrets: Mapping[str, str]) -> dict[str, Salt]:
    salts = {}
    for name, value in mapping(document, "salts").items():
        if not _SALT_NAME.fullmatch(name) or name in (*Algorithm, CLEAR):
            raise fault(f"salts.{name}", name, "lower-case letters, digits, _ and -, at most 31; not a hash's own name")
        check(value, SALT, f"salts.{name}")
        salt = cast("Mapping[str, str]", value)
        if "algorithm" not in salt:
            raise fault(f"salts.{name}.algorithm", None, "a value")
        if ("secret" in salt) == ("secret_env" in salt):
            raise fault(f"salts.{name}.secret", None, "a value, or else secret_env: the variable that has it")
        env = salt.get("secret_env", "")
        secret = salt["secret"] if not env else secrets.get(env)
        prefix = salt.get("position", "prefix") == "prefix"
        salts[name] = Salt(name=name, algorithm=Algorithm(salt["algorithm"]), secret=secret, prefix=prefix, env=env)
    return salts


def _check_parents(rules: Mapping[str, NamespaceRule]) -> None:
    for name, rule in rules.items():
        field, seen = f"namespaces.{name}.parent", [name]
        while (parent := rules[seen[-1]].parent) is not None:
            if parent not in rules:
                raise fault(field, parent, "a namespace of the document", hint=did_you_mean(parent, rules))
            if parent in seen:
                raise fault(field, rule.parent, "parents that do not go round in a circle")
            seen.append(parent)


def parse_rules(
    document: Mapping[str, object], *, version: int = 1, secrets: Mapping[str, str] = MappingProxyType({})
) -> IdentityRules:
    """The rules a document states, laid over the default document.

    A namespace that the default lists takes from it what the document leaves out; a new one takes that from
    `custom`. Lists of blocked values replace the default lists, they are not added to them.

    Args:
        document: e.g. ``{"kind": "identity-rules", "namespaces": {"phone": {"cap": 2}}}``.
        version: version of the definition, kept beside every link.
        secrets: the variables that salts may name; a salt that is not among them cannot be hashed with.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.

    >>> parse_rules({"namespaces": {"loyalty_card": {"strength": "strong"}}}).of("loyalty_card").cap
    5
    """
    top = {**DEFAULT_DOCUMENT, **mapping(document, "document", TOP.names)}
    for name, field in TOP.fields:
        if name != "custom":
            check(top[name], field, name)
    region = str(top["region"])
    if not re.fullmatch(r"[A-Za-z]{2}", region):
        raise fault("region", region, "a two-letter country code, e.g. CN")
    salts = _salts(top["salts"], secrets)
    base = _over(DEFAULT_DOCUMENT["custom"], document.get("custom", {}), "custom")
    custom = _rule("custom", base, "custom", salts)
    known = cast("Document", DEFAULT_DOCUMENT["namespaces"])
    changes = mapping(document.get("namespaces", {}), "namespaces")
    rules: dict[str, NamespaceRule] = {}
    for name in [*known, *(name for name in changes if name not in known)]:
        if clean_namespace(name) != name:
            raise fault(f"namespaces.{name}", name, "lower-case letters, digits and _ . : $ -, at most 63")
        where = f"namespaces.{name}"
        over = known.get(name, known.get(name.partition(":")[0], base))
        rules[name] = _rule(name, _over(over, changes.get(name, {}), where), where, salts)
    _check_parents(rules)
    per_event = number(top["identifiers_per_event"], "identifiers_per_event", 1, 1000)
    _check_per_event(per_event, [*rules.values(), custom])
    return IdentityRules(
        version=number(version, "version", 1, 2_000_000_000),
        region=region.upper(),
        namespaces=rules,
        custom=custom,
        blocked=_blocked(_checked_blocked(top["blocked"]), "blocked"),
        identifiers_per_event=per_event,
        salts=salts,
        breaker=_breaker(top["breaker"]),
    )


def _checked_blocked(document: object) -> Document:
    check(document, BLOCKED, "blocked")
    return cast("Document", document)


def _breaker(document: object) -> Breaker:
    check(document, BREAKER, "breaker")
    limits = {**cast("Document", DEFAULT_DOCUMENT["breaker"]), **cast("Document", document)}
    return Breaker(**cast("Mapping[str, int]", limits))


def _check_per_event(per_event: int, rules: Sequence[NamespaceRule]) -> None:
    lowest = min(
        limit
        for rule in rules
        for limit in (rule.storm_limit, rule.velocity.per_hour, rule.velocity.per_day)
        if limit is not None
    )
    if per_event > lowest:
        raise fault("identifiers_per_event", per_event, f"at most {lowest}, the smallest storm_limit or velocity",
                    hint="otherwise one event alone could block an identifier")  # fmt: skip


DEFAULT_RULES: Final = parse_rules({})
