"""Templates made personal: compiled once, rendered per person, strict about what is not there.

A template that does not render gives an :class:`Unrendered` with a reason, never a crash and never an empty message.
Templates cannot read files, include others or run without end.
"""

from collections.abc import Collection, Iterator, Mapping

from minijinja import Environment, TemplateError

from ninefold.base import clean_text, did_you_mean, invalid

from .model import Content, JsonValue, Template, Unrendered

ROOTS = ("traits", "tags", "person", "campaign", "event")
"""What a template can speak of: ``traits.city``, ``tags.rfm``, ``person.id``, ``campaign.name``, ``event.order_id``."""

_FUEL = 1_000_000  # template instructions per message; a list of some thousand products stays below
_LONGEST = 2_000_000  # characters of one rendered part


class Renderer:
    """A compiled template; safe to use for any number of people."""

    def __init__(self, template: Template, *, path: str = "template") -> None:
        """Compile; raises invalid ``bad_template`` with field and line when the syntax is wrong."""
        self._template = template
        self._environment = _environment()
        self._parts = {name: f"{name}.{_kind(template, name)}" for name, _ in _sources(template)}
        for name, source in _sources(template):
            try:
                self._environment.add_template(self._parts[name], source)
            except TemplateError as exc:
                raise invalid(
                    "bad_template",
                    f"the template does not compile: {exc.detail or exc.kind}",
                    field=f"{path}.{name}",
                    got=_line(source, exc.line),
                    allowed="Jinja syntax",
                    hint=f"line {exc.line}",
                ) from exc

    def render(self, context: Mapping[str, object]) -> Content | Unrendered:
        """The message for one person, or why there is none.

        Args:
            context: values under the names of :data:`ROOTS`.

        >>> renderer = Renderer(Template(subject="Hi", body="Dear {{ traits.name | default('friend') }}"))
        >>> renderer.render({"traits": {}}).body
        'Dear friend'
        """
        rendered = self._texts(context)
        if isinstance(rendered, Unrendered):
            return rendered
        if any(len(text) > _LONGEST for text in rendered.values()):
            return Unrendered(reason="too_long", detail=f"longer than {_LONGEST} characters")
        empty = [name for name, text in rendered.items() if not text.strip()]
        if self._template.payload is not None:
            if len(empty) == len(rendered):
                return Unrendered(reason="empty_message", detail="every text of the JSON is empty")
            return Content(payload=_filled(self._template.payload, "json", rendered))
        if empty:
            return Unrendered(reason="empty_message", detail=f"{empty[0]} is empty")
        subject = " ".join(rendered.get("subject", "").split())  # one line, whatever a value brings along
        return Content(subject=subject, body=rendered["body"], html=self._template.html)

    def _texts(self, context: Mapping[str, object]) -> dict[str, str] | Unrendered:
        try:
            return {
                name: clean_text(self._environment.render_template(part, **context))
                for name, part in self._parts.items()
            }
        except TemplateError as exc:
            return Unrendered(reason="template_error", detail=_detail(exc))
        except UnicodeError as exc:  # half a surrogate pair in a value
            return Unrendered(reason="template_error", detail=str(exc)[:500])


def check_template(
    template: Template, *, traits: Collection[str] = (), tags: Collection[str] = (), path: str = "template"
) -> tuple[str, ...]:
    """Judge a template before it is used.

    Args:
        template: what to judge.
        traits: known trait names; empty to leave traits unjudged.
        tags: known tag keys; empty to leave tags unjudged.
        path: of the template in its document, for messages.

    Returns:
        Warnings about traits and tags nobody has, each a sentence.

    Raises:
        Error: invalid for wrong syntax, for an empty template and for a name that no person can ever have.

    >>> check_template(Template(body="{{ traits.citty }}"), traits=["city"])
    ('template.body: nobody has the trait "citty"; did you mean "city"?',)
    """
    if not any(source.strip() for name, source in _sources(template) if name != "subject"):
        raise invalid("empty_template", "the template says nothing", field=path, allowed="a body, or json")
    Renderer(template, path=path)
    warnings = []
    for name, used_here in names_used(template).items():
        for used in sorted(used_here):
            root, _, rest = used.partition(".")
            if root not in ROOTS:
                raise invalid(
                    "unknown_variable",
                    f'a template cannot speak of "{root}"',
                    field=f"{path}.{name}",
                    got=used,
                    allowed=", ".join(f"{root}.*" for root in ROOTS),
                    hint=did_you_mean(root, ROOTS) or f'for a trait say "traits.{root}"',
                )
            for kind, known in (("trait", traits), ("tag", tags)):
                if root == f"{kind}s" and rest and known and not _known(rest, known):
                    hint = did_you_mean(rest, known)
                    warnings.append(f'{path}.{name}: nobody has the {kind} "{rest}"' + (f"; {hint}" if hint else ""))
    return tuple(warnings)


