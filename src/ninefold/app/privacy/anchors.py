"""Anchors of the audit log in this installation: where they are written, and who else gets them."""

import json
from dataclasses import asdict
from datetime import timedelta

import httpx
import structlog

from ninefold.app.settings import Settings
from ninefold.base import Clock
from ninefold.governance import audit, privacy

from .desk import seal_of

_log = structlog.get_logger("ninefold.app")
_TIMEOUT = timedelta(seconds=10)


def anchoring(settings: Settings, log: audit.AuditLog, clock: Clock) -> audit.Anchors:
    """The anchors of an installation, signed with a key of their own that is derived from the installation's."""
    file = settings.audit_anchors or settings.data_dir.resolve() / "audit" / "anchors.jsonl"
    return audit.Anchors(log, clock, key=privacy.derived(seal_of(settings.data_dir.resolve()), b"anchor"), file=file)


def cast(anchors: audit.Anchors, url: str) -> audit.SignedAnchor | None:
    """Write the head down, and post it where that is wished. A post that fails is not repeated: the next anchor
    says more than this one.
    """
    made = anchors.cast()
    if made is not None and url:
        body = json.dumps(asdict(made)).encode()
        headers = {"content-type": "application/json", "user-agent": "Ninefold"}
        try:
            httpx.post(url, content=body, headers=headers, timeout=_TIMEOUT.seconds).raise_for_status()
        except httpx.HTTPError as error:
            _log.warning("anchor not posted", seq=made.seq, error=type(error).__name__)
    return made
