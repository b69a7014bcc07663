"""What the data sources of the demo hand over: files to import, and checks of what was found against what is so."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """A file to import.

    Attributes:
        path: where it is.
        mapping: its mapping document (``kind: mapping``).
        rows: data rows in it.
        rejected: rows that cannot be read.
        skipped: rows that the mapping's filter leaves out.
        repeated: rows that were exported before.
    """

    path: Path
    mapping: Mapping[str, object]
    rows: int
    rejected: int = 0
    skipped: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One number that must agree.

    Attributes:
        name: what is compared.
        expected: in the source.
        found: in Ninefold.
        tolerance: how far they may be apart; 0 for what must agree exactly.
    """

    name: str
    expected: float
    found: float
    tolerance: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether they agree."""
        return abs(self.expected - self.found) <= self.tolerance
