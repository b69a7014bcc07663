"""Uncertain matches: precision, recall and F1 on labelled registers, beside exact matching and Splink used directly.

python benchmarks/matching.py --data FOLDER    # a folder with febrl/febrl_dataset3.parquet
"""

import argparse
import logging
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ninefold.matching import Engine, Means, Outcome, parse_matching, quality

FIELDS = (
    ("given_name", "name"), ("surname", "name"), ("date_of_birth", "birth_date"), ("address_1", "address"),
    ("suburb", "text"), ("postcode", "postcode"),
)  # fmt: skip
BLOCKING = [["given_name", "surname"], ["date_of_birth"], ["surname", "postcode"], ["given_name", "postcode"],
            ["address_1"]]  # fmt: skip
DOCUMENT = {
    "kind": "matching", "key": "febrl", "name": "febrl", "owner": "benchmark",
    "fields": [{"key": key, "kind": kind, "traits": [key]} for key, kind in FIELDS],
    "blocking": BLOCKING,
    "certain": [["given_name", "surname", "date_of_birth"], ["date_of_birth", "postcode"]],
    "thresholds": {"review": 0.01},
}  # fmt: skip
Pairs = dict[tuple[int, int], float]


def ours(people: pa.Table) -> Pairs:
    with Engine(parse_matching(DOCUMENT), Means(memory_mb=800)) as engine:
        engine.load(people)
        rows = engine.part(engine.train(), 0, 1).to_pylist()
    return {(row["a"], row["b"]): row["score"] for row in rows}


def exact(people: pa.Table) -> Pairs:
    rows = people.to_pylist()
    seen: dict[tuple[str, ...], list[int]] = {}
    for row in rows:
        key = tuple(str(row[name] or "").lower() for name in ("given_name", "surname", "date_of_birth"))
        seen.setdefault(key, []).append(row["oneid"])
    return {(a, b): 1.0 for some in seen.values() for k, a in enumerate(some) for b in some[k + 1 :]}


def direct(people: pa.Table) -> Pairs:
    import splink.comparison_library as cl  # noqa: PLC0415 - an extra
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: PLC0415 - as above

    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="oneid",
        comparisons=[
            cl.NameComparison("given_name"), cl.NameComparison("surname"), cl.ExactMatch("date_of_birth"),
            cl.JaroWinklerAtThresholds("address_1"), cl.JaroWinklerAtThresholds("suburb"), cl.ExactMatch("postcode"),
        ],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in BLOCKING],
    )  # fmt: skip
    linker = Linker(DuckDBAPI().register(people), settings, log_level=None)
    certain: list[Any] = [block_on("given_name", "surname", "date_of_birth"), block_on("date_of_birth", "postcode")]
    linker.training.estimate_probability_two_random_records_match(certain, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=3e6)
    for rule in (block_on("date_of_birth"), block_on("given_name", "surname")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=0.01).as_duckdbpyrelation().fetchall()
    names = linker.inference.predict(threshold_match_probability=0.01).as_duckdbpyrelation().columns
    left, right, score = (names.index(one) for one in ("oneid_l", "oneid_r", "match_probability"))
    return {(min(row[left], row[right]), max(row[left], row[right])): row[score] for row in found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    raw = pq.read_table(parser.parse_args().data / "febrl" / "febrl_dataset3.parquet")
    truth = dict(enumerate(raw["true_entity"].to_pylist(), start=1))
    people = raw.append_column("oneid", pa.array(list(truth), pa.int64())).select(["oneid", *(f for f, _ in FIELDS)])
    total = sum(n * (n - 1) // 2 for n in Counter(truth.values()).values())
    for name, way in (("exact", exact), ("splink", direct), ("ninefold", ours)):
        start = time.perf_counter()
        pairs = way(people)
        took = time.perf_counter() - start
        said = [Outcome(score=score, same=truth[a] == truth[b]) for (a, b), score in pairs.items()]
        for step in (0.5, 0.9, 0.999):
            one = quality(said, step, total=total)
            print(f"{name:9} {step:6} P {one.precision:.4f} R {one.recall:.4f} F1 {one.f1:.4f} {took:5.1f} s")


if __name__ == "__main__":
    main()
