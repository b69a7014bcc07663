"""Records in bytes: against a character-by-character reference, and however the bytes are cut into blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.collect.imports.readers import splitting
from ninefold.collect.imports.readers.splitting import split_records

texts = st.text(alphabet='",\n a\r', max_size=60).map(str.encode)


def reference(data: bytes) -> list[tuple[bytes, bool]]:
    """Records and whether they are broken, by a state machine over single characters."""
    found, start = [], 0
    while start < len(data):
        end, broken = one(data, start)
        found.append((data[start:end], broken))
        start = end
    return found


def one(data: bytes, start: int) -> tuple[int, bool]:
    line = data.find(b"\n", start)
    first_line = line + 1 if line >= 0 else len(data)
    at, field_start = start, True
    while at < len(data):
        char = data[at : at + 1]
        if char == b'"' and field_start:
            at += 1
            while True:
                close = data.find(b'"', at)
                if close < 0:
                    return first_line, True
                following = data[close + 1 : close + 2]
                if following == b'"':
                    at = close + 2
                elif following in {b",", b"\n", b"\r", b""}:
                    at = close + 1
                    break
                else:
                    return first_line, True
            field_start = False
            continue
        at += 1
        if char == b"\n":
            return at, False
        field_start = char == b","
    return at, False


def records_of(data: bytes) -> list[tuple[bytes, bool]]:
    found = split_records(data, ",", final=True)
    assert found.rest == len(data)
    return [(data[s:e], bool(b)) for s, e, b in zip(found.starts, found.ends, found.broken, strict=True)]


@given(texts)
@settings(max_examples=500)
def test_agrees_with_the_reference(data: bytes) -> None:
    assert records_of(data) == reference(data)


@given(texts)
@settings(max_examples=300)
def test_windows_of_quotes_do_not_show(data: bytes) -> None:
    window = splitting._WINDOW
    splitting._WINDOW = 2
    try:
        assert records_of(data) == reference(data)
    finally:
        splitting._WINDOW = window


@given(texts, st.lists(st.integers(1, 9), max_size=20))
@settings(max_examples=300)
def test_blocks_do_not_show(data: bytes, sizes: list[int]) -> None:
    found, rest, at = [], b"", 0
    for size in [*sizes, len(data)]:
        block = rest + data[at : at + size]
        at += size
        part = split_records(block, ",", final=at >= len(data))
        found += [(block[s:e], bool(b)) for s, e, b in zip(part.starts, part.ends, part.broken, strict=True)]
        rest = block[part.rest :]
        if at >= len(data):
            break
    assert found == reference(data)


def test_a_stray_quote_costs_one_line() -> None:
    data = b'1,a\n2,"open\n3,c\n4,"x ""y"" z"\n5,"multi\nline"\n6,5" pipe\n'
    assert [broken for _, broken in records_of(data)] == [False, True, False, False, False, False]


def test_a_quote_that_stays_open_too_long_is_a_stray_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "LONGEST_FIELD", 10)
    data = b'1,"open\n' + b"2,b\n" * 10 + b'3,"c"\n'
    assert [broken for _, broken in records_of(data)] == [True, *[False] * 11]


def test_quotes_in_wrong_places_take_time_in_proportion() -> None:
    data = b'1,"a"b,"c\n' * 10_000
    assert len(split_records(data, ",", final=True).ends) == 10_000


def test_no_quotes_at_all() -> None:
    found = split_records(b"a\nb\nc", ",", final=False)
    assert (found.ends.tolist(), found.rest) == ([2, 4], 4)
    assert split_records(b"", ",", final=True).ends.dtype == np.int64
