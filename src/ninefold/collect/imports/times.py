"""Cells as instants and days, a whole column at a time.

Pure. Texts are ISO 8601 and what spreadsheets and Chinese exports write (2026/1/2 3:04, 2026年1月2日, 20260102030405),
epoch seconds to microseconds, and spreadsheet day numbers. Day-first and month-first dates cannot be told apart, so
they need a format.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ninefold.base import Error, from_ms, parse_time, to_ms, zone_of

from .cells import Read, each_text, is_text, mask_of, no_bad, texts

_DAY = 86_400_000
_EXCEL_EPOCH = to_ms(datetime(1899, 12, 30, tzinfo=UTC))  # day 0 of spreadsheets, with their leap year 1900
_STRICT = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,3})?)?)?$"
)
_LOOSE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[ T]*(\d{1,2})[:时点：](\d{1,2})分?(?:[:：]?(\d{1,2})(?:[.,](\d{1,9}))?秒?)?)?"
)
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")


def instants(array: pa.Array, empty: pa.Array, *, format: str = "auto", zone: str = "UTC") -> Read:  # noqa: A002 - the document's word
    """Cells as int64 milliseconds since 1970 UTC.

    Args:
        array: texts, timestamps, dates or numbers.
        empty: the texts that mean "no value".
        format: ``auto``, ``iso``, ``epoch_s``, ``epoch_ms``, ``excel`` or a strptime pattern.
        zone: IANA zone of cells without an offset; the earlier instant where the clock is turned back.
    """
    kind = array.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        aware = pa.types.is_timestamp(kind) and kind.tz is not None
        ms = array.cast(pa.timestamp("ms", tz="UTC" if aware else None), safe=False)
        return Read(ms.cast(pa.int64()) if aware else _from_local(ms.cast(pa.int64()), zone), no_bad(len(array)))
    if not is_text(array):
        return _numeric(array.cast(pa.float64(), safe=False), format, zone)
    values = texts(array, empty)
    if format in {"epoch_s", "epoch_ms", "excel"}:
        plain = mask_of(pc.match_substring_regex(values, r"^\d{1,16}(\.\d{1,12})?$"))
        read = _numeric(pc.if_else(pa.array(plain), values, None).cast(pa.float64()), format, zone)
        return Read(read.values, read.bad | (mask_of(pc.is_valid(values)) & ~plain))
    if "%" in format:
        return _by_pattern(values, format, zone)
    return _by_form(values, zone, spreadsheet=format == "auto")


def iso_texts(milliseconds: pa.Array) -> pa.Array:
    """Instants as ISO 8601 text in UTC with milliseconds: ``2026-01-02T03:04:05.000Z``."""
    stamps = milliseconds.cast(pa.timestamp("ms"))
    return pc.binary_join_element_wise(pc.strftime(stamps, format="%Y-%m-%dT%H:%M:%S"), pa.scalar("Z"), "")


def days(array: pa.Array, empty: pa.Array, *, format: str = "auto") -> Read:  # noqa: A002 - the document's word
    """Cells as days, text ``2026-01-02``; the time of day is dropped, no zone is applied."""
    if pa.types.is_timestamp(array.type) and array.type.tz is not None:
        array = array.cast(pa.timestamp("ms"))
    read = instants(array, empty, format=format)
    stamps = read.values.cast(pa.timestamp("ms"))
    return Read(pc.strftime(stamps, format="%Y-%m-%d"), read.bad)


def _by_form(values: pa.Array, zone: str, *, spreadsheet: bool) -> Read:
    """Texts in the usual forms: plain ISO in one cast, the others one distinct text at a time."""
    strict = mask_of(pc.match_substring_regex(values, _STRICT))
    plain = pc.if_else(pa.array(strict), values, None).cast(pa.timestamp("ms")).cast(pa.int64())
    parsed = _from_local(plain, zone)
    if strict.sum() + values.null_count == len(values):
        return Read(parsed, no_bad(len(values)))
    rest = each_text(
        pc.if_else(pa.array(strict), None, values), partial(_one, zone=zone, spreadsheet=spreadsheet), pa.int64()
    )
    return Read(pc.coalesce(parsed, rest.values), rest.bad)


def _by_pattern(values: pa.Array, pattern: str, zone: str) -> Read:
    """Texts in a strptime pattern.

    Arrow's parser rolls 30 February over to March and takes two-digit years for the first century, so what may be
    such a case is read again, strictly.
    """
    if re.search(r"%[^YmdHMSj%]", pattern):
        return each_text(values, partial(_one_by_pattern, pattern=pattern, zone=zone), pa.int64())
    stamps = pc.strptime(values, format=pattern, unit="s", error_is_null=True)
    sure = mask_of(pc.and_(pc.greater(pc.day(stamps), 3), pc.greater(pc.year(stamps), 1000)))
    parsed = _from_local(pc.if_else(pa.array(sure), stamps, None).cast(pa.timestamp("ms")).cast(pa.int64()), zone)
    if sure.all():
        return Read(parsed, no_bad(len(values)))
    unsure = pc.if_else(pa.array(sure), None, values)
    rest = each_text(unsure, partial(_one_by_pattern, pattern=pattern, zone=zone), pa.int64())
    return Read(pc.coalesce(parsed, rest.values), rest.bad)


def _one(text: str, *, zone: str, spreadsheet: bool) -> int | None:
    try:
        if match := _LOOSE.fullmatch(text):
            year, month, day, hour, minute, second, fraction = (part or "0" for part in match.groups())
            local = datetime(  # noqa: DTZ001 - the zone is added next
                int(year), int(month), int(day), int(hour), int(minute), int(second), int(f"{fraction:0<6.6}")
            )
            return to_ms(local.replace(tzinfo=zone_of(zone)).astimezone(UTC))
        if match := _COMPACT.fullmatch(text):
            local = datetime.fromisoformat("{}-{}-{}T{}:{}:{}".format(*match.groups()))
            return to_ms(local.replace(tzinfo=zone_of(zone)).astimezone(UTC))
        if spreadsheet and _SERIAL.fullmatch(text):
            local = datetime(1899, 12, 30) + timedelta(days=float(text))  # noqa: DTZ001 - the zone is added next
            return to_ms(local.replace(tzinfo=zone_of(zone)).astimezone(UTC))
        if not spreadsheet and text.replace(".", "").isdecimal() and len(text) != 8:
            return None
        return to_ms(parse_time(text, zone=zone))
    except (ValueError, OverflowError, Error):
        return None


def _one_by_pattern(text: str, *, pattern: str, zone: str) -> int | None:
    try:
        read = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is added next when the pattern has none
        return to_ms(read if read.tzinfo else read.replace(tzinfo=zone_of(zone)))
    except (ValueError, OverflowError):
        return None


def _numeric(values: pa.Array, format: str, zone: str) -> Read:  # noqa: A002 - the document's word
    """Numbers as epochs or spreadsheet days; without a format their size tells which."""
    given = values.to_numpy(zero_copy_only=False).astype(np.float64)
    empty = np.isnan(given)
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.abs(given)
        serial = (format == "excel") | ((format == "auto") & (size >= 10_000) & (size < 100_000))
        factor = np.where((size < 1e11) & (format != "epoch_ms") | (format == "epoch_s"), 1e3, 1.0)
        factor = np.where((size >= 1e14) & (format == "auto"), 1e-3, factor)
        ms = np.where(serial, _EXCEL_EPOCH + np.rint(given * _DAY), np.floor(given * factor))
        bad = ~empty & ~(np.abs(ms) < 2.5e14)
    safe = np.where(empty | bad, 0, ms).astype(np.int64)
    local = serial & ~empty & ~bad
    if local.any():
        safe[local] = _from_local(pa.array(safe[local]), zone).to_numpy(zero_copy_only=False)
    return Read(pa.array(safe, mask=empty | bad), bad)


def _from_local(local: pa.Array, zone: str) -> pa.Array:
    """Local milliseconds of a zone as UTC milliseconds; nulls stay.

    The offset is looked up once per calendar day; only on the few days on which it changes, once per value.
    """
    if zone == "UTC" or not len(local):
        return local
    given = pc.fill_null(local, 0).to_numpy(zero_copy_only=False)
    in_range = np.abs(given) < 2.5e14 - _DAY
    ms = np.where(in_range, given, 0)
    days_, place = np.unique(ms // _DAY, return_inverse=True)
    first = np.array([_offset(int(day) * _DAY, zone) for day in days_], np.int64)
    last = np.array([_offset(int(day) * _DAY + _DAY - 1, zone) for day in days_], np.int64)
    offset: NDArray[np.int64] = first[place]
    for i in np.flatnonzero((first != last)[place]):
        offset[i] = _offset(int(ms[i]), zone)
    return pa.array(given - offset, mask=~mask_of(pc.is_valid(local)))


def _offset(local_ms: int, zone: str) -> int:
    instant = from_ms(local_ms).replace(tzinfo=zone_of(zone))
    offset = instant.utcoffset()
    return 0 if offset is None else offset // timedelta(milliseconds=1)
