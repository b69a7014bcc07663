"""The shape of what is asked of events: figures, sequences of them, and filters on their properties. Pure."""

from collections.abc import Iterable, Iterator

from ninefold.predicate.forms import comparison_problems, name_problems, op_words, show
from ninefold.predicate.model import (
    AGGREGATES,
    COUNTS,
    EDGES,
    FILTERS_MAX,
    NUMBER_FIELDS,
    NUMBER_OPS,
    PRESENCE_OPS,
    STEPS_MAX,
    TEXT_FIELDS,
    TEXT_OPS,
    TIME_FIELD,
    TIME_OPS,
    VALUE_OPS,
    YES_NO,
    EventClause,
    EventPick,
    Measure,
    Op,
    Operand,
    Problem,
    PropertyFilter,
    SequenceClause,
    Step,
    Window,
)
from ninefold.predicate.windows import SPAN_ALLOWED, read_span

from .windows import window_problems

_TAKES_PROPERTY = AGGREGATES | EDGES | {Measure.DISTINCT}


def event_problems(clause: EventClause, path: str) -> Iterator[Problem]:
    """What is wrong with a test on events of one name."""
    yield from name_problems(clause.event, f"{path}.event")
    measure = clause.measure
    if measure in YES_NO:
        for name, given in (("of", clause.of or None), ("op", clause.op), ("value", clause.value)):
            if given is not None:
                yield Problem(
                    code="needless_field",
                    message=f'"{measure.value}" takes no "{name}"',
                    field=f"{path}.{name}",
                    got=show(given),
                    allowed="only event, measure, within, where",
                    hint="use measure: count to compare how often",
                )
    else:
        yield from figure_problems(clause, path)
        yield from _comparison_problems(clause, path)
    if measure is Measure.RESUMED or clause.gap:
        yield from _gap_problems(clause, path)
    if measure is Measure.FIRST_TIME and clause.within is None:
        yield Problem(
            code="missing_field", message='"first_time" needs the window in which the first one lies',
            field=f"{path}.within", allowed="a window, such as this_month or 30d",
        )  # fmt: skip
    yield from _where_problems(clause.within, clause.where, path)


def figure_problems(clause: EventClause, path: str) -> Iterator[Problem]:
    """What is wrong with the figure itself, its comparison aside."""
    measure, of = clause.measure, clause.of
    if measure in YES_NO:
        yield Problem(
            code="not_a_figure", message=f'"{measure.value}" is no figure', field=f"{path}.measure",
            got=measure.value, allowed=", ".join(sorted(COUNTS | AGGREGATES | EDGES)),
        )  # fmt: skip
    elif measure not in _TAKES_PROPERTY:
        if of:
            yield Problem(
                code="needless_field", message=f'"{measure.value}" counts events and takes no "of"',
                field=f"{path}.of", got=of,
            )  # fmt: skip
    elif not of:
        yield Problem(
            code="missing_field",
            message=f'"{measure.value}" needs the property it is taken over',
            field=f"{path}.of",
            allowed="revenue, quantity or a property of the event",
        )
    else:
        yield from name_problems(of, f"{path}.of")
        yield from _kind_of_property(measure, of, path)


def _kind_of_property(measure: Measure, of: str, path: str) -> Iterator[Problem]:
    if measure in AGGREGATES and (of in TEXT_FIELDS or of == TIME_FIELD):
        yield Problem(
            code="not_a_number",
            message=f'"{measure.value}" needs a number, and "{of}" is none',
            field=f"{path}.of",
            got=of,
            allowed="revenue, quantity or a numeric property",
            hint="the first or last time of an event: measure: first or last, of: time",
        )
    if measure is Measure.DISTINCT and of == TIME_FIELD:
        yield Problem(
            code="bad_property", message="different times are not counted", field=f"{path}.of", got=of,
            allowed="a property with values", hint="measure: days counts on how many days it was done",
        )  # fmt: skip


def _comparison_problems(clause: EventClause, path: str) -> Iterator[Problem]:
    allowed = _ops_of(clause.of) - PRESENCE_OPS if clause.measure in EDGES else NUMBER_OPS
    if clause.op is None:
        yield Problem(
            code="missing_field",
            message=f'"{clause.measure.value}" needs a comparison',
            field=f"{path}.op",
            allowed=op_words(allowed),
        )
        return
    yield from comparison_problems(clause.op, clause.value, path, allowed)
    if clause.measure in EDGES:
        yield from _kind_problems(clause.value, {clause.of}, clause.of, path)
    else:
        yield from _kind_problems(clause.value, NUMBER_FIELDS, "revenue", path)


