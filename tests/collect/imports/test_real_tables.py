"""Real tables of other people: each can be read, guessed and tried, and no row goes missing."""

from pathlib import Path

import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

from ninefold.collect.imports import Context, dry_run, guess

CONTEXT = Context(file_hash="0" * 32, received=1_780_000_000_000)
TABLES = {
    "cdnow/example_transactions.parquet": None,
    "complete_journey/demographics.parquet": "household_id",
    "complete_journey/coupon_redemptions.parquet": "household_id",
    "olist/sample10k_orders.parquet": "user_id",
    "olist/sample10k_customers.parquet": "user_id",
    "retentioneering/simple_onlineshop_v2.parquet": "user_id",
    "retentioneering/ecom_v5.parquet": "user_id",
    "splink/fake_1000.parquet": "email",
}


@pytest.mark.parametrize("name", TABLES)
def test_guessed_and_tried(shared_data: Path, tmp_path: Path, name: str) -> None:
    source = shared_data / name
    if not source.exists():
        pytest.skip(f"{name} is not here")
    table = pq.read_table(source).slice(0, 500)
    as_text = tmp_path / "table.csv"
    arrow_csv.write_csv(table, as_text)
    as_parquet = tmp_path / "table.parquet"
    pq.write_table(table, as_parquet)
    for path in (as_parquet, as_text):
        found = guess(path)
        namespace = TABLES[name]
        if namespace is None:
            assert found.mapping is None
            continue
        assert found.mapping is not None
        assert namespace in {identifier.namespace for identifier in found.mapping.identifiers}
        tried = dry_run(path, found.mapping, CONTEXT, rows=500)
        assert tried.rows_read == tried.events + tried.rejected + tried.skipped == table.num_rows
        assert tried.events > table.num_rows // 2
