"""A whole condition as one statement.

Every clause is read once into a bitmap (a scalar of the WITH part); the tree is then arithmetic on bitmaps. "Not" is
carried as a sign, so that the universe is read only where nothing else bounds the result. With ``only`` the very
same statement looks at some people and at the rows of the accounts merged into them.
"""

from collections.abc import Sequence
from copy import copy
from datetime import datetime

import sqlglot.expressions as exp

from ninefold.base import from_ms, to_ms
from ninefold.predicate.model import AllOf, AnyOf, Clause, Condition, Everyone, Limited, Not, PropertyFilter, walk
from ninefold.predicate.reading import AS_STORED, Reading
from ninefold.predicate.rules import filter_problems, structure_problems
from ninefold.store import Statement, render

from . import clauses, limits
from .comparisons import Context, filter_tests
from .text import Bindings, every, select, sql
from .times import Timed, times

_MERGED = "SELECT oneid, root FROM redirects FINAL WHERE oneid <> root"
_MOVED = "SELECT tuple(groupArray(oneid), groupArray(root)) AS pairs FROM merged"
_PEOPLE = "SELECT groupBitmapState(oneid) AS members FROM people"
_EVERYONE = "bitmapAndnot(_people, bitmapBuild(tupleElement(moved, 1)))"
# The same, for some people: the few redirects that touch them are read once.
_WANTED = "SELECT groupBitmapState(arrayJoin(_only)) AS members"
_MOVED_OF = """
SELECT tuple(groupArray(oneid), groupArray(root)) AS pairs
FROM redirects FINAL
WHERE oneid <> root AND (bitmapContains(wanted, root) OR bitmapContains(wanted, oneid))
"""
_MERGED_OF = """
SELECT tupleElement(pair, 1) AS oneid, tupleElement(pair, 2) AS root
FROM (SELECT arrayJoin(arrayZip(tupleElement(moved, 1), tupleElement(moved, 2))) AS pair)
"""
_ASKED = "bitmapAndnot(wanted, bitmapBuild(tupleElement(moved, 1)))"
_REACH = "SELECT bitmapToArray(bitmapOr(wanted, bitmapBuild(tupleElement(moved, 1)))) AS ids"
_REACHED = "_oneid IN (SELECT arrayJoin(reach))"
_PEOPLE_OF = "oneid IN (SELECT arrayJoin(bitmapToArray(wanted)))"
_ROOT = """
SELECT if(count() = 0, _oneid, argMax(root, version)) AS person
FROM redirects
WHERE oneid = _oneid
"""

# Redirects as if some numbers led elsewhere.
_AS_IF = """
SELECT oneid, root FROM redirects FINAL WHERE NOT has(_numbers, oneid)
UNION ALL
SELECT tupleElement(pair, 1) AS oneid, tupleElement(pair, 2) AS root
FROM (SELECT arrayJoin(arrayZip(_numbers, _roots)) AS pair)
"""

_ONLY = "only"
_PRETTY_UP_TO = 200_000  # the store takes 262,144 characters; beyond this the layout goes


def members(
    condition: Condition, *, now: datetime, zone: str, only: Sequence[int] | None = None, reading: Reading = AS_STORED
) -> Statement:
    """The people for whom a condition is true: one column ``oneid`` (UInt32, present people, each once).

    Args:
        condition: the tree.
        now: the instant it is asked for; later events do not count.
        zone: business zone, for dates and calendar windows.
        only: ask about these people alone (present oneids); the answer is the full one's intersection with them.
        reading: under which policies of traits, and as if which people were one.

    Raises:
        Error: invalid, for a tree whose shape is wrong.
    """
    compiled = _Compiled(condition, now, zone, only, reading)
    return compiled.statement("arrayJoin(bitmapToArray(_members)) AS oneid")


def count(
    condition: Condition, *, now: datetime, zone: str, only: Sequence[int] | None = None, reading: Reading = AS_STORED
) -> Statement:
    """How many people a condition is true for: one row, one column ``people``. Arguments as for `members`."""
    return _Compiled(condition, now, zone, only, reading).statement("bitmapCardinality(_members) AS people")


def bitmap_select(
    condition: Condition, *, now: datetime, zone: str, only: Sequence[int] | None = None, reading: Reading = AS_STORED
) -> Statement:
    """The same people as one row with a bitmap ``members``, AggregateFunction(groupBitmap, UInt32), to be stored.

    Such a column cannot be fetched; wrap the statement in INSERT ... SELECT or in a bitmap function.
    """
    return _Compiled(condition, now, zone, only, reading).statement("_members AS members")


def verdicts(condition: Condition, oneid: int, *, now: datetime, zone: str, reading: Reading = AS_STORED) -> Statement:
    """What is true of one present person.

    One row: ``known`` (is there such a person), ``verdicts`` (one per node, in the order of `walk`).
    """
    return _Compiled(condition, now, zone, [oneid], reading).verdicts(oneid)


