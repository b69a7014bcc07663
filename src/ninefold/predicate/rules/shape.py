"""The shape of a condition, without knowing any data. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from ninefold.predicate.forms import comparison_problems, name_problems, show
from ninefold.predicate.model import (
    CLAUSES_MAX,
    DEPTH_MAX,
    PEOPLE_MAX,
    TEXT_MAX,
    AllOf,
    AnyOf,
    Condition,
    Draw,
    EventClause,
    Limited,
    Measure,
    Not,
    Op,
    Problem,
    Rank,
    SegmentClause,
    SequenceClause,
    TagClause,
    TraitClause,
    parts_of,
    walk,
)

from .events import event_problems, figure_problems, sequence_problems

_ANY_OPS = frozenset(Op)


def structure_problems(condition: Condition, path: str = "condition") -> Iterator[Problem]:
    """What is wrong with the shape of a condition, without knowing any data."""
    if (depth := _depth(condition)) > DEPTH_MAX:
        yield Problem(
            code="too_deep",
            message="the condition is nested too deeply",
            field=path,
            got=str(depth),
            allowed=f"at most {DEPTH_MAX} levels",
        )
    clauses = 0
    for place, node in walk(condition, path):
        clauses += _weight(node)
        yield from _node_problems(node, place)
    if clauses > CLAUSES_MAX:
        yield Problem(
            code="too_many_clauses",
            message="the condition has too many clauses and filters",
            field=path,
            got=str(clauses),
            allowed=f"at most {CLAUSES_MAX}",
        )


def _depth(condition: Condition) -> int:
    deepest, level = 0, [condition]
    while level:
        deepest += 1
        level = [part for node in level for _, part in parts_of(node)]
    return deepest


def _weight(node: Condition) -> int:
    """How many clauses and filters a node counts as."""
    match node:
        case AllOf() | AnyOf() | Not():
            return 0
        case EventClause(where=where):
            return 1 + len(where)
        case SequenceClause():
            return sum(1 + len(pick.where) for pick in node.picks)
        case Limited(by=Rank(by=EventClause(where=where))):
            return 1 + len(where)
        case _:
            return 1


def _node_problems(node: Condition, path: str) -> Iterator[Problem]:
    match node:
        case AllOf(parts=()) | AnyOf(parts=()):
            word = "all" if isinstance(node, AllOf) else "any"
            yield Problem(
                code="empty_group",
                message=f'"{word}" needs at least one condition',
                field=f"{path}.{word}",
                got="[]",
                allowed="a list of conditions",
            )
        case TraitClause(key=key, op=op, value=value):
            yield from name_problems(key, f"{path}.trait")
            yield from comparison_problems(op, value, path, _ANY_OPS)
        case TagClause(tag=tag, op=op, value=value):
            yield from name_problems(tag, f"{path}.tag")
            yield from comparison_problems(op, value, path, _ANY_OPS)
        case SegmentClause(segment=segment):
            yield from name_problems(segment, f"{path}.in_segment")
        case EventClause():
            yield from event_problems(node, path)
        case SequenceClause():
            yield from sequence_problems(node, path)
        case Limited():
            yield from _limit_problems(node, path)
        case _:
            pass


def _limit_problems(node: Limited, path: str) -> Iterator[Problem]:
    if node.share and isinstance(node.by, Rank):
        yield Problem(
            code="bad_order", message="a share is drawn by lot", field=f"{path}.by", got="highest or lowest",
            allowed='{random: "a seed"}', hint="limit takes the highest or lowest of a number of people",
        )  # fmt: skip
    if not node.share and not 1 <= node.most <= PEOPLE_MAX:
        yield Problem(
            code="bad_limit", message="not a number of people", field=f"{path}.limit", got=show(node.most),
            allowed=f"1 to {PEOPLE_MAX:,}",
        )  # fmt: skip
    match node.by:
        case Draw(seed=seed):
            if not seed or len(seed) > TEXT_MAX:
                yield Problem(
                    code="bad_seed", message="a seed is needed", field=f"{path}.by.random", got=show(seed[:80]),
                    allowed=f"a text of 1 to {TEXT_MAX} characters",
                )  # fmt: skip
        case Rank(by=figure, lowest=lowest):
            yield from _rank_problems(figure, f"{path}.by.{'lowest' if lowest else 'highest'}")


def _rank_problems(figure: TraitClause | TagClause | EventClause, path: str) -> Iterator[Problem]:
    if isinstance(figure, EventClause):
        yield from figure_problems(figure, path)
        compared = figure.op is not None
        yield from event_problems(replace(figure, measure=Measure.DID, of="", op=None, value=None, gap=""), path)
    else:
        compared = figure.op is not Op.EXISTS
        yield from _node_problems(figure, path)
    if compared:
        yield Problem(
            code="needless_field", message="people are ranked, not compared", field=f"{path}.op",
            got=show(figure.op), hint="put the comparison into the condition under of",
        )  # fmt: skip
