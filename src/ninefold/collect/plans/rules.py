"""The verdict of a plan on one event: what is wrong, and what is done about it. Pure, and on the hot path.

Events are judged in the form in which they are stored (flat text and numbers), so that live events and those of the
past are judged alike. Patterns run in linear time and references stay inside a schema, whoever wrote it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import jsonschema_rs
import msgspec

from ninefold.base import Error, invalid
from ninefold.collect.event import Event

from .model import Checked, Fault, Plan, PlannedEvent, Reply, Schema, Violation
from .shape import Shape, assemble, shape_of, unplanned

IDENTIFY = "identify"
IDENTIFIED = "$identify"
"""The planned event that says what traits should look like, whoever tells them."""
VIOLATIONS = "$violations"
OMITTED = "$omitted"
WARNINGS = "$warnings"
_OURS = ("$", "context.")  # what wires add beside the properties is not the plan's matter
_MOST = 20  # faults told per event; a thousand of one kind say no more


def check_schema(schema: Schema, path: str) -> None:
    """Raise invalid ``bad_plan`` unless a JSON Schema (2020-12) is right, complete in itself and of simple patterns."""
    try:
        _validator(schema)
        shape_of([schema])
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as exc:
        where = [path, *map(str, exc.instance_path)] if isinstance(exc, jsonschema_rs.ValidationError) else [path]
        raise _bad_schema(".".join(where), exc.message, schema) from exc
    except (ValueError, TypeError, RecursionError) as exc:
        raise _bad_schema(path, str(exc).partition("\n")[0], schema) from exc


def _bad_schema(path: str, message: str, schema: Schema) -> Error:
    return invalid(
        "bad_plan", f"not a usable JSON Schema: {message[:300]}", field=path, got=schema,
        allowed="JSON Schema 2020-12 with references inside itself and patterns without look-around",
    )  # fmt: skip


def _validator(schema: Schema) -> jsonschema_rs.Validator:
    own = {name: value for name, value in schema.items() if name != "$schema"}
    return jsonschema_rs.Draft202012Validator(
        own, offline=True, pattern_options=jsonschema_rs.RegexOptions(), validate_formats=True
    )


def _opened(schema: object, depth: int = 0) -> object:
    """A schema that leaves surplus names to the rule about unplanned properties."""
    if not isinstance(schema, Mapping) or depth > 16:
        return schema
    found = {name: value for name, value in schema.items() if (name, value) != ("additionalProperties", False)}
    if isinstance(properties := found.get("properties"), Mapping):
        found["properties"] = {name: _opened(one, depth + 1) for name, one in properties.items()}
    return found


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A planned event, ready to judge."""

    validators: tuple[jsonschema_rs.Validator, ...]
    shape: Shape
    simple: bool
    replies: Mapping[Fault, Reply]


class Checker:
    """A plan, ready to judge events."""

    def __init__(self, plan: Plan) -> None:
        """Compile all schemas of a plan; a thousand planned events take about a second."""
        self.plan = plan
        self._replies = {fault: plan.replies.get(fault, Reply.ALLOW) for fault in Fault}
        self._common = _opened(plan.common) if plan.common else None
        self._events = {name: self._compile(planned) for name, planned in plan.events.items()}

    def _compile(self, planned: PlannedEvent) -> _Compiled:
        parts = [planned.schema]
        if self._common is not None and planned.event != IDENTIFIED:
            parts.insert(0, self.plan.common)
        shape = shape_of(parts)
        opened = [part for part in map(_opened, parts) if isinstance(part, Mapping)]
        return _Compiled(
            validators=tuple(_validator(part) for part in opened),
            shape=shape,
            simple=not (shape.objects or shape.lists or shape.flags),
            replies=self._replies | dict(planned.replies),
        )

    def check(self, event: Event) -> Checked:
        """Judge an event; one without a fault comes back as it is."""
        compiled = self._events.get(event.name)
        if compiled is None and event.type == IDENTIFY:  # also by another name, as of a partner's call
            compiled = self._events.get(IDENTIFIED)
        if compiled is None:
            return self._unplanned(event)
        flat = _flat(event)
        value = flat if compiled.simple else assemble(flat, compiled.shape)
        found = [*self._faults(value, compiled)]
        if not found:
            return Checked(event=event)
        return _settled(event, flat, found[:_MOST])

    @staticmethod
    def _faults(value: Mapping[str, object], compiled: _Compiled) -> Iterator[Violation]:
        replies = compiled.replies
        for name in unplanned(value, compiled.shape):
            yield _violation(Fault.UNPLANNED_PROPERTY, name, "the plan does not know this property", replies)
        for validator in compiled.validators:
            if validator.is_valid(value):
                continue
            for error in validator.iter_errors(value):
                path = ".".join(map(str, error.instance_path))
                if error.kind.name == "required":
                    missing = f"{path}.{error.kind.value}".lstrip(".")
                    yield _violation(Fault.MISSING, missing, "the property is missing", replies)
                else:
                    yield _violation(Fault.INVALID, path, error.message, replies)

    def _unplanned(self, event: Event) -> Checked:
        if event.type != "track" or event.name.startswith("$"):  # what SDKs send by themselves nobody has to plan
            return Checked(event=event)
        fault = _violation(Fault.UNPLANNED_EVENT, "", "the plan does not know this event", self._replies)
        return _settled(event, {}, [fault])