def evidence(
    parts: Sequence[Clause], oneid: int, *, now: datetime, zone: str, reading: Reading = AS_STORED
) -> Statement:
    """What the data of one present person say about clauses.

    One row, one column ``found``: per clause a tuple (value as text or NULL, ms since 1970 or 0, source).
    """
    return _Compiled(AnyOf(parts=tuple(parts)), now, zone, [oneid], reading).evidence(oneid, parts)


def moments(wanted: Sequence[Timed], oneid: int, *, now: datetime, zone: str) -> Statement:
    """The moments of one present person's events: one row, one column ``found``, an array of ms for each wanted."""
    return _Compiled(Everyone(), now, zone, [oneid], AS_STORED).moments(wanted)


def root_of(oneid: int) -> Statement:
    """Whom an account belongs to at present: one row, one column ``person``."""
    bindings = Bindings()
    return render(select(_ROOT, oneid=bindings.bind(oneid, "UInt32")), bindings.values)


def event_filter(
    filters: tuple[PropertyFilter, ...], *, now: datetime, zone: str, prefix: str = "where_"
) -> tuple[exp.Expr, dict[str, object]]:
    """Property filters as a boolean tree over ``events AS e``, with its parameters (names begin with ``prefix``).

    Raises:
        Error: invalid, for filters whose shape is wrong.
    """
    for problem in filter_problems(filters, "where"):
        raise problem.error()
    bindings = Bindings(prefix)
    test = every(filter_tests(filters, Context(now=from_ms(to_ms(now)), zone=zone, bindings=bindings)))
    return test, bindings.used(test)


