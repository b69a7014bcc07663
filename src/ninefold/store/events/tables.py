"""How an events-store table is described: one specification, rendered for one node or for a cluster."""

from collections.abc import Container
from dataclasses import dataclass

# How long the engine remembers the tokens of inserts: their number, and on a cluster also their age.
_ONE_NODE = ("non_replicated_deduplication_window = 10000",)
_CLUSTER = ("replicated_deduplication_window = 10000", "replicated_deduplication_window_seconds = 604800")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name, ClickHouse type and, where it pays, codec."""

    name: str
    type: str
    codec: str = ""

    def ddl(self) -> str:
        """The column as it stands in CREATE TABLE."""
        return f"`{self.name}` {self.type}" + (f" CODEC({self.codec})" if self.codec else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the events store.

    Attributes:
        name: the name that queries use, in both forms.
        columns: in order.
        engine: MergeTree family name, e.g. ``ReplacingMergeTree``.
        engine_args: its arguments, e.g. the version column.
        order_by: sorting key expressions.
        partition_by: partition expression, or nothing.
        extras: projections and indexes, as they stand in CREATE TABLE.
        settings: table settings.
        shard_by: expression that spreads rows over shards; all rows of a person land on one shard.
    """

    name: str
    columns: tuple[Column, ...]
    engine: str = "MergeTree"
    engine_args: str = ""
    order_by: tuple[str, ...]
    partition_by: str = ""
    extras: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    shard_by: str = "oneid"

    def single(self) -> tuple[str, ...]:
        """DDL statements for one node."""
        return (self._create(f"`{self.name}`", f"{self.engine}({self.engine_args})", _ONE_NODE),)

    def cluster(self, cluster: str) -> tuple[str, ...]:
        """DDL statements for a cluster: a replicated local table per shard and a distributed one over them."""
        on = f" ON CLUSTER `{cluster}`"
        path = f"'/clickhouse/tables/{{shard}}/{{database}}/{self.name}', '{{replica}}'"
        args = f"{path}, {self.engine_args}" if self.engine_args else path
        local = f"{self.name}_local"
        distributed = (
            f"CREATE TABLE IF NOT EXISTS `{self.name}`{on} AS `{local}`\n"
            f"ENGINE = Distributed(`{cluster}`, currentDatabase(), `{local}`, {self.shard_by})"
        )
        return self._create(f"`{local}`{on}", f"Replicated{self.engine}({args})", _CLUSTER), distributed

    def add_columns(self, present: Container[str], cluster: str = "") -> tuple[str, ...]:
        """DDL statements that add the columns which an older release's table lacks."""
        fresh = [column for column in self.columns if column.name not in present]
        names = (f"`{self.name}_local` ON CLUSTER `{cluster}`", f"`{self.name}` ON CLUSTER `{cluster}`")
        return tuple(
            f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {column.ddl()}"
            for column in fresh
            for name in (names if cluster else (f"`{self.name}`",))
        )

    def _create(self, name: str, engine: str, settings: tuple[str, ...]) -> str:
        body = ",\n  ".join([*(column.ddl() for column in self.columns), *self.extras])
        lines = [f"CREATE TABLE IF NOT EXISTS {name} (\n  {body}\n)", f"ENGINE = {engine}"]
        if self.partition_by:
            lines.append(f"PARTITION BY {self.partition_by}")
        lines.append(f"ORDER BY ({', '.join(self.order_by)})")
        lines.append(f"SETTINGS {', '.join((*self.settings, *settings))}")
        return "\n".join(lines)
