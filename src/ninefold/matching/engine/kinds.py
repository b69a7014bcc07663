"""How each kind of field is cleaned, compared and cut into parts: expressions of the engine's dialect. Pure.

In an expression ``$v`` is a value, ``$l`` and ``$r`` are the values of the two people, ``$words_l`` and ``$words_r``
what was made of each beforehand under the name of ``words`` (pairs are far more than people), ``$1`` and ``$2`` the
field's two similarities. The engine compares bytes, and a Chinese character has three: hence the threes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ninefold.matching.model import FieldKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSpec:
    """One outcome of a comparison before training.

    Attributes:
        label: in words.
        test: condition; empty for "anything else".
        m: probability among pairs that are one person, before anything is learnt.
        u: probability among pairs that are two, likewise.
    """

    label: str
    test: str
    m: float
    u: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSpec:
    """A kind of field.

    Attributes:
        clean: expression of a value as it is compared; NULL when it says nothing.
        levels: outcomes of a comparison, the strongest first.
        parts: what blocking rules may name besides the whole value.
        made: what is made of each value beforehand, for the levels, by name.
    """

    clean: str
    levels: tuple[LevelSpec, ...]
    parts: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, str] = field(default_factory=dict)


_SIGNS = r"[^\p{L}\p{N}]+"
_WORDS = f"trim(regexp_replace(lower(strip_accents(nfc_normalize($v))), '{_SIGNS}', ' ', 'g'))"
_HAN = r"regexp_matches($v, '\p{Han}')"
_TEXT = f"nullif(CASE WHEN {_HAN} THEN replace({_WORDS}, ' ', '') ELSE {_WORDS} END, '')"
_PLAIN_DIGITS = "translate($v, '０１２３４５６７８９', '0123456789')"
_STREET = (
    ("street", "st"), ("road", "rd"), ("avenue", "ave"), ("boulevard", "blvd"), ("drive", "dr"), ("place", "pl"),
    ("court", "ct"), ("crescent", "cres"), ("apartment", "apt"), ("unit", "apt"), ("north", "n"), ("south", "s"),
)  # fmt: skip


def _address() -> str:
    text = _WORDS.replace("$v", _PLAIN_DIGITS)
    for long, short in _STREET:
        text = rf"regexp_replace({text}, '\b{long}\b', '{short}', 'g')"
    return f"nullif(CASE WHEN {_HAN} THEN replace({text}, ' ', '') ELSE {text} END, '')"


_DIGITS = f"regexp_replace({_PLAIN_DIGITS}, '[^0-9]', '', 'g')"
# A Chinese number with or without its country code is the same; others lose the zeros of an international prefix.
_PHONE = (
    f"CASE WHEN length({_DIGITS}) < 6 THEN NULL "
    f"WHEN regexp_matches({_DIGITS}, '^(00)?861[3-9][0-9]{{9}}$') THEN right({_DIGITS}, 11) "
    f"ELSE regexp_replace({_DIGITS}, '^00', '') END"
)
_DATE_FORMS = "['%Y-%m-%d', '%Y%m%d', '%Y/%m/%d', '%Y.%m.%d', '%Y年%m月%d日', '%d.%m.%Y', '%d/%m/%Y']"
_DATE = (
    f"CASE WHEN regexp_matches($v, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') THEN left($v, 10) "
    f"ELSE strftime(try_strptime(trim($v), {_DATE_FORMS}), '%Y-%m-%d') END"
)


def _slip(signs: int, shortest: int) -> str:
    """One sign other, missing, too many, or two neighbours swapped; a slip spares the beginning or the end.

    That is asked first: the distance itself costs a hundred times as much.
    """
    spared = f"left($l, {signs}) = left($r, {signs}) OR right($l, {signs}) = right($r, {signs})"
    return (
        f"CASE WHEN length($l) < {shortest} OR length($r) < {shortest} OR {spared} "
        "THEN damerau_levenshtein($l, $r) <= 1 ELSE FALSE END"
    )


_WORD_LIST = "array_to_string(list_sort(string_split($v, ' ')), ' ')"
_NUMBERS = r"nullif(array_to_string(list_sort(regexp_extract_all($v, '[0-9]+')), ' '), '')"
_SAME_NUMBERS = "$numbers_l = $numbers_r"
_SIMILAR = "jaro_winkler_similarity($l, $r) >= "

NULL_LABEL: Final = "no value"
_ELSE: Final = "different"

KINDS: Final[Mapping[FieldKind, KindSpec]] = {
    FieldKind.NAME: KindSpec(
        clean=_TEXT,
        levels=(
            LevelSpec(label="same", test="$l = $r", m=0.75, u=0.002),
            LevelSpec(label="same words in another order", m=0.04, u=0.0004,
                      test="$words_l = $words_r"),
            LevelSpec(label="a slip of the pen", m=0.10, u=0.002,
                      test=f"CASE WHEN $han_l THEN length($l) >= 3 AND levenshtein($l, $r) <= 3 ELSE {_SIMILAR}$1 END"),
            LevelSpec(label="similar", test=f"{_SIMILAR}$2", m=0.04, u=0.01),
            LevelSpec(label=_ELSE, test="", m=0.07, u=0.9856),
        ),
        parts={"prefix": "left($v, 4)", "first": "string_split($v, ' ')[1]", "last": "string_split($v, ' ')[-1]",
               "initial": "left($v, 1)"},
        made={"words": _WORD_LIST, "han": _HAN},
    ),
    FieldKind.ADDRESS: KindSpec(
        clean=_address(),
        levels=(
            LevelSpec(label="same", test="$l = $r", m=0.55, u=0.0002),
            LevelSpec(label="same numbers, similar words", m=0.20, u=0.0005,
                      test=f"{_SAME_NUMBERS} AND jaro_winkler_similarity($l, $r) >= 0.85"),
            LevelSpec(label="similar words", test=f"{_SIMILAR}$1", m=0.10, u=0.004),
            LevelSpec(label="same numbers", test=_SAME_NUMBERS, m=0.03, u=0.01),
            LevelSpec(label=_ELSE, test="", m=0.12, u=0.9853),
        ),
        parts={"numbers": r"nullif(array_to_string(regexp_extract_all($v, '[0-9]+'), ' '), '')",
               "prefix": "left($v, 6)"},
        made={"numbers": _NUMBERS},
    ),
    FieldKind.PHONE: KindSpec(
        clean=_PHONE,
        levels=(
            LevelSpec(label="same", test="$l = $r", m=0.70, u=0.00005),
            LevelSpec(label="same last eight digits", m=0.05, u=0.00001,
                      test="length($l) >= 8 AND length($r) >= 8 AND right($l, 8) = right($r, 8)"),
            LevelSpec(label="one digit off", test=f"length($l) >= 8 AND ({_slip(4, 8)})", m=0.05, u=0.0001),
            LevelSpec(label=_ELSE, test="", m=0.20, u=0.99984),
        ),
        parts={"last8": "CASE WHEN length($v) >= 8 THEN right($v, 8) END", "last4": "right($v, 4)"},
    ),
    FieldKind.EMAIL: KindSpec(
        clean="CASE WHEN contains($v, '@') THEN lower(trim($v)) END",
        levels=(
            LevelSpec(label="same", test="$l = $r", m=0.65, u=0.00003),
            LevelSpec(label="same name at another provider", m=0.10, u=0.0002,
                      test="$local_l = $local_r"),
            LevelSpec(label="similar", test=f"{_SIMILAR}$1", m=0.08, u=0.002),
            LevelSpec(label=_ELSE, test="", m=0.17, u=0.99777),
        ),
        parts={"local": "string_split($v, '@')[1]"},
        made={"local": "string_split($v, '@')[1]"},
    ),
    FieldKind.BIRTH_DATE: KindSpec(
        clean=_DATE,
        levels=(
            LevelSpec(label="same", test="$l = $r", m=0.85, u=0.00006),
            LevelSpec(label="a slip of the pen", m=0.07, u=0.002,
                      test=f"({_slip(5, 10)}) OR (left($l, 4) = left($r, 4) AND substr($l, 6, 2) = substr($r, 9, 2) "
                           "AND substr($l, 9, 2) = substr($r, 6, 2))"),
            LevelSpec(label="same year and month, or same day of the year", m=0.03, u=0.004,
                      test="left($l, 7) = left($r, 7) OR right($l, 5) = right($r, 5)"),
            LevelSpec(label=_ELSE, test="", m=0.05, u=0.99394),
        ),
        parts={"year": "left($v, 4)", "month": "left($v, 7)", "day": "right($v, 5)"},
    ),
    FieldKind.POSTCODE: KindSpec(
        clean="nullif(upper(regexp_replace($v, '[^0-9A-Za-z]', '', 'g')), '')",
        levels=(
            LevelSpec(label="same", test="$l = $r", m=0.80, u=0.001),
            LevelSpec(label="one sign off", test=_slip(1, 3), m=0.06, u=0.003),
            LevelSpec(label="same area", test="left($l, 3) = left($r, 3)", m=0.06, u=0.02),
            LevelSpec(label=_ELSE, test="", m=0.08, u=0.976),
        ),
        parts={"area": "left($v, 3)"},
    ),
    FieldKind.TEXT: KindSpec(
        clean=_TEXT,
        levels=(
            LevelSpec(label="same", test="$l = $r", m=0.75, u=0.01),
            LevelSpec(label="a slip of the pen", test=f"{_SIMILAR}$1", m=0.10, u=0.004),
            LevelSpec(label="similar", test=f"{_SIMILAR}$2", m=0.05, u=0.02),
            LevelSpec(label=_ELSE, test="", m=0.10, u=0.966),
        ),
        parts={"prefix": "left($v, 4)"},
    ),
    FieldKind.EXACT: KindSpec(
        clean="nullif(lower(trim($v)), '')",
        levels=(
            LevelSpec(label="same", test="$l = $r", m=0.92, u=0.2),
            LevelSpec(label=_ELSE, test="", m=0.08, u=0.8),
        ),
    ),
}  # fmt: skip
"""Every kind. The probabilities are starting points, common in record linkage; training replaces them."""
