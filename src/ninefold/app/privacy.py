"""Privacy over all packages: which stores there are, whom an event is about, how a request is carried out."""

import json
import os
import secrets
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from ninefold import identity
from ninefold.base import Clock, conflict, missing
from ninefold.collect import Event
from ninefold.governance import audit, privacy
from ninefold.profiles import ByPublicId, Profiles
from ninefold.store import Records

_KEY_FILE = "privacy.key"


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


def about(subject: privacy.Subject, rules: identity.IdentityRules) -> Callable[[Event], bool]:
    """Which events are about a person: one of our own facts, or one with an identifier that names the person.

    An identifier of a device counts only when the event has nothing but the person's identifiers.
    """
    wanted, accounts = set(subject.identifiers), set(subject.accounts)
    strong = {one for one in wanted if one[0] not in privacy.DEVICES}
    known: dict[tuple[str, str], tuple[str, str]] = {}

    def is_about(event: Event) -> bool:
        if event.oneid:
            return event.oneid in accounts
        own = [_normal(one, rules, known) for one in event.identifiers]
        return any(one in strong for one in own) or (bool(own) and wanted.issuperset(own))

    return is_about


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

    def open(self, kind: privacy.RequestKind, oneid: int, *, author: str, reason: str = "") -> privacy.PrivacyRequest:
        """Take a request about a person by number."""
        with self._records.begin() as conn:
            who = identity.Identity.load(conn)
            accounts = who.accounts(conn, oneid)
            found = who.identifiers_of(conn, oneid)
            subject = privacy.Subject(
                accounts=tuple(accounts),
                public_ids=tuple(accounts.values()),
                identifiers=tuple((one.namespace, one.value) for one in found),
            )
            return self.requests.open(conn, kind, subject, author=author, reason=reason)

    def advance(self, key: str) -> bool:
        """Carry a request out, from wherever it stands; for the durable jobs. False: nothing is left to do."""
        with self._records.begin() as conn:
            request = self.requests.get(conn, int(key))
        if request.state is privacy.RequestState.DONE:
            return False
        if request.kind is privacy.RequestKind.ERASE:
            self.requests.erase(request.id, self._stores)
            self._drop_files(request.person)
        elif request.kind is privacy.RequestKind.ACCESS:
            self._export(request)
        self._book.record(
            audit.AuditEntry(
                actor=request.requested_by, verb=f"privacy {request.kind.value} done", target=request.person,
                origin="job",
                detail={"request": request.id},
            )
        )  # fmt: skip
        return False

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

    def _drop_files(self, person: str) -> None:
        for path in self._folder.glob(f"{person}-*.zip"):
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
