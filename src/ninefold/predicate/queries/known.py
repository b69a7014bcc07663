"""The names and kinds of values in the live data, as one statement, and the catalog made of its rows."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlglot.expressions as exp

from ninefold.predicate.model import Catalog, Kinds, Lineage, ValueKind
from ninefold.store import Statement, render

from .text import Bindings, sql

# Names are all listed; kinds of values and properties, which cost a scan, only for the names asked about.
_SEEN = """
SELECT 'event' AS what, '' AS owner, toString(name) AS label, emptyArrayString() AS kinds
FROM events
GROUP BY name
UNION ALL
SELECT 'property', toString(name), toString(arrayJoin(groupUniqArrayArray(mapKeys(props)))), ['text']
FROM events
WHERE _events
GROUP BY name
UNION ALL
SELECT 'property', toString(name), toString(arrayJoin(groupUniqArrayArray(mapKeys(nums)))), ['number']
FROM events
WHERE _events
GROUP BY name
UNION ALL
SELECT 'trait', '', toString(key), emptyArrayString()
FROM traits
GROUP BY key
UNION ALL
SELECT 'trait', '', toString(key), groupUniqArray(_kind)
FROM traits
WHERE deleted = 0 AND _traits
GROUP BY key
UNION ALL
SELECT 'trait', '', toString(key), [if(operation = 'add', 'number', 'text')]
FROM trait_changes
GROUP BY key, operation
UNION ALL
SELECT 'tag', '', toString(tag), emptyArrayString()
FROM tag_runs
GROUP BY tag
UNION ALL
SELECT 'tag', '', toString(tag), groupUniqArray(_kind)
FROM tags
WHERE (tag, version) IN (SELECT tag, max(version) FROM tag_runs GROUP BY tag) AND _tags
GROUP BY tag
UNION ALL
SELECT 'segment', '', toString(segment), emptyArrayString()
FROM segment_versions
GROUP BY segment
"""
_KIND = """
multiIf(
  value IN ('true', 'false'), 'yes/no',
  like(value, '____-__-__%'), 'time',
  num IS NOT NULL, 'number',
  'text'
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One row of `names_seen`."""

    what: str
    owner: str
    label: str
    kinds: tuple[str, ...] = ()


def names_seen(about: Lineage | None = None) -> Statement:
    """Rows (what, owner, label, kinds): every name in the data, with kinds of values and properties.

    Args:
        about: look at kinds and properties of these names only; None means of all.
    """
    bindings = Bindings("known_")
    tests: dict[str, exp.Expr]
    if about is None:
        tests = dict.fromkeys(("events", "traits", "tags"), sql("TRUE"))
    else:
        named = {"events": ("name", about.events), "traits": ("key", about.traits), "tags": ("tag", about.tags)}
        tests = {
            what: exp.In(this=exp.column(column), field=bindings.bind(sorted(names), "Array(String)", f"known_{what}"))
            for what, (column, names) in named.items()
        }
    return render(sql(_SEEN, kind=sql(_KIND), **tests), bindings.values)


def catalog_of(rows: Iterable[Seen]) -> Catalog:
    """The catalog of what was seen."""
    events: dict[str, dict[str, Kinds]] = {}
    kept: dict[str, dict[str, Kinds]] = {"trait": {}, "tag": {}, "segment": {}}
    for row in rows:
        kinds = frozenset(ValueKind(kind) for kind in row.kinds)
        if row.what == "event":
            events.setdefault(row.label, {})
            continue
        names = events.setdefault(row.owner, {}) if row.what == "property" else kept[row.what]
        names[row.label] = names.get(row.label, frozenset()) | kinds
    return Catalog(events=events, traits=kept["trait"], tags=kept["tag"], segments=frozenset(kept["segment"]))
