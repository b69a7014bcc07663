"""Numbers that carry a check digit: identity cards and telephone hardware.

Pure. A number whose check digit is wrong was mistyped or made up, and identifies nobody.
"""

import re
from datetime import date

from ninefold.identity.ruleset import Refused

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_CARD_NEW = re.compile(r"[1-9][0-9]{16}[0-9X]")
_CARD_OLD = re.compile(r"[1-9][0-9]{14}")
_PASSPORT = re.compile(r"(?=[A-Z0-9]*[0-9])[A-Z][A-Z0-9]{4,19}")
_IMEI_NOISE = str.maketrans("", "", " -/.")


def _check_digit(first: str) -> str:
    """The last place of a Chinese identity number, after its first 17 (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True)) % 11]


def _is_day(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return True


def id_card(text: str) -> str | Refused:
    """An identity document: an 18-place Chinese number, or a number that begins with a letter, such as a passport's.

    The 15 places used until 1999 become the 18 of the same person.

    >>> id_card("11010519491231002x")
    '11010519491231002X'
    >>> id_card("110105491231002")
    '11010519491231002X'
    >>> id_card("110105194912310021")
    <Refused.MALFORMED: 'malformed'>
    >>> id_card("e12345678")
    'E12345678'
    """
    plain = text.replace(" ", "").replace("-", "").upper()
    if _CARD_OLD.fullmatch(plain):
        plain = f"{plain[:6]}19{plain[6:]}"
        plain += _check_digit(plain)
    if _CARD_NEW.fullmatch(plain):
        return plain if plain[17] == _check_digit(plain[:17]) and _is_day(plain[6:14]) else Refused.MALFORMED
    return plain if _PASSPORT.fullmatch(plain) else Refused.MALFORMED


def imei(text: str) -> str | Refused:
    """The 15 digits of a telephone (3GPP TS 23.003, Luhn check digit), or the 14 hexadecimal ones of a MEID.

    >>> imei("49-015420-323751-8")
    '490154203237518'
    >>> imei("490154203237517")
    <Refused.MALFORMED: 'malformed'>
    """
    plain = text.translate(_IMEI_NOISE).upper()
    if re.fullmatch(r"[0-9]{15}", plain):
        doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(plain)]
        return plain if sum(n // 10 + n % 10 for n in doubled) % 10 == 0 else Refused.MALFORMED
    return plain if re.fullmatch(r"[A-F][0-9A-F]{13}", plain) else Refused.MALFORMED
