"""What is checked of a tag before anything is done with it. Pure."""

import re
from datetime import datetime

from ninefold.base import clean_text, invalid

from .model import Tagging

MOST = 1_000
"""Items of one call."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_VALUE = 200
_WHY = 500


def check(item: Tagging, *, now: datetime) -> None:
    """Raise invalid for the first thing that cannot be kept."""
    if not _NAME.fullmatch(item.tag):
        raise invalid("bad_tag", "not the name of a tag", field="tag", got=item.tag,
                      allowed="lower case letters, digits and _, beginning with a letter, at most 63")  # fmt: skip
    for field, text, most in (("value", item.value, _VALUE), ("why", item.why, _WHY)):
        if len(text) > most or text != clean_text(text):
            raise invalid("bad_tag", "not a text that can be kept", field=field, got=text,
                          allowed=f"a text of at most {most} characters")  # fmt: skip
    if item.until is not None and (item.until.tzinfo is None or item.until <= now):
        raise invalid("bad_tag", "a tag ends in the future", field="until", got=item.until.isoformat(),
                      allowed="a time with its zone, after now")  # fmt: skip
