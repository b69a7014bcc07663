"""Templates: compiled once, strict, never empty, never a crash."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.base import Error
from ninefold.channels import Content, JsonValue, Renderer, Template, Unrendered, check_template
from ninefold.channels.render import nest

ANNA = {
    "traits": nest({"first_name": "Anna", "address.city": "Xi'an", "score": 3.5}),
    "tags": {"rfm": "champion"},
    "person": {"id": "p_1"},
    "campaign": {"key": "spring", "name": "Spring"},
    "event": {},
}


def test_values_of_the_person_are_put_in() -> None:
    template = Template(
        subject="For {{ traits.first_name }}", body="{{ tags.rfm }} {{ traits.address.city }} {{ person.id }}"
    )
    assert Renderer(template).render(ANNA) == Content(subject="For Anna", body="champion Xi'an p_1")


def test_html_escapes_values_and_text_does_not() -> None:
    context = {"traits": {"name": "<b>&"}}
    html, text = (Renderer(Template(body="{{ traits.name }}", html=flag)).render(context) for flag in (True, False))
    assert isinstance(html, Content)
    assert isinstance(text, Content)
    assert html.body == "&lt;b&gt;&amp;"
    assert text.body == "<b>&"


def test_a_subject_stays_one_line() -> None:
    content = Renderer(Template(subject="Hi {{ traits.n }}", body="x")).render(
        {"traits": {"n": "A\r\nBcc: all@b.example"}}
    )
    assert isinstance(content, Content)
    assert content.subject == "Hi A Bcc: all@b.example"


@pytest.mark.parametrize(
    ("body", "reason", "detail"),
    [
        ("{{ traits.nobody }}", "template_error", "traits.nobody"),
        ("{{ traits.a.b.c }}", "template_error", "traits.a"),
        ("a\n{{ 1 / 0 }}", "template_error", "line 2"),
        ("{% include '/etc/passwd' %}", "template_error", "/etc/passwd"),
        ("{% if traits.first_name == 'Bob' %}Hi{% endif %}", "empty_message", "body"),
        ("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "template_error", ""),
        ("{{ 'x' * 10 }}{% for i in range(5000) %}{{ traits.first_name * 500 }}{% endfor %}", "too_long", ""),
    ],
)
def test_what_does_not_render_says_why(body: str, reason: str, detail: str) -> None:
    result = Renderer(Template(body=body)).render(ANNA)
    assert isinstance(result, Unrendered)
    assert result.reason == reason
    assert detail in result.detail


def test_a_giant_message_is_refused() -> None:
    long = "x" * 5000
    result = Renderer(Template(body="{% for i in range(900) %}{{ traits.t }}{% endfor %}")).render(
        {"traits": {"t": long}}
    )
    assert isinstance(result, Unrendered)
    assert result.reason == "too_long"


def test_an_empty_subject_is_an_empty_message() -> None:
    result = Renderer(Template(subject="{{ traits.first_name | replace('Anna', '') }}", body="x")).render(ANNA)
    assert result == Unrendered(reason="empty_message", detail="subject is empty")


def test_json_keeps_its_shape() -> None:
    payload: JsonValue = {
        "to": "{{ person.id }}",
        "n": 1,
        "a.b": "dot",
        "a": {"b": "{{ traits.first_name }}"},
        "list": ["{{ tags.rfm }}", None],
    }
    content = Renderer(Template(payload=payload)).render(ANNA)
    assert isinstance(content, Content)
    assert content.payload == {"to": "p_1", "n": 1, "a.b": "dot", "a": {"b": "Anna"}, "list": ["champion", None]}


def test_json_with_nothing_said_is_empty() -> None:
    result = Renderer(Template(payload={"a": "{% if false %}x{% endif %}", "n": 1})).render(ANNA)
    assert isinstance(result, Unrendered)


@pytest.mark.parametrize("body", ["{{ traits.x", "{% if %}", "{% nonsense %}", "ok\n{{ ] }}"])
def test_wrong_syntax_names_field_and_line(body: str) -> None:
    with pytest.raises(Error) as caught:
        check_template(Template(body=body), path="template")
    assert caught.value.code == "bad_template"
    assert caught.value.field == "template.body"
    assert "line" in caught.value.hint


def test_names_nobody_can_have_are_errors_and_unknown_traits_warnings() -> None:
    with pytest.raises(Error) as caught:
        check_template(Template(body="Hi {{ trait.first_name }}"))
    assert caught.value.code == "unknown_variable"
    assert 'did you mean "traits"?' in caught.value.hint
    template = Template(subject="{{ tags.rfn }}", body="{{ traits.city }}{{ traits.first_nam }}")
    assert check_template(template, traits=["city", "first_name"], tags=["rfm"]) == (
        'template.subject: nobody has the tag "rfn"; did you mean "rfm"?',
        'template.body: nobody has the trait "first_nam"; did you mean "first_name"?',
    )
    assert check_template(template) == ()


def test_loops_and_own_variables_are_no_strangers() -> None:
    body = "{% set n = 2 %}{% for i in range(n) %}{{ loop.index }}{{ i }}{% endfor %}{{ traits.address.city }}"
    assert check_template(Template(body=body), traits=["address.city"]) == ()


def test_an_empty_template_is_refused() -> None:
    for template in (Template(), Template(subject="Only this"), Template(payload={"n": 1}), Template(body="  \n")):
        with pytest.raises(Error, match="says nothing"):
            check_template(template)


def test_nested_names_do_not_hide_plain_ones() -> None:
    assert nest({"a": "x", "a.b": "y"}) == {"a": "x", "a.b": "y"}
    assert nest({"a.b.c": 1, "a.b": 2})["a.b"] == 2


PIECES = st.sampled_from(
    [
        "{{ traits.",
        "name",
        "}}",
        "{% if ",
        " %}",
        "{% endif %}",
        "{% for x in ",
        "{{ x }}",
        "{% endfor %}",
        "|upper",
        "|default('')",
        "|int",
        " + 1",
        "[0]",
        "['a']",
        ".items()",
        "traits",
        "(",
        ")",
        "\x00",
        "\ud800",
        "é",
        " ",
        "|tojson",
        "|sort",
        "range(3)",
        "- -",
        "|join(',')",
        "{#",
        "#}",
        "|round(400)",
        "|batch(0)",
        "|slice(0)",
        "|format(1)",
        "%s",
    ]
)


@given(
    st.lists(PIECES, max_size=12).map("".join),
    st.dictionaries(st.sampled_from(["name", "a"]), st.none() | st.booleans() | st.floats() | st.text()),
)
def test_no_template_and_no_person_crash_the_renderer(body: str, traits: dict[str, object]) -> None:
    renderer = compiled(Template(subject=body, body=body, html=True))
    if renderer is None:
        return
    result = renderer.render({"traits": traits, "tags": {}})
    assert isinstance(result, Unrendered) or result.body.strip()


def compiled(template: Template) -> Renderer | None:
    try:
        return Renderer(template)
    except Error as error:
        if error.code != "bad_template":
            raise
        return None
