"""Conditions written back as documents. Pure."""

from typing import assert_never

from ninefold.predicate.model import (
    AllOf,
    AnyOf,
    Clause,
    Condition,
    Draw,
    EventClause,
    EventPick,
    Everyone,
    Limited,
    Not,
    Op,
    Operand,
    PropertyFilter,
    Rank,
    SegmentClause,
    SequenceClause,
    Step,
    TagClause,
    TraitClause,
)

from .windows import window_document


def to_document(condition: Condition) -> dict[str, object]:
    """The document of a tree; `parse` gives the tree back.

    >>> to_document(Not(part=SegmentClause(segment="vips")))
    {'not': {'in_segment': 'vips'}}
    """
    match condition:
        case AllOf(parts=parts):
            return {"all": [to_document(part) for part in parts]}
        case AnyOf(parts=parts):
            return {"any": [to_document(part) for part in parts]}
        case Not(part=part):
            return {"not": to_document(part)}
        case Limited():
            return _limited_document(condition)
        case _:
            return _clause_document(condition)


def _clause_document(clause: Clause) -> dict[str, object]:
    match clause:
        case Everyone():
            return {"everyone": True}
        case SegmentClause(segment=segment):
            return {"in_segment": segment}
        case TraitClause(key=name):
            return {"trait": name, **_comparison(clause.op, clause.value)}
        case TagClause(tag=name):
            return {"tag": name, **_comparison(clause.op, clause.value)}
        case EventClause():
            return _event_document(clause)
        case SequenceClause():
            return _sequence_document(clause)
        case _:
            assert_never(clause)


def _event_document(clause: EventClause) -> dict[str, object]:
    document: dict[str, object] = {"event": clause.event, "measure": clause.measure.value}
    if clause.of:
        document["of"] = clause.of
    document |= _comparison(clause.op, clause.value)
    if clause.within is not None:
        document["within"] = window_document(clause.within)
    if clause.gap:
        document["gap"] = clause.gap
    return document | _where(clause.where)


def _where(filters: tuple[PropertyFilter, ...]) -> dict[str, object]:
    if not filters:
        return {}
    return {"where": [{"property": each.property, **_comparison(each.op, each.value)} for each in filters]}


def _pick(pick: EventPick) -> dict[str, object]:
    return {"event": pick.event, **_where(pick.where)}


def _sequence_document(clause: SequenceClause) -> dict[str, object]:
    document: dict[str, object] = {"sequence": [_step(step) for step in clause.steps]}
    document |= {name: said for name, said in (("span", clause.span), ("same", clause.same)) if said}
    if clause.within is not None:
        document["within"] = window_document(clause.within)
    if clause.then_not is not None:
        document["then_not"] = {**_pick(clause.then_not.pick), "within": clause.then_not.within}
    return document


def _step(step: Step) -> dict[str, object]:
    document = _pick(step.pick)
    if step.within:
        document["within"] = step.within
    if step.without:
        document["without"] = [_pick(pick) for pick in step.without]
    return document


def _limited_document(node: Limited) -> dict[str, object]:
    size: dict[str, object] = {"limit": node.most} if node.most else {"share": node.share}
    match node.by:
        case Draw(seed=seed):
            by: dict[str, object] = {"random": seed}
        case Rank(by=clause, lowest=lowest):
            figure = {name: said for name, said in to_document(clause).items() if name != "op"}
            by = {"lowest" if lowest else "highest": figure}
    return {**size, "of": to_document(node.part), "by": by}


def _comparison(op: Op | None, value: Operand) -> dict[str, object]:
    document: dict[str, object] = {} if op is None else {"op": op.value}
    if value is not None:
        document["value"] = list(value) if isinstance(value, tuple) else value
    return document
