"""Hashed identifiers: which state a value is in, and in which hashed forms a clear value may arrive.

Pure. A hashed value is written ``<state>:<hex>``, a clear one has no prefix. Partners hash different writings of the
same value (with or without the country code, in upper or lower case), so a clear value has several digests per state.
"""

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache

import phonenumbers

from ninefold.base import unavailable
from ninefold.identity.ruleset import CLEAR, Algorithm, IdentityRules, NamespaceRule, Normaliser, Refused

_HEX = re.compile(r"[0-9a-fA-F]{32}(?:[0-9a-fA-F]{32})?")
_STATE = re.compile(r"([a-z0-9][a-z0-9_-]{0,30}):([0-9a-f]{32}(?:[0-9a-f]{32})?)", re.IGNORECASE)
_LENGTH = {Algorithm.MD5: 32, Algorithm.SHA256: 64, Algorithm.SM3: 64}
_NEVER_HEX = (Normaliser.PHONE, Normaliser.EMAIL, Normaliser.EMAIL_PROVIDER, Normaliser.IMEI, Normaliser.ID_CARD)


def algorithm_of(state: str, rules: IdentityRules) -> Algorithm | None:
    """The hash behind a state, None for one that nobody described."""
    salt = rules.salts.get(state)
    if salt is not None:
        return salt.algorithm
    return Algorithm(state) if state in tuple(Algorithm) else None


def digest(text: str, state: str, rules: IdentityRules) -> str:
    """A clear text in a hashed state.

    >>> from ninefold.identity import DEFAULT_RULES
    >>> digest("13812345601", "md5", DEFAULT_RULES)
    'md5:f04334fd696ac2cb84c0980e3204cde5'
    """
    salt = rules.salts.get(state)
    name = (salt.algorithm if salt else Algorithm(state)).value
    if salt is not None:
        if salt.secret is None:
            raise unavailable("secret_missing", f"the environment variable {salt.env} with the salt {state} is not set")
        text = salt.secret + text if salt.prefix else text + salt.secret
    return f"{state}:{hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()}"


def state_of(value: str) -> str:
    """The state of a stored value: ``clear``, or that of its prefix.

    >>> state_of("md5:f04334fd696ac2cb84c0980e3204cde5"), state_of("openid:abc")
    ('md5', 'clear')
    """
    found = _STATE.fullmatch(value)
    return found[1] if found else CLEAR


def read_hashed(text: str, rule: NamespaceRule, rules: IdentityRules) -> str | Refused | None:
    """A value that says it is hashed, in its stored form; None when it is a clear one.

    Where a clear value can never look like a digest, one without prefix is taken for MD5 (32 places) or SHA-256 (64;
    SM3 where only that is accepted).
    """
    accept = rule.hashing.accept
    if not accept:
        return None
    found = _STATE.fullmatch(text)
    if found is None:
        if rule.normaliser in _NEVER_HEX and _HEX.fullmatch(text):
            fit = [name for name in Algorithm if _LENGTH[name] == len(text) and name in accept]
            return f"{fit[0].value}:{text.lower()}" if fit else Refused.STATE
        return None
    state, code = found[1].lower(), found[2].lower()
    algorithm = algorithm_of(state, rules)
    if algorithm is None:
        return None
    if state not in accept:
        return Refused.STATE
    return f"{state}:{code}" if len(code) == _LENGTH[algorithm] else Refused.MALFORMED


@lru_cache(maxsize=65_536)
def _phone_forms(value: str) -> tuple[str, ...]:
    """As E.164, without the plus, and as written at home: the three that advertising platforms ask for."""
    if value.startswith("+86") and len(value) == 14:
        return value, value[1:], value[3:]
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return (value,)
    return value, value[1:], phonenumbers.national_significant_number(number)


def forms(value: str, normaliser: Normaliser) -> tuple[str, ...]:
    """The writings of a normalised clear value that partners hash, the usual one first.

    >>> forms("+8613812345601", Normaliser.PHONE)
    ('+8613812345601', '8613812345601', '13812345601')
    """
    match normaliser:
        case Normaliser.PHONE:
            return _phone_forms(value)
        case Normaliser.DEVICE | Normaliser.ID_CARD | Normaliser.IMEI:
            return tuple(dict.fromkeys((value, value.lower(), value.upper())))
        case _:
            return (value,)


def stored_form(value: str, rule: NamespaceRule, rules: IdentityRules) -> str:
    """A normalised clear value as it is kept: itself, or hashed where the rule says so."""
    return value if rule.hashing.store == CLEAR else digest(value, rule.hashing.store, rules)


def digests(value: str, rule: NamespaceRule, rules: IdentityRules) -> tuple[str, ...]:
    """Every hashed value that means the same as a normalised clear one, in all accepted states and writings."""
    written = forms(value, rule.normaliser)
    return tuple(digest(form, state, rules) for state in rule.hashing.accept for form in written)


def blocked_digests(rule: NamespaceRule, rules: IdentityRules) -> frozenset[str]:
    """The digests of values that identify nobody: of blocked ones, and of nothing at all."""
    whole = ["", *sorted(rules.blocked.whole | rule.blocked.whole)]
    return frozenset(
        digest(form, state, rules)
        for value in dict.fromkeys(form for text in whole for form in (text, text.upper(), text.capitalize()))
        for state in rule.hashing.accept
        for form in forms(value, rule.normaliser)
    )


def namesakes(rule: NamespaceRule, rules: IdentityRules) -> Callable[[str], tuple[str, ...]]:
    """The function from a normalised clear value to the other stored values that mean the same."""

    def others(value: str) -> tuple[str, ...]:
        kept = stored_form(value, rule, rules)
        return tuple(found for found in dict.fromkeys(digests(value, rule, rules)) if found != kept)

    return others
