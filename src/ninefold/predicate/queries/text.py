"""Building SQL: text laid out to be read, filled with trees; values bound as parameters, never written into it."""

from collections.abc import Iterable
from functools import lru_cache

import sqlglot
import sqlglot.expressions as exp

from ninefold.store import Statement

_DIALECT = "clickhouse"
_TAKES_BARE = (exp.Where, exp.Having, exp.Func, exp.Alias, exp.Paren, exp.Select, exp.Tuple, exp.Array)


@lru_cache(maxsize=256)
def _parsed(text: str) -> exp.Expr:
    return sqlglot.parse_one(text, dialect=_DIALECT)


@lru_cache(maxsize=32)
def _type(name: str) -> exp.DataType:
    return exp.DataType.build(name, dialect=_DIALECT)


def sql(text: str, /, **parts: exp.Expr) -> exp.Expr:
    """The tree of ClickHouse SQL in which every name with a leading underscore is replaced by the part so called.

    >>> sql("SELECT 1 FROM t WHERE _test", test=sql("a > 1")).sql("clickhouse")
    'SELECT 1 FROM t WHERE a > 1'
    """

    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column | exp.Table) and node.name.startswith("_"):
            part = parts[node.name[1:]]
            part = part if part.parent is None else part.copy()  # a tree has one place
            bare = node.parent is None or isinstance(node.parent, _TAKES_BARE)
            return exp.paren(part, copy=False) if isinstance(part, exp.Binary | exp.Unary) and not bare else part
        return node

    return _parsed(text).copy().transform(replaced, copy=False)


def select(text: str, /, **parts: exp.Expr) -> exp.Select:
    """The same for text that is a SELECT."""
    tree = sql(text, **parts)
    if not isinstance(tree, exp.Select):
        raise TypeError(text)
    return tree


def nested(statement: Statement, alias: str = "") -> exp.Subquery:
    """A SELECT as a part of another statement; the values it is bound to go along with the other's."""
    inside = sqlglot.parse_one(statement.text, dialect=_DIALECT)
    return exp.Subquery(this=inside, alias=exp.TableAlias(this=exp.to_identifier(alias)) if alias else None)


def every(tests: Iterable[exp.Expr]) -> exp.Expr:
    """All of the tests; true when there is none."""
    real = [test for test in tests if test != exp.true()]
    return exp.and_(*real, dialect=_DIALECT, copy=False) if real else exp.true()


def negated(test: exp.Expr) -> exp.Expr:
    """The test that holds where this one, never NULL, does not."""
    return exp.not_(test, dialect=_DIALECT, copy=False)


class Bindings:
    """The bound values of one statement; equal values of a type share a parameter.

    Args:
        prefix: what the names of the parameters begin with.
    """

    def __init__(self, prefix: str = "v") -> None:
        self.values: dict[str, object] = {}
        self._prefix = prefix
        self._names: dict[tuple[str, str], str] = {}

    def bind(self, value: object, type_name: str, name: str = "") -> exp.Expr:
        """A placeholder for a value of a ClickHouse type; under ``name`` when one is given."""
        found = self._names.setdefault((type_name, repr(value)), name or f"{self._prefix}{len(self._names) + 1}")
        self.values[found] = value
        return exp.Placeholder(this=exp.Var(this=found), kind=_type(type_name).copy())

    def text(self, value: str) -> exp.Expr:
        """A text."""
        return self.bind(value, "String")

    def number(self, value: float) -> exp.Expr:
        """A number."""
        return self.bind(float(value), "Float64")

    def instant(self, ms: int) -> exp.Expr:
        """An instant, from ms since 1970."""
        return sql("fromUnixTimestamp64Milli(_ms, 'UTC')", ms=self.bind(ms, "Int64"))

    def used(self, tree: exp.Expr) -> dict[str, object]:
        """The values that a tree really names."""
        named = {placeholder.name for placeholder in tree.find_all(exp.Placeholder)}
        return {name: value for name, value in self.values.items() if name in named}
