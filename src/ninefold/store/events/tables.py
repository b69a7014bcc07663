"""How an events-store table is described: one specification, rendered for one node or for a cluster."""

from dataclasses import dataclass


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
        return (self._create(self.name, "", f"{self.engine}({self.engine_args})"),)

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
        return self._create(local, on, f"Replicated{self.engine}({args})"), distributed

    def _create(self, name: str, on: str, engine: str) -> str:
        body = ",\n  ".join([*(column.ddl() for column in self.columns), *self.extras])
        lines = [f"CREATE TABLE IF NOT EXISTS `{name}`{on} (\n  {body}\n)", f"ENGINE = {engine}"]
        if self.partition_by:
            lines.append(f"PARTITION BY {self.partition_by}")
        lines.append(f"ORDER BY ({', '.join(self.order_by)})")
        if self.settings:
            lines.append(f"SETTINGS {', '.join(self.settings)}")
        return "\n".join(lines)
