"""Paths from their part of the document. Pure."""

import re
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from ninefold.analysis.document import ANY, items, read_length, read_pick
from ninefold.analysis.model import Chosen
from ninefold.base import Fields, invalid
from ninefold.predicate import parse

from .model import EDGES_MAX, GAP_MS, RULES_MAX, STEPS_MAX, Clean, Path

_FIELDS = ("event", "by", "clean", "repeats", "gap", "start", "end", "steps", "most", "against")
_LONGEST = 300


def read_path(document: Fields, part: str) -> Path:
    """The paths of a document; raises invalid, naming the first wrong field."""
    fields = document.section(part, _FIELDS)
    against = fields.raw("against")
    path = Path(
        pick=read_pick(fields.raw("event") or ANY, fields.at("event"))[0],
        by=fields.text("by", ""),
        clean=tuple(
            _rule(one, f"{fields.at('clean')}[{place}]")
            for place, one in enumerate(items(fields, "clean", low=0, high=RULES_MAX))
        ),
        repeats=fields.flag("repeats", default=False),
        gap_ms=read_length(fields.raw("gap"), fields.at("gap"), most=timedelta(days=1))
        if fields.has("gap")
        else GAP_MS,
        start=fields.text("start", ""),
        end=fields.text("end", ""),
        steps=fields.integer("steps", 5, low=2, high=STEPS_MAX),
        most=fields.integer("most", 50, low=1, high=EDGES_MAX),
        against=None if against is None else Chosen(condition=parse(against, path=fields.at("against"))),
    )
    if path.start and path.end:
        raise invalid(
            "bad_path", "steps are counted from the start or back from the end", field=fields.at("end"), got=path.end,
            allowed="start or end",
        )  # fmt: skip
    return path


def _rule(document: object, path: str) -> Clean:
    """A pattern with its text, or a name in which ``*`` stands for anything and which replaces all it fits."""
    if isinstance(document, str) and 0 < len(document) <= _LONGEST:
        pattern = ".*".join(re.escape(piece) for piece in document.split("*"))
        return Clean(pattern=f"^{pattern}$", to=document.replace("\\", "\\\\"))
    fields = Fields(document, path=path, allowed=("match", "to"))
    found = Clean(pattern=fields.text("match"), to=fields.long_text("to"))
    try:
        if max(len(found.pattern), len(found.to)) > _LONGEST:
            raise ValueError(found.pattern)
        pc.replace_substring_regex(pa.array(["x", ""]), pattern=found.pattern, replacement=found.to)
    except ValueError as exc:
        raise invalid(
            "bad_pattern", "not a regular expression (RE2) with a text for what it matches", field=fields.at("match"),
            got=found.pattern[:_LONGEST], allowed=f"up to {_LONGEST} characters, such as ^/users/[0-9]+",
        ) from exc  # fmt: skip
    return found
