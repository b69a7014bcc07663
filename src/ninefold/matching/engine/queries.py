"""Statements of the engine, composed as trees. Pure.

Names of columns are keys of fields, which a document may only spell with lower case letters, digits, underscores.
"""

from collections.abc import Sequence
from typing import Final

import sqlglot
import sqlglot.expressions as exp

from ninefold.matching.model import MatchField, MatchingRules, Model

from .kinds import KINDS
from .settings import ID, block_column, made_column, usable_blocking

RAW: Final = "raw"
CLEAN: Final = "clean"
PEOPLE: Final = "matched_people"
FRESH_IDS: Final = "fresh_ids"
FRESH: Final = "fresh_people"
REST: Final = "rest_people"
DECIDED: Final = "decided_pairs"
_DIALECT: Final = "duckdb"
_FEW: Final = "CASE WHEN count(*) OVER (PARTITION BY $k) <= $n THEN $k END"


def clean_people(rules: MatchingRules) -> str:
    """Makes the cleaned table from the raw one: a column per field as it is compared, and what is made of each."""
    columns = [exp.column(ID), *(_alias(KINDS[one.kind].clean.replace("$v", _q(one.key)), one.key)
                                 for one in rules.fields)]  # fmt: skip
    made = [
        _alias(text.replace("$v", _q(one.key)), made_column(one, name))
        for one in rules.fields
        for name, text in KINDS[one.kind].made.items()
    ]
    inner = exp.select(*columns).from_(RAW)
    return _table(CLEAN, exp.select(exp.Star(), *made).from_(inner.subquery("cleaned")))


def filled_counts(rules: MatchingRules) -> str:
    """One row: people, and values per field."""
    counts = [exp.alias_(exp.Count(this=exp.column(one.key)), one.key) for one in rules.fields]
    return _text(exp.select(exp.alias_(exp.Count(this=exp.Star()), "people_"), *counts).from_(CLEAN))


def keyed_people(rules: MatchingRules, model: Model) -> str:
    """Makes the table of people with the keys of the blocking rules; a key that too many share is left out."""
    places = usable_blocking(rules, model)
    keys = [_alias(_key(rules, rules.blocking[k], "{}"), block_column(k)) for k in places]
    inner = exp.select(exp.Star(), *keys).from_(CLEAN)
    fields = [rules.field(one.key) for one in model.fields]
    made = [exp.column(made_column(one, name)) for one in fields for name in KINDS[one.kind].made]
    kept = [exp.column(ID), *(exp.column(one.key) for one in fields), *made]
    few = [
        _alias(_FEW.replace("$k", _q(block_column(k))).replace("$n", str(rules.block_max)), block_column(k))
        for k in places
    ]
    return _table(PEOPLE, exp.select(*kept, *few).from_(inner.subquery("keyed")))


def large_blocks(rules: MatchingRules, place: int) -> str:
    """One row: keys of a blocking rule that more people share than may, and how many people they have."""
    inner = (
        exp.select(_alias("count(*)", "n"))
        .from_(exp.select(_alias(_key(rules, rules.blocking[place], "{}"), "k")).from_(CLEAN).subquery("keyed"))
        .where("k IS NOT NULL")
        .group_by("k")
        .having(exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(rules.block_max)))
    )
    return _text(exp.select("count(*)", "coalesce(sum(n), 0)").from_(inner.subquery("large")))


def training_rule(rules: MatchingRules, parts: Sequence[str]) -> str:
    """A blocking rule over columns, for the engine's training: it leaves out the fields that are named there."""
    return " AND ".join(f"{_part(rules, part, 'l.{}')} = {_part(rules, part, 'r.{}')}" for part in parts)


def common_values(field: MatchField, most: int) -> str:
    """Rows (value, share of the people with a value): the most common ones that at least five people have."""
    tree = (
        exp.select(exp.column(field.key), _alias("count(*)", "n"))
        .from_(CLEAN)
        .where(exp.column(field.key).is_(exp.null()).not_())
        .group_by(exp.column(field.key))
        .having("count(*) >= 5")
        .order_by(exp.Ordered(this=exp.column("n"), desc=True), exp.column(field.key))
        .limit(most)
    )
    return _text(tree)


def value_counts(field: MatchField) -> str:
    """One row: values of a field, distinct values."""
    column = exp.column(field.key)
    return _text(
        exp.select(exp.Count(this=column), exp.Count(this=exp.Distinct(expressions=[column.copy()]))).from_(CLEAN)
    )


def frequency_table(field: MatchField, rare: float) -> str:
    """Makes the engine's table of frequencies: every value at hand, with the model's share of it."""
    name, column = f"tf_{field.key}", exp.column(field.key, "c")
    share = exp.Coalesce(this=exp.column("share", "k"), expressions=[exp.Literal.number(repr(rare))])
    tree = (
        exp.select(column, exp.alias_(share, name))
        .distinct()
        .from_(exp.to_table(CLEAN).as_("c"))
        .join(exp.to_table(f"known_{field.key}").as_("k"), on=exp.EQ(this=column, expression=exp.column("value", "k")),
              join_type="left")
        .where(column.is_(exp.null()).not_())
    )  # fmt: skip
    return _table(name, tree)


