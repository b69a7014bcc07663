"""How entries are chained: the hash of an entry covers its content and the hash of the entry before. Pure.

The content that is hashed is the columns joined by the unit separator, so that the database can compute the same
hash set-based (see ``queries.VERIFY``).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ninefold.base import clean_text

from .model import Anchor, AuditEntry, Fault

GENESIS = bytes(32)
_SEPARATOR = "\x1f"
_LONGEST = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One row of the log."""

    seq: int
    at_ms: int
    actor: str
    verb: str
    target: str
    origin: str
    detail: str
    former: bytes
    hash: bytes


def linked(entries: Sequence[AuditEntry], *, seq: int, former: bytes, at_ms: int) -> tuple[Link, ...]:
    """Rows that continue a chain.

    Args:
        entries: what to add, in order.
        seq: number of the last entry there is; 0 for none.
        former: its hash; :data:`GENESIS` for none.
        at_ms: time of writing, ms UTC.

    >>> one = linked([AuditEntry(actor="ann", verb="read")], seq=0, former=GENESIS, at_ms=1)
    >>> one[0].seq, one[0].former == GENESIS, len(one[0].hash)
    (1, True, 32)
    """
    links: list[Link] = []
    for number, entry in enumerate(entries, start=seq + 1):
        texts = [_plain(one) for one in (entry.actor, entry.verb, entry.target, entry.origin)]
        texts.append(_plain(_shown(entry.detail)))
        digest = digest_of(former, number, at_ms, texts)
        actor, verb, target, origin, detail = texts
        links.append(
            Link(
                seq=number, at_ms=at_ms, actor=actor, verb=verb, target=target, origin=origin, detail=detail,
                former=former, hash=digest,
            )
        )  # fmt: skip
        former = digest
    return tuple(links)


def contradicted(anchors: Sequence[Anchor], found: Mapping[int, str]) -> list[Fault]:
    """Anchors that the log does not fit, and between which entries it was written anew.

    Args:
        anchors: numbers and hashes that were kept elsewhere.
        found: hash of the entry at each of these numbers, as the log has it now.

    >>> contradicted([Anchor(seq=2, hash="a"), Anchor(seq=9, hash="b")], {2: "a", 9: "x"})[0].detail
    'the entry is not the one that was kept elsewhere: it was changed, or one of those from 3 on'
    """
    right = [one.seq for one in anchors if found.get(one.seq) == one.hash]
    faults = []
    for one in sorted(anchors, key=lambda one: one.seq):
        if found.get(one.seq) != one.hash:
            since = max((seq for seq in right if seq < one.seq), default=0) + 1
            detail = (
                f"the entry is not the one that was kept elsewhere: it was changed, or one of those from {since} on"
            )
            faults.append(Fault(seq=one.seq, kind="anchor", detail=detail))
    return faults


def digest_of(former: bytes, seq: int, at_ms: int, texts: Sequence[str]) -> bytes:
    """SHA-256 over the former hash and the content."""
    content = _SEPARATOR.join([str(seq), str(at_ms), *texts])
    return hashlib.sha256(former + content.encode()).digest()


def _plain(text: str) -> str:
    return clean_text(text).replace(_SEPARATOR, " ")[:_LONGEST]


def _shown(detail: Mapping[str, object]) -> str:
    text = json.dumps(detail, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
    return text if len(text) <= _LONGEST else json.dumps({"cut": text[: _LONGEST // 2]}, ensure_ascii=False)
