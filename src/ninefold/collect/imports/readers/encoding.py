"""Which encoding bytes are in, and text from lines that do not keep to it.

Pure. An export that says it is UTF-8 and holds lines of GBK or single bytes of Latin-1 is read line by line:
each line by what it is, so that one stray byte costs nothing.
"""

import codecs
import re
from dataclasses import dataclass

_HIGH = re.compile(rb"[\x80-\xff]")
_GB_COMMON = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_STRAY = {
    0xDC00 + byte: bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)
}  # what "surrogateescape" makes of a byte -> the character of Windows' western code page
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """The encoding of most of a file, and the length of the byte order mark before it."""

    name: str
    mark: int = 0


def sniff_encoding(sample: bytes) -> Encoding:
    """The encoding of a file from its first bytes: by its mark, else by what most of its non-ASCII lines are.

    >>> sniff_encoding("手机号,金额".encode("gb18030")).name
    'gb18030'
    """
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return Encoding(name=name, mark=len(mark))
    head = sample[:4096]
    if head.count(0) > len(head) // 5:
        return Encoding(name="utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be")
    lines = [line for line in sample.split(b"\n")[:-1] or [sample] if _HIGH.search(line)]
    utf8 = sum(_decodes(line, "utf-8") for line in lines)
    chinese = sum(_likely_gbk(line) for line in lines)
    if utf8 * 2 >= len(lines):
        return Encoding(name="utf-8")
    return Encoding(name="gb18030" if chinese * 2 >= len(lines) else "cp1252")


def decode_line(line: bytes, encoding: str) -> tuple[str, bool]:
    """The text of one line, and whether it is not in the encoding of its file.

    Never fails: a line that is neither in the file's encoding nor in UTF-8 or GBK keeps what is readable, and each
    stray byte becomes its Windows-1252 character.

    >>> decode_line("é".encode("latin-1"), "utf-8")
    ('é', True)
    """
    if _decodes(line, encoding):
        return line.decode(encoding), False
    for other, fits in (("utf-8", _decodes(line, "utf-8")), ("gb18030", _likely_gbk(line))):
        if other != encoding and fits:
            return line.decode(other), True
    base = encoding if encoding in {"utf-8", "gb18030"} else "utf-8"
    return line.decode(base, "surrogateescape").translate(_STRAY), True


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _likely_gbk(line: bytes) -> bool:
    """Whether a line is Chinese in GBK: it decodes, and most of its bytes pair up as common characters do."""
    if not _decodes(line, "gb18030"):
        return False
    paired = sum(map(len, _GB_COMMON.findall(line)))
    return paired * 10 >= len(_HIGH.findall(line)) * 7
