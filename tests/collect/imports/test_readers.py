"""Files as people send them: encodings, quotes, broken rows, workbooks, Parquet; row numbers hold throughout."""

import datetime as dt
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.base import Error
from ninefold.collect.imports.model import FileRule
from ninefold.collect.imports.readers import Chunk, open_table
from ninefold.collect.imports.readers.encoding import decode_line, sniff_encoding
from ninefold.collect.imports.readers.table import unique_headers

HEAD = "姓名,手机号,金额\n"
ROWS = [f"客户{i},138{i:08d},{i}.5\n" for i in range(25)]


def read(path: Path, rule: FileRule | None = None, *, skip: int = 0, size: int = 10) -> list[Chunk]:
    return list(open_table(path, rule or FileRule()).chunks(skip, size))


def cells(chunks: list[Chunk]) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for chunk in chunks for row in chunk.table.to_pylist()]


def numbers(chunks: list[Chunk]) -> list[int]:
    return [int(row) for chunk in chunks for row in chunk.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, newline: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((HEAD + "".join(ROWS)).replace("\n", newline).encode(encoding))
    table = open_table(path, FileRule())
    assert table.headers == ("姓名", "手机号", "金额")
    chunks = list(table.chunks(0, 10))
    assert cells(chunks) == [(f"客户{i}", f"138{i:08d}", f"{i}.5") for i in range(25)]
    assert numbers(chunks) == list(range(2, 27))
    assert table.rows_total == 25


def test_lines_of_other_encodings_are_read_and_counted(tmp_path: Path) -> None:
    lines = [line.encode() for line in (HEAD, *ROWS)]
    lines[3] = lines[3].decode().encode("gbk")
    lines[5] = "Zoë,13800000004,4.5\n".encode("latin-1")
    lines[7] = lines[7].replace(b"\xe5", b"\xff", 1)
    path = tmp_path / "a.csv"
    path.write_bytes(b"".join(lines))
    chunks = read(path)
    assert [row[0] for row in cells(chunks)][2:5] == ["客户2", "客户3", "Zoë"]
    assert [chunk.repaired for chunk in chunks] == [3, 0, 0]
    assert len(cells(chunks)) == 25


def test_gbk_file_with_a_line_of_utf8(tmp_path: Path) -> None:
    lines = [line.encode("gbk") for line in (HEAD, *ROWS)]
    lines[2] = "李雷,1,2\n".encode()
    path = tmp_path / "a.csv"
    path.write_bytes(b"".join(lines))
    assert open_table(path, FileRule()).encoding == "gb18030"
    assert len(cells(read(path))) == 25


def test_broken_rows_keep_their_number_and_text(tmp_path: Path) -> None:
    lines = [HEAD, *ROWS]
    lines[2] = "客户1,1\n"
    lines[4] = 'x,"open,1\n'
    lines[5] = "\n"
    lines[6] = " , ,\t\n"
    lines[8] = "a,b,c,d\n"
    lines[10] = '"two\nlines","say ""hi""",5" pipe\n'
    path = tmp_path / "a.csv"
    path.write_text("".join(lines), encoding="utf-8")
    chunks = read(path)
    broken = [one for chunk in chunks for one in chunk.broken]
    assert [(one.problem.row, one.problem.code, one.raw) for one in broken] == [
        (3, "column_count", "客户1,1"),
        (5, "bad_quotes", 'x,"open,1'),
        (9, "column_count", "a,b,c,d"),
    ]
    assert sum(chunk.blank for chunk in chunks) == 2
    assert sum(chunk.records for chunk in chunks) == 25
    assert numbers(chunks) == [i for i in range(2, 27) if i not in {3, 5, 6, 7, 9}]
    assert cells(chunks)[4] == ("two\nlines", 'say "hi"', '5" pipe')
    assert chunks[0].raw(4) == lines[10].rstrip("\n")


@given(st.lists(st.text(alphabet='ab",\n\r\x00é', max_size=8), max_size=12), st.integers(1, 5), st.integers(0, 14))
@settings(max_examples=150)
def test_every_record_is_accounted_for_from_any_cursor(tmp_path: Path, lines: list[str], size: int, skip: int) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(("a,b\n" + "\n".join(lines)).encode())
    whole, rest = read(path, size=100), read(path, skip=skip, size=size)
    for chunks in (whole, rest):
        for chunk in chunks:
            assert chunk.records == chunk.table.num_rows + len(chunk.broken) + chunk.blank
            assert len(chunk.rows) == chunk.table.num_rows
            assert all(chunk.raw(i) is not None for i in range(chunk.table.num_rows))
    total = sum(chunk.records for chunk in whole)
    assert sum(chunk.records for chunk in rest) == max(total - skip, 0)
    expected = [(n, row) for n, row in zip(numbers(whole), cells(whole), strict=True) if n > skip + 1]
    assert list(zip(numbers(rest), cells(rest), strict=True)) == expected


def test_huge_cells_and_blocks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    big = "x" * 3_000_000
    path.write_text(f'a,b\n1,{big}\n2,"{"y" * 900_000}"\n3,"{"z" * 1_100_000}"\n4,c\n')
    chunks = read(path)
    assert [len(str(row[1])) for row in cells(chunks)] == [3_000_000, 900_000, 1]
    assert [one.problem.code for chunk in chunks for one in chunk.broken] == ["bad_quotes"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a,b,c\n1,2,3\n4,5,6\n".replace(",", delimiter))
    assert cells(read(path)) == [("1", "2", "3"), ("4", "5", "6")]


def test_one_column_and_a_late_header(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("phone\n138\n\n139")
    assert numbers(read(tmp_path / "one.csv")) == [2, 4]
    (tmp_path / "late.csv").write_text("Report of May\n\na,b\n1,2\n")
    chunks = read(tmp_path / "late.csv", FileRule(header_row=3))
    assert (cells(chunks), numbers(chunks)) == ([("1", "2")], [4])


def test_headers() -> None:
    assert unique_headers(["\ufeffa", "a", "", "a#2", " b \n c "]) == ("a", "a#3", "column_3", "a#2", "b c")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "empty_file"),
        ("a.csv", b"\xef\xbb\xbf", "empty_file"),
        ("a.csv.gz", b"\x1f\x8b\x08\x00", "not_a_table"),
        ("a.pdf", b"%PDF-1.7", "not_a_table"),
        ("a.parquet", b"PAR1xxxx", "bad_parquet"),
        ("a.xlsx", b"PK\x03\x04xxxx", "bad_workbook"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Error) as caught:
        open_table(tmp_path / name, FileRule())
    assert caught.value.code == code


@given(st.binary(max_size=300))
@settings(max_examples=150)
def test_garbage_never_breaks_a_reader(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    try:
        chunks = read(path, FileRule(format="csv"))
    except Error:
        return
    assert all(chunk.records == chunk.table.num_rows + len(chunk.broken) + chunk.blank for chunk in chunks)


def test_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("封面", 0)
    sheet = book.create_sheet("数据", 1)
    sheet.append(["手机号", "时间", "金额", "手机号", "是否"])
    moment = dt.datetime.fromisoformat("2026-01-02 03:04:05")
    sheet.append(["0013800138000", moment, 12.5, 13800138000, True])
    sheet["A4"], sheet["B4"], sheet["C4"], sheet["D4"] = "007", dt.date(2026, 1, 2), "=1+1", 123456789012345678
    book.save(tmp_path / "a.xlsx")
    table = open_table(tmp_path / "a.xlsx", FileRule())
    assert table.headers == ("手机号", "时间", "金额", "手机号#2", "是否")
    assert table.rows_total == 3
    chunks = list(table.chunks(0, 2))
    assert cells(chunks) == [
        ("0013800138000", "2026-01-02 03:04:05", "12.5", "13800138000", "true"),
        ("007", "2026-01-02", "", "1.23456789012346e+17", ""),
    ]
    assert (numbers(chunks), [chunk.blank for chunk in chunks]) == ([2, 4], [1, 0])
    assert numbers(list(table.chunks(1, 2))) == [4]
    assert chunks[0].raw(0) == '["0013800138000", "2026-01-02 03:04:05", "12.5", "13800138000", "true"]'
    with pytest.raises(Error, match="did you mean"):
        open_table(tmp_path / "a.xlsx", FileRule(sheet="数据2"))


def test_parquet_resumes_inside_and_between_row_groups(tmp_path: Path) -> None:
    table = pa.table({"id": np.arange(25), "name": pa.array([f"n{i}" for i in range(25)]).dictionary_encode()})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7)
    for skip in range(26):
        chunks = read(tmp_path / "a.parquet", skip=skip, size=4)
        assert numbers(chunks) == list(range(skip + 1, 26))
        assert [row[0] for row in cells(chunks)] == list(range(skip, 25))
    assert read(tmp_path / "a.parquet")[0].raw(3) == '[3, "n3"]'


def test_encoding_pieces() -> None:
    assert sniff_encoding(b"abc").name == "utf-8"
    assert sniff_encoding("Müller,Straße\n".encode("cp1252") * 3).name == "cp1252"
    assert decode_line("€5".encode("cp1252"), "utf-8") == ("€5", True)
    assert decode_line("好".encode() + b"\xff", "utf-8") == ("好ÿ", True)
