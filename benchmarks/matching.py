"""Uncertain matches on labelled registers: precision, recall, work left to people, time, memory; Splink beside it.

python benchmarks/matching.py --data FOLDER                   # with febrl/febrl_dataset3.parquet, splink/..., and so on
python benchmarks/matching.py --data FOLDER --people 100000   # that many people mixed from them, one in twenty twice
"""

import argparse
import logging
import multiprocessing
import random
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from ninefold.matching import Engine, Means, Outcome, parse_matching, quality

LIBRARY = Path(__file__).parents[1] / "library" / "matching" / "people.yaml"
FEBRL = {"given_name": "given_name", "surname": "family_name", "date_of_birth": "birth_date", "suburb": "city",
         "postcode": "postcode"}  # fmt: skip
SPLINK = {"first_name": "given_name", "surname": "family_name", "dob": "birth_date", "birth_place": "city",
          "city": "city", "postcode_fake": "postcode", "gender": "gender", "email": "email"}  # fmt: skip
REGISTERS = {
    "febrl1": (["febrl/febrl_dataset1"], FEBRL, "true_entity"),
    "febrl3": (["febrl/febrl_dataset3"], FEBRL, "true_entity"),
    "febrl4": (["febrl/febrl_dataset4a", "febrl/febrl_dataset4b"], FEBRL, "true_entity"),
    "fake_1000": (["splink/fake_1000"], SPLINK, "cluster"),
    "historical_50k": (["splink/historical_50k"], SPLINK, "cluster"),
}
Pairs = dict[tuple[int, int], float]


def register(data: Path, name: str) -> tuple[pa.Table, list[Any]]:
    """People under the keys of the library's document, and who each really is."""
    files, names, truth = REGISTERS[name]
    raw = pa.concat_tables([pq.read_table(data / f"{file}.parquet") for file in files])
    columns = {key: raw[column].cast(pa.string()) for column, key in names.items() if column in raw.column_names}
    if "street_number" in raw.column_names:
        parts = [pc.fill_null(raw[column], "") for column in ("street_number", "address_1")]
        columns["address"] = pc.binary_join_element_wise(*parts, " ")
    return numbered(columns), raw[truth].to_pylist()


def mixed(data: Path, people: int) -> tuple[pa.Table, list[Any]]:
    """Many people, each value from another record; every twentieth stands there twice, the second time a value less."""
    base, _ = register(data, "febrl4")
    rows, dice = base.drop_columns(["oneid"]).to_pylist(), random.Random(1)
    names = list(rows[0])
    found, truth = [], []
    for number in range(people):
        one = {name: dice.choice(rows)[name] for name in names}
        one["birth_date"] = f"19{dice.randint(20, 99)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}"
        found.append(one)
        truth.append(number)
        if number % 20 == 0:
            found.append(one | {dice.choice(names): None})
            truth.append(number)
    return numbered({name: pa.array([one[name] for one in found], pa.string()) for name in names}), truth


def numbered(columns: dict[str, Any]) -> pa.Table:
    table = pa.table(columns)
    return table.append_column("oneid", pa.array(range(1, len(table) + 1), pa.int64()))


def ours(people: pa.Table) -> Pairs:
    rules = parse_matching(yaml.safe_load(LIBRARY.read_text()))
    with Engine(rules, Means(memory_mb=2_000)) as engine:
        engine.load(people)
        found = engine.part(engine.train(), 0, 1)
    a, b, score = (found[name].to_pylist() for name in ("a", "b", "score"))
    return dict(zip(zip(a, b, strict=True), score, strict=True))


def direct(people: pa.Table) -> Pairs:
    """Splink's own comparisons on the same fields and, as far as it has no parts of fields, the same blocking rules."""
    import splink.comparison_library as cl  # noqa: PLC0415 - an extra
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: PLC0415 - as above

    logging.getLogger("splink").setLevel(logging.ERROR)
    names = [name for name in people.column_names if name != "oneid"]
    rules = [[part.replace("family_name.initial", "substr(family_name, 1, 1)") for part in rule]
             for rule in yaml.safe_load(LIBRARY.read_text())["blocking"]]  # fmt: skip
    rules = [rule for rule in rules if not {part for part in rule if "(" not in part} - set(names)]
    certain: list[Any] = [block_on("given_name", "family_name", "birth_date")]
    linker = Linker(
        DuckDBAPI().register(people),
        SettingsCreator(
            link_type="dedupe_only", unique_id_column_name="oneid",
            comparisons=[cl.NameComparison(name) if name.endswith("_name") else
                         cl.JaroWinklerAtThresholds(name) if name in {"address", "city", "email"} else
                         cl.LevenshteinAtThresholds(name, 1) if name == "birth_date" else cl.ExactMatch(name)
                         for name in names],
            blocking_rules_to_generate_predictions=[block_on(*rule) for rule in rules],
        ),
        log_level=None,
    )  # fmt: skip
    linker.training.estimate_probability_two_random_records_match(certain, recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=3e6)
    for rule in (block_on("birth_date"), block_on("given_name", "family_name")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=0.5).as_duckdbpyrelation()
    places = [found.columns.index(name) for name in ("oneid_l", "oneid_r", "match_probability")]
    rows = ([row[place] for place in places] for row in found.fetchall())
    return {(min(a, b), max(a, b)): score for a, b, score in rows}


def measured(way: str, data: Path, name: str) -> None:
    """One way on one register, in a process of its own, so that the peak of memory is its own."""
    people, truth = mixed(data, int(name)) if name.isdigit() else register(data, name)
    total = sum(n * (n - 1) // 2 for n in Counter(truth).values())
    start, used = time.perf_counter(), time.process_time()
    pairs = {"splink": direct, "ninefold": ours}[way](people)
    took, cpu = time.perf_counter() - start, time.process_time() - used
    said = [Outcome(score=score, same=truth[a - 1] == truth[b - 1]) for (a, b), score in pairs.items()]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{name} {way}: {people.num_rows:,} records, {total:,} true pairs; "
        f"{took:.1f} s, {cpu:.1f} s of processor, {peak} MB"
    )
    review, auto = (quality(said, step, total=total) for step in (0.7, 0.9999))
    for one in (review, auto):
        print(f"  from {one.threshold}: P {one.precision:.4f} R {one.recall:.4f} F1 {one.f1:.4f}, {one.found:,} pairs")
    print(f"  for people to decide: {review.found - auto.found:,}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--people", type=int, default=0)
    parser.add_argument("--register", choices=list(REGISTERS), action="append")
    asked = parser.parse_args()
    names = [str(asked.people)] if asked.people else asked.register or list(REGISTERS)
    for name in names:
        for way in ("splink", "ninefold"):
            one = multiprocessing.get_context("spawn").Process(target=measured, args=(way, asked.data, name))
            one.start()
            one.join()


if __name__ == "__main__":
    main()
