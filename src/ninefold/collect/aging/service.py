"""Records that age, as retention asks for them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ninefold.collect.erasing import ImportFileStore
from ninefold.collect.inbox import prune
from ninefold.collect.messages import forget_messages
from ninefold.collect.receipts import forget_dropped
from ninefold.governance import retention
from ninefold.store import Records

from . import queries


class RecordsAging:
    """Tables and files of collection. Everything goes in short transactions, so that nobody waits for it."""

    def __init__(self, records: Records, folders: Sequence[Path]) -> None:
        """Args: the records store; the folders in which files of imports lie."""
        self._records = records
        self._files = ImportFileStore(records, folders)

    def due(self, rule: retention.Rule, bound: retention.Bound) -> int:
        """How many rows or files would go."""
        name = rule.names[0]
        if name == "import_files":
            return len(self._old_files(bound.before))
        with self._records.begin() as conn:
            return conn.scalar(queries.DUE[name], {"before": bound.before}) or 0

    def summarise(self, rule: retention.Rule, bound: retention.Bound) -> None:
        """Nothing of this is summed."""

    def delete(self, rule: retention.Rule, bound: retention.Bound) -> None:
        """Delete what is older."""
        match rule.names[0]:
            case "import_files":
                for path in self._old_files(bound.before):
                    path.unlink(missing_ok=True)
            case "inbox":
                while self._pruned(bound.before):
                    pass
            case "receipts":
                with self._records.begin() as conn:
                    forget_dropped(conn, bound.before)
            case "message_ids":
                with self._records.begin() as conn:
                    forget_messages(conn, bound.before)
            case _:
                while self._forgot_quarantine(bound.before):
                    pass

    def _pruned(self, before: datetime) -> int:
        with self._records.begin() as conn:
            return prune(conn, before)

    def _forgot_quarantine(self, before: datetime) -> int:
        with self._records.begin() as conn:
            return conn.execute(queries.FORGET_QUARANTINE, {"before": before}).rowcount

    def _old_files(self, before: datetime) -> list[Path]:
        return [path for path in self._files.ended() if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before]
