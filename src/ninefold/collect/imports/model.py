"""Values of the file import: what a mapping document says, what a run has done, what was wrong with a row.

No I/O, no clock. A row is numbered as a spreadsheet numbers it: the header is row 1 and blank rows count.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Scalar = str | float | bool

EMPTY_TEXTS = ("", "-", "--", "\\N", "NULL", "null", "None", "none", "nan", "NaN", "N/A", "n/a", "#N/A")
"""Cells that mean "no value" unless the mapping lists its own."""


class CellType(StrEnum):
    """How the cells of a column are read."""

    AUTO = "auto"  # typed columns (Parquet) by their type, text columns as text
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"  # an instant, stored as ISO 8601 text in UTC
    DATE = "date"  # a calendar day without zone, e.g. a birthday


class RunState(StrEnum):
    """Life of an import run."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def finished(self) -> bool:
        """No more rows will be read unless the run is resumed."""
        return self in {RunState.DONE, RunState.FAILED, RunState.CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Where one value of an event comes from: a column or a constant.

    Attributes:
        column: header of the column; empty for a constant.
        constant: the value of every row; only when no column is named.
        type: how cells are read.
        format: of times and dates: ``auto``, ``iso``, ``epoch_s``, ``epoch_ms``, ``excel`` or a strptime pattern.
        values: cell text -> stored text; cells that are not listed stay as they are.
        drop_bad: an unreadable cell is left out; otherwise it rejects its row.
    """

    column: str = ""
    constant: Scalar | None = None
    type: CellType = CellType.AUTO
    format: str = "auto"
    values: tuple[tuple[str, str], ...] = ()
    drop_bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A column that names the person, in a namespace such as ``phone`` or ``taobao_id``."""

    namespace: str
    column: str
    drop_bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRule:
    """When the event happened.

    Attributes:
        columns: one column, or several joined by a space (a date and a time of day); empty for a constant.
        constant: ISO 8601 text for every row.
        format: as in :class:`Value`.
        zone: IANA zone of texts without an offset; empty means the mapping's zone.
    """

    columns: tuple[str, ...] = ()
    constant: str = ""
    format: str = "auto"
    zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountRule:
    """The money of the event.

    Attributes:
        column: the amount.
        currency: ISO 4217 code of every row; empty means the default of the settings.
        currency_column: a column with the code, which wins where it is not empty.
        minor: amounts are already in minor units (cents, fen).
        decimal: the decimal sign, ``.`` or ``,``.
    """

    column: str
    currency: str = ""
    currency_column: str = ""
    minor: bool = False
    decimal: str = "."


class FilterOp(StrEnum):
    """What a filter asks of a cell."""

    IS = "is"
    IS_NOT = "is_not"
    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Rows that are imported: all filters must hold; the others are skipped, not rejected."""

    column: str
    op: FilterOp
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRule:
    """How to read the file; empty means find out.

    Attributes:
        format: ``csv``, ``excel``, ``parquet`` or ``jsonl``.
        encoding: of a text file, e.g. ``gb18030``.
        delimiter: of a text file.
        sheet: of a workbook; the first by default.
        header_row: number of the row with the column names, from 1.
    """

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesRule:
    """Orders that spread over several rows, which become one row before they are mapped.

    Attributes:
        order: columns that name the order of a row.
        line: columns that name a line in its order; without them its content does.
        sum: columns that are added up over the lines, exactly; of all others the first filled cell counts.
        items: fields of an item and the columns they come from; together the column ``$items``, a JSON list.
    """

    order: tuple[str, ...]
    line: tuple[str, ...] = ()
    sum: tuple[str, ...] = ()
    items: tuple[tuple[str, str], ...] = ()

    def columns(self) -> tuple[str, ...]:
        """Every column of the file that it reads."""
        return (*self.order, *self.line, *self.sum, *(column for _, column in self.items))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How rows of a file become events.

    Attributes:
        key: name of the mapping.
        name: its title, in English where there are two.
        name_zh: its Chinese title, where it differs.
        source: key of the source the events belong to; repeats are recognised within a source.
        channel: channel of the events, e.g. ``marketplace``.
        zone: IANA zone of times without an offset; empty means the business zone of the settings.
        file: how to read the file.
        event: name of the event; ``None`` makes the rows traits of a person (``identify``).
        identifiers: most specific first; a row needs at least one that is filled.
        message_id: columns that identify a row across files; empty means file content and row number.
        empty: cell texts that mean "no value".
        aliases: other headers under which a column may stand, by its name here.
        optional_columns: a column that the file does not have reads as empty, but for those a row cannot do without.
        also: further events of the same rows; a row may make several.
        lines: how rows come together to orders; ``None`` when every row stands for itself.
        each_line: of a further event: it is made of each line, where the others are made of each order.
    """

    key: str
    name: str = ""
    name_zh: str = ""
    source: str
    channel: str = ""
    zone: str = ""
    file: FileRule = field(default_factory=FileRule)
    event: Value | None = None
    identifiers: tuple[Identifier, ...]
    time: TimeRule | None = None
    amount: AmountRule | None = None
    order_id: Value | None = None
    product_id: Value | None = None
    session_id: Value | None = None
    campaign_id: Value | None = None
    quantity: Value | None = None
    properties: tuple[tuple[str, Value], ...] = ()
    traits: tuple[tuple[str, Value], ...] = ()
    message_id: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    empty: tuple[str, ...] = EMPTY_TEXTS
    aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    optional_columns: bool = False
    also: tuple["Mapping", ...] = ()
    lines: LinesRule | None = None
    each_line: bool = False

    def headers_of(self, column: str) -> tuple[str, ...]:
        """The headers under which a column may stand, the usual one first."""
        return (column, *dict(self.aliases).get(column, ()))

    def needed(self) -> tuple[str, ...]:
        """The columns without which no row makes an event: those of the event's name, time, money and message id."""
        names = [*(self.event.column,)] if self.event else []
        names += self.time.columns if self.time else ()
        names += (self.amount.column,) if self.amount else ()
        names += self.lines.order if self.lines else ()
        return tuple(dict.fromkeys(name for name in (*names, *self.message_id) if name))

    def columns(self) -> tuple[str, ...]:
        """Every column the mapping reads, in the order of first mention, without repeats."""
        singles = (self.event, self.order_id, self.product_id, self.session_id, self.campaign_id, self.quantity)
        names = [i.column for i in self.identifiers]
        names += self.time.columns if self.time else ()
        names += (self.amount.column, self.amount.currency_column) if self.amount else ()
        names += [value.column for value in singles if value]
        names += [value.column for _, value in (*self.properties, *self.traits)]
        names += [*self.message_id, *(f.column for f in self.filters)]
        names += [column for more in self.also for column in more.columns()]
        names += self.lines.columns() if self.lines else ()
        made = ("$items", "$lines") if self.lines else ()
        return tuple(dict.fromkeys(name for name in names if name and name not in made))


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a row was rejected.

    Attributes:
        row: number of the row as a spreadsheet shows it.
        column: header of the column at fault; empty when the whole row is.
        code: stable machine name, e.g. ``bad_time``.
        got: the cell, cut to 200 characters.
        allowed: what would have been right.
        message: one sentence for a person.
    """

    row: int
    column: str
    code: str
    got: str
    allowed: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that was not imported: why, and its raw text."""

    problem: Problem
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the mapping of rows needs to know besides the mapping and the rows.

    Attributes:
        file_hash: hash of the file's content; part of the message ids of rows that have none of their own.
        received: when the import started, ms since 1970; also the time of rows that have none.
        zone: business zone of the settings.
        currency: default currency of the settings.
    """

    file_hash: str
    received: int
    zone: str = "UTC"
    currency: str = "CNY"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """One import of one file.

    Attributes:
        rows_total: data rows in the file; an estimate for text files until the run is done.
        rows_done: data rows behind the cursor = ``events + rejected + skipped``.
        events: rows that were handed over to the inbox.
        rejected: rows in quarantine.
        skipped: blank rows and rows that a filter left out.
        repaired: rows with bytes of another encoding than their file's, which were read all the same.
    """

    id: int
    path: str
    mapping: str
    mapping_version: int
    file_hash: str
    file_bytes: int
    rows_total: int
    rows_done: int
    events: int
    rejected: int
    skipped: int
    repaired: int
    state: RunState
    error: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def share_done(self) -> float:
        """Share of the file behind the cursor, 0..1."""
        if self.state is RunState.DONE:
            return 1.0
        return min(self.rows_done / self.rows_total, 1.0) if self.rows_total else 0.0
