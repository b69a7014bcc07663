"""Anchors of the audit log: its head, signed and written to a place of its own again and again.

The chain shows a row that was changed. Somebody who owns the database can write the whole chain anew; then it no longer
fits the anchors. Keep the file where that somebody cannot write, or let a webhook carry the anchors away.
"""

import hmac
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ninefold.base import Clock

from .model import Anchor, Fault, Verification
from .service import AuditLog


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAnchor:
    """The head of the log at a time.

    Attributes:
        at: when it was taken.
        signature: HMAC-SHA256 of the others under the installation's key, hexadecimal.
    """

    seq: int
    hash: str
    at: str
    signature: str = ""


def signed(key: bytes, anchor: SignedAnchor) -> SignedAnchor:
    """The anchor with its signature.

    >>> one = signed(b"k" * 32, SignedAnchor(seq=1, hash="ab", at="2026-06-01T00:00:00+00:00"))
    >>> genuine(b"k" * 32, one), genuine(b"k" * 32, replace(one, seq=2))
    (True, False)
    """
    content = f"{anchor.seq}\0{anchor.hash}\0{anchor.at}".encode()
    return replace(anchor, signature=hmac.digest(key, content, "sha256").hex())


def genuine(key: bytes, anchor: SignedAnchor) -> bool:
    """Whether an anchor is of this installation and unchanged."""
    return hmac.compare_digest(signed(key, anchor).signature.encode(), anchor.signature.encode())


class Anchors:
    """The file of anchors, one JSON line each, only ever appended to."""

    def __init__(self, log: AuditLog, clock: Clock, *, key: bytes, file: Path) -> None:
        self._log = log
        self._clock = clock
        self._key = key
        self._file = file

    def cast(self) -> SignedAnchor | None:
        """Take the head and write it down for good; None when nothing came since the last one."""
        head = self._log.head()
        last = max((one.seq for one in self.kept() if one is not None), default=0)
        if head is None or head.seq <= last:
            return None
        made = signed(
            self._key, SignedAnchor(seq=head.seq, hash=head.hash, at=self._clock.now().isoformat(timespec="seconds"))
        )
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        torn = self._file.exists() and not self._file.read_bytes().endswith(b"\n")
        with self._file.open("a", encoding="utf-8") as lines:
            lines.write("\n" * torn + json.dumps(asdict(made)) + "\n")
            lines.flush()
            os.fsync(lines.fileno())
        return made

    def kept(self) -> Iterator[SignedAnchor | None]:
        """The anchors of the file, the oldest first; None for a line that is none."""
        if not self._file.exists():
            return
        with self._file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                yield _read(line)

    def verify(self, others: tuple[Anchor, ...] = ()) -> tuple[Verification, int]:
        """Read the whole chain and compare it with the file and with other anchors; and how many were compared.

        A line that was torn by a crash, or that this installation did not sign, is no anchor; the latter is a fault.
        """
        lines = [one for one in self.kept() if one is not None]
        own = tuple(Anchor(seq=one.seq, hash=one.hash) for one in lines if genuine(self._key, one))
        forged = tuple(
            Fault(seq=one.seq, kind="anchor", detail="this anchor in the file was not signed by this installation")
            for one in lines
            if not genuine(self._key, one)
        )
        done = self._log.verify((*own, *others))
        return replace(done, faults=(*done.faults, *forged)), len(own) + len(others)


def _read(line: str) -> SignedAnchor | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    if not isinstance(said, Mapping) or not isinstance(said.get("seq"), int):
        return None
    return SignedAnchor(
        seq=said["seq"], hash=str(said.get("hash")), at=str(said.get("at")), signature=str(said.get("signature"))
    )
