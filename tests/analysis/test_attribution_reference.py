"""The published paths of twelve channels: every model gives the reference credits."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from ninefold.analysis.attribution import Model
from ninefold.analysis.attribution.rules import Paths, credited, removals

FILE = Path(__file__).parent / "data" / "attribution_paths.csv.gz"
# first, last, linear, U, Markov, removal effect, Shapley
CREDITS = {
    "alpha": (6308, 8447, 7574.7186, 7444.8238, 5344.9477, 0.5584, 7627.944),
    "beta": (2831, 989, 2083.5001, 1969.7662, 2527.3522, 0.2640, 1982.739),
    "eta": (3164, 4167, 3539.9512, 3618.7961, 3340.8474, 0.3490, 3613.656),
    "iota": (4606, 3355, 3857.0962, 3944.9482, 3884.6147, 0.4058, 3505.044),
    "theta": (1606, 653, 1022.8014, 1092.7445, 1971.9129, 0.2060, 1190.963),
    "lambda": (902, 1207, 1035.2576, 1046.9039, 1282.8472, 0.1340, 987.782),
    "kappa": (74, 230, 137.9641, 147.4596, 274.3633, 0.0287, 159.057),
    "zeta": (27, 107, 136.5515, 88.6229, 381.0626, 0.0398, 199.992),
    "epsilon": (99, 531, 272.1704, 301.0502, 599.5707, 0.0626, 374.677),
    "gamma": (165, 92, 121.0416, 125.2409, 171.1454, 0.0179, 138.186),
    "delta": (1, 5, 1.7250, 2.5867, 4.6136, 0.0005, 2.293),
    "mi": (2, 2, 2.2222, 2.0571, 1.7224, 0.0002, 2.667),
}
WORTH = {"alpha": (19121.272, 28414.214, 24524.710), "eta": (11909.476, 16754.204, 13783.497)}
WORTH["iota"] = (19597.261, 13487.974, 15988.989)
MODELS = (Model.FIRST, Model.LAST, Model.LINEAR, Model.U, Model.MARKOV)


def test_credits_of_the_published_paths() -> None:
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = sorted(CREDITS)
    split = [row["path"].split(" > ") for row in rows]
    paths = Paths(
        np.repeat(np.arange(len(rows)), [len(one) for one in split]),
        np.array([names.index(name) for one in split for name in one], np.int64),
        np.zeros(sum(map(len, split))),
        *(
            np.array([float(row[column]) for row in rows])
            for column in ("total_conversions", "total_conversion_value", "total_null")
        ),
    )
    assert paths.conversions.sum() == 19_785
    _, rate = removals(paths, len(names))
    assert rate == pytest.approx(0.2238451355968638, abs=1e-12)
    found, effect = credited(paths, len(names), 1.0)
    assert effect.sum() == pytest.approx(2.067, abs=1e-3)
    for name, (*conversions, removal, shapley) in CREDITS.items():
        place = names.index(name)
        for model, wanted in zip(MODELS, conversions, strict=True):
            assert found[model][0][place] == pytest.approx(wanted, abs=1e-4), (name, model)
        assert effect[place] == pytest.approx(removal, abs=1e-4)
        assert found[Model.SHAPLEY][0][place] == pytest.approx(shapley, abs=1e-3)
        for model, wanted in zip(MODELS, WORTH.get(name, ()), strict=False):
            assert found[model][1][place] == pytest.approx(wanted, abs=1e-3)
    for model, (given, _) in found.items():
        assert given.sum() == pytest.approx(19_785), model