def _gap_problems(clause: EventClause, path: str) -> Iterator[Problem]:
    if clause.measure is not Measure.RESUMED:
        yield Problem(
            code="needless_field", message=f'"{clause.measure.value}" takes no "gap"', field=f"{path}.gap",
            got=show(clause.gap), hint="measure: resumed",
        )  # fmt: skip
    elif read_span(clause.gap) is None:
        yield Problem(
            code="bad_span" if clause.gap else "missing_field", message='"resumed" needs how long nothing happened',
            field=f"{path}.gap", got=show(clause.gap), allowed=SPAN_ALLOWED,
        )  # fmt: skip


def _where_problems(within: Window | None, where: tuple[PropertyFilter, ...], path: str) -> Iterator[Problem]:
    if within is not None:
        yield from window_problems(within, f"{path}.within")
    yield from filter_problems(where, f"{path}.where")


def sequence_problems(clause: SequenceClause, path: str) -> Iterator[Problem]:
    """What is wrong with a sequence of events."""
    place, least = f"{path}.sequence", 1 if clause.then_not else 2
    if not least <= len(clause.steps) <= STEPS_MAX:
        yield Problem(
            code="bad_sequence", message="not a sequence", field=place, got=f"{len(clause.steps)} steps",
            allowed=f"{least} to {STEPS_MAX} steps",
        )  # fmt: skip
    if clause.span:
        yield from _span_problems(clause.span, f"{path}.span")
    yield from _same_problems(clause.same, f"{path}.same")
    for position, step in enumerate(clause.steps):
        yield from _step_problems(step, f"{place}[{position}]", first=position == 0)
    if clause.then_not is not None:
        yield from _pick_problems(clause.then_not.pick, f"{path}.then_not")
        yield from _span_problems(clause.then_not.within, f"{path}.then_not.within")
    if clause.within is not None:
        yield from window_problems(clause.within, f"{path}.within")


def _same_problems(same: str, path: str) -> Iterator[Problem]:
    if same in NUMBER_FIELDS or same == TIME_FIELD:
        yield Problem(
            code="bad_property", message="events belong together by a text", field=path, got=same,
            allowed=", ".join(sorted(TEXT_FIELDS)) + " or a property of the events",
        )  # fmt: skip
    elif same:
        yield from name_problems(same, path)


def _step_problems(step: Step, here: str, *, first: bool) -> Iterator[Problem]:
    yield from _pick_problems(step.pick, here)
    if first and (step.within or step.without):
        yield Problem(
            code="needless_field", message="nothing lies before the first step", field=here,
            got="within" if step.within else "without", hint="say it of the second step",
        )  # fmt: skip
    if step.within:
        yield from _span_problems(step.within, f"{here}.within")
    for number, pick in enumerate(step.without):
        yield from _pick_problems(pick, f"{here}.without[{number}]")


def _pick_problems(pick: EventPick, path: str) -> Iterator[Problem]:
    yield from name_problems(pick.event, f"{path}.event")
    yield from filter_problems(pick.where, f"{path}.where")


def _span_problems(span: str, path: str) -> Iterator[Problem]:
    if read_span(span) is None:
        yield Problem(
            code="bad_span", message="not a span of time", field=path, got=show(span), allowed=SPAN_ALLOWED
        )  # fmt: skip


def filter_problems(filters: tuple[PropertyFilter, ...], path: str) -> Iterator[Problem]:
    """What is wrong with the property filters of an event."""
    if len(filters) > FILTERS_MAX:
        yield Problem(
            code="too_many_filters",
            message="too many filters on one event",
            field=path,
            got=str(len(filters)),
            allowed=f"at most {FILTERS_MAX}",
        )
    for position, each in enumerate(filters):
        place = f"{path}[{position}]"
        yield from name_problems(each.property, f"{place}.property")
        yield from comparison_problems(each.op, each.value, place, _ops_of(each.property))
        yield from _kind_problems(each.value, {each.property}, each.property, place)


def _ops_of(name: str) -> frozenset[Op]:
    """The operators a property can be compared with; all for one whose kind is not fixed."""
    if name == TIME_FIELD:
        return TIME_OPS
    if name in NUMBER_FIELDS:
        return NUMBER_OPS | PRESENCE_OPS
    return TEXT_OPS | PRESENCE_OPS if name in TEXT_FIELDS else VALUE_OPS


def _kind_problems(value: Operand, names: Iterable[str], name: str, path: str) -> Iterator[Problem]:
    """A built-in field has one kind of values."""
    first = value[0] if isinstance(value, tuple) and value else value
    if first is None or isinstance(first, tuple):
        return
    number = isinstance(first, int | float) and not isinstance(first, bool)
    if NUMBER_FIELDS.intersection(names) and not number:
        yield Problem(
            code="type_mismatch",
            message=f'"{name}" is a number' if name else "a number is needed",
            field=f"{path}.value",
            got=show(value),
            allowed="a number, without quotes",
        )
    elif TEXT_FIELDS.intersection(names) and not isinstance(first, str):
        yield Problem(
            code="type_mismatch",
            message=f'"{name}" is a text',
            field=f"{path}.value",
            got=show(value),
            allowed="a text, in quotes",
        )