def _violation(fault: Fault, path: str, message: str, replies: Mapping[Fault, Reply]) -> Violation:
    reply = replies[fault]
    if reply is Reply.OMIT and not path:  # nothing in particular could be left out
        reply = Reply.ALLOW
    return Violation(fault=fault, path=path[:200], message=message[:200], reply=reply)


def _flat(event: Event) -> dict[str, object]:
    """What a plan judges of an event: the traits of an identify, the properties of everything else."""
    if event.type == IDENTIFY:
        return {name: value for name, value in event.traits.items() if value is not None}
    return {
        name: value
        for values in (event.props, event.nums)
        for name, value in values.items()
        if not name.startswith(_OURS)
    }


def _settled(event: Event, flat: Mapping[str, object], found: list[Violation]) -> Checked:
    """The event with its faults noted, and without what is to be left out; what was left out is kept aside in it."""
    if any(one.reply is Reply.BLOCK for one in found):
        return Checked(event=event, violations=tuple(found))
    gone = frozenset(_named(flat, [one.path for one in found if one.reply is Reply.OMIT]))
    noted = [[one.fault.value, one.path, one.message, one.reply.value] for one in found]
    props = {name: value for name, value in event.props.items() if name not in gone}
    props[VIOLATIONS] = msgspec.json.encode(noted).decode()
    warned = props.get(WARNINGS, "").split() + [f"plan_{one.fault.value}" for one in found]
    props[WARNINGS] = " ".join(dict.fromkeys(warned))
    if gone:
        props[OMITTED] = msgspec.json.encode({name: flat[name] for name in flat if name in gone}).decode()
    kept = msgspec.structs.replace(
        event,
        props=props,
        nums={name: value for name, value in event.nums.items() if name not in gone},
        traits={name: value for name, value in event.traits.items() if name not in gone},
    )
    return Checked(event=kept, violations=tuple(found))


def _named(flat: Mapping[str, object], paths: Iterable[str]) -> Iterator[str]:
    """The flat names that a path leads to, or into, or through."""
    for path in paths:
        for name in flat:
            if path == name or name.startswith(f"{path}.") or path.startswith(f"{name}."):
                yield name


def covering(plans: Iterable[Plan]) -> tuple[dict[str, Plan], Plan | None]:
    """The plan of each source that one names, and the plan of all other sources; of several the first by key."""
    ordered = sorted(plans, key=lambda plan: plan.key)
    named: dict[str, Plan] = {}
    for plan in ordered:
        for source in plan.sources:
            named.setdefault(source, plan)
    return named, next((plan for plan in ordered if not plan.sources), None)


def with_events(plan: Plan, events: Iterable[PlannedEvent]) -> Plan:
    """A plan together with the events that belong to it.

    Raises:
        Error: invalid ``bad_plan``, when two documents plan the same event.
    """
    mine: dict[str, PlannedEvent] = {}
    for planned in events:
        if plan.key not in planned.plans:
            continue
        if planned.event in mine:
            raise invalid(
                "bad_plan", f'the event "{planned.event}" is planned twice', field="event",
                got=f"{mine[planned.event].key}, {planned.key}", allowed="one document per event and plan",
            )  # fmt: skip
        mine[planned.event] = planned
    return replace(plan, events=mine)
