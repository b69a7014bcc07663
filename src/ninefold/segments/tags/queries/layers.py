"""SQL of a layer: some people with one value. No I/O here."""

import sqlglot
import sqlglot.expressions as exp

from ninefold.predicate import writing as w
from ninefold.store import Statement, render

_WITH = "SELECT p.oneid AS person, {layer_value:String} AS value, NULL AS num FROM _people"


def with_value(people: Statement, value: str) -> Statement:
    """People (a statement with the column ``oneid``) with a value: person, value, num."""
    inside = sqlglot.parse_one(people.text, dialect="clickhouse")
    found = exp.Subquery(this=inside, alias=exp.TableAlias(this=exp.to_identifier("p")))
    return render(w.sql(_WITH, people=found), {**people.parameters, "layer_value": value})