class _Compiled:
    """A condition read clause by clause, with the WITH part that its statement needs."""

    def __init__(
        self, condition: Condition, now: datetime, zone: str, only: Sequence[int] | None, reading: Reading
    ) -> None:
        for problem in structure_problems(condition):
            raise problem.error()
        self._condition = condition
        self._bindings = Bindings()
        self._context = Context(now=from_ms(to_ms(now)), zone=zone, bindings=self._bindings, policies=reading.policies)
        self._moved = reading.moved
        ids = None if only is None else [int(each) for each in only]
        self._only = None if ids is None else self._bindings.bind(ids, "Array(UInt32)", _ONLY)
        self._prefix = ""
        self._start()

    def _start(self) -> None:
        self._scalars: dict[str, exp.Select] = {}
        self._reads: dict[str, clauses.Read] = {}
        self._names: dict[str, str] = {}

    def statement(self, wanted: str) -> Statement:
        """The statement that selects ``wanted`` of the members."""
        return self._render([sql(wanted, members=self._present(self._condition))])

    def verdicts(self, oneid: int) -> Statement:
        """The statement that says of every node whether it is true of a person."""
        person = self._bindings.bind(oneid, "UInt32")
        contained = [
            sql("bitmapContains(_people, _person)", people=self._present(node), person=person)
            for _, node in walk(self._condition)
        ]
        known = sql("bitmapContains(_everyone, _person) AS known", everyone=self._everyone(), person=person)
        return self._render([known, exp.alias_(exp.array(*contained), "verdicts")])

    def evidence(self, oneid: int, parts: Sequence[Clause]) -> Statement:
        """The statement that says what a person's data are."""
        person = self._bindings.bind(oneid, "UInt32")
        found = [clauses.evidence(part, person, self._context, self._reach) for part in parts]
        column = exp.array(*(exp.Subquery(this=each) for each in found))
        return self._render([exp.alias_(column, "found")])

    def moments(self, wanted: Sequence[Timed]) -> Statement:
        """The statement that says when a person's events are."""
        found = exp.array(*(exp.Subquery(this=times(one, self._context, self._reach("e"))) for one in wanted))
        return self._render([exp.alias_(found, "found")])

    def _render(self, columns: list[exp.Expr]) -> Statement:
        tree = self._tree(columns)
        if self._moved:
            tree = self._as_if(tree)
        statement = render(tree, self._bindings.used(tree))
        if len(statement.text) < _PRETTY_UP_TO:
            return statement
        return Statement(tree.sql(dialect="clickhouse"), statement.parameters)

    def _tree(self, columns: list[exp.Expr]) -> exp.Select:
        """A SELECT of columns with the WITH part they need."""
        if self._only is None:
            ctes = [_cte("merged", select(_MERGED))]
        else:
            ctes = [
                _cte("wanted", select(_WANTED, only=self._only), scalar=True),
                _cte("moved", select(_MOVED_OF), scalar=True),
                _cte("merged", select(_MERGED_OF)),
                _cte("reach", select(_REACH), scalar=True),
            ]
        ctes += [_cte(name, tree, scalar=True) for name, tree in self._scalars.items()]
        tree = exp.Select(expressions=columns)
        tree.set("with_", exp.With(expressions=ctes))
        return tree

    def _as_if(self, tree: exp.Select) -> exp.Select:
        """The same over other redirects than are stored."""
        numbers, people = ([pair[k] for pair in self._moved] for k in (0, 1))
        moved = [
            self._bindings.bind(each, "Array(UInt32)", name) for each, name in ((numbers, "numbers"), (people, "roots"))
        ]
        for table in list(tree.find_all(exp.Table)):
            if table.name == "redirects":
                whole = table.parent if isinstance(table.parent, exp.Final) else table
                whole.replace(exp.Subquery(this=sql(_AS_IF, numbers=moved[0].copy(), roots=moved[1].copy())))
        return tree

    def _reach(self, alias: str) -> list[exp.Expr]:
        if self._only is None:
            return []
        return [sql(_REACHED, oneid=exp.column("oneid", alias))]

    def _present(self, condition: Condition) -> exp.Expr:
        """The bitmap of a node's people, all of them present, and among those asked about."""
        people, negative = self._signed(condition)
        if negative:
            return _minus(self._everyone(), people)
        return people if self._only is None else _fold("bitmapAnd", [sql(_ASKED), people])

    def _signed(self, node: Condition) -> tuple[exp.Expr, bool]:
        """A bitmap, and whether the node is true for those outside it instead."""
        match node:
            case Not(part=part):
                people, negative = self._signed(part)
                return people, not negative
            case AllOf(parts=parts):
                return _intersection([self._signed(part) for part in parts])
            case AnyOf(parts=parts):
                people, negative = _intersection([_turned(self._signed(part)) for part in parts])
                return people, not negative
            case Limited():
                return self._limited(node), False
            case _:
                return self._clause(node)

    def _limited(self, node: Limited) -> exp.Expr:
        """Who is among the first depends on everybody else, so this part is read whole, as a statement in itself."""
        if repr(node) not in self._names:
            whole = copy(self)
            whole._only, whole._prefix = None, f"{self._prefix}l{len(self._names) + 1}_"  # noqa: SLF001 - its own copy
            whole._start()  # noqa: SLF001
            people = whole._present(node.part)  # noqa: SLF001
            chosen = limits.chosen(node, people, self._context)
            self._names[repr(node)] = name = f"{self._prefix}limit_{len(self._names) + 1}"
            self._scalars[name] = whole._tree([chosen])  # noqa: SLF001
        return exp.column(self._names[repr(node)])

    def _clause(self, clause: Clause) -> tuple[exp.Expr, bool]:
        found = self._read(clause)
        if found.members is None:
            return self._everyone(), found.negative
        people: exp.Expr = exp.column(self._names[repr(clause)])
        if found.raw:
            self._need_moved()
            text = "bitmapTransform(_people, tupleElement(moved, 1), tupleElement(moved, 2))"
            people = sql(text, people=people)
        if found.snapshot:
            people = _fold("bitmapAnd", [self._everyone(), people])
        return people, found.negative

    def _read(self, clause: Clause) -> clauses.Read:
        """A clause as it is read; the same clause is read once. (Not by equality: 1 equals true.)"""
        key = repr(clause)
        if key not in self._reads:
            self._reads[key] = found = clauses.read(clause, self._context, self._reach)
            if found.members is not None:
                self._names[key] = f"{self._prefix}clause_{len(self._names) + 1}"
                self._scalars[self._names[key]] = found.members
        return self._reads[key]

    def _need_moved(self) -> None:
        if self._only is None and "moved" not in self._scalars:
            self._scalars["moved"] = select(_MOVED)

    def _everyone(self) -> exp.Expr:
        if "everyone" not in self._scalars:
            self._need_moved()
            people = select(_PEOPLE)
            if self._only is not None:
                people.where(sql(_PEOPLE_OF), copy=False)
            self._scalars["everyone"] = exp.Select(expressions=[sql(_EVERYONE, people=exp.Subquery(this=people))])
        return exp.column("everyone")


def _cte(name: str, tree: exp.Expr, *, scalar: bool = False) -> exp.CTE:
    alias = exp.TableAlias(this=exp.to_identifier(name))
    return (
        exp.CTE(this=exp.Subquery(this=tree), alias=alias, scalar=True) if scalar else exp.CTE(this=tree, alias=alias)
    )


def _turned(signed: tuple[exp.Expr, bool]) -> tuple[exp.Expr, bool]:
    return signed[0], not signed[1]


def _intersection(parts: list[tuple[exp.Expr, bool]]) -> tuple[exp.Expr, bool]:
    """Those in every part, by De Morgan's laws without the universe."""
    inside = [people for people, negative in parts if not negative]
    outside = [people for people, negative in parts if negative]
    if not inside:
        return _fold("bitmapOr", outside), True
    people = _fold("bitmapAnd", inside)
    return (_minus(people, _fold("bitmapOr", outside)) if outside else people), False


def _minus(people: exp.Expr, others: exp.Expr) -> exp.Expr:
    return sql("bitmapAndnot(_people, _others)", people=people, others=others)


def _fold(function: str, parts: list[exp.Expr]) -> exp.Expr:
    """A two-place bitmap function over many, as a balanced tree."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    left, right = _fold(function, parts[:middle]), _fold(function, parts[middle:])
    return sql(f"{function}(_left, _right)", left=left, right=right)
