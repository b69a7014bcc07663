"""The rules of identity as a document (`kind: identity-rules`): the default one, and reading one with good errors.

Pure. A document may leave out whatever it does not change: it is laid over the default.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from ninefold.base import Error, did_you_mean, invalid
from ninefold.identity.model import BlockedValues, IdentityRules, NamespaceRule, Normaliser

from .normalise import clean_namespace

KIND: Final = "identity-rules"

_NOBODY = (
    "-1", "anonymous", "anonymous_id", "anonymousid", "anon", "device_id", "distinct_id", "distinctid", "email",
    "false", "guest", "id", "invalid", "n/a", "na", "nan", "nil", "no", "none", "not set", "not_authenticated",
    "null", "object", "phone", "test@test.com", "true", "undefined", "unknown", "user_id", "userid", "void",
    "(null)", "(none)", "(not set)", "<null>", "<nil>", "[object object]", "\\n", "无", "空", "未知", "匿名", "游客",
)  # fmt: skip
_NOBODY_PATTERNS = (r"[0-]*", r"[-._*?]+", r"""["'`](?:null|none|undefined|nan|anonymous|guest|unknown|0)?["'`]""")

_PHONES = ("+8613800138000", "12345678901")
_ONE_DIGIT = "|".join(f"{digit}{{10,}}" for digit in range(10))
_PHONE_PATTERNS = (rf"\+?(?:86)?(?:{_ONE_DIGIT})", r"\+861[3-9][0-9]0{8}")
_EMAILS = ("a@a.com", "a@b.com", "email@email.com", "none@none.com", "null@null.com", "test@example.com", "x@x.com")
_EMAIL_PATTERNS = (r"(?:no-?reply|do-?not-?reply|no-?e?mail|none|null|undefined|unknown|anonymous)@.*",)
_DEVICES = ("02:00:00:00:00:00", "9774d56d682e549c", "unknown_device", "emulator", "android_id", "idfa")


def _namespace(
    priority: int, cap: int, strength: Literal["strong", "weak"], normaliser: Normaliser, *,
    exact: Sequence[str] = (), patterns: Sequence[str] = (),
) -> dict[str, object]:  # fmt: skip
    return {
        "priority": priority,
        "cap": cap,
        "strength": strength,
        "normaliser": normaliser.value,
        "storm_limit": 10 if strength == "strong" else 20,
        "blocked": {"exact": list(exact), "patterns": list(patterns)},
    }


_MARKET = ("taobao_id", "jd_id", "douyin_id", "shopify_id", "woocommerce_id", "pos_id")

DEFAULT_DOCUMENT: Final[Mapping[str, object]] = {
    "kind": KIND,
    "region": "CN",
    "identifiers_per_event": 10,
    "blocked": {"exact": list(_NOBODY), "patterns": list(_NOBODY_PATTERNS)},
    "namespaces": {
        "user_id": _namespace(1, 1, "strong", Normaliser.EXACT),
        "member_no": _namespace(2, 1, "strong", Normaliser.UPPER),
        "unionid": _namespace(3, 1, "strong", Normaliser.EXACT),
        "phone": _namespace(4, 3, "strong", Normaliser.PHONE, exact=_PHONES, patterns=_PHONE_PATTERNS),
        "email": _namespace(5, 5, "strong", Normaliser.EMAIL, exact=_EMAILS, patterns=_EMAIL_PATTERNS),
        "openid": _namespace(6, 5, "strong", Normaliser.EXACT),
        **{name: _namespace(7, 3, "strong", Normaliser.EXACT) for name in _MARKET},
        "household_id": _namespace(8, 1, "strong", Normaliser.EXACT),
        "device_id": _namespace(20, 50, "weak", Normaliser.DEVICE, exact=_DEVICES),
        "anonymous_id": _namespace(21, 1000, "weak", Normaliser.EXACT),
    },
    # A kind nobody described: below all known strong ones, and weak, so that it never joins two known people.
    "custom": _namespace(15, 5, "weak", Normaliser.EXACT),
}

_TOP = ("kind", "region", "identifiers_per_event", "blocked", "namespaces", "custom")
_RULE = ("priority", "cap", "strength", "normaliser", "storm_limit", "blocked")


def _fault(field: str, got: object, allowed: str, *, hint: str = "") -> Error:
    return invalid("identity_rules", f"{field} is not valid in the identity rules", field=field, got=got,
                   allowed=allowed, hint=hint)  # fmt: skip


def _mapping(value: object, field: str, known: Sequence[str] = ()) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise _fault(field, value, "a mapping")
    for key in value:
        if known and key not in known:
            raise _fault(f"{field}.{key}", key, ", ".join(known), hint=did_you_mean(str(key), known))
    return value


def _number(value: object, field: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _fault(field, value, f"a whole number from {low} to {high}")
    return value


def _choice(value: object, field: str, choices: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise _fault(field, value, ", ".join(choices), hint=did_you_mean(str(value), choices))
    return value


def _texts(value: object, field: str) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(item, str) for item in value):
        raise _fault(field, value, "a list of texts")
    return [str(item) for item in value]


def _blocked(value: object, field: str) -> BlockedValues:
    document = _mapping(value, field, ("exact", "patterns"))
    patterns = _texts(document.get("patterns", []), f"{field}.patterns")
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as exc:
            raise _fault(f"{field}.patterns", pattern, "a regular expression", hint=str(exc)) from exc
    exact = _texts(document.get("exact", []), f"{field}.exact")
    return BlockedValues(exact=frozenset(item.strip().lower() for item in exact), patterns=tuple(patterns))


def _rule(name: str, document: Mapping[str, object], field: str) -> NamespaceRule:
    strength = _choice(document["strength"], f"{field}.strength", ("strong", "weak"))
    normaliser = _choice(document["normaliser"], f"{field}.normaliser", [item.value for item in Normaliser])
    return NamespaceRule(
        name=name,
        priority=_number(document["priority"], f"{field}.priority", 1, 1000),
        cap=_number(document["cap"], f"{field}.cap", 1, 1_000_000_000),
        strong=strength == "strong",
        storm_limit=_number(document["storm_limit"], f"{field}.storm_limit", 2, 1_000_000_000),
        normaliser=Normaliser(normaliser),
        blocked=_blocked(document["blocked"], f"{field}.blocked"),
    )


def _over(base: object, changes: object, field: str) -> dict[str, object]:
    return {**_mapping(base, field), **_mapping(changes, field, _RULE)}


def parse_rules(document: Mapping[str, object], *, version: int = 1) -> IdentityRules:
    """The rules a document states, laid over the default document.

    A namespace that the default lists takes from it what the document leaves out; a new one takes that from
    `custom`. Lists of blocked values replace the default lists, they are not added to them.

    Args:
        document: e.g. ``{"kind": "identity-rules", "namespaces": {"phone": {"cap": 2}}}``.
        version: version of the definition, kept beside every link.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.

    >>> parse_rules({"namespaces": {"loyalty_card": {"strength": "strong"}}}).of("loyalty_card").cap
    5
    """
    top = {**DEFAULT_DOCUMENT, **_mapping(document, "document", _TOP)}
    _choice(top["kind"], "kind", (KIND,))
    region = top["region"]
    if not isinstance(region, str) or not re.fullmatch(r"[A-Za-z]{2}", region):
        raise _fault("region", region, "a two-letter country code, e.g. CN")
    custom = _over(DEFAULT_DOCUMENT["custom"], document.get("custom", {}), "custom")
    known = _mapping(DEFAULT_DOCUMENT["namespaces"], "namespaces")
    changes = _mapping(document.get("namespaces", {}), "namespaces")
    rules: dict[str, NamespaceRule] = {}
    for name in [*known, *(name for name in changes if name not in known)]:
        if clean_namespace(name) != name:
            raise _fault(f"namespaces.{name}", name, "lower-case letters, digits and _ . : $ -, at most 63")
        field = f"namespaces.{name}"
        rules[name] = _rule(name, _over(known.get(name, custom), changes.get(name, {}), field), field)
    per_event = _number(top["identifiers_per_event"], "identifiers_per_event", 1, 1000)
    lowest = min(rule.storm_limit for rule in (*rules.values(), _rule("custom", custom, "custom")))
    if per_event > lowest:
        raise _fault("identifiers_per_event", per_event, f"at most {lowest}, the smallest storm_limit",
                     hint="otherwise one event alone could block an identifier")  # fmt: skip
    return IdentityRules(
        version=_number(version, "version", 1, 2_000_000_000),
        region=region.upper(),
        namespaces=rules,
        custom=_rule("custom", custom, "custom"),
        blocked=_blocked(top["blocked"], "blocked"),
        identifiers_per_event=per_event,
    )


DEFAULT_RULES: Final = parse_rules({})
