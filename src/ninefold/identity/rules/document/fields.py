"""The fields of the rules document: what each may hold, said once for the reader, the JSON schema and the errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ninefold.base import Error, did_you_mean, invalid
from ninefold.identity.ruleset import Algorithm, Normaliser, Period, Shared

MANY: Final = 1_000_000_000
_NAME = r"^[a-z0-9][a-z0-9_.:$-]{0,62}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field.

    Attributes:
        kind: what it holds.
        about: what it means.
        low: smallest number.
        high: largest number.
        choices: the words allowed.
        optional: whether null is allowed, for "no limit" or "none".
        fields: of a mapping, its own fields.
    """

    kind: Literal["number", "choice", "flag", "text", "texts", "mapping"]
    about: str
    low: int = 1
    high: int = MANY
    choices: tuple[str, ...] = ()
    optional: bool = False
    fields: "tuple[tuple[str, Field], ...]" = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its own fields."""
        return tuple(name for name, _ in self.fields)


def _limit(about: str, *, low: int = 1, high: int = MANY) -> Field:
    return Field(kind="number", about=about, low=low, high=high, optional=True)


BLOCKED: Final = Field(
    kind="mapping",
    about="values that never identify anybody; a list replaces the default one",
    fields=(
        ("exact", Field(kind="texts", about="whole values; case does not count")),
        ("patterns", Field(kind="texts", about="regular expressions that match the whole value")),
        ("learned", Field(kind="texts", about="whole values that were proposed and confirmed")),
    ),
)

NAMESPACE: Final = Field(
    kind="mapping",
    about="the rule of one kind of identifier",
    fields=(
        ("priority", Field(kind="number", about="1 is the strongest", high=1000)),
        ("cap", Field(kind="number", about="how many distinct values one person may hold")),
        ("period", Field(kind="choice", about="the window in which the cap counts values, by when each was first seen",
                         choices=tuple(Period))),
        ("unique", Field(kind="flag", about="true is short for cap 1, ever")),
        ("immutable", Field(kind="flag", about="a person that had a value never gets another, even after an unbind")),
        ("strength", Field(kind="choice", about="strong names one person, weak may be shared",
                           choices=("strong", "weak"))),
        ("normaliser", Field(kind="choice", about="how raw values become their one form", choices=tuple(Normaliser))),
        ("storm_limit", Field(kind="number", about="more strong values of one namespace than this block a value",
                              low=2)),
        ("velocity", Field(kind="mapping", about="how fast a value may meet new strong ones of a namespace", fields=(
            ("per_hour", _limit("within 60 minutes", low=2)),
            ("per_day", _limit("within 24 hours", low=2)),
        ))),
        ("parent", Field(kind="text", about="namespace whose unbinding takes values of this one along", optional=True)),
        ("takes_part", Field(kind="flag", about="false: only shown and searched, never joins")),
        ("shared", Field(kind="choice", about="whose a weak value is that several people used",
                         choices=tuple(Shared))),
        ("ttl_days", _limit("days without a sighting after which a value is forgotten", high=36_500)),
        ("recycle_after_days", _limit("days without a sighting after which a value may be somebody else's",
                                      high=36_500)),
        ("hashing", Field(kind="mapping", about="hash states", fields=(
            ("accept", Field(kind="texts", about="states besides clear: md5, sha256, sm3, names of salts")),
            ("store", Field(kind="text", about="clear, or the state in which clear values are kept")),
        ))),
        ("blocked", BLOCKED),
    ),
)  # fmt: skip

SALT: Final = Field(
    kind="mapping",
    about="a way of hashing with a secret; its name is the state that values carry",
    fields=(
        ("algorithm", Field(kind="choice", about="the hash", choices=tuple(Algorithm))),
        ("secret_env", Field(kind="text", about="the environment variable that holds the salt")),
        ("secret", Field(kind="text", about="the salt itself, in clear: better named by secret_env")),
        ("position", Field(kind="choice", about="where the salt stands", choices=("prefix", "suffix"))),
    ),
)

BREAKER: Final = Field(
    kind="mapping",
    about="limits on the shape of people",
    fields=(
        ("merges_per_person", Field(kind="number", about="more people merged into one than this ask an operator")),
        ("identifiers_per_person", Field(kind="number", about="as many identifiers one person may hold", low=2)),
        ("jump", Field(kind="number", about="a weak link between two people of as many identifiers is refused", low=2)),
        ("learn_sources", Field(kind="number", about="a storm in as many sources is proposed as a blocked value")),
        ("learn_values", Field(kind="number", about="a made-up value shared by as many strong ones too",
                               low=2)),
    ),
)  # fmt: skip

TOP: Final = Field(
    kind="mapping",
    about="the rules of identity",
    fields=(
        ("kind", Field(kind="choice", about="kind of the document", choices=("identity-rules",))),
        ("region", Field(kind="text", about="country of telephone numbers without a country code")),
        ("identifiers_per_event", Field(kind="number", about="how many identifiers of one event count", high=1000)),
        ("blocked", BLOCKED),
        ("salts", Field(kind="mapping", about="agreed ways of hashing, by name")),
        ("breaker", BREAKER),
        ("namespaces", Field(kind="mapping", about="rules by namespace")),
        ("custom", NAMESPACE),
    ),
)


def fault(field: str, got: object, allowed: str, *, hint: str = "") -> Error:
    """The error about a field of the document."""
    return invalid("identity_rules", f"{field} is not valid in the identity rules", field=field, got=got,
                   allowed=allowed, hint=hint)  # fmt: skip


def mapping(value: object, field: str, known: Sequence[str] = ()) -> Mapping[str, object]:
    """A mapping, with no other keys than the known ones when there are such.

    Raises:
        Error: invalid.
    """
    if not isinstance(value, Mapping):
        raise fault(field, value, "a mapping")
    for key in value:
        if not isinstance(key, str) or (known and key not in known):
            raise fault(f"{field}.{key}", key, ", ".join(known) or "a name", hint=did_you_mean(str(key), known))
    return value


def check(value: object, field: Field, where: str) -> None:
    """Check a value against its field.

    Raises:
        Error: invalid, naming the field, what was got and what is allowed.
    """
    if value is None and field.optional:
        return
    match field.kind:
        case "number":
            number(value, where, field.low, field.high, optional=field.optional)
        case "mapping":
            known = dict(field.fields)
            for name, inner in mapping(value, where, field.names).items():
                if name in known:
                    check(inner, known[name], f"{where}.{name}")
        case _:
            _check_word(value, field, where)


def _check_word(value: object, field: Field, where: str) -> None:
    """Check what is neither a number nor a mapping."""
    if field.kind == "choice" and value not in field.choices:
        raise fault(where, value, ", ".join(field.choices), hint=did_you_mean(str(value), field.choices))
    if field.kind == "flag" and not isinstance(value, bool):
        raise fault(where, value, "true or false")
    if field.kind == "text" and (not isinstance(value, str) or not value):
        raise fault(where, value, "a text" + (", or null" if field.optional else ""))
    if field.kind == "texts" and (
        isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(item, str) for item in value)
    ):
        raise fault(where, value, "a list of texts")


def number(value: object, where: str, low: int, high: int, *, optional: bool = False) -> int:
    """A whole number within limits.

    Raises:
        Error: invalid.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise fault(where, value, f"a whole number from {low} to {high}" + (", or null" if optional else ""))
    return value


