"""How models share the credit of paths. Pure; paths are flat arrays, no loop over them.

Position models after Mixpanel's documentation; Markov: Anderl et al., Int. J. Res. Marketing 33 (2016), first order,
removal effects scaled to the whole; Shapley with v(S) = worth of the paths whose channels all lie in S, whose value is
each path's worth shared equally among its different channels (unanimity games).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ninefold.analysis.counting import Floats
from ninefold.analysis.model import Ints
from ninefold.analysis.streams import changes

from .model import Model

_ENDS: Mapping[Model, tuple[float, float]] = {Model.U: (0.4, 0.4), Model.J: (0.2, 0.6), Model.INVERSE_J: (0.6, 0.2)}


@dataclass(frozen=True, slots=True)
class Paths:
    """Touches of paths in order, and what each path came to.

    Attributes:
        path: number of each touch's path, ascending from 0, none left out.
        channel: number of its channel.
        age: ms before the path's conversion.
        conversions: of each path: how many times it was converted.
        worth: of each path: what these are worth.
        lost: of each path: how many times it was not converted.
    """

    path: Ints
    channel: Ints
    age: Floats
    conversions: Floats
    worth: Floats
    lost: Floats


def shares(paths: Paths, model: Model, half_life: float) -> Floats:
    """Each touch's share of its path's credit; they add up to 1 in every path."""
    first = np.flatnonzero(changes(paths.path))
    sizes = np.diff(np.append(first, len(paths.path)))
    size, place = sizes[paths.path], np.arange(len(paths.path)) - first[paths.path]
    begins, ends = place == 0, place == size - 1
    match model:
        case Model.FIRST:
            weight = begins.astype(np.float64)
        case Model.LAST:
            weight = ends.astype(np.float64)
        case Model.LINEAR:
            weight = np.ones(len(size))
        case Model.DECAY:
            youngest = np.minimum.reduceat(paths.age, first)[paths.path] if len(first) else paths.age
            weight = np.exp2(-(paths.age - youngest) / half_life)
        case Model.SHAPLEY:
            return _equal(paths, first)
        case _:
            left, right = _ENDS[model]
            middle = np.where(size > 2, (1 - left - right) / np.maximum(size - 2, 1), 0.0)
            weight = np.where(begins, left, np.where(ends, right, middle))
            weight = np.where(size == 1, 1.0, weight)
    total = np.bincount(paths.path, weights=weight)
    found: Floats = weight / total[paths.path]
    return found


def _equal(paths: Paths, first: Ints) -> Floats:
    """Equal shares of the different channels of a path, each at its first touch."""
    order = np.lexsort((np.arange(len(paths.path)), paths.channel, paths.path))
    fresh = changes(paths.path[order]) | changes(paths.channel[order])
    chosen = np.zeros(len(paths.path))
    chosen[order[fresh]] = 1.0
    if not len(first):
        return chosen
    found: Floats = chosen / np.add.reduceat(chosen, first)[paths.path]
    return found


def removals(paths: Paths, channels: int) -> tuple[Floats, float]:
    """Removal effects by channel, and the chain's probability of conversion (which is the observed rate).

    A channel's effect is the share of that probability that is lost when all that leads to it leads nowhere.
    """
    weight = paths.conversions + paths.lost
    begins = changes(paths.path)
    ends = np.append(begins[1:], True) if len(begins) else begins
    flow = np.zeros((channels + 1, channels))  # from the start (row 0) or a channel, to a channel
    np.add.at(flow[0], paths.channel[begins], weight[paths.path[begins]])
    inner = np.flatnonzero(~ends)
    np.add.at(flow, (paths.channel[inner] + 1, paths.channel[inner + 1]), weight[paths.path[inner]])
    out = np.bincount(paths.channel[ends] + 1, weights=weight[paths.path[ends]], minlength=channels + 1)
    won = np.bincount(paths.channel[ends] + 1, weights=paths.conversions[paths.path[ends]], minlength=channels + 1)
    total = np.maximum(flow.sum(axis=1) + out, 1e-300)
    step, hit = flow / total[:, None], won / total

    def reached(kept: Ints) -> float:
        inner_step = step[np.ix_(kept + 1, kept)]
        rate = np.linalg.solve(np.eye(len(kept)) - inner_step, hit[kept + 1])
        return float(step[0, kept] @ rate)

    everything = np.arange(channels)
    whole = reached(everything)
    if not whole:
        return np.zeros(channels), 0.0
    used = np.zeros(channels, np.bool_)
    used[paths.channel] = True
    found = [1 - reached(everything[everything != one]) / whole if used[one] else 0.0 for one in range(channels)]
    return np.clip(found, 0.0, 1.0), whole


def credited(paths: Paths, channels: int, half_life: float) -> tuple[dict[Model, tuple[Floats, Floats]], Floats]:
    """By model, credit of each channel in conversions and in worth; and the removal effects."""
    effect, _ = removals(paths, channels)
    total = effect.sum()
    found: dict[Model, tuple[Floats, Floats]] = {}
    for model in Model:
        if model is Model.MARKOV:
            part = effect / total if total else effect
            found[model] = part * paths.conversions.sum(), part * paths.worth.sum()
            continue
        weight = shares(paths, model, half_life)
        conversions, worth = (
            np.bincount(paths.channel, weights=weight * one[paths.path], minlength=channels)
            for one in (paths.conversions, paths.worth)
        )
        found[model] = conversions.astype(np.float64), worth.astype(np.float64)
    return found, effect
