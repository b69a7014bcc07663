"""Text made safe to store: no NUL bytes, no half surrogate pairs."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    r"""The text without NUL, with surrogate pairs joined and lone halves replaced by U+FFFD.

    >>> clean_text("a\x00b")
    'ab'
    >>> clean_text("\ud83c\udf89") == "🎉"
    True
    """
    if "\x00" in text:
        text = text.replace("\x00", "")
    if _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
