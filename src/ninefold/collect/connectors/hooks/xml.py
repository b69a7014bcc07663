"""Small XML messages as plain data, without anything that makes XML dangerous. Pure.

A DOCTYPE is refused, so no entity can be declared, inside or outside; depth and number of elements are bounded.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from ninefold.base import invalid

_DEEPEST, _MOST = 20, 2_000


@dataclass(slots=True)
class _Element:
    children: dict[str, object] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)

    def value(self) -> object:
        return self.children or "".join(self.text).strip()


class _Refused(Exception):  # noqa: N818 - a signal out of the parser
    pass


def read_xml(body: bytes) -> dict[str, object]:
    """The children of the root element by name: text, or the same again; equal names become a list.

    Raises:
        Error: invalid ``bad_xml``.

    >>> read_xml(b"<xml><MsgType><![CDATA[event]]></MsgType><Time>1</Time></xml>")
    {'MsgType': 'event', 'Time': '1'}
    """
    stack: list[tuple[str, _Element]] = []
    root = _Element()
    count = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(stack) >= _DEEPEST or count > _MOST:
            raise _Refused
        stack.append((name, root if not stack else _Element()))

    def end(_: str) -> None:
        name, element = stack.pop()
        if stack:
            _add(stack[-1][1].children, name, element.value())

    def text(part: str) -> None:
        if stack:
            stack[-1][1].text.append(part)

    def doctype(*_: object) -> None:
        raise _Refused

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    try:
        parser.Parse(body, True)  # noqa: FBT003 - the parser's own signature
    except (expat.ExpatError, _Refused, ValueError) as exc:
        raise invalid(
            "bad_xml", "the body is no plain XML message", got=body[:80].decode("utf-8", "replace"),
            allowed="elements and text, no DOCTYPE",
        ) from exc  # fmt: skip
    return root.children


def _add(children: dict[str, object], name: str, value: object) -> None:
    held = children.get(name)
    if held is None:
        children[name] = value
    elif isinstance(held, list):
        held.append(value)
    else:
        children[name] = [held, value]
