"""The mapping document (``kind: mapping``) as plain data, to and from :class:`Mapping`.

Pure. A wrong document is refused with the path of the field, what was got and what is allowed.
"""

import codecs
import re
from collections.abc import Mapping as Document
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import available_timezones

from ninefold.base import Error, did_you_mean, invalid, zone_of

from .model import (
    EMPTY_TEXTS,
    AmountRule,
    CellType,
    FileRule,
    Filter,
    FilterOp,
    Identifier,
    LinesRule,
    Mapping,
    TimeRule,
    Value,
)

_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
_PART = re.compile(r"[A-Za-z0-9_-]{1,63}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_FORMATS = ("csv", "excel", "parquet", "jsonl")
_TIME_WORDS = ("auto", "iso", "epoch_s", "epoch_ms", "excel")
_SINGLES = ("order_id", "product_id", "session_id", "campaign_id")
_TOP = (
    *("kind", "key", "name", "owner", "purpose", "description", "source", "channel", "zone", "file", "event"),
    *("identifiers", "time", "amount", *_SINGLES, "quantity", "properties", "traits", "message_id", "filters", "empty"),
    *("aliases", "optional_columns", "also", "lines", "each_line"),
)
_SHARED = ("kind", "key", "name", "owner", "purpose", "description", "source", "channel", "zone", "file", "also",
           "aliases", "optional_columns", "empty", "lines")  # fmt: skip
_VALUE = ("column", "constant", "type", "format", "values", "drop_bad")


def parse_mapping(document: Document[str, object]) -> Mapping:
    """The mapping that a document describes.

    Args:
        document: plain data as read from YAML or JSON; see the guide on file import for its fields.

    Raises:
        Error: invalid ``bad_mapping``, naming the field, what was got and what is allowed.

    >>> parse_mapping({"key": "pos", "identifiers": [{"namespace": "phone", "column": "手机号"}]}).source
    'pos'
    """
    _known(document, _TOP, "")
    key = _key(document.get("key", ""), "key")
    name, name_zh = _title(document.get("name", ""))
    return Mapping(
        key=key,
        name=name,
        name_zh=name_zh,
        source=_key(document.get("source", key), "source"),
        channel=_text(document.get("channel", ""), "channel"),
        zone=_zone(document.get("zone", ""), "zone"),
        file=_file(_object(document.get("file", {}), "file")),
        event=_event(document.get("event")),
        identifiers=_identifiers(document.get("identifiers", ())),
        time=_time(document.get("time")),
        amount=_amount(document.get("amount")),
        **{name: _value(document[name], name) for name in _SINGLES if document.get(name) is not None},
        quantity=None
        if document.get("quantity") is None
        else _value(document["quantity"], "quantity", CellType.NUMBER),
        properties=_named(document.get("properties", {}), "properties"),
        traits=_named(document.get("traits", {}), "traits"),
        message_id=_texts(document.get("message_id", ()), "message_id"),
        filters=tuple(_filter(f, f"filters[{i}]") for i, f in enumerate(_list(document.get("filters", ()), "filters"))),
        empty=_texts(document.get("empty", EMPTY_TEXTS), "empty"),
        aliases=_aliases(document.get("aliases", {})),
        optional_columns=_flag(document.get("optional_columns", False), "optional_columns"),
        also=_also(document, key),
        lines=_lines(document.get("lines")),
        each_line=_flag(document.get("each_line", False), "each_line"),
    )


def mapping_document(mapping: Mapping) -> dict[str, object]:
    """The shortest document that :func:`parse_mapping` turns back into the mapping."""
    rule = mapping.file
    plain: dict[str, object] = {
        "kind": "mapping",
        "key": mapping.key,
        "name": {"en": mapping.name, "zh": mapping.name_zh} if mapping.name_zh else mapping.name,
        "source": mapping.source,
        "channel": mapping.channel,
        "zone": mapping.zone,
        "file": {
            name: getattr(rule, name)
            for name in ("format", "encoding", "delimiter", "sheet", "header_row")
            if getattr(rule, name) != getattr(FileRule(), name)
        },
        "event": None if mapping.event is None else _plain_event(mapping.event),
        "identifiers": [
            {"namespace": i.namespace, "column": i.column} | ({"drop_bad": True} if i.drop_bad else {})
            for i in mapping.identifiers
        ],
        "time": None if mapping.time is None else _plain_time(mapping.time),
        "amount": None if mapping.amount is None else _plain_amount(mapping.amount),
        "quantity": None if mapping.quantity is None else _plain_value(mapping.quantity, CellType.NUMBER),
        **{name: _plain_value(value) for name in _SINGLES if (value := getattr(mapping, name)) is not None},
        "properties": {name: _plain_value(value) for name, value in mapping.properties},
        "traits": {name: _plain_value(value) for name, value in mapping.traits},
        "message_id": list(mapping.message_id),
        "filters": [{"column": f.column, f.op.value: list(f.values) if f.values else True} for f in mapping.filters],
        "empty": None if mapping.empty == EMPTY_TEXTS else list(mapping.empty),
        "aliases": {name: list(others) for name, others in mapping.aliases},
        "optional_columns": mapping.optional_columns or None,
        "lines": _plain_lines(mapping.lines),
        "each_line": mapping.each_line or None,
        "also": [_plain_also(more, mapping) for more in mapping.also],
    }
    return {name: value for name, value in plain.items() if value not in (None, "", [], {})}


def check_columns(mapping: Mapping, headers: Sequence[str]) -> None:
    """Raise invalid ``unknown_column`` when the mapping reads a column that the file does not have."""
    absent = [column for column in mapping.columns() if not _has(mapping, column, headers)]
    if mapping.optional_columns:
        needed = mapping.needed()
        some = [i.column for i in mapping.identifiers]
        absent = [column for column in absent if column in needed]
        absent += [] if any(_has(mapping, column, headers) for column in some) else some[:1]
    if not absent:
        return
    hint = did_you_mean(absent[0], headers) or "columns are matched by their exact header"
    raise invalid(
        "unknown_column",
        f"the file has no column {', '.join(repr(column) for column in absent)}",
        field="column",
        got=absent[0],
        allowed=", ".join(headers[:40]),
        hint=hint,
    )


def _has(mapping: Mapping, column: str, headers: Sequence[str]) -> bool:
    return any(header in headers for header in mapping.headers_of(column))


def _bad(path: str, message: str, got: object, allowed: str, hint: str = "") -> Error:
    return invalid("bad_mapping", message, field=path, got=got, allowed=allowed, hint=hint)


def _known(document: Document[str, object], allowed: Sequence[str], path: str) -> None:
    for name in document:
        if name not in allowed:
            hint = did_you_mean(str(name), allowed)
            raise _bad(f"{path}.{name}".lstrip("."), "unknown field of a mapping", name, ", ".join(allowed), hint)


def _object(value: object, path: str) -> Document[str, object]:
    if not isinstance(value, Document) or not all(isinstance(name, str) for name in value):
        raise _bad(path, "an object is needed here", value, "an object with text keys")
    return value


def _list(value: object, path: str) -> Sequence[object]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _bad(path, "a list is needed here", value, "a list")
    return value


def _text(value: object, path: str) -> str:
    if not isinstance(value, str) or len(value) > 1000:
        raise _bad(path, "text is needed here", value, "text of at most 1000 characters")
    return value


def _texts(value: object, path: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(_text(one, f"{path}[{i}]") for i, one in enumerate(_list(value, path)))


def _namespace(value: object, path: str) -> str:
    """A namespace, also a part of one such as ``openid:wx12ab``."""
    text = _text(value, path)
    name, colon, part = text.partition(":")
    if not _KEY.fullmatch(name) or (colon and not _PART.fullmatch(part)):
        raise _bad(path, "not a namespace", value, "a-z, 0-9 and _, starting with a letter; perhaps :PART after it")
    return text


def _key(value: object, path: str) -> str:
    text = _text(value, path)
    if not _KEY.fullmatch(text):
        raise _bad(path, "not a key", value, "a-z, 0-9 and _, starting with a letter, at most 63 characters")
    return text


def _title(value: object) -> tuple[str, str]:
    """A name as one text for both languages, or one per language."""
    if isinstance(value, str):
        return _text(value, "name"), ""
    parts = _object(value, "name")
    _known(parts, ("en", "zh"), "name")
    return _text(parts.get("en", ""), "name.en"), _text(parts.get("zh", ""), "name.zh")


def _zone(value: object, path: str) -> str:
    text = _text(value, path)
    if text:
        try:
            zone_of(text)
        except Error as exc:
            hint = did_you_mean(text, available_timezones())
            raise _bad(path, "unknown time zone", value, "an IANA name, e.g. Asia/Shanghai", hint) from exc
    return text


def _choice(value: object, path: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise _bad(path, "not one of the choices", value, ", ".join(allowed), did_you_mean(str(value), allowed))
    return str(value)


def _flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise _bad(path, "true or false is needed here", value, "true, false")
    return value


def _column(value: object, path: str) -> str:
    text = _text(value, path)
    if not text:
        raise _bad(path, "a column is needed here", value, "the header of a column")
    return text


def _time_format(value: object, path: str) -> str:
    text = _text(value, path)
    if text not in _TIME_WORDS and "%" not in text:
        raise _bad(path, "unknown time format", value, f"{', '.join(_TIME_WORDS)} or a pattern such as %d/%m/%Y %H:%M")
    return text


def _value(value: object, path: str, kind: CellType = CellType.AUTO) -> Value:
    if isinstance(value, str):
        return Value(column=_column(value, path), type=kind)
    parts = _object(value, path)
    _known(parts, _VALUE, path)
    constant = parts.get("constant")
    if ("column" in parts) == (constant is not None):
        raise _bad(path, "a value comes from a column or is a constant", dict(parts), "either column or constant")
    if constant is not None and not isinstance(constant, str | int | float):
        raise _bad(f"{path}.constant", "not a constant", constant, "text, a number, true or false")
    pairs = _object(parts.get("values", {}), f"{path}.values")
    return Value(
        column=_column(parts["column"], f"{path}.column") if "column" in parts else "",
        constant=float(constant) if isinstance(constant, int) and not isinstance(constant, bool) else constant,
        type=CellType(_choice(parts.get("type", kind.value), f"{path}.type", [t.value for t in CellType])),
        format=_time_format(parts.get("format", "auto"), f"{path}.format"),
        values=tuple((raw, _text(stored, f"{path}.values.{raw}")) for raw, stored in sorted(pairs.items())),
        drop_bad=_flag(parts.get("drop_bad", False), f"{path}.drop_bad"),
    )


def _event(value: object) -> Value | None:
    if value is None:
        return None
    event = Value(constant=value) if isinstance(value, str) else _value(value, "event")
    if not event.column and (not isinstance(event.constant, str) or not event.constant):
        raise _bad("event", "not the name of an event", event.constant, "text")
    return event


def _named(value: object, path: str) -> tuple[tuple[str, Value], ...]:
    named = sorted(_object(value, path).items())
    for name, _ in named:
        if not name or len(name) > 200:
            raise _bad(f"{path}.{name}", "a name is needed here", name, "1 to 200 characters")
    return tuple((name, _value(one, f"{path}.{name}")) for name, one in named)


def _file(parts: Document[str, object]) -> FileRule:
    _known(parts, ("format", "encoding", "delimiter", "sheet", "header_row"), "file")
    header_row = parts.get("header_row", 1)
    if not isinstance(header_row, int) or not 1 <= header_row <= 1000:
        raise _bad("file.header_row", "not the number of a row", header_row, "1 to 1000")
    encoding = _text(parts.get("encoding", ""), "file.encoding")
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError as exc:
        raise _bad("file.encoding", "unknown encoding", encoding, "utf-8, gb18030, utf-16, cp1252...") from exc
    delimiter = _text(parts.get("delimiter", ""), "file.delimiter")
    if delimiter and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n'):
        raise _bad("file.delimiter", "not a delimiter", delimiter, "one ASCII character")
    return FileRule(
        format=_choice(parts["format"], "file.format", _FORMATS) if parts.get("format") else "",
        encoding=encoding,
        delimiter=delimiter,
        sheet=_text(parts.get("sheet", ""), "file.sheet"),
        header_row=header_row,
    )


def _identifiers(value: object) -> tuple[Identifier, ...]:
    found = []
    for i, one in enumerate(_list(value, "identifiers")):
        path = f"identifiers[{i}]"
        parts = _object(one, path)
        _known(parts, ("namespace", "column", "drop_bad"), path)
        found.append(
            Identifier(
                namespace=_namespace(parts.get("namespace", ""), f"{path}.namespace"),
                column=_column(parts.get("column", ""), f"{path}.column"),
                drop_bad=_flag(parts.get("drop_bad", False), f"{path}.drop_bad"),
            )
        )
    if not found:
        raise _bad("identifiers", "without an identifier no row has a person", value, "at least one identifier")
    return tuple(found)


def _time(value: object) -> TimeRule | None:
    if value is None:
        return None
    if isinstance(value, str):
        return TimeRule(columns=(_column(value, "time"),))
    parts = _object(value, "time")
    _known(parts, ("column", "constant", "format", "zone"), "time")
    columns = _texts(parts.get("column", ()), "time.column")
    constant = _text(parts.get("constant", ""), "time.constant")
    if bool(columns) == bool(constant):
        raise _bad("time", "a time comes from columns or is a constant", dict(parts), "either column or constant")
    return TimeRule(
        columns=columns,
        constant=constant,
        format=_time_format(parts.get("format", "auto"), "time.format"),
        zone=_zone(parts.get("zone", ""), "time.zone"),
    )


def _amount(value: object) -> AmountRule | None:
    if value is None:
        return None
    if isinstance(value, str):
        return AmountRule(column=_column(value, "amount"))
    parts = _object(value, "amount")
    _known(parts, ("column", "currency", "currency_column", "unit", "decimal"), "amount")
    currency = _text(parts.get("currency", ""), "amount.currency")
    if currency and not _CURRENCY.fullmatch(currency):
        raise _bad("amount.currency", "not a currency", currency, "an ISO 4217 code, e.g. CNY")
    return AmountRule(
        column=_column(parts.get("column", ""), "amount.column"),
        currency=currency,
        currency_column=_text(parts.get("currency_column", ""), "amount.currency_column"),
        minor=_choice(parts.get("unit", "major"), "amount.unit", ("major", "minor")) == "minor",
        decimal=_choice(parts.get("decimal", "."), "amount.decimal", (".", ",")),
    )


def _filter(value: object, path: str) -> Filter:
    parts = _object(value, path)
    ops = [op.value for op in FilterOp]
    _known(parts, ("column", *ops), path)
    given = [name for name in parts if name in ops]
    if len(given) != 1:
        raise _bad(path, "a filter asks one question", dict(parts), f"column and one of {', '.join(ops)}")
    op = FilterOp(given[0])
    comparing = op in {FilterOp.IS, FilterOp.IS_NOT}
    values = _texts(parts[op.value], f"{path}.{op.value}") if comparing else ()
    if not comparing:
        _flag(parts[op.value], f"{path}.{op.value}")
        if parts[op.value] is False:
            op = FilterOp.ABSENT if op is FilterOp.PRESENT else FilterOp.PRESENT
    return Filter(column=_column(parts.get("column", ""), f"{path}.column"), op=op, values=values)


def _aliases(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    named = sorted(_object(value, "aliases").items())
    return tuple((name, _texts(others, f"aliases.{name}")) for name, others in named)


def _also(document: Document[str, object], key: str) -> tuple[Mapping, ...]:
    """Further events: each is the mapping itself with some fields replaced; null takes a field away."""
    allowed = tuple(name for name in _TOP if name not in _SHARED)
    found = []
    for i, one in enumerate(_list(document.get("also", ()), "also")):
        part = _object(one, f"also[{i}]")
        _known(part, allowed, f"also[{i}]")
        whole = {name: value for name, value in {**document, **part}.items() if value is not None and name != "also"}
        try:
            found.append(replace(parse_mapping(whole), key=f"{key}.{i + 1}"))  # so that message ids differ
        except Error as error:
            raise _bad(f"also[{i}].{error.field}", error.message, error.got, error.allowed, error.hint) from error
    return tuple(found)


def _lines(value: object) -> LinesRule | None:
    if value is None:
        return None
    parts = _object(value, "lines")
    _known(parts, ("order", "line", "sum", "items"), "lines")
    order = _texts(parts.get("order", ()), "lines.order")
    if not order:
        raise _bad("lines.order", "lines need the columns that name their order", "", "a list of columns")
    items = _object(parts.get("items", {}), "lines.items")
    return LinesRule(
        order=order,
        line=_texts(parts.get("line", ()), "lines.line"),
        sum=_texts(parts.get("sum", ()), "lines.sum"),
        items=tuple((str(name), _text(column, f"lines.items.{name}")) for name, column in items.items()),
    )


def _plain_lines(rule: LinesRule | None) -> object:
    if rule is None:
        return None
    plain = {"order": list(rule.order), "line": list(rule.line), "sum": list(rule.sum), "items": dict(rule.items)}
    return {name: value for name, value in plain.items() if value}


def _plain_also(more: Mapping, mapping: Mapping) -> dict[str, object]:
    """What a further event says otherwise than the mapping it belongs to."""
    own, base = mapping_document(more), mapping_document(replace(mapping, also=()))
    names = [name for name in _TOP if name not in _SHARED and own.get(name) != base.get(name)]
    return {name: own.get(name) for name in names}


def _plain_event(event: Value) -> object:
    if not event.column:
        return event.constant
    plain = _plain_value(event)
    return {"column": plain} if isinstance(plain, str) else plain  # text alone would be a constant


def _plain_value(value: Value, kind: CellType = CellType.AUTO) -> object:
    parts: dict[str, object] = {"column": value.column} if value.column else {"constant": value.constant}
    if value.type is not kind:
        parts["type"] = value.type.value
    if value.format != "auto":
        parts["format"] = value.format
    if value.values:
        parts["values"] = dict(value.values)
    if value.drop_bad:
        parts["drop_bad"] = True
    return value.column if parts.keys() == {"column"} else parts


def _plain_time(rule: TimeRule) -> object:
    if len(rule.columns) == 1 and rule.format == "auto" and not rule.zone:
        return rule.columns[0]
    columns: object = rule.columns[0] if len(rule.columns) == 1 else list(rule.columns)
    parts: dict[str, object] = {"column": columns} if rule.columns else {"constant": rule.constant}
    if rule.format != "auto":
        parts["format"] = rule.format
    return parts | ({"zone": rule.zone} if rule.zone else {})


def _plain_amount(rule: AmountRule) -> object:
    parts: dict[str, object] = {"column": rule.column}
    if rule.currency:
        parts["currency"] = rule.currency
    if rule.currency_column:
        parts["currency_column"] = rule.currency_column
    if rule.minor:
        parts["unit"] = "minor"
    if rule.decimal != ".":
        parts["decimal"] = rule.decimal
    return rule.column if parts.keys() == {"column"} else parts
