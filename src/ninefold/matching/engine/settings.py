"""From a matching document and a model to what the engine is told. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ninefold.matching.model import FieldModel, Level, MatchField, MatchingRules, Model

from .kinds import KINDS, NULL_LABEL

ID: Final = "oneid"
TINY: Final = 1e-9


def untrained(rules: MatchingRules, present: Sequence[str], people: int) -> Model:
    """The model before anything is learnt: built-in numbers, for the fields that have values."""
    kept = [one for one in rules.fields if one.key in present]
    return Model(
        prior=min(0.5, 0.1 / max(people, 2)),
        fields=tuple(
            FieldModel(
                key=one.key,
                levels=tuple(Level(label=spec.label, m=spec.m, u=spec.u) for spec in KINDS[one.kind].levels),
            )
            for one in kept
        ),
        people=people,
        notes=tuple(f"{one.key}: too few values, left out" for one in rules.fields if one.key not in present),
    )


def linker_settings(rules: MatchingRules, model: Model) -> dict[str, Any]:
    """The engine's settings for a model."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": ID,
        "probability_two_random_records_match": model.prior,
        "comparisons": [_comparison(rules.field(one.key), one) for one in model.fields],
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": f'l."{block_column(k)}" = r."{block_column(k)}"', "sql_dialect": "duckdb"}
            for k in usable_blocking(rules, model)
        ],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": True,
        "em_convergence": 0.001,
    }


def usable_blocking(rules: MatchingRules, model: Model) -> tuple[int, ...]:
    """Places of the blocking rules whose fields all have values."""
    known = {one.key for one in model.fields}
    return tuple(k for k, rule in enumerate(rules.blocking) if {part.partition(".")[0] for part in rule} <= known)


def block_column(place: int) -> str:
    """The column in which the key of a blocking rule stands."""
    return f"block_{place}"


def made_column(field: MatchField, name: str) -> str:
    """The column in which something stands that was made of a field's values beforehand."""
    return f"{field.key}__{name}"


def _comparison(field: MatchField, model: FieldModel) -> dict[str, Any]:
    specs = KINDS[field.kind].levels
    levels: list[dict[str, Any]] = [
        {
            "sql_condition": filled("$l IS NULL OR $r IS NULL", field),
            "label_for_charts": NULL_LABEL,
            "is_null_level": True,
        }
    ]
    for place, (spec, level) in enumerate(zip(specs, model.levels, strict=True)):
        levels.append(
            {
                "sql_condition": filled(spec.test, field) if spec.test else "ELSE",
                "label_for_charts": level.label,
                "m_probability": level.m,
                "u_probability": level.u,
            }
        )
        if place == 0 and field.frequency:
            levels[-1] |= {"tf_adjustment_column": field.key, "tf_minimum_u_value": TINY}
    return {"output_column_name": field.key, "comparison_levels": levels, "comparison_description": field.kind.value}


def filled(test: str, field: MatchField) -> str:
    """A test of two values as the engine reads it."""
    strong, weak = field.similar
    for name in KINDS[field.kind].made:
        for side in ("l", "r"):
            test = test.replace(f"${name}_{side}", f'"{made_column(field, name)}_{side}"')
    return (
        test.replace("$l", f'"{field.key}_l"').replace("$r", f'"{field.key}_r"')
        .replace("$1", str(strong)).replace("$2", str(weak))
    )  # fmt: skip


def learnt(start: Model, said: Mapping[str, Any]) -> Model:
    """The model after training, from the engine's own settings.

    A field whose training went astray (agreement would speak against one person) keeps its former numbers, and so
    does a level that was never seen.
    """
    found = {one["output_column_name"]: one["comparison_levels"] for one in said["comparisons"]}
    fields, notes = [], list(start.notes)
    for one in start.fields:
        levels = [level for level in found[one.key] if not level.get("is_null_level")]
        pairs = [
            (_number(level.get("m_probability"), old.m), _number(level.get("u_probability"), old.u))
            for level, old in zip(levels, one.levels, strict=True)
        ]
        total_m, total_u = (sum(side) for side in zip(*pairs, strict=True))
        fresh = tuple(
            Level(label=old.label, m=max(m / total_m, TINY), u=max(u / total_u, TINY))
            for (m, u), old in zip(pairs, one.levels, strict=True)
        )
        sound = fresh[0].m / fresh[0].u > fresh[-1].m / fresh[-1].u and fresh[0].m > fresh[0].u
        if not sound:
            notes.append(f"{one.key}: nothing could be learnt, the built-in weights stand")
        fields.append(
            FieldModel(
                key=one.key, levels=fresh if sound else one.levels, learnt=sound, frequencies=one.frequencies,
                rare=one.rare,
            )
        )  # fmt: skip
    prior = float(said["probability_two_random_records_match"])
    return Model(prior=prior, fields=tuple(fields), people=start.people, notes=tuple(notes))


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value <= 1 else default


def model_to_json(model: Model) -> dict[str, Any]:
    """A model as it is stored."""
    return {
        "prior": model.prior,
        "people": model.people,
        "notes": list(model.notes),
        "fields": [
            {
                "key": one.key,
                "learnt": one.learnt,
                "rare": one.rare,
                "frequencies": dict(one.frequencies),
                "levels": [{"label": level.label, "m": level.m, "u": level.u} for level in one.levels],
            }
            for one in model.fields
        ],
    }


def model_from_json(said: Mapping[str, Any]) -> Model:
    """The reverse of :func:`model_to_json`."""
    return Model(
        prior=said["prior"],
        people=said["people"],
        notes=tuple(said["notes"]),
        fields=tuple(
            FieldModel(
                key=one["key"],
                learnt=one["learnt"],
                rare=one["rare"],
                frequencies=dict(one["frequencies"]),
                levels=tuple(Level(**level) for level in one["levels"]),
            )
            for one in said["fields"]
        ),
    )