def changed_values(rules: MatchingRules, keys: Sequence[str]) -> str:
    """Rows (id, field, side, before, after): decisions whose key fields are not what they were.

    Of a pair that is one person now, a value counts that is neither of the two it was; of two people, each side's own.
    """
    parts = [_changed_side(rules.field(key), side) for key in keys for side in ("a", "b", "one")]
    return " UNION ALL ".join(_text(one) for one in parts)


def _changed_side(field: MatchField, side: str) -> exp.Select:
    clean = KINDS[field.kind].clean
    before = {one: f"({clean.replace('$v', _q(f'{field.key}_{one}', 'd'))})" for one in ("a", "b")}
    now = _q(field.key, "c")
    root = "d.root_b" if side == "b" else "d.root_a"
    if side == "one":
        test = (
            f"d.root_a = d.root_b AND {now} IS NOT NULL"
            f" AND {now} IS DISTINCT FROM {before['a']} AND {now} IS DISTINCT FROM {before['b']}"
        )
        was = f"coalesce({_q(field.key + '_a', 'd')}, {_q(field.key + '_b', 'd')})"
    else:
        test = f"d.root_a <> d.root_b AND {now} IS DISTINCT FROM {before[side]}"
        was = _q(f"{field.key}_{side}", "d")
    columns = ["d.id AS id", f"'{field.key}' AS field", f"'{side}' AS side", f"{was} AS before",
               f"{_q(field.key, 'v')} AS after"]  # fmt: skip
    return (
        exp.select(*(sqlglot.parse_one(one, dialect=_DIALECT) for one in columns))
        .from_(exp.to_table(DECIDED).as_("d"))
        .join(f"{CLEAN} AS c", on=f"c.{ID} = {root}", dialect=_DIALECT)
        .join(f"{RAW} AS v", on=f"v.{ID} = {root}", dialect=_DIALECT)
        .where(sqlglot.condition(test, dialect=_DIALECT))
    )


def split_fresh() -> tuple[str, str]:
    """Make the tables of those who are new and of all others."""
    mine = "oneid IN (SELECT oneid FROM fresh_ids)"
    return (
        _table(FRESH, exp.select("*").from_(PEOPLE).where(sqlglot.condition(mine, dialect=_DIALECT))),
        _table(REST, exp.select("*").from_(PEOPLE).where(sqlglot.condition(f"NOT {mine}", dialect=_DIALECT))),
    )


def with_values(rules: MatchingRules, model: Model, scored: str) -> str:
    """Rows of pairs, the smaller number first: a, b, score, bits; per field both raw values, the level and its bits."""
    swapped = f"s.{ID}_l > s.{ID}_r"
    columns: list[exp.Expr | str] = [
        f"least(s.{ID}_l, s.{ID}_r) AS a", f"greatest(s.{ID}_l, s.{ID}_r) AS b",
        "s.match_probability AS score", "s.match_weight AS bits",
    ]  # fmt: skip
    for one in model.fields:
        frequent = rules.field(one.key).frequency
        bits = f"s.mw_{one.key}" + (f" + coalesce(s.mw_tf_adj_{one.key}, 0)" if frequent else "")
        columns += [
            f"CASE WHEN {swapped} THEN {_q(one.key, 'r')} ELSE {_q(one.key, 'l')} END AS {one.key}_a",
            f"CASE WHEN {swapped} THEN {_q(one.key, 'l')} ELSE {_q(one.key, 'r')} END AS {one.key}_b",
            f"s.gamma_{one.key} AS {one.key}_level",
            f"{bits} AS {one.key}_bits",
        ]
    parsed = [sqlglot.parse_one(one, dialect=_DIALECT) if isinstance(one, str) else one for one in columns]
    tree = (
        exp.select(*parsed)
        .from_(exp.to_table(scored).as_("s"))
        .join(f"{RAW} AS l", on=f"l.{ID} = s.{ID}_l", dialect=_DIALECT)
        .join(f"{RAW} AS r", on=f"r.{ID} = s.{ID}_r", dialect=_DIALECT)
        .order_by("a", "b")
    )
    return _text(tree)


def _key(rules: MatchingRules, parts: Sequence[str], column: str) -> str:
    """The key of a blocking rule; NULL when one of its parts is."""
    return " || '|' || ".join(f"({_part(rules, part, column)})" for part in parts)


def _part(rules: MatchingRules, part: str, column: str) -> str:
    key, _, cut = part.partition(".")
    place = column.format(_q(key))
    return KINDS[rules.field(key).kind].parts[cut].replace("$v", place) if cut else place


def _q(name: str, table: str = "") -> str:
    """A column as text, quoted."""
    return exp.column(name, table or None, quoted=True).sql(dialect=_DIALECT)


def _alias(expression: str, name: str) -> exp.Expr:
    return exp.alias_(sqlglot.parse_one(expression, dialect=_DIALECT), name)


def _table(name: str, tree: exp.Select) -> str:
    return exp.Create(this=exp.to_table(name), kind="TABLE", replace=True, expression=tree).sql(dialect=_DIALECT)


def _text(tree: exp.Expr) -> str:
    return tree.sql(dialect=_DIALECT)
