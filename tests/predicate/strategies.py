"""Random conditions over the names and values of `reference.random_world`, so that most of them find somebody."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ninefold.predicate.model import (
    AGGREGATES,
    COUNTS,
    AllOf,
    AnyOf,
    Before,
    Between,
    Calendar,
    Clause,
    Condition,
    Draw,
    During,
    EventClause,
    EventPick,
    Everyone,
    Full,
    Last,
    Limited,
    Measure,
    Not,
    Op,
    Operand,
    PropertyFilter,
    Quiet,
    Rank,
    SegmentClause,
    SequenceClause,
    Since,
    Step,
    TagClause,
    TraitClause,
    Unit,
    Window,
)

from .reference import CITIES, NAMES, TIMES

Test = tuple[Op, Operand]

SPANS = st.sampled_from(["1m", "24h", "3d", "30d", "52w"])
MOMENTS = st.sampled_from([*TIMES, "2026-05-29T08:00", "2026-04-17"])
NUMBERS = st.sampled_from([-3, 0, 0.1, 0.3, 1, 2, 3, 5, 10, 10.5, 299])
TEXTS = st.sampled_from([*CITIES, "gold", "shoes", "true", "o1", "web"])
PARTS = st.sampled_from(["h", "ang", "京", "S", "'", "2026", "5"])
PATTERNS = st.sampled_from(["^S", "(?i)^s", "o|O", "[0-9]+$", "京$", "^$", "x*"])


def _pair(values: SearchStrategy[float]) -> SearchStrategy[Operand]:
    return st.tuples(values, values).map(lambda pair: (min(pair), max(pair)))


def _listed(values: SearchStrategy[Operand]) -> SearchStrategy[Operand]:
    return st.lists(values, min_size=1, max_size=4).map(tuple)  # type: ignore[arg-type]


NUMBER_TESTS: SearchStrategy[Test] = st.one_of(
    st.tuples(st.sampled_from([Op.EQ, Op.NE, Op.GT, Op.GTE, Op.LT, Op.LTE]), NUMBERS),
    st.tuples(st.just(Op.BETWEEN), _pair(NUMBERS)),
    st.tuples(st.sampled_from([Op.IN, Op.NOT_IN]), _listed(NUMBERS)),
)
TEXT_TESTS: SearchStrategy[Test] = st.one_of(
    st.tuples(st.sampled_from([Op.EQ, Op.NE]), st.one_of(TEXTS, st.booleans())),
    st.tuples(st.sampled_from([Op.IN, Op.NOT_IN]), _listed(TEXTS)),
    st.tuples(st.sampled_from([Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS_WITH, Op.ENDS_WITH]), PARTS),
    st.tuples(st.just(Op.MATCHES), PATTERNS),
)
TIME_TESTS: SearchStrategy[Test] = st.one_of(
    st.tuples(st.sampled_from([Op.BEFORE, Op.AFTER]), MOMENTS),
    st.tuples(st.sampled_from([Op.WITHIN_LAST, Op.NOT_WITHIN_LAST]), SPANS),
)
PRESENCE: SearchStrategy[Test] = st.tuples(st.sampled_from([Op.EXISTS, Op.NOT_EXISTS]), st.none())
TESTS: SearchStrategy[Test] = st.one_of(NUMBER_TESTS, TEXT_TESTS, TIME_TESTS, PRESENCE)


def _text_only(test: Test) -> bool:
    first = test[1][0] if isinstance(test[1], tuple) else test[1]
    return not isinstance(first, bool)


FILTERS: SearchStrategy[PropertyFilter] = st.one_of(
    st.builds(
        lambda name, test: PropertyFilter(property=name, op=test[0], value=test[1]),
        st.sampled_from(["category", "price", "when", "ok", "properties.category", "absent"]),
        TESTS,
    ),
    st.builds(
        lambda name, test: PropertyFilter(property=name, op=test[0], value=test[1]),
        st.sampled_from(["revenue", "quantity"]),
        NUMBER_TESTS | PRESENCE,
    ),
    st.builds(
        lambda name, test: PropertyFilter(property=name, op=test[0], value=test[1]),
        st.sampled_from(["order_id", "channel", "currency"]),
        TEXT_TESTS.filter(_text_only) | PRESENCE,
    ),
    st.builds(lambda test: PropertyFilter(property="time", op=test[0], value=test[1]), TIME_TESTS),
)
WINDOWS: SearchStrategy[Window | None] = st.one_of(
    st.none(),
    st.builds(lambda span: Last(span=span), SPANS),
    st.builds(lambda calendar: During(calendar=calendar), st.sampled_from(Calendar)),
    st.builds(lambda start: Since(start=start), MOMENTS),
    st.builds(lambda end: Before(end=end), MOMENTS),
    st.sampled_from([
        Between(start="2026-05-02", end="2026-05-31"),
        Between(start="2026-05-02T08:00:00Z", end="2026-06-01T08:00:00Z"),
        Between(start="2026-05-29", end="2026-05-29"),
        Full(unit=Unit.DAYS, count=3),
        Full(unit=Unit.WEEKS, count=4),
        Full(unit=Unit.MONTHS, count=1),
    ]),
)  # fmt: skip


_EVENTS = st.sampled_from([*NAMES, "absent"])
_WHERE = st.lists(FILTERS, max_size=1).map(tuple)


@st.composite
def event_clauses(draw: st.DrawFn) -> EventClause:
    measure = draw(st.sampled_from(Measure))
    of, op, value = "", None, None
    if measure in COUNTS and measure is not Measure.DISTINCT:
        op, value = draw(NUMBER_TESTS)
    elif measure in AGGREGATES | {Measure.DISTINCT}:
        of = draw(st.sampled_from(["revenue", "quantity", "price", "category", "absent"]))
        op, value = draw(NUMBER_TESTS)
    elif measure in {Measure.FIRST, Measure.LAST}:
        of = draw(st.sampled_from(["time", "category", "price", "when", "revenue", "channel"]))
        tests = {"time": TIME_TESTS, "revenue": NUMBER_TESTS, "channel": TEXT_TESTS.filter(_text_only)}
        op, value = draw(tests.get(of, st.one_of(NUMBER_TESTS, TEXT_TESTS, TIME_TESTS)))
    within = draw(WINDOWS)
    return EventClause(
        event=draw(_EVENTS),
        measure=measure,
        of=of,
        op=op,
        value=value,
        within=Last(span="30d") if measure is Measure.FIRST_TIME and within is None else within,
        where=tuple(draw(st.lists(FILTERS, max_size=2))),
        gap=draw(st.sampled_from(["1m", "3d", "15d"])) if measure is Measure.RESUMED else "",
    )


PICKS: SearchStrategy[EventPick] = st.builds(lambda event, where: EventPick(event=event, where=where), _EVENTS, _WHERE)
_SOME_SPAN = st.sampled_from(["", "", "1m", "3d", "30d"])


@st.composite
def sequences(draw: st.DrawFn) -> SequenceClause:
    quiet = draw(st.booleans())
    count = draw(st.integers(1 if quiet else 2, 3))
    steps = tuple(
        Step(
            pick=draw(PICKS),
            within=draw(_SOME_SPAN) if number else "",
            without=tuple(draw(st.lists(PICKS, max_size=1))) if number else (),
        )
        for number in range(count)
    )
    return SequenceClause(
        steps=steps,
        span=draw(_SOME_SPAN),
        same=draw(st.sampled_from(["", "", "session_id", "category"])),
        within=draw(WINDOWS),
        then_not=Quiet(pick=draw(PICKS), within=draw(st.sampled_from(["1m", "3d", "30d"]))) if quiet else None,
    )


@st.composite
def ranks(draw: st.DrawFn) -> Rank:
    by: TraitClause | TagClause | EventClause = TraitClause(key=draw(st.sampled_from(["age", "city", "absent"])))
    match draw(st.sampled_from(["trait", "tag", "event"])):
        case "tag":
            by = TagClause(tag=draw(st.sampled_from(["level", "unbuilt"])))
        case "event":
            measure = draw(st.sampled_from([*sorted(COUNTS | AGGREGATES)]))
            of = "" if measure in COUNTS - {Measure.DISTINCT} else draw(st.sampled_from(["revenue", "price"]))
            by = EventClause(event=draw(_EVENTS), measure=measure, of=of, within=draw(WINDOWS), where=draw(_WHERE))
    return Rank(by=by, lowest=draw(st.booleans()))


def _limits(inner: SearchStrategy[Condition]) -> SearchStrategy[Condition]:
    draws, people = st.builds(lambda seed: Draw(seed=seed), st.sampled_from(["a", "上海"])), st.integers(1, 12)
    return st.one_of(
        st.builds(lambda part, by, most: Limited(part=part, by=by, most=most), inner, draws | ranks(), people),
        st.builds(lambda part, by: Limited(part=part, by=by, share=0.5), inner, draws),
    )


CLAUSES: SearchStrategy[Clause] = st.one_of(
    st.builds(Everyone),
    st.builds(
        lambda key, test: TraitClause(key=key, op=test[0], value=test[1]),
        st.sampled_from(["city", "age", "joined", "vip", "absent"]),
        TESTS,
    ),
    st.builds(
        lambda tag, test: TagClause(tag=tag, op=test[0], value=test[1]), st.sampled_from(["level", "unbuilt"]), TESTS
    ),
    st.builds(lambda segment: SegmentClause(segment=segment), st.sampled_from(["vip", "few", "absent"])),
    event_clauses(),
    event_clauses(),
    sequences(),
)


def _groups(inner: SearchStrategy[Condition]) -> SearchStrategy[Condition]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(lambda parts: AllOf(parts=parts), several),
        st.builds(lambda parts: AnyOf(parts=parts), several),
        st.builds(lambda part: Not(part=part), inner),
        _limits(inner),
    )


CONDITIONS: SearchStrategy[Condition] = st.recursive(CLAUSES, _groups, max_leaves=6)
