"""Collection: client SDKs' wires, the inbox with group commit, quarantine, exact de-duplication."""

from .asgi import openapi_paths, routes
from .event import Event, decode_events, encode_events
from .inbox import append, backlog, claim, finish, load, newest_batch, prune, waits
from .items import items_of
from .messages import drop_duplicates, forget_messages, message_status
from .model import Backlog, Claimed, InboxRow, Limits, QuarantineRow, Receipt, Rejection, Sought, Verdict, WriteKeys
from .quarantine import (
                         Again,
                         parse_steps,
                         quarantine,
                         quarantine_counts,
                         quarantined_ids,
                         replay,
                         search_quarantine,
                         try_replay,
)
from .scoping import in_scope, scoped
from .service import Collector, CollectSettings

__all__ = [
    "Again", "Backlog", "Claimed", "CollectSettings", "Collector", "Event", "InboxRow", "Limits", "QuarantineRow",
    "Receipt", "Rejection", "Sought", "Verdict", "WriteKeys", "append", "backlog", "claim", "decode_events",
    "drop_duplicates", "encode_events", "finish", "forget_messages", "in_scope", "items_of", "load", "message_status",
    "newest_batch", "openapi_paths", "parse_steps", "prune", "quarantine", "quarantine_counts",
    "quarantined_ids", "replay", "routes", "scoped", "search_quarantine", "try_replay", "waits",
]
