"""The engine: Splink on DuckDB in memory. People go in as columns, scored pairs come out; nothing is kept.

Splink and DuckDB are an extra (``pip install ninefold[matching]``) and are loaded when somebody matches.
"""

import logging
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pyarrow as pa
import structlog
from numpy.typing import NDArray

from ninefold.base import span, unavailable
from ninefold.matching.model import FieldModel, MatchingRules, Model

from . import queries
from .settings import ID, learnt, linker_settings, untrained, usable_blocking

if TYPE_CHECKING:
    import duckdb
    from splink import DuckDBAPI, Linker
    from splink.internals.blocking_rule_creator import BlockingRuleCreator

_log = structlog.get_logger("ninefold.matching")
VALUES_MIN: Final = 2  # a field with fewer values in all the data says nothing
PEOPLE_MIN: Final = 200  # below, nothing can be learnt: the built-in weights stand
_COMMON_MAX: Final = 2_000
_U_PAIRS: Final = 3e6
_EM_PAIRS: Final = 1e6
_ROUNDS: Final = (25, 8, 3)  # of learning; fewer when more of them fail
_REASON_MAX: Final = 120  # characters
_SESSIONS_ENOUGH: Final = 2  # sessions of training after which a field is known well enough
_SEED: Final = 20260601


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a run may use.

    Attributes:
        memory_mb: memory of the engine, MB.
        threads: of the engine; 0: all.
        spill: folder for what does not fit into the memory; None: none.
        part_people: people per part of a run over everybody; each part is committed by itself.
    """

    memory_mb: int = 1024
    threads: int = 0
    spill: Path | None = None
    part_people: int = 50_000


class Engine:
    """People of one matching document, loaded, ready to train and to score. Use it as a context manager."""

    def __init__(self, rules: MatchingRules, means: Means) -> None:
        """Args: the document; what may be used. Raises unavailable where the extra is not installed."""
        self.rules = rules
        self._conn = _connect(means)
        self._conn.execute("SET enable_progress_bar = false")
        self.people = 0
        self.values: dict[str, int] = {}
        self._ready: tuple[FieldModel, ...] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._conn.close()

    def load(self, people: pa.Table) -> None:
        """Take the people: a column ``oneid`` and a text column per field; a column may be missing."""
        columns = {one.key: pa.string() for one in self.rules.fields}
        full = pa.table(
            {
                ID: people.column(ID).cast(pa.int64()),
                **{
                    key: people.column(key).cast(kind) if key in people.column_names else pa.nulls(len(people), kind)
                    for key, kind in columns.items()
                },
            }
        )
        with span("matching.load", people=len(people)):
            self._conn.register(queries.RAW, full)
            self._conn.execute(queries.clean_people(self.rules))
            counts = self._ask(queries.filled_counts(self.rules)).to_pylist()[0]
        self.people = counts.pop("people_")
        self.values = counts

    def train(self) -> Model:
        """Estimate the model from the loaded people: u by random pairs, m by expectation maximisation.

        Winkler (2000) and Fellegi and Sunter (1969), as Splink does it. A field, a level or a rule that cannot be
        learnt from these people keeps the built-in numbers, and the notes say so.
        """
        present = [key for key, count in self.values.items() if count >= VALUES_MIN]
        start = untrained(self.rules, present, self.people)
        start = replace(start, fields=tuple(self._frequencies(one) for one in start.fields))
        if self.people < PEOPLE_MIN or not start.fields:
            return replace(start, notes=(*start.notes, f"fewer than {PEOPLE_MIN} people: the built-in weights stand"))
        known = {one.key for one in start.fields}
        certain = [rule for rule in self.rules.certain if {part.partition(".")[0] for part in rule} <= known]
        with span("matching.train", people=self.people), self._quiet():
            start = replace(start, prior=self._prior(start, certain))
            linker, _ = self._linker(start)
            linker.training.estimate_u_using_random_sampling(max_pairs=_U_PAIRS, seed=_SEED)
            said, notes = self._learn_m(start, linker, certain)
        found = learnt(start, said)
        return replace(found, notes=(*found.notes, *notes, *self._large_blocks(start)))

    def _learn_m(
        self, start: Model, linker: "Linker", certain: Sequence[tuple[str, ...]]
    ) -> tuple[dict[str, Any], list[str]]:
        """Learn m from the pairs that each of some rules finds, of the fields that it does not name."""
        notes: list[str] = []
        times: Counter[str] = Counter()
        blocks = [self.rules.blocking[k] for k in usable_blocking(self.rules, start)]
        for parts in dict.fromkeys([*certain, *blocks]):
            free = {one.key for one in start.fields} - {part.partition(".")[0] for part in parts}
            if all(times[key] >= _SESSIONS_ENOUGH for key in free):
                continue
            linker, failed = self._session(start, linker, parts)
            if failed:
                _log.info("rule not learnt from", rule=" + ".join(parts), error=failed)
                notes.append(f"{' + '.join(parts)}: nothing learnt from its pairs ({failed})")
            else:
                times.update(free)
        return linker.misc.save_model_to_json(), notes

    def _session(self, start: Model, linker: "Linker", parts: tuple[str, ...]) -> "tuple[Linker, str]":
        """Learn from the pairs of one rule: the linker to go on with, and why nothing was learnt.

        A level that no true pair has falls towards nothing in each round, and the engine refuses a share that a float
        cannot hold. Fewer rounds stop before; the other shares hardly move by then.
        """
        before, failed = linker.misc.save_model_to_json(), ""
        for rounds in _ROUNDS:
            linker, _ = self._linker(start, before | {"max_iterations": rounds})
            try:
                linker.training.estimate_parameters_using_expectation_maximisation(
                    queries.training_rule(self.rules, parts), max_pairs=_EM_PAIRS, record_sample_proportion=1.0,
                    estimate_without_term_frequencies=True,
                )  # fmt: skip
            except Exception as error:  # noqa: BLE001 - the engine raises many kinds; a rule less is no harm
                failed = f"{type(error).__name__}: {error}"[:_REASON_MAX]
            else:
                return linker, ""
        return self._linker(start, before)[0], failed  # a failure leaves the old one half done

    def parts(self, model: Model, chunks: int) -> Iterator[pa.Table]:
        """Pairs of everybody scored at least `review`, in so many parts: each pair once; see :meth:`part`."""
        return (self.part(model, k, chunks) for k in range(chunks))

    def part(self, model: Model, number: int, chunks: int) -> pa.Table:
        """One part of all pairs: those whose left person falls into it. Columns as in `queries.with_values`."""
        if not usable_blocking(self.rules, model):
            return _nothing()
        with span("matching.score", part=number, parts=chunks), self._quiet():
            linker, _ = self._linker(model)
            found = linker.inference.predict_chunk(
                left_chunk=(number + 1, chunks), right_chunk=(1, 1),
                threshold_match_probability=self.rules.thresholds.review, warning_mode="never",
            )  # fmt: skip
            return self._read(model, found.physical_name)

    def fresh(self, model: Model, people: NDArray[np.int64]) -> pa.Table:
        """Pairs with at least one of some people, scored by the same model: new ones against all, and among them."""
        if not len(people) or not usable_blocking(self.rules, model):
            return _nothing()
        with span("matching.score_new", people=len(people)), self._quiet():
            linker, api = self._linker(model)
            self._conn.register(queries.FRESH_IDS, pa.table({ID: pa.array(people)}))
            for statement in queries.split_fresh():
                self._conn.execute(statement)
            fresh, rest = (api.register(self._conn.table(name)) for name in (queries.FRESH, queries.REST))
            asked: dict[str, Any] = {
                "threshold_match_probability": self.rules.thresholds.review,
                "warning_mode": "never",
            }
            within = linker.inference.predict_within(fresh, **asked)
            tables = [self._read(model, within.physical_name)]
            between = linker.inference.predict_between(fresh, rest, **asked)
            tables.append(self._read(model, between.physical_name))
        return pa.concat_tables(tables)

    def changed(self, decided: pa.Table, keys: Sequence[str]) -> pa.Table:
        """Which decisions rest on values that are others now: columns id, field, side, before, after.

        Args:
            decided: columns id, root_a, root_b, and per field ``<key>_a`` and ``<key>_b`` with the values of then.
            keys: fields to look at.
        """
        self._conn.register(queries.DECIDED, decided)
        return self._ask(queries.changed_values(self.rules, keys))

    def _read(self, model: Model, scored: str) -> pa.Table:
        return self._ask(queries.with_values(self.rules, model, scored))

    def _ask(self, statement: str) -> pa.Table:
        return self._conn.sql(statement).to_arrow_table()

    @staticmethod
    @contextmanager
    def _quiet() -> Iterator[None]:
        """The engine's advice is for those who program with it."""
        logging.getLogger("splink").setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield

    def _linker(self, model: Model, settings: Mapping[str, Any] | None = None) -> "tuple[Linker, DuckDBAPI]":
        """A linker on the loaded people with the model's own frequencies, and what its tables are registered with."""
        from splink import DuckDBAPI, Linker  # noqa: PLC0415 - an extra, and slow to load

        frequent = [one for one in model.fields if self.rules.field(one.key).frequency]
        if self._ready is not model.fields:
            self._conn.execute(queries.keyed_people(self.rules, model))
            for one in frequent:
                known = pa.table(
                    {
                        "value": pa.array(list(one.frequencies), pa.string()),
                        "share": pa.array(list(one.frequencies.values()), pa.float64()),
                    }
                )
                self._conn.register(f"known_{one.key}", known)
                self._conn.execute(queries.frequency_table(self.rules.field(one.key), one.rare))
            self._ready = model.fields
        api = DuckDBAPI(connection=self._conn)
        people = api.register(self._conn.table(queries.PEOPLE))
        told = dict(settings or linker_settings(self.rules, model))
        linker = Linker(people, told, log_level=None, validate_settings=False)
        for one in frequent:
            table = api.register(self._conn.table(f"tf_{one.key}"))
            linker.table_management.register_term_frequency_lookup(table, one.key)
        return linker, api

    def _frequencies(self, model: FieldModel) -> FieldModel:
        field = self.rules.field(model.key)
        if not field.frequency:
            return model
        total, distinct = self._row(queries.value_counts(field))
        rows = self._conn.execute(queries.common_values(field, _COMMON_MAX)).fetchall()
        common = {str(value): count / total for value, count in rows}
        others = max(total - sum(count for _, count in rows), 1) / max(distinct - len(rows), 1)
        return replace(model, frequencies=common, rare=max(others, 1) / max(total, 1))

    def _prior(self, start: Model, certain: Sequence[tuple[str, ...]]) -> float:
        """Share of all pairs that are one person, from the rules that find nearly only such."""
        linker, _ = self._linker(start)
        rules: list[str | BlockingRuleCreator] = [queries.training_rule(self.rules, parts) for parts in certain]
        for recall in (self.rules.recall, 1.0):
            with suppress(ValueError, IndexError):  # it says so when the rules find more than that share
                linker.training.estimate_probability_two_random_records_match(rules, recall=recall)
                found = float(linker.misc.save_model_to_json()["probability_two_random_records_match"])
                return found if 0 < found < 1 else start.prior
        return start.prior

    def _large_blocks(self, model: Model) -> Iterable[str]:
        for k in usable_blocking(self.rules, model):
            keys, people = self._row(queries.large_blocks(self.rules, k))
            if keys:
                yield (
                    f"{' + '.join(self.rules.blocking[k])}: {keys:,} values shared by more than "
                    f"{self.rules.block_max:,} people left out ({people:,} people)"
                )

    def _row(self, statement: str) -> tuple[int, ...]:
        row = self._conn.execute(statement).fetchone()
        return tuple(int(one) for one in row or ())


def _nothing() -> pa.Table:
    return pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.int64())})


def _connect(means: Means) -> "duckdb.DuckDBPyConnection":
    try:
        import duckdb  # noqa: PLC0415 - an extra, and slow to load
        import splink  # noqa: F401, PLC0415 - say at once that it is missing
    except ImportError as exc:
        raise unavailable(
            "matching_not_installed", "uncertain matches need the extra `matching`",
            hint="pip install 'ninefold[matching]', then start again",
        ) from exc  # fmt: skip
    config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": f"{means.memory_mb}MB"}
    if means.threads:
        config["threads"] = means.threads
    if means.spill is not None:
        means.spill.mkdir(mode=0o700, parents=True, exist_ok=True)
        config["temp_directory"] = str(means.spill)
    return duckdb.connect(":memory:", config=config)
