"""A TypeScript module with an interface and a function per planned event. Pure."""

import json
from collections.abc import Iterator

from ninefold.collect.plans.model import Plan, PlannedEvent

from .types import Either, Listing, Object, Scalar, Type, Values, event_type, one_line, words

_SCALARS = {
    "string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null", "any": "unknown",
}  # fmt: skip
_WORDS = frozenset(
    (
        *(
            "break",
            "case",
            "catch",
            "class",
            "const",
            "continue",
            "debugger",
            "default",
            "delete",
            "do",
            "else",
            "enum",
        ),
        *(
            "export",
            "extends",
            "false",
            "finally",
            "for",
            "function",
            "if",
            "import",
            "in",
            "instanceof",
            "new",
            "null",
        ),
        *(
            "return",
            "super",
            "switch",
            "this",
            "throw",
            "true",
            "try",
            "typeof",
            "var",
            "void",
            "while",
            "with",
            "yield",
        ),
    )
)
_HEAD = """// Typed events of the tracking plan "{key}".
// Written by `ninefold plan generate`; generate it again, do not edit it.

/** Who it happened to: at least one of the two. */
export type Who = {{ userId: string; anonymousId?: string }} | {{ userId?: string; anonymousId: string }};

/** What these functions need of a client: Segment's and RudderStack's Node SDKs have it. */
export interface Client {{
  track(message: Who & {{ event: string; properties?: Record<string, unknown> }}): unknown;
  identify(message: Who & {{ traits?: Record<string, unknown> }}): unknown;
}}
"""


def typescript_module(plan: Plan) -> str:
    """The source of a module; the same plan gives the same text."""
    parts = [_HEAD.format(key=plan.key)]
    for name in sorted(plan.events):
        parts += _event(plan, plan.events[name])
    return "\n".join(parts)


def _event(plan: Plan, planned: PlannedEvent) -> Iterator[str]:
    parts = words(planned.event, planned.key)
    title = "".join(word[0].upper() + word[1:] for word in parts)
    verb = title[0].lower() + title[1:]
    if verb in _WORDS:
        verb += "Event"
    found = event_type(plan, planned)
    what = one_line(planned.description or planned.event)
    if found.open:
        yield f"/** {what} */\nexport type {title} = Record<string, unknown>;\n"
    else:
        yield f"/** {what} */\nexport interface {title} {_object(found, '')}\n"
    values = "traits" if planned.event == "$identify" else "properties"
    call = "identify" if values == "traits" else "track"
    event = "" if values == "traits" else f"event: {_text(planned.event)}, "
    yield (
        f"export function {verb}(client: Client, who: Who, {values}: {title}): void {{\n"
        f"  client.{call}({{ ...who, {event}{values}: {{ ...{values} }} }});\n"
        f"}}\n"
    )


def _object(found: Object, indent: str) -> str:
    lines = ["{"]
    for field in found.fields:
        if field.description:
            lines.append(f"{indent}  /** {one_line(field.description)} */")
        mark = "" if field.required else "?"
        lines.append(f"{indent}  {_text(field.name)}{mark}: {_type(field.type, indent + '  ')};")
    return "\n".join([*lines, f"{indent}}}"])


def _type(found: Type, indent: str) -> str:
    match found:
        case Scalar():
            return _SCALARS.get(found.name, "unknown")
        case Values():
            return " | ".join(_text(value) for value in found.values) or "never"
        case Listing():
            return f"Array<{_type(found.item, indent)}>"
        case Either():
            return " | ".join(dict.fromkeys(_type(one, indent) for one in found.types)) or "unknown"
        case Object():
            return "Record<string, unknown>" if found.open else _object(found, indent)


def _text(value: object) -> str:
    """A value as a literal of the language; a script's end and odd line ends stay harmless."""
    return json.dumps(value).replace("</", "<\\/")
