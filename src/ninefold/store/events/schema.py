"""The tables of the events store.

Rows keep the oneid known when they arrived; ``redirects`` says where merged people live now. Times are UTC.
"""

from .tables import Column, Table

VERSION = 3

_TEXT = "LowCardinality(String)"
_TIME = "DateTime64(3, 'UTC')"
_DURABLE = ("fsync_after_insert = 1", "fsync_part_directory = 1")  # acknowledged means on disk
BATCH_COLUMN = "batch_id"  # by which a batch is found again

EVENTS = Table(
    name="events",
    columns=(
        Column(name="oneid", type="UInt32"),
        Column(name="name", type=_TEXT),
        Column(name="ts", type=_TIME, codec="Delta, ZSTD(1)"),
        Column(name="received_at", type=_TIME, codec="Delta, ZSTD(1)"),
        Column(name="batch_id", type="UInt64", codec="Delta, ZSTD(1)"),
        Column(name="message_id", type="String"),
        Column(name="type", type=_TEXT),
        Column(name="source", type=_TEXT),
        Column(name="channel", type=_TEXT),
        Column(name="session_id", type="String"),
        Column(name="order_id", type="String"),
        Column(name="product_id", type="String"),
        Column(name="campaign_id", type=_TEXT),
        Column(name="revenue_minor", type="Int64"),
        Column(name="currency", type=_TEXT),
        Column(name="quantity", type="Float64"),
        Column(name="props", type="Map(LowCardinality(String), String)"),
        Column(name="nums", type="Map(LowCardinality(String), Float64)"),
    ),
    partition_by="toYear(ts)",
    order_by=("name", "toDate(ts)", "oneid", "ts"),
    extras=(
        "PROJECTION by_person (SELECT * ORDER BY oneid, ts)",
        "INDEX by_batch batch_id TYPE minmax GRANULARITY 1",
    ),
    settings=(*_DURABLE, "deduplicate_merge_projection_mode = 'rebuild'"),
)

TRAITS = Table(
    name="traits",
    columns=(
        Column(name="key", type=_TEXT),
        Column(name="oneid", type="UInt32"),
        Column(name="source", type=_TEXT),
        Column(name="value", type="String"),
        Column(name="num", type="Nullable(Float64)"),
        Column(name="deleted", type="UInt8"),
        Column(name="ts", type=_TIME),
        Column(name="received_at", type=_TIME),
    ),
    engine="ReplacingMergeTree",
    engine_args="ts",
    order_by=("key", "oneid", "source"),
    extras=("PROJECTION by_person (SELECT * ORDER BY oneid, key)",),
    settings=(*_DURABLE, "deduplicate_merge_projection_mode = 'rebuild'"),
)

# What is added to traits instead of stated: one row per operand of a message, so that a repeat counts once.
TRAIT_CHANGES = Table(
    name="trait_changes",
    columns=(
        Column(name="key", type=_TEXT),
        Column(name="oneid", type="UInt32"),
        Column(name="source", type=_TEXT),
        Column(name="message_id", type="String"),
        Column(name="place", type="UInt16"),
        Column(name="operation", type=_TEXT),
        Column(name="value", type="String"),  # an item of a list as JSON
        Column(name="num", type="Float64"),
        Column(name="ts", type=_TIME),
        Column(name="received_at", type=_TIME),
    ),
    engine="ReplacingMergeTree",
    engine_args="received_at",
    order_by=("key", "oneid", "source", "message_id", "place"),
    extras=("PROJECTION by_person (SELECT * ORDER BY oneid, key)",),
    settings=(*_DURABLE, "deduplicate_merge_projection_mode = 'rebuild'"),
)

PEOPLE = Table(
    name="people",
    columns=(Column(name="oneid", type="UInt32"), Column(name="first_seen", type=_TIME)),
    engine="ReplacingMergeTree",
    order_by=("oneid",),
    settings=_DURABLE,
)

