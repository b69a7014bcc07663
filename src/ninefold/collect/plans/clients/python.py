"""A Python module with a typed dictionary and a function per planned event. Pure."""

import keyword
from collections.abc import Iterator

from ninefold.collect.plans.model import Plan, PlannedEvent

from .types import ANY, Either, Listing, Object, Scalar, Type, Values, event_type, one_line, words

_SCALARS = {"string": "str", "number": "float", "integer": "int", "boolean": "bool", "null": "None", "any": "object"}
_HEAD = '''"""Typed events of the tracking plan "{key}".

Written by `ninefold plan generate`; generate it again, do not edit it.

    from segment.analytics import Client
    client = Client("WRITE_KEY", host="https://collect.example.org")
"""

from collections.abc import Mapping
from typing import Literal, NotRequired, Protocol, TypedDict


class Client(Protocol):
    """What these functions need of a client: Segment's and RudderStack's Python SDKs have it."""

    def track(
        self, *, user_id: str | None, anonymous_id: str | None, event: str, properties: Mapping[str, object]
    ) -> object: ...

    def identify(self, *, user_id: str | None, anonymous_id: str | None, traits: Mapping[str, object]) -> object: ...
'''


def python_module(plan: Plan) -> str:
    """The source of a module; the same plan gives the same text."""
    parts = [_HEAD.format(key=plan.key)]
    for name in sorted(plan.events):
        parts += _event(plan, plan.events[name])
    return "\n".join(parts).rstrip("\n") + "\n"


def _event(plan: Plan, planned: PlannedEvent) -> Iterator[str]:
    title = "".join(word[0].upper() + word[1:] for word in words(planned.event, planned.key))
    verb = "_".join(word.lower() for word in words(planned.event, planned.key))
    if keyword.iskeyword(verb):
        verb += "_"
    lines: list[str] = []
    found = event_type(plan, planned)
    written = _object(found, title, lines)
    yield "\n" + "\n\n".join(lines) if lines else ""
    what = one_line(planned.description or planned.event)
    values = "traits" if planned.event == "$identify" else "properties"
    call = "client.identify(" if values == "traits" else f"client.track(event={planned.event!r}, "
    yield (
        f"\n\ndef {verb}(\n"
        f"    client: Client, {values}: {written}, *, user_id: str | None = None, anonymous_id: str | None = None\n"
        f") -> None:\n"
        f'    """{what}"""\n'
        f"    {call}user_id=user_id, anonymous_id=anonymous_id, {values}=dict({values}))\n"
    )


def _object(found: Object, title: str, lines: list[str]) -> str:
    """The name of the type of an object, whose definition and what it needs are added to the lines."""
    if found.open:
        return "Mapping[str, object]"
    fields = []
    for field in found.fields:
        inner = "".join(word[0].upper() + word[1:] for word in words(field.name, "field"))
        written = _type(field.type, title + inner, lines)
        fields.append(f"    {field.name!r}: {written if field.required else f'NotRequired[{written}]'},")
    lines.append(
        "\n".join(
            [f"{title} = TypedDict(", f"    {title!r},", "    {", *[f"    {one}" for one in fields], "    },", ")"]
        )
    )
    return title


def _type(found: Type, title: str, lines: list[str]) -> str:
    match found:
        case Scalar():
            return _SCALARS.get(found.name, "object")
        case Values():
            usable = all(value is None or isinstance(value, str | bool | int) for value in found.values)
            return f"Literal[{', '.join(map(repr, found.values))}]" if usable and found.values else "object"
        case Listing():
            return f"list[{_type(found.item, title, lines)}]"
        case Either():
            kinds = dict.fromkeys(_type(one, title, lines) for one in found.types)
            return " | ".join(kinds) if kinds else _SCALARS[ANY.name]
        case Object():
            return _object(found, title, lines)
