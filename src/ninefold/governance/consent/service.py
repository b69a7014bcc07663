"""The verbs of consent. Each works in the caller's transaction.

People come as their accounts: consent knows nothing of merges, whoever asks folds them.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection

from ninefold.base import did_you_mean, invalid, to_ms
from ninefold.governance.org import Org
from ninefold.store import changes, find_definition, put_definition

from . import queries
from .model import EVERYWHERE, Decision, Purpose, Purposes, Record, Standing
from .rules import DEFAULT_DOCUMENT, KIND, Spoken, effective, parse_purposes, pending, records_of, strictest
from .tables import consent_records

_FIELDS = tuple(field.name for field in fields(Record))
_ORDER = {Standing.DENIED: 0, Standing.EXPIRED: 1, Standing.GRANTED: 2}


class Consents:
    """Consent of people, per purpose and node."""

    def __init__(self, tree: Org, *, unknown: Literal["allow", "deny"] = "allow") -> None:
        """Args: the org tree; what happens without any record, for purposes that do not say it themselves."""
        self._tree = tree
        self._unknown: Literal["allow", "deny"] = unknown

    def save(self, conn: Connection, document: Mapping[str, Any], *, now: datetime, author: str = "") -> None:
        """Check a document of kind ``consent-purposes`` and keep it as the next version."""
        parse_purposes(document, unknown=self._unknown)
        put_definition(conn, KIND, "default", document, now=now, author=author)

    def purposes(self, conn: Connection) -> Purposes:
        """The purposes in force; the built-in ones when no document was applied."""
        found = find_definition(conn, KIND, "default")
        return parse_purposes(found.document if found else DEFAULT_DOCUMENT, unknown=self._unknown)

    def purpose(self, conn: Connection, key: str) -> Purpose:
        """A purpose by key; raises invalid with the nearest key."""
        known = self.purposes(conn).purposes
        if key not in known:
            raise invalid("unknown_purpose", f'there is no purpose "{key}"', field="purpose", got=key,
                          allowed=", ".join(known), hint=did_you_mean(key, known))  # fmt: skip
        return known[key]

    def observe(self, conn: Connection, events: Sequence[Spoken], people: Sequence[int], *, now: datetime) -> int:
        """Take consents from the events of a batch; doing it again changes nothing. Returns new records."""
        spoken = [(event, oneid) for event, oneid in zip(events, people, strict=True) if "onsent" in event.name]
        if not spoken:
            return 0
        purposes = self.purposes(conn)
        homes = {source: node.code for source, node in self._tree.sources(conn).items()}
        found = [
            record
            for event, oneid in spoken
            for record in records_of(event, oneid, purposes, default_node=homes.get(event.source, EVERYWHERE))
        ]
        return self.add(conn, found, now=now)

    def add(self, conn: Connection, records: Iterable[Record], *, now: datetime) -> int:
        """Write down what was said; the same record again is nothing new. Returns new records."""
        rows = [asdict(one) for one in records]
        if not rows:
            return 0
        values: dict[str, object] = {name: [row[name] for row in rows] for name in _FIELDS}
        fresh = conn.execute(queries.ADD, {**values, "now": now}).all()
        said: dict[tuple[str, str, str], list[int]] = {}
        for row in fresh:
            said.setdefault((row.purpose, row.node, row.said), []).append(row.oneid)
        for (purpose, node, word), accounts in said.items():
            detail = {"purpose": purpose, "node": node, "said": word}
            changes.note(conn, changes.Kind.CONSENT, accounts, detail=detail)
        return len(fresh)

    def known(self, conn: Connection, records: Sequence[Record]) -> frozenset[Record]:
        """Which of some records are written down already."""
        accounts = sorted({one.oneid for one in records})
        held = {_proof(one) for one in self.records(conn, accounts)}
        return frozenset(one for one in records if _proof(one) in held)

    def records(self, conn: Connection, accounts: Sequence[int]) -> tuple[Record, ...]:
        """Everything accounts said, newest first."""
        c, wanted = consent_records.c, sa.literal(list(accounts), pg.ARRAY(sa.Integer))
        rows = conn.execute(
            sa.select(*[c[name] for name in _FIELDS])
            .where(c.oneid == sa.any_(wanted))
            .order_by(c.at_ms.desc(), c.id.desc())
        )
        return tuple(Record(**row) for row in rows.mappings())

    def decide(
        self, conn: Connection, accounts: Sequence[int], purpose: str, *, node: str = EVERYWHERE, now: datetime
    ) -> Decision:
        """What holds for one person, with the records that decide.

        Args:
            conn: a transaction.
            accounts: all accounts of the person.
            purpose: its key; raises invalid when there is none.
            node: for which node; raises missing when there is none.
            now: the instant.
        """
        line = self._line(conn, node)
        wanted = self.purpose(conn, purpose)
        said = [one for one in self.records(conn, accounts) if one.purpose == purpose]
        found = [
            effective((one for one in said if one.oneid == account), line, now_ms=to_ms(now)) for account in accounts
        ]
        waits = any(
            pending((one for one in said if one.oneid == account), line, now_ms=to_ms(now)) for account in accounts
        )
        return replace(strictest(found, wanted), pending=waits)

    def standings(
        self,
        conn: Connection,
        purpose: str,
        *,
        node: str = EVERYWHERE,
        accounts: Sequence[int] | None = None,
        now: datetime,
    ) -> dict[int, Standing]:
        """The standing of many accounts that said something, in one statement; of all accounts by default."""
        values = {
            "purpose": purpose,
            "line": [EVERYWHERE, *self._line(conn, node)],
            "now_ms": to_ms(now),
            "accounts": None if accounts is None else list(accounts),
        }
        return {row.oneid: Standing(row.standing) for row in conn.execute(queries.STANDINGS, values)}

    def refused(
        self,
        conn: Connection,
        people: Mapping[int, AbstractSet[int]],
        purpose: str,
        *,
        node: str = EVERYWHERE,
        now: datetime,
    ) -> frozenset[int]:
        """Whom the purpose must not be pursued for.

        Args:
            conn: a transaction.
            people: the accounts of each person, by the person's present number.
            purpose: its key.
            node: for which node.
            now: the instant.
        """
        policy = self.purpose(conn, purpose)
        accounts = sorted({account for own in people.values() for account in own})
        found = self.standings(conn, purpose, node=node, accounts=accounts, now=now)
        return frozenset(
            root
            for root, own in people.items()
            if not _allowed([found[account] for account in own if account in found], policy)
        )

    def counted(self, conn: Connection, accounts: Sequence[int]) -> dict[int, int]:
        """How many records each of some accounts has; those without any are left out."""
        c = consent_records.c
        wanted = sa.select(c.oneid, sa.func.count()).where(c.oneid.in_(accounts)).group_by(c.oneid)
        return {int(number): int(rows) for number, rows in conn.execute(wanted)}

    def erase(self, conn: Connection, accounts: Sequence[int]) -> int:
        """Delete what accounts said; returns how many records there were."""
        return conn.execute(sa.delete(consent_records).where(consent_records.c.oneid.in_(accounts))).rowcount

    def _line(self, conn: Connection, node: str) -> tuple[str, ...]:
        return self._tree.get(conn, node).line if node else ()


def _proof(one: Record) -> tuple[object, ...]:
    """What makes a record the same as another."""
    return one.oneid, one.purpose, one.node, one.at_ms, one.said, one.source, one.evidence


def _allowed(standings: Sequence[Standing], policy: Purpose) -> bool:
    if not standings:
        return policy.unknown == "allow"
    return min(standings, key=_ORDER.__getitem__) is Standing.GRANTED