REDIRECTS = Table(
    name="redirects",
    columns=(
        Column(name="oneid", type="UInt32"),
        Column(name="root", type="UInt32"),
        Column(name="version", type="UInt64"),
    ),
    engine="ReplacingMergeTree",
    engine_args="version",
    order_by=("oneid",),
    settings=_DURABLE,
)

TAGS = Table(
    name="tags",
    columns=(
        Column(name="tag", type=_TEXT),
        Column(name="version", type="UInt32"),
        Column(name="oneid", type="UInt32"),
        Column(name="value", type="String"),
        Column(name="num", type="Nullable(Float64)"),
    ),
    order_by=("tag", "version", "oneid"),
    extras=("PROJECTION by_person (SELECT * ORDER BY oneid, tag, version)",),
    settings=_DURABLE,
)

TAG_RUNS = Table(
    name="tag_runs",
    columns=(
        Column(name="tag", type=_TEXT),
        Column(name="version", type="UInt32"),
        Column(name="built_at", type=_TIME),
        Column(name="people", type="UInt64"),
    ),
    order_by=("tag", "version"),
    settings=_DURABLE,
    shard_by="rand()",
)

SEGMENT_VERSIONS = Table(
    name="segment_versions",
    columns=(
        Column(name="segment", type=_TEXT),
        Column(name="version", type="UInt32"),
        Column(name="definition_version", type="UInt32"),
        Column(name="built_at", type=_TIME),
        Column(name="size", type="UInt64"),
        Column(name="members", type="AggregateFunction(groupBitmap, UInt32)"),
        Column(name="entered", type="AggregateFunction(groupBitmap, UInt32)"),  # members who were not in the one before
    ),
    order_by=("segment", "version"),
    settings=(*_DURABLE, "index_granularity = 1"),  # a version is read without unpacking its neighbours' bitmaps
    shard_by="rand()",
)

# When people entered segments, ordered by person: what a profile asks. Person 0 says which versions stand in it.
SEGMENT_ENTRIES = Table(
    name="segment_entries",
    columns=(
        Column(name="oneid", type="UInt32"),
        Column(name="segment", type=_TEXT),
        Column(name="version", type="UInt32"),
        Column(name="built_at", type=_TIME),
    ),
    engine="ReplacingMergeTree",
    engine_args="version",
    order_by=("oneid", "segment"),
    settings=_DURABLE,
)

# What is left of events that were anonymised: totals that name nobody. A run of retention replaces its own rows.
PAST_DAYS = Table(
    name="past_days",
    columns=(
        Column(name="run", type="UInt64"),
        Column(name="day", type="Date"),
        Column(name="name", type=_TEXT),
        Column(name="source", type=_TEXT),
        Column(name="channel", type=_TEXT),
        Column(name="currency", type=_TEXT),
        Column(name="events", type="UInt64"),
        Column(name="people", type="UInt64"),
        Column(name="revenue_minor", type="Int64"),
        Column(name="quantity", type="Float64"),
    ),
    engine="ReplacingMergeTree",
    order_by=("run", "day", "name", "source", "channel", "currency"),
    settings=_DURABLE,
    shard_by="rand()",
)

TABLES: tuple[Table, ...] = (
    EVENTS,
    TRAITS,
    TRAIT_CHANGES,
    PEOPLE,
    REDIRECTS,
    TAGS,
    TAG_RUNS,
    SEGMENT_VERSIONS,
    SEGMENT_ENTRIES,
    PAST_DAYS,
)

SCHEMA_VERSIONS = Table(
    name="schema_versions",
    columns=(
        Column(name="version", type="UInt32"),
        Column(name="applied_at", type="DateTime('UTC') DEFAULT now()"),
    ),
    engine="ReplacingMergeTree",
    engine_args="applied_at",
    order_by=("version",),
    settings=_DURABLE,
    shard_by="rand()",
)
