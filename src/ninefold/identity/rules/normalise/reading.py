"""Raw values made comparable: one stored form per identifier, or the reason why it identifies nobody.

Pure. Every normaliser is idempotent. A form that cannot be read surely is refused, never guessed: a wrong link
joins two strangers, a missing one waits for the next event.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

import phonenumbers

from ninefold.base import clean_text
from ninefold.identity.ruleset import CLEAR, IdentityRules, NamespaceRule, Normaliser, Refused

from .cards import id_card, imei
from .hashing import blocked_digests, read_hashed, stored_form

LENGTH_MAX = 255
_NAMESPACE = re.compile(r"[a-z0-9][a-z0-9_.:$-]{0,62}")

_PHONE_NOISE = str.maketrans("", "", " \t-‐‑‒–—−().·/")
_CHINA_MOBILE = re.compile(r"(?:\+?86|0086)?0?(1[3-9][0-9]{9})")
_CHINA_MOBILE_ABROAD = re.compile(r"\+860?(1[3-9][0-9]{9})")
_PHONE_PLAIN = re.compile(r"\+?[0-9]{4,20}")
_TRAILING_ZERO = re.compile(r"([0-9]{6,})\.0+")
_EXTENSION = re.compile(r"(.+?)\s*(?:;?\s*(?:ext(?:ension)?|x|#|分机|转)[.:=：]?)\s*([0-9]{1,8})", re.IGNORECASE)
_MOBILE_EXTENSION = re.compile(r"((?:\+?86|0086)?\s*1[3-9][0-9]{9})-([0-9]{3,6})")

_EMAIL_PLAIN = re.compile(
    r"[a-z0-9!#$%&'+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_HEX_UUID = re.compile(r"\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?")
_HEX = re.compile(r"[0-9a-f]{2}(?:[:-]?[0-9a-f]{2})+")

Reading = Callable[[str], str | Refused]


def clean_namespace(raw: str) -> str | None:
    """A namespace in its stored form, or None when it is not a name.

    >>> clean_namespace(" User_ID ")
    'user_id'
    """
    name = raw.strip().lower()
    return name if _NAMESPACE.fullmatch(name) else None


def tidy(raw: str) -> str:
    r"""Text without outer blanks, control characters, NUL, or half surrogate pairs; other blanks are spaces.

    >>> tidy(" a\x00b　c\u200b ")
    'ab c'
    """
    text = raw.strip()
    if text.isprintable():
        return text
    text = clean_text(text)
    return "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text).strip()


def _plain(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def _exact(text: str) -> str | Refused:
    return text


def _upper(text: str) -> str | Refused:
    return _plain(text).upper()


def phone(text: str, region: str) -> str | Refused:
    """A telephone number as E.164, or malformed.

    Mainland mobile numbers are read by pattern, everything else by libphonenumber. A masked number is refused. A
    number of nine digits or more whose prefix is not given out (yet) is taken, since prefixes are added faster than
    libraries are updated; a shorter one must be valid, or it may only work inside its own town.

    An extension is kept (RFC 3966): colleagues share the main line, and strangers the number that a marketplace puts
    before theirs.

    Args:
        text: the number as typed; full-width digits, spaces, dashes, 0086 and a leading zero are fine.
        region: two-letter country of a number without country code.

    >>> phone("０１３８ 1234-5678", "CN")
    '+8613812345678'
    >>> phone("(415) 555-2671", "US")
    '+14155552671'
    >>> phone("13812345601 转 4321", "CN")
    '+8613812345601;ext=4321'
    """
    pattern = _CHINA_MOBILE if region == "CN" else _CHINA_MOBILE_ABROAD
    mobile = pattern.fullmatch(text)
    if not mobile:
        text = _plain(text)
        extended = _EXTENSION.fullmatch(text) or (_MOBILE_EXTENSION.fullmatch(text) if region == "CN" else None)
        if extended:
            line = phone(extended[1], region)
            return line if isinstance(line, Refused) or ";" in line else f"{line};ext={extended[2]}"
        quantity = _TRAILING_ZERO.fullmatch(text)  # a spreadsheet that took the number for a quantity
        text = quantity[1] if quantity else text
        mobile = pattern.fullmatch(text.translate(_PHONE_NOISE))
    return "+86" + mobile[1] if mobile else _phone_by_library(text, region)


@lru_cache(maxsize=65_536)
def _phone_by_library(text: str, region: str) -> str | Refused:
    bare = text.lower().removeprefix("tel:")
    if not _PHONE_PLAIN.fullmatch(bare.translate(_PHONE_NOISE)):
        return Refused.MALFORMED
    try:
        number = phonenumbers.parse(bare, region)
    except phonenumbers.NumberParseException:
        return Refused.MALFORMED
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not possible or ((number.national_number or 0) < 100_000_000 and not phonenumbers.is_valid_number(number)):
        return Refused.MALFORMED
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(text: str) -> str | Refused:
    """An e-mail address in lower case, or malformed; the mail server is not asked.

    Lower-casing the local part is against the letter of RFC 5321 and what every provider of size does. Dots and
    "+tags" are kept: they tell addresses apart at most providers.

    >>> email(" Ana@Example.COM")
    'ana@example.com'
    >>> email("a***b@example.com")
    <Refused.MALFORMED: 'malformed'>
    """
    plain = _plain(text).lower().removeprefix("mailto:").strip()
    return plain if _EMAIL_PLAIN.fullmatch(plain) else _email_by_library(plain)


@lru_cache(maxsize=16_384)
def _email_by_library(text: str) -> str | Refused:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - slow to load and rarely needed

    if "*" in text:
        return Refused.MALFORMED
    try:
        found = validate_email(text, check_deliverability=False, allow_display_name=True)
    except EmailNotValidError:
        return Refused.MALFORMED
    return found.normalized.lower()


_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
_TAGGED = frozenset(
    ("gmail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "icloud.com", "me.com", "mac.com",
     "fastmail.com", "proton.me", "protonmail.com")
)  # fmt: skip


def email_provider(text: str) -> str | Refused:
    """An e-mail address without what its provider ignores: "+tags", and at Gmail dots and the second domain.

    >>> email_provider("A.na+shop@googlemail.com"), email_provider("a.na+shop@example.com")
    ('ana@gmail.com', 'a.na+shop@example.com')
    """
    address = email(text)
    if isinstance(address, Refused):
        return address
    local, _, domain = address.rpartition("@")
    domain = _DOTLESS.get(domain, domain)
    if domain in _TAGGED:
        local = local.partition("+")[0]
    if domain in _DOTLESS:
        local = local.replace(".", "")
    return f"{local}@{domain}" if local else Refused.MALFORMED


def device(text: str) -> str | Refused:
    """A device id: UUIDs with dashes and other hexadecimal ids in lower case, anything else as it is.

    >>> device("{6D92078A-8246-4BA4-AE5B-76104861E7DC}")
    '6d92078a-8246-4ba4-ae5b-76104861e7dc'
    >>> device("Kiosk-Berlin")
    'Kiosk-Berlin'
    """
    lower = text.lower()
    uuid = _HEX_UUID.fullmatch(lower)
    if uuid:
        return "-".join(uuid.groups())
    return lower if _HEX.fullmatch(lower) else text


_READERS: Mapping[Normaliser, Reading] = {
    Normaliser.EXACT: _exact,
    Normaliser.UPPER: _upper,
    Normaliser.EMAIL: email,
    Normaliser.EMAIL_PROVIDER: email_provider,
    Normaliser.DEVICE: device,
    Normaliser.IMEI: lambda text: imei(_plain(text)),
    Normaliser.ID_CARD: lambda text: id_card(_plain(text)),
}


def _reader(normaliser: Normaliser, region: str) -> Reading:
    return _READERS.get(normaliser, lambda text: phone(text, region))


@lru_cache(maxsize=256)
def _any_of(patterns: tuple[str, ...]) -> Callable[[str], object]:
    """One matcher for many patterns; those with groups stay apart, since joining would renumber their groups."""
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    plain = "|".join(f"(?:{pattern.pattern})" for pattern in compiled if not pattern.groups)
    whole = [re.compile(plain or r"(?!)", re.IGNORECASE).fullmatch]
    whole += [pattern.fullmatch for pattern in compiled if pattern.groups]
    return whole[0] if len(whole) == 1 else lambda text: any(match(text) for match in whole)


def _checked(rules: IdentityRules, rule: NamespaceRule, region: str) -> Reading:
    """The function from a raw clear value to its normalised clear form."""
    read = _reader(rule.normaliser, (region or rules.region).upper())
    exact = rules.blocked.whole | rule.blocked.whole
    blocked = _any_of((*rules.blocked.patterns, *rule.blocked.patterns))

    def one(text: str) -> str | Refused:
        if text.lower() in exact or blocked(text):
            return Refused.BLOCKED
        value = read(text)
        if value == text or isinstance(value, Refused):
            return value
        if value.lower() in exact or blocked(value):
            return Refused.BLOCKED
        return value if 0 < len(value) <= LENGTH_MAX else Refused.MALFORMED

    return one


def _trimmed(raw: str) -> str | Refused:
    text = raw.strip()
    if not text.isprintable():
        text = tidy(raw)
    if not text:
        return Refused.EMPTY
    return Refused.TOO_LONG if len(text) > LENGTH_MAX else text


def clear_reading(rules: IdentityRules, namespace: str, *, region: str = "") -> Callable[[str], str | Refused | None]:
    """The function that reads raw values to the normalised clear form; None for a value that arrives hashed."""
    rule = rules.of(namespace)
    clear = _checked(rules, rule, region)

    def one(raw: str) -> str | Refused | None:
        text = _trimmed(raw)
        if isinstance(text, Refused):
            return text
        return clear(text) if read_hashed(text, rule, rules) is None else None

    return one


def reading(rules: IdentityRules, namespace: str, *, region: str = "") -> Reading:
    """The function that reads raw values of a namespace: the stored form, or the reason of refusal.

    Args:
        rules: the rules in force.
        namespace: a clean namespace, listed or not.
        region: country of telephone numbers without country code; the rules' own when empty.
    """
    rule: NamespaceRule = rules.of(namespace)
    clear = _checked(rules, rule, region)
    hashed = bool(rule.hashing.accept)
    nobody = blocked_digests(rule, rules) if hashed else frozenset()
    kept_clear = rule.hashing.store == CLEAR

    def one(raw: str) -> str | Refused:
        text = _trimmed(raw)
        if isinstance(text, Refused):
            return text
        code = read_hashed(text, rule, rules) if hashed else None
        if code is not None:
            return Refused.BLOCKED if code in nobody else code
        value = clear(text)
        return value if kept_clear or isinstance(value, Refused) else stored_form(value, rule, rules)

    return one


def normalise(namespace: str, raw: str, *, rules: IdentityRules, region: str = "") -> str | Refused:
    """One raw value in its stored form, or the reason why it identifies nobody.

    Args:
        namespace: the kind of identifier.
        raw: the value as received.
        rules: the rules in force.
        region: country of telephone numbers without country code; the rules' own when empty.
    """
    name = clean_namespace(namespace)
    return Refused.MALFORMED if name is None else reading(rules, name, region=region)(raw)
