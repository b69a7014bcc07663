"""An event analysis from its part of the document. Pure."""

import re
from datetime import timedelta

from ninefold.analysis.amounts import read_amount
from ninefold.analysis.document import items, read_groupings, read_length
from ninefold.analysis.model import Grain
from ninefold.base import Fields, invalid

from .formula import Formula, read_formula
from .model import FORMULAS_MAX, GROUPINGS_MAX, MEASURES_MAX, Against, EventAnalysis, Measure, Per, Take

_FIELDS = ("measures", "formulas", "by", "split", "compare")
_QUANTILE = re.compile(r"p([1-9][0-9]?)")
_TAKES = "count, people, sum, avg, min, max, median, p1 to p99, distinct"
_OF_PROPERTY = {Take.SUM, Take.AVG, Take.MIN, Take.MAX, Take.QUANTILE, Take.DISTINCT}
_OF_EVENTS = {Take.COUNT, Take.PEOPLE, Take.DISTINCT}
_LONGEST = timedelta(days=3660)


def read_event(document: Fields, part: str) -> EventAnalysis:
    """The event analysis of a document; raises invalid, naming the first wrong field."""
    fields = document.section(part, _FIELDS)
    measures = tuple(
        _measure(one, f"{fields.at('measures')}[{place}]")
        for place, one in enumerate(items(fields, "measures", low=1, high=MEASURES_MAX))
    )
    letters = "abcdefgh"[: len(measures)]
    return EventAnalysis(
        measures=measures,
        formulas=tuple(
            _formula(one, f"{fields.at('formulas')}[{place}]", letters)
            for place, one in enumerate(items(fields, "formulas", low=0, high=FORMULAS_MAX))
        ),
        by=read_groupings(fields, "by", most=GROUPINGS_MAX),
        split=Grain(fields.choice("split", tuple(Grain))) if fields.has("split") else None,
        compare=_compare(fields),
    )


def _measure(document: object, path: str) -> Measure:
    amount, fields = read_amount(document, path, "take", "per")
    word = fields.text("take", "count")
    quantile = _QUANTILE.fullmatch("p50" if word == "median" else word)
    if quantile is None and (word not in tuple(Take) or word == Take.QUANTILE):
        raise fields.wrong("take", _TAKES)
    take = Take.QUANTILE if quantile else Take(word)
    per = Per(fields.choice("per", tuple(Per), Per.EVENT))
    if take in _OF_EVENTS and (per is not Per.EVENT or amount.plus or amount.less):
        wrong = "per" if per is not Per.EVENT else "plus" if amount.plus else "less"
        raise invalid(
            "bad_measure", f"{word} looks at the main events only", field=fields.at(wrong), allowed="sum, avg, p50, ..."
        )
    if take in _OF_PROPERTY and not amount.measured and per is Per.EVENT:
        raise invalid("bad_measure", f"{word} needs a property", field=fields.at("property"), allowed="revenue, ...")
    if take not in _OF_PROPERTY and amount.measured:
        raise invalid("bad_measure", f"{word} takes no property", field=fields.at("property"), got=amount.measured)
    if take is not Take.SUM and per is Per.EVENT and (amount.plus or amount.less):
        raise invalid(
            "bad_measure", f"{word} with plus or less needs to know of what: changes and refunds are no orders",
            field=fields.at("per"), allowed="order, person",
        )  # fmt: skip
    label = fields.text("label", "") or " ".join(
        word for word in (amount.pick.label, "" if word == "count" else word, amount.measured) if word
    )
    return Measure(
        amount=amount,
        take=take,
        per=per,
        part=int(quantile[1]) / 100 if quantile else float(take is Take.MAX),
        word=word,
        label=label,
    )


def _formula(document: object, path: str, letters: str) -> Formula:
    fields = Fields({"text": document} if isinstance(document, str) else document, path=path, allowed=("text", "label"))
    return read_formula(fields.text("text"), fields.text("label", ""), letters, fields.at("text"))


def _compare(fields: Fields) -> Against | timedelta | None:
    given = fields.raw("compare")
    if given is None:
        return None
    if given in tuple(Against):
        return Against(str(given))
    return timedelta(milliseconds=read_length(given, fields.at("compare"), most=_LONGEST))
