"""The form of one comparison: is the operator allowed here, and is its value of the kind it needs. Pure."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias, TypeGuard

from ninefold.base import clean_text

from .anniversaries import DAYS_ALLOWED, is_days
from .model import (
    ANNIVERSARY_OPS,
    LIST_MAX,
    LIST_OPS,
    NAME_MAX,
    PATTERN_MAX,
    PRESENCE_OPS,
    TEXT_MAX,
    Op,
    Operand,
    Problem,
)
from .windows import MOMENT_ALLOWED, SPAN_ALLOWED, read_moment, read_span

_Form: TypeAlias = tuple[Callable[[Operand], bool], str]


def op_words(ops: Iterable[Op]) -> str:
    """Operators in their usual order, for messages."""
    chosen = frozenset(ops)
    return ", ".join(op.value for op in Op if op in chosen)


def show(value: object) -> str:
    """A value as messages show it: short, safe to print, and not followed into its depth."""
    if isinstance(value, list | tuple):
        shown = [_shown(each) for each in value[:5]] + ["..."] * (len(value) > 5)
        return f"[{', '.join(shown)}]"[:200]
    return _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "{...}"
    if isinstance(value, list | tuple):
        return "[...]"
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)[:200]
    return text.encode("unicode_escape").decode("ascii") if clean_text(text) != text else text


def name_problems(name: str, path: str) -> Iterator[Problem]:
    """What is wrong with a name."""
    if not name or len(name) > NAME_MAX or clean_text(name) != name:
        yield Problem(
            code="bad_name",
            message="not a usable name",
            field=path,
            got=show(name[: NAME_MAX + 1]),
            allowed=f"1 to {NAME_MAX} characters, no NUL, no half surrogates",
        )


def comparison_problems(op: Op, value: Operand, path: str, allowed: frozenset[Op]) -> Iterator[Problem]:
    """What is wrong with an operator and its value: whether it is allowed here, and the value's form."""
    if op not in allowed:
        yield Problem(
            code="bad_op",
            message=f'"{op.value}" cannot be used here',
            field=f"{path}.op",
            got=op.value,
            allowed=op_words(allowed),
        )
        return
    if wanted := _wanted(op, value):
        yield Problem(
            code="missing_value" if value is None else "bad_value",
            message=f'"{op.value}" needs {wanted}' if op not in PRESENCE_OPS else f'"{op.value}" takes no value',
            field=f"{path}.value",
            got="" if value is None else show(value),
            allowed=wanted,
        )
        return
    for place, each in _each(value, f"{path}.value"):
        yield from _scalar_problems(each, place)
    if op is Op.MATCHES and isinstance(value, str):
        yield from _pattern_problems(value, f"{path}.value")


def _wanted(op: Op, value: Operand) -> str:
    """What the operator's value should have been, or nothing when its form is right."""
    right, allowed = _FORMS[op]
    return "" if right(value) else allowed


def is_number(value: object) -> TypeGuard[int | float]:
    """A number, and not true or false."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list(value: Operand) -> bool:
    if not isinstance(value, tuple) or not 1 <= len(value) <= LIST_MAX:
        return False
    return all(isinstance(each, str) for each in value) or all(is_number(each) for each in value)


def _is_range(value: Operand) -> bool:
    if not isinstance(value, tuple) or len(value) != 2:
        return False
    low, high = value
    return is_number(low) and is_number(high) and low <= high


_NUMBER: _Form = (is_number, "a number, without quotes")
_EQUAL: _Form = (lambda value: isinstance(value, str | int | float), "a text, a number, true or false")
_TEXT: _Form = (lambda value: isinstance(value, str) and bool(value), "a text that is not empty")
_LIST: _Form = (_is_list, f"a list of 1 to {LIST_MAX} texts, or of numbers")
_SPAN: _Form = (lambda value: read_span(value) is not None, SPAN_ALLOWED)
_MOMENT: _Form = (lambda value: read_moment(value) is not None, MOMENT_ALLOWED)
_FORMS: dict[Op, _Form] = {
    **dict.fromkeys(PRESENCE_OPS, (lambda value: value is None, "no value")),
    **dict.fromkeys((Op.EQ, Op.NE), _EQUAL),
    **dict.fromkeys((Op.GT, Op.GTE, Op.LT, Op.LTE), _NUMBER),
    **dict.fromkeys((Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS_WITH, Op.ENDS_WITH, Op.MATCHES), _TEXT),
    **dict.fromkeys((Op.WITHIN_LAST, Op.NOT_WITHIN_LAST), _SPAN),
    **dict.fromkeys((Op.BEFORE, Op.AFTER), _MOMENT),
    **dict.fromkeys(LIST_OPS, _LIST),
    **dict.fromkeys(ANNIVERSARY_OPS, (is_days, DAYS_ALLOWED)),
    Op.BETWEEN: (_is_range, "[low, high]: two numbers, low not above high"),
}


def _each(value: Operand, path: str) -> Iterator[tuple[str, Operand]]:
    if isinstance(value, tuple):
        yield from ((f"{path}[{position}]", each) for position, each in enumerate(value))
    else:
        yield path, value


def _scalar_problems(value: Operand, path: str) -> Iterator[Problem]:
    if isinstance(value, str) and (len(value) > TEXT_MAX or clean_text(value) != value):
        yield Problem(
            code="bad_text",
            message="not a usable text",
            field=path,
            got=show(value[:80]),
            allowed=f"at most {TEXT_MAX} characters, no NUL, no half surrogates",
        )
    if isinstance(value, int | float) and not (abs(value) < 1e300 and math.isfinite(value)):
        yield Problem(
            code="bad_number", message="not a usable number", field=path, got=show(value), allowed="below 1e300"
        )


def _pattern_problems(pattern: str, path: str) -> Iterator[Problem]:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and few conditions have a pattern
    import pyarrow.compute as pc  # noqa: PLC0415

    if len(pattern) > PATTERN_MAX:
        yield Problem(
            code="pattern_too_long",
            message="the pattern is too long",
            field=path,
            got=f"{len(pattern)} characters",
            allowed=f"at most {PATTERN_MAX}",
        )
    elif clean_text(pattern) == pattern:
        try:  # Arrow carries the same engine, RE2, as the events store
            pc.match_substring_regex(pa.array([""]), pattern)
        except pa.ArrowInvalid as exc:
            yield Problem(
                code="bad_pattern",
                message=str(exc)[:200],
                field=path,
                got=pattern[:200],
                allowed="an RE2 pattern: no look-around, no back references",
            )
