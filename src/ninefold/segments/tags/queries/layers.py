"""SQL of a layer: some people with one value. No I/O here."""

from ninefold.predicate import writing as w
from ninefold.store import Statement, render

_WITH = "SELECT p.oneid AS person, {layer_value:String} AS value, NULL AS num FROM _people"


def with_value(people: Statement, value: str) -> Statement:
    """People (a statement with the column ``oneid``) with a value: person, value, num."""
    return render(w.sql(_WITH, people=w.nested(people, "p")), {**people.parameters, "layer_value": value})