def schema_of(field: Field) -> dict[str, object]:
    """The field in JSON Schema (draft 2020-12)."""
    found: dict[str, object]
    match field.kind:
        case "number":
            found = {"type": "integer", "minimum": field.low, "maximum": field.high}
        case "choice":
            found = {"type": "string", "enum": list(field.choices)}
        case "flag":
            found = {"type": "boolean"}
        case "text":
            found = {"type": "string", "minLength": 1}
        case "texts":
            found = {"type": "array", "items": {"type": "string"}}
        case "mapping":
            found = {"type": "object"}
            if field.fields:
                found["properties"] = {name: schema_of(inner) for name, inner in field.fields}
                found["additionalProperties"] = False
    if field.optional:
        found["type"] = [found["type"], "null"]
    return {"description": field.about, **found}


def rules_schema() -> dict[str, object]:
    """The JSON Schema of the rules document, for editors and for checks before it is sent."""
    rule, salt = (
        schema_of(NAMESPACE),
        {
            **schema_of(SALT),
            "required": ["algorithm"],
            "oneOf": [{"required": ["secret_env"]}, {"required": ["secret"]}],
        },
    )
    top = schema_of(TOP)
    properties = {
        **{name: schema_of(field) for name, field in TOP.fields},
        "namespaces": {"type": "object", "additionalProperties": rule, "propertyNames": {"pattern": _NAME}},
        "salts": {"type": "object", "additionalProperties": salt},
    }
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "identity-rules"}
    return {**named, **top, "properties": properties}
