"""The first people of a crowd, by lot or by a figure, as SQL: a bitmap.

The lot is a hash (SipHash-2-4 of "seed:person"), so it depends on nobody else and on no order of storage.
"""

import sqlglot.expressions as exp

from ninefold.predicate.model import Draw, Limited, Rank

from .clauses import ranks
from .comparisons import Context
from .text import sql

_CHOSEN = "(SELECT groupBitmapState(person) FROM _first) AS members"
_LOT = "sipHash64(concat(_seed, ':', toString(person)))"
_EACH = "SELECT arrayJoin(bitmapToArray(_people)) AS person"
_SHARE = "SELECT person FROM _each WHERE _lot <= _threshold"
_DRAWN = "SELECT person FROM _each ORDER BY _lot, person LIMIT _most"
_RANKED = """
SELECT toUInt32(v.person) AS person
FROM _values
WHERE bitmapContains(_people, toUInt32(v.person))
ORDER BY _value DESC, sipHash64(concat(':', toString(v.person))), v.person
LIMIT _most
"""
_LAST_HASH = 2**64 - 1


def chosen(node: Limited, people: exp.Expr, context: Context) -> exp.Expr:
    """A column ``members`` with the bitmap of those of some people who are in the limit."""
    most = context.bindings.bind(node.most, "UInt64")
    match node.by:
        case Draw(seed=seed):
            lot = sql(_LOT, seed=context.bindings.text(seed))
            each = exp.Subquery(this=sql(_EACH, people=people))
            if node.share:
                threshold = context.bindings.bind(min(int(node.share * 2**64), _LAST_HASH), "UInt64")
                first = sql(_SHARE, each=each, lot=lot, threshold=threshold)
            else:
                first = sql(_DRAWN, each=each, lot=lot, most=most)
        case Rank(by=figure, lowest=lowest):
            values = exp.Subquery(this=ranks(figure, context), alias=exp.TableAlias(this=exp.to_identifier("v")))
            value = sql("-v.value") if lowest else sql("v.value")
            first = sql(_RANKED, values=values, people=people, most=most, value=value)
    return sql(_CHOSEN, first=exp.Subquery(this=first))
