"""Privacy over all packages: which stores there are, whom an event is about, how a request is carried out."""

import json
import os
import secrets
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold import identity
from ninefold.base import Clock, conflict, missing
from ninefold.collect import Event, erasing, in_scope
from ninefold.governance import audit, privacy
from ninefold.identity import erasing as identity_erasing
from ninefold.profiles import ByPublicId, Profiles
from ninefold.store import Records

REMARKS = (
    ("legal_holds", "reason"), ("privacy_requests", "reason"), ("org_moves", "reason"),
    ("waiting_merges", "reason"), ("waiting_merges", "note"), ("review_votes", "reason"),
    ("staff_departures", "reason"), ("identity_rule_changes", "reason"), ("identity_rule_changes", "note"),
    ("matching_runs", "error"),
    ("import_runs", "error"), ("connector_runs", "error"), ("connector_files", "error"), ("connectors", "last_error"),
)  # fmt: skip
"""Table and column of free words in which somebody may have written an identifier."""

_KEY_FILE = "privacy.key"
_AT_ONCE = 500  # people erased together
_WAIT_SECONDS = 0.5


def seal_of(folder: Path) -> privacy.Seal:
    """The installation's secret, made when it is missing; several processes must share the file."""
    file = folder / _KEY_FILE
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return privacy.Seal(key=bytes.fromhex(file.read_text(encoding="ascii").strip()))
    key = secrets.token_bytes(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(key.hex() + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return privacy.Seal(key=key)


def about(
    subjects: Sequence[privacy.Subject], rules: identity.IdentityRules, scopes: Mapping[str, str]
) -> erasing.Whose:
    """Whom of some people an event is about: one of our own facts, or one with an identifier that names a person.

    An identifier of a device counts only when the event has nothing but the person's identifiers.
    """
    who = privacy.Together.of(subjects)
    known: dict[tuple[str, str], tuple[str, str]] = {}

    def whose(event: Event) -> tuple[int, ...]:
        if event.oneid:
            place = who.account.get(event.oneid)
            return () if place is None else (place,)
        own = [_normal(one, rules, known) for one in in_scope(event.identifiers, scopes.get(event.source, ""))]
        of = [who.identifier.get(one, ()) for one in own]
        if not any(of):
            return ()
        strong = {
            place for one, places in zip(own, of, strict=True) if one[0] not in privacy.DEVICES for place in places
        }
        return tuple(strong or set(of[0]).intersection(*of[1:]))

    return whose


class PrivacyDesk:
    """Takes requests about people and carries them out."""

    def __init__(
        self,
        records: Records,
        clock: Clock,
        profiles: Profiles,
        stores: Sequence[privacy.PersonalStore],
        *,
        folder: Path,
        book: audit.AuditLog,
    ) -> None:
        """Args: the stores in the order of erasing: identity last, for it knows who the person is."""
        self._records = records
        self._profiles = profiles
        self._stores = tuple(stores)
        self._folder = folder / "privacy"
        self._book = book
        self.requests = privacy.Privacy(records, clock, seal_of(folder))
        self._clock = clock

    def open(
        self, kind: privacy.RequestKind, people: Sequence[int], *, author: str, reason: str = ""
    ) -> tuple[privacy.PrivacyRequest, ...]:
        """Take a request about each of some people, by number; whoever is one person gets one request.

        Raises:
            Error: conflict ``legal_hold`` when somebody who is to be erased is under a legal hold.
        """
        with self._records.begin() as conn:
            subjects = identity_erasing.subjects_of(conn, people)
            return self.requests.open(conn, kind, list(subjects.values()), author=author, reason=reason)

    def advance(self, key: str) -> bool:
        """Carry a request out, from wherever it stands; for the durable jobs.

        Erasures that wait are carried out together, since each look at a store costs the same for one and for many.

        Returns:
            Whether something is left to do.
        """
        with self._records.begin() as conn:
            request = self.requests.get(conn, int(key))
        if request.state is privacy.RequestState.DONE:
            return False
        if request.kind is privacy.RequestKind.ERASE:
            return not self.erase_waiting(first=request.id)
        if request.kind is privacy.RequestKind.ACCESS:
            self._export(request)
            self._done([request])
        return False

    def carry_on(self) -> None:
        """Carry out whatever waits: requests that came while no worker ran, or whose job gave up."""
        with self._records.begin() as conn:
            waiting = self.requests.waiting(conn, privacy.RequestKind.ACCESS)
        for number in waiting:
            self.advance(str(number))
        self.erase_waiting()

    def erase_waiting(self, *, first: int = 0) -> bool:
        """Erase whoever's erasure waits, up to 500 at once; False: somebody else is at it, or more wait.

        Args:
            first: a request that must be among them.
        """
        with self._records.hold("privacy/erase") as held:
            if not held:
                time.sleep(_WAIT_SECONDS)
                return False
            with self._records.begin() as conn:
                waiting = self.requests.waiting(conn, privacy.RequestKind.ERASE)
            group = sorted({*waiting[:_AT_ONCE], *({first} & set(waiting))})
            if not group:
                return True
            erasing.settle(self._records)  # what came before the request is where the stores can find it
            with self._records.begin() as conn:
                before = self.requests.subjects(conn, group)
                now = identity_erasing.subjects_of(conn, [number for one in before.values() for number in one.accounts])
                roots = {number: one for one in now.values() for number in one.accounts}
                self.requests.widen(
                    conn, {number: roots[one.accounts[0]] for number, one in before.items() if one.accounts[0] in roots}
                )
            done = self.requests.erase(group, self._stores)
            self._drop_files([one.person for one in done])
            self._done(done)
        return len(waiting) <= len(group)

    def _done(self, requests: Sequence[privacy.PrivacyRequest]) -> None:
        self._book.record(
            *(
                audit.AuditEntry(
                    actor=one.requested_by, verb=f"privacy {one.kind.value} done", target=one.person, origin="job",
                    detail={"request": one.id},
                )
                for one in requests
            )
        )  # fmt: skip

    def file(self, request: int) -> Path:
        """The file of an access request.

        Raises:
            Error: missing (no such request or file); conflict (not done yet).
        """
        with self._records.begin() as conn:
            found = self.requests.get(conn, request)
        if found.state is not privacy.RequestState.DONE:
            raise conflict("not_ready", "the request is still being carried out", hint="ask again in a moment")
        path = self._folder / found.file
        if not found.file or not path.is_file():
            raise missing("no_request_file", "the request has no file, or it was deleted", field="id", got=request)
        return path

    def screen(self, conn: Connection, events: Sequence[Event]) -> NDArray[np.bool_]:
        """Which events must not be kept, since their person is suppressed; one quick question when nobody is."""
        if not events or not self.requests.any_suppressed(conn):
            return np.zeros(len(events), np.bool_)
        rules = identity.Identity.load(conn).rules
        known: dict[tuple[str, str], tuple[str, str]] = {}
        own = [
            sorted((_normal(one, rules, known) for one in event.identifiers), key=lambda one: rules.of(one[0]).priority)
            for event in events
        ]
        shut = np.asarray(self.requests.screen(conn, own), np.bool_)
        shut |= np.asarray([event.type == erasing.ERASED for event in events], np.bool_)
        stated = self.requests.suppressed(conn, sorted({event.oneid for event in events if event.oneid}))
        if stated:
            shut |= np.asarray([event.oneid in stated for event in events], np.bool_)
        return shut

    def _export(self, request: privacy.PrivacyRequest) -> None:
        with self._records.begin() as conn:
            subject = self.requests.subject(conn, request.id)
        profile = self._profiles.read(ByPublicId(public_id=request.person), now=self._clock.now(), timeline_limit=0)
        entries = self._book.entries(audit.AuditFilter(target=request.person), limit=10_000)
        name = f"{request.person}-{request.id}.zip"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = self._folder / f"{name}.part"
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as pack:
            pack.writestr("profile.json", _json(asdict(profile)))
            for store in self._stores:
                pack.writestr(f"{store.name}.json", _json(store.content(subject)))
            pack.writestr("who_looked.json", _json([asdict(one) for one in entries]))
        aside.chmod(0o600)
        aside.replace(self._folder / name)
        with self._records.begin() as conn:
            self.requests.finish(conn, request.id, file=name)

    def _drop_files(self, people: Sequence[str]) -> None:
        gone = set(people)
        for path in self._folder.glob("*.zip*"):
            if path.name.rpartition("-")[0] in gone:
                path.unlink(missing_ok=True)


def _normal(
    one: tuple[str, str], rules: identity.IdentityRules, known: dict[tuple[str, str], tuple[str, str]]
) -> tuple[str, str]:
    """An identifier as identity stores it; one that is no identifier stays as it is."""
    found = known.get(one)
    if found is None:
        value = identity.normalise(one[0], one[1], rules=rules)
        found = known[one] = one if isinstance(value, identity.Refused) else (one[0].strip().lower(), value)
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple | set | frozenset) else str(value)
