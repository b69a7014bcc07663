"""What of collection ages: the inbox's copy, verdicts, ids of messages, quarantine, files of imports."""

from .service import RecordsAging

__all__ = ["RecordsAging"]
