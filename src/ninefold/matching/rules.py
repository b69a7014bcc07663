"""Pure decisions of matching: pairs from the engine's columns, what changed, thresholds that fit what was decided."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ninefold.base import bucket

from .engine.kinds import NULL_LABEL
from .model import Evidence, MatchField, MatchingRules, Model, Pair

DECISIONS_MIN = 30


def pairs_of(rules: MatchingRules, model: Model, scored: pa.Table) -> Iterator[Pair]:
    """Pairs with their evidence, from the engine's columns."""
    names = {one.key: [level.label for level in reversed(one.levels)] for one in model.fields}
    for row in scored.to_pylist():
        yield Pair(
            a=row["a"],
            b=row["b"],
            score=row["score"],
            bits=row["bits"],
            evidence=tuple(_evidence(rules.field(key), labels, row) for key, labels in names.items()),
        )


def _evidence(field: MatchField, labels: Sequence[str], row: Mapping[str, Any]) -> Evidence:
    key = field.key
    level = row[f"{key}_level"]
    return Evidence(
        field=key,
        a=row[f"{key}_a"],
        b=row[f"{key}_b"],
        level=NULL_LABEL if level < 0 else labels[level],
        bits=0.0 if level < 0 else round(row[f"{key}_bits"], 2),
        agrees=True if level == len(labels) - 1 else False if level == 0 else None,
        kind=field.kind.value,
    )


def evidence_json(evidence: Iterable[Evidence]) -> list[dict[str, object]]:
    """Evidence as it is stored."""
    return [asdict(one) for one in evidence]


def evidence_of(stored: Iterable[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    """The reverse of :func:`evidence_json`."""
    return tuple(Evidence(**one) for one in stored)


def checked(a: NDArray[np.int64], b: NDArray[np.int64], percent: float) -> NDArray[np.bool_]:
    """Which automatic merges are put before somebody; the same pair always gets the same answer."""
    return bucket("matching check", (a << 32) | b) < percent * 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A decision as a label: how sure the model was, and what a person said."""

    score: float
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good a threshold is on what was decided (or on labelled data).

    Attributes:
        threshold: pairs scored at least so count as found.
        found: such pairs.
        right: those of them that are one person.
        total: all pairs that are one person.
    """

    threshold: float
    found: int
    right: int
    total: int

    @property
    def precision(self) -> float:
        """Share of the found pairs that are right; 1 when nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the right pairs that were found; 1 when there are none."""
        return self.right / self.total if self.total else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def quality(outcomes: Iterable[Outcome], threshold: float, *, total: int | None = None) -> Quality:
    """Precision and recall at a threshold.

    >>> said = [Outcome(score=0.99, same=True), Outcome(score=0.9, same=False), Outcome(score=0.5, same=True)]
    >>> one = quality(said, 0.8)
    >>> one.precision, one.recall
    (0.5, 0.5)
    """
    all_of = list(outcomes)
    found = [one for one in all_of if one.score >= threshold]
    return Quality(
        threshold=threshold,
        found=len(found),
        right=sum(one.same for one in found),
        total=sum(one.same for one in all_of) if total is None else total,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Thresholds that fit what was decided.

    Attributes:
        decisions: on how many this stands.
        auto: lowest score from which nearly all were the same person, None when there is none yet.
        review: highest score below which nearly none was, None when there is none yet.
        why: in words.
    """

    decisions: int
    auto: float | None
    review: float | None
    why: str


def suggest(outcomes: Sequence[Outcome], *, precision: float = 0.99, waste: float = 0.02) -> Suggestion:
    """Better thresholds from decisions, with the lower bound of Wilson (1927) at 90 % instead of the bare share.

    Args:
        outcomes: what was decided.
        precision: an automatic merge shall be right at least so often.
        waste: below the review threshold at most this share may be the same person.
    """
    if len(outcomes) < DECISIONS_MIN:
        return Suggestion(decisions=len(outcomes), auto=None, review=None,
                          why=f"fewer than {DECISIONS_MIN} decisions: nothing can be said yet")  # fmt: skip
    ordered = sorted(outcomes, key=lambda one: -one.score)
    auto = _edge(ordered, lambda right, count: _lower(right, count) >= precision, same=True)
    review = _edge(ordered[::-1], lambda right, count: 1 - _lower(right, count) <= waste, same=False)
    parts = [
        f"from {auto:.4f} on nearly all were one person" if auto is not None else
        "no score yet from which on nearly all were one person",
        f"up to {review:.4f} nearly none was" if review is not None else "no score yet below which nearly none was",
    ]  # fmt: skip
    return Suggestion(decisions=len(outcomes), auto=auto, review=review, why="; ".join(parts))


def _edge(ordered: Sequence[Outcome], holds: Callable[[int, int], bool], *, same: bool) -> float | None:
    """The last score up to which the share of those decided `same` is good enough."""
    right = 0
    edge: float | None = None
    for count, one in enumerate(ordered, start=1):
        right += one.same is same
        last = count == len(ordered) or ordered[count].score != one.score
        if last and one.same is same and holds(right, count):
            edge = one.score
    return edge


def _lower(right: int, count: int, z: float = 1.2816) -> float:
    """Lower end of the Wilson score interval of a share."""
    share = right / count
    middle = share + z * z / (2 * count)
    spread = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle - spread) / (1 + z * z / count)