def names_used(template: Template) -> dict[str, frozenset[str]]:
    """The names a template that compiles speaks of, by part.

    >>> names_used(Template(body="{{ traits.city }}"))
    {'body': frozenset({'traits.city'})}
    """
    environment = _environment()
    own = {*environment.globals, "loop"}
    return {
        name: frozenset(
            used
            for used in environment.undeclared_variables_in_str(source, nested=True)
            if used.partition(".")[0] not in own
        )
        for name, source in _sources(template)
    }


def nest(flat: Mapping[str, object]) -> dict[str, object]:
    """Dotted names also as nested ones: ``address.city`` can be said ``traits.address.city`` in a template.

    >>> nest({"address.city": "Xi'an", "age": 3})
    {'address.city': "Xi'an", 'age': 3, 'address': {'city': "Xi'an"}}
    """
    tree: dict[str, object] = dict(flat)
    for name, value in flat.items():
        *parents, leaf = name.split(".")
        place = tree
        for parent in parents:
            inner = place.setdefault(parent, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            if parents:
                place.setdefault(leaf, value)
    return tree


def _environment() -> Environment:
    return Environment(
        undefined_behavior="strict",
        auto_escape_callback=lambda name: "html" if name.endswith(".html") else None,
        fuel=_FUEL,
        debug=True,  # names the missing value in the reason
    )


def _sources(template: Template) -> Iterator[tuple[str, str]]:
    if template.payload is not None:
        yield from _leaves(template.payload, "json")
        return
    if template.subject:
        yield "subject", clean_text(template.subject)
    yield "body", clean_text(template.body)


def _kind(template: Template, name: str) -> str:
    return "html" if template.html and name == "body" else "txt"


def _leaves(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    """The strings of a JSON tree with their paths."""
    match value:
        case str():
            yield path, clean_text(value)
        case Mapping():
            for name, inner in value.items():
                yield from _leaves(inner, _step(path, name))
        case list() | tuple():
            for index, inner in enumerate(value):
                yield from _leaves(inner, f"{path}[{index}]")
        case _:
            return


def _filled(value: JsonValue, path: str, rendered: Mapping[str, str]) -> JsonValue:
    """The JSON tree with its strings replaced by what they rendered to."""
    match value:
        case str():
            return rendered[path]
        case Mapping():
            return {name: _filled(inner, _step(path, name), rendered) for name, inner in value.items()}
        case None | bool() | int() | float():
            return value
        case _:
            return [_filled(inner, f"{path}[{index}]", rendered) for index, inner in enumerate(value)]


def _step(path: str, name: str) -> str:
    """The path of a member; unambiguous also for names with dots and brackets."""
    return f"{path}.{name}" if name.isidentifier() else f"{path}[{name!r}]"


def _known(name: str, known: Collection[str]) -> bool:
    return name in known or any(name.startswith(f"{one}.") or one.startswith(f"{name}.") for one in known)


def _detail(exc: TemplateError) -> str:
    where = f" (line {exc.line})" if exc.line else ""
    return f"{exc.detail or exc.kind}{where}"[:500]


def _line(source: str, number: int | None) -> str:
    lines = source.splitlines()
    return lines[number - 1].strip() if number and number <= len(lines) else source[:80]
