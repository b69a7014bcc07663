"""Reading the fields of a document: each says which field is wrong, what was got and what is allowed. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date

from ninefold.base import Error, did_you_mean, invalid
from ninefold.predicate.forms import op_words, show
from ninefold.predicate.model import Op, Operand, Scalar

_SIGNS = {
    "=": Op.EQ,
    "==": Op.EQ,
    "is": Op.EQ,
    "equals": Op.EQ,
    "!=": Op.NE,
    "<>": Op.NE,
    "is_not": Op.NE,
    ">": Op.GT,
    ">=": Op.GTE,
    "ge": Op.GTE,
    "<": Op.LT,
    "<=": Op.LTE,
    "le": Op.LTE,
    "regex": Op.MATCHES,
    "~": Op.MATCHES,
}


def read_op(body: Mapping[str, object], path: str, default: Op | None) -> Op | None:
    """The operator, or the default where there is none; raises invalid, as all of these do."""
    if "op" not in body:
        if default is not None and body.get("value") is not None:
            raise invalid("missing_field", "a value needs an operator", field=f"{path}.op", allowed=op_words(Op))
        return default
    word = body["op"]
    if isinstance(word, str) and word not in {op.value for op in Op} and word in _SIGNS:
        hint = f'did you mean "{_SIGNS[word].value}"?'
        raise invalid("unknown_op", "unknown op", field=f"{path}.op", got=word, allowed=op_words(Op), hint=hint)
    return Op(read_word(word, tuple(Op), f"{path}.op", "op"))


def read_value(body: Mapping[str, object], path: str) -> Operand:
    """What it is compared with."""
    value = body.get("value")
    place = f"{path}.value"
    if value is None:
        return None
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return tuple(read_scalar(each, f"{place}[{position}]") for position, each in enumerate(value))
    return read_scalar(value, place)


def read_scalar(value: object, path: str) -> Scalar:
    """One value; YAML's own dates are the text they stand for."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | bool | int | float):
        return value
    raise wrong("bad_value", "not a value", path, value, "a text, a number, true or false")


def read_moment_text(value: object, path: str) -> str:
    """A text that may stand for a moment."""
    return value.isoformat() if isinstance(value, date) else read_text(value, path)


def read_text(value: object, path: str) -> str:
    """A text."""
    if isinstance(value, str):
        return value
    hint = "put it in quotes" if isinstance(value, int | float) else ""
    raise invalid("not_a_text", "a text is needed", field=path, got=show(value), allowed="a text", hint=hint)


def read_whole(value: object, path: str) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong("not_a_number", "a whole number is needed", path, value, "a whole number, without quotes")
    return value


def read_share(value: object, path: str) -> float:
    """A share of a whole, above 0 and at most 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise wrong("bad_share", "a share is needed", path, value, "a number above 0, at most 1")
    return float(value)


def read_word(value: object, words: Sequence[str], path: str, what: str) -> str:
    """One of some words; ``what`` it is names the error."""
    text = read_text(value, path)
    if text not in words:
        hint, allowed = did_you_mean(text, words), ", ".join(words)
        code = f"unknown_{what.replace(' ', '_')}"
        raise invalid(code, f"unknown {what}", field=path, got=show(text), allowed=allowed, hint=hint)
    return text


def read_mapping(value: object, path: str, allowed: str) -> Mapping[str, object]:
    """Fields by name."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise wrong("not_a_mapping", "fields by name are needed here", path, value, allowed)
    return value


def read_list(value: object, path: str, allowed: str) -> Sequence[object]:
    """A list."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise wrong("not_a_list", "a list is needed", path, value, allowed)
    return value


def refuse_others(body: Mapping[str, object], allowed: Sequence[str], path: str) -> None:
    """Refuse fields that are not among the allowed ones."""
    for name in body:
        if name not in allowed:
            hint = did_you_mean(name, allowed)
            field = f"{path}.{show(name)}"
            words = ", ".join(allowed)
            raise invalid("unknown_field", "unknown field", field=field, got=show(name), allowed=words, hint=hint)


def wrong(code: str, message: str, path: str, got: object, allowed: str) -> Error:
    """The error that a field is wrong."""
    return invalid(code, message, field=path, got=show(got), allowed=allowed)
