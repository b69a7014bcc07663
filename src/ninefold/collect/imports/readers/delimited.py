"""CSV and its kin: any delimiter, mixed encodings, quoted line ends, wrong column counts.

Rows are found in the bytes first (`splitting`), so that each keeps its number and its raw text whatever is wrong with
it; the good ones of a chunk are then parsed by Arrow in one go, all as text.
"""

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

from ninefold.base import invalid
from ninefold.collect.imports.model import FileRule, Problem, Rejected

from .encoding import Encoding, decode_line, sniff_encoding
from .splitting import Records, split_records
from .table import CHUNK_ROWS, Chunk, unique_headers

_BLOCK = 1 << 21
_LONGEST_RECORD = 1 << 26
_SAMPLE = 1 << 18
_DELIMITERS = (",", "\t", ";", "|")
_LONE_CR = re.compile(rb"\r(?!\n)")


class DelimitedTable:
    """A delimited text file; see :class:`Table`."""

    format = "csv"
    closed = True

    def __init__(self, path: Path, rule: FileRule) -> None:
        self._path, self._rule = path, rule
        with path.open("rb") as file:
            sample = file.read(_SAMPLE)
        found = sniff_encoding(sample)
        # "utf-8-sig", "utf_16"... name what the mark says better
        named = rule.encoding and not found.mark and not rule.encoding.lower().replace("_", "-").endswith("16")
        self._source = Encoding(name=codecs.lookup(rule.encoding).name) if named else found
        self._wide = self._source.name.startswith("utf-16")
        self._old_mac = b"\n" not in sample and b"\r" in sample
        self.encoding = "utf-8" if self._wide else self._source.name
        whole = len(sample) < _SAMPLE
        text = next(self._blocks(), (b"", True))[0]
        text = text[: _SAMPLE * 2]
        self.delimiter = rule.delimiter or sniff_delimiter(decode_line(text, self.encoding)[0])
        records = split_records(text, self.delimiter, final=whole)
        self.headers = self._headers(text, records)
        share = records.rest / max(len(records.ends), 1)
        estimate = round((path.stat().st_size - self._source.mark) / (share * (2 if self._wide else 1))) if share else 0
        total = len(records.ends) if whole else max(estimate, len(records.ends))
        self.rows_total = max(total - rule.header_row, 0)

    def _headers(self, text: bytes, records: Records) -> tuple[str, ...]:
        row = self._rule.header_row
        if len(records.ends) < row:
            raise invalid(
                "empty_file",
                "the file has no header row",
                field="file.header_row",
                got=f"{len(records.ends)} rows",
                allowed=f"at least {row}",
            )
        line = text[records.starts[row - 1] : records.ends[row - 1]]
        return unique_headers(self._cells(line))

    def _cells(self, record: bytes) -> list[str]:
        text = decode_line(record, self.encoding)[0].rstrip("\r\n")
        return split_fields(text, self.delimiter)

    def _blocks(self) -> Iterator[tuple[bytes, bool]]:
        """The file's bytes in blocks, and whether each is the last.

        Line ends are single bytes in the encoding of the blocks, which are free of NUL and of carriage returns that
        end no line.
        """
        decoder = codecs.getincrementaldecoder(self._source.name)("replace") if self._wide else None
        held = b""  # a carriage return whose line feed may be in the next block
        with self._path.open("rb") as file:
            file.seek(self._source.mark)
            block = file.read(_BLOCK)
            while block:
                following = file.read(_BLOCK)
                final = not following
                text = decoder.decode(block, final).encode("utf-8", "replace") if decoder else block
                text = held + (text.replace(b"\x00", b"") if b"\x00" in text else text)
                held = b"\r" if text.endswith(b"\r") and not final else b""
                text = text[: len(text) - len(held)]
                if b"\r" in text and text.count(b"\r") != text.count(b"\r\n"):
                    text = _LONE_CR.sub(b"\n" if self._old_mac else b" ", text)
                yield text, final
                block = following

    def chunks(self, skip: int = 0, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Chunks of at most ``size`` records; see :class:`Table`."""
        number = 0  # rows behind us, header included
        wanted = self._rule.header_row + skip
        rest = b""
        for block, final in self._blocks():
            data = rest + block if rest else block
            records = split_records(data, self.delimiter, final=final)
            for at in range(max(wanted - number, 0), len(records.ends), size):
                until = min(at + size, len(records.ends))
                yield self._chunk(data, records, at, until, number)
            number += len(records.ends)
            rest = data[records.rest :]
            if len(rest) > _LONGEST_RECORD:
                raise invalid("not_text", "no end of a row within 64 MB", field="path", got=self._path.name)

    def _chunk(self, data: bytes, records: Records, at: int, until: int, number: int) -> Chunk:
        starts, ends = records.starts[at:until], records.ends[at:until]
        broken = records.broken[at:until]
        blank = self._blank(data, starts, ends) & ~broken
        good = ~(broken | blank)
        if good.all():
            body = data[starts[0] : ends[-1]]
        else:
            body = b"".join(data[s:e] for s, e in zip(starts[good].tolist(), ends[good].tolist(), strict=True))
        rows = np.arange(number + at + 1, number + until + 1, dtype=np.int64)

        def line(index: int) -> str:
            return decode_line(data[starts[index] : ends[index]], self.encoding)[0].rstrip("\r\n")

        text, repaired = self._text(body, data, starts[good], ends[good])
        table, wrong = self._parse(text, int(good.sum()))
        places = np.flatnonzero(good)
        rejected = [(int(places[i]), self._column_count(int(rows[places[i]]), count)) for i, count in wrong]
        rejected += [(int(i), _unclosed(int(rows[i]), line(int(i)))) for i in np.flatnonzero(broken)]
        places = np.delete(places, [i for i, _ in wrong])
        return Chunk(
            table=table,
            rows=rows[places],
            broken=tuple(Rejected(problem=problem, raw=line(i)) for i, problem in sorted(rejected, key=lambda r: r[0])),
            blank=int(blank.sum()),
            repaired=repaired,
            records=until - at,
            raw=lambda index: line(int(places[index])),
        )

    def _blank(self, data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Records of nothing but delimiters and white space."""
        blank = np.zeros(len(starts), np.bool_)
        nothing = (self.delimiter + ' \t\r\n"').encode()
        for i in np.flatnonzero(ends - starts <= len(self.headers) * 3 + 2):
            blank[i] = not data[starts[i] : ends[i]].strip(nothing)
        return blank

    def _text(self, body: bytes, data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> tuple[bytes, int]:
        """The records as UTF-8, and how many held foreign bytes."""
        repaired = 0
        try:
            text = body.decode(self.encoding)
            if self.encoding != "utf-8":
                body = text.encode("utf-8", "replace")
        except UnicodeDecodeError:
            lines = [decode_line(data[s:e], self.encoding) for s, e in zip(starts.tolist(), ends.tolist(), strict=True)]
            repaired = sum(foreign for _, foreign in lines)
            body = "".join(line for line, _ in lines).encode("utf-8", "replace")
        return body, repaired

    def _parse(self, body: bytes, expected: int) -> tuple[pa.Table, list[tuple[int, int]]]:
        """The rows of a body as text columns, and (position, columns) of those with a wrong number of columns."""
        wrong: list[tuple[int, int]] = []

        def remember(row: arrow_csv.InvalidRow) -> str:
            wrong.append((row.number - 1, row.actual_columns))
            return "skip"

        if not expected:
            return pa.table({name: pa.array([], pa.string()) for name in self.headers}), wrong
        try:
            table = self._read(body, remember)
        except pa.ArrowInvalid:
            return self._parse_singly(body, expected)
        if table.num_rows + len(wrong) != expected:
            return self._parse_singly(body, expected)
        return table, wrong

    def _read(self, body: bytes, on_wrong: Callable[[arrow_csv.InvalidRow], str]) -> pa.Table:
        return arrow_csv.read_csv(
            BytesIO(body),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, column_names=list(self.headers), block_size=len(body) + 1
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=on_wrong,
            ),
            convert_options=arrow_csv.ConvertOptions(
                check_utf8=False, column_types=dict.fromkeys(self.headers, pa.string()), strings_can_be_null=False
            ),
        )

    def _parse_singly(self, body: bytes, expected: int) -> tuple[pa.Table, list[tuple[int, int]]]:
        """The same with Python's parser, record by record, where the two disagree about what a row is."""
        records = split_records(body, self.delimiter, final=True)
        if len(records.ends) != expected:
            raise invalid("not_text", "the rows of the file cannot be told apart", field="path", got=self._path.name)
        rows = [self._cells(body[s:e]) for s, e in zip(records.starts, records.ends, strict=True)]
        width = len(self.headers)
        wrong = [(i, len(row)) for i, row in enumerate(rows) if len(row) != width]
        fitting = [row for row in rows if len(row) == width]
        columns = zip(*fitting, strict=True) if fitting else ([] for _ in self.headers)
        return pa.table({h: pa.array(c, pa.string()) for h, c in zip(self.headers, columns, strict=True)}), wrong

    def _column_count(self, row: int, got: int) -> Problem:
        return Problem(
            row=row,
            column="",
            code="column_count",
            got=f"{got} columns",
            allowed=f"{len(self.headers)} columns, as in the header",
            message="the row has another number of columns than the header",
        )


def _unclosed(row: int, line: str) -> Problem:
    return Problem(
        row=row,
        column="",
        code="bad_quotes",
        got=line[:200],
        allowed='quotes around a whole field, "" for a quote inside it',
        message="the quotes of the row do not match",
    )


def split_fields(record: str, delimiter: str) -> list[str]:
    """The fields of one record whose quotes are right.

    >>> split_fields('a,"b ""c"", d",5" pipe', ",")
    ['a', 'b "c", d', '5" pipe']
    """
    fields = []
    at = 0
    while at <= len(record):
        end = at
        if record.startswith('"', at):
            end = at + 1
            while (close := record.find('"', end)) >= 0 and record.startswith('"', close + 1):
                end = close + 2
            end = close + 1 if close >= 0 else len(record)
            fields.append(record[at + 1 : end - 1].replace('""', '"'))
            at = end + 1
            continue
        end = record.find(delimiter, at)
        fields.append(record[at : end if end >= 0 else len(record)])
        at = end + 1 if end >= 0 else len(record) + 1
    return fields


def sniff_delimiter(text: str) -> str:
    r"""The delimiter that splits most lines of a text into the same number of columns; a comma when none does.

    >>> sniff_delimiter("a;b\n1,5;2\n")
    ';'
    """
    lines = [line[:10_000] for line in text.splitlines()[:50]]
    best, most = ",", 0.0
    for delimiter in _DELIMITERS:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        if not counts or counts[0] < 2:
            continue
        alike = sum(count == counts[0] for count in counts) / len(counts)
        if alike * counts[0] > most:
            best, most = delimiter, alike * counts[0]
    return best
