"""The second factor: codes of an authenticator app (RFC 6238), and recovery codes for when it is lost.

The app's secret is stored sealed. A code opens once: the step it belongs to is kept, and none up to it counts any more.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Final

import pyotp
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ninefold.base import Clock, conflict, invalid
from ninefold.governance.secret import hashed
from ninefold.store import Records, Seal

from . import queries
from .tables import users

_STEP_SECONDS: Final = 30
_DRIFT: Final = 1  # steps that a telephone's clock may be off, either way (RFC 6238, 5.2)
_RECOVERY_CODES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an authenticator app needs, shown once.

    Attributes:
        secret: base32, for typing in.
        uri: ``otpauth://``, for a QR code.
    """

    secret: str
    uri: str


class Factors:
    """Codes beside the password."""

    def __init__(self, clock: Clock, seal: Seal, *, issuer: str) -> None:
        """Args: the clock; what seals secrets; what the app shows codes as, e.g. the brand."""
        self._clock = clock
        self._seal = seal
        self._issuer = issuer

    def enrol(self, conn: Connection, user: int) -> Enrolment:
        """A new secret, which counts when it is confirmed.

        Raises:
            Error: conflict ``totp_on``, when codes are asked for already.
        """
        row = _row(conn, user)
        if row.totp_on:
            raise conflict("totp_on", "codes are asked for already", hint="remove the app first")
        secret = pyotp.random_base32()
        _set(conn, user, totp=self._seal.close(secret, about=_about(user)))
        uri = pyotp.TOTP(secret).provisioning_uri(name=row.login, issuer_name=self._issuer)
        return Enrolment(secret=secret, uri=uri)

    def confirm(self, conn: Connection, user: int, code: str) -> tuple[str, ...]:
        """Ask for codes from now on, for one of the new secret was right; gives recovery codes, shown only here.

        Raises:
            Error: conflict ``totp_on``, ``totp_not_begun``; invalid ``wrong_code``.
        """
        row = _row(conn, user)
        if row.totp_on:
            raise conflict("totp_on", "codes are asked for already", hint="remove the app first")
        if not row.totp:
            raise conflict("totp_not_begun", "there is no app to confirm", hint="begin with POST /v1/session/totp")
        if not self._totp_fits(conn, row, "".join(code.split())):
            raise invalid("wrong_code", "this is not the code of the moment", field="code", allowed="the 6 digits that "
                          "the app shows now; its clock must be right")  # fmt: skip
        codes = tuple(_recovery_code() for _ in range(_RECOVERY_CODES))
        for statement in queries.replace_codes(user, [_digest(user, one) for one in codes]):
            conn.execute(statement)
        _set(conn, user, totp_on=True)
        return codes

    @staticmethod
    def remove(conn: Connection, user: int) -> None:
        """Ask for codes no more; recovery codes go as well."""
        _set(conn, user, totp=None, totp_on=False)
        for statement in queries.replace_codes(user, ()):
            conn.execute(statement)

    def fits(self, conn: Connection, row: sa.Row[Any], code: str) -> bool:
        """Whether a code opens, which it does only once; the user's row is locked by the caller."""
        plain = "".join(code.split()).replace("-", "").lower()
        if len(plain) == 6 and plain.isascii() and plain.isdigit():
            return self._totp_fits(conn, row, plain)
        return conn.execute(queries.spend_code(row.id, _digest(row.id, plain))).rowcount == 1

    def reseal(self, records: Records) -> int:
        """Bring all stored secrets under the newest key; how many were under an older one."""
        done = 0
        with records.begin() as conn:
            for row in conn.execute(sa.select(users.c.id, users.c.totp).where(users.c.totp.isnot(None))).all():
                if self._seal.stale(row.totp):
                    about = _about(row.id)
                    _set(conn, row.id, totp=self._seal.close(self._seal.open(row.totp, about=about), about=about))
                    done += 1
        return done

    def _totp_fits(self, conn: Connection, row: sa.Row[Any], code: str) -> bool:
        app = pyotp.TOTP(self._seal.open(row.totp, about=_about(row.id)))
        present = int(self._clock.now().timestamp()) // _STEP_SECONDS
        for step in range(present - _DRIFT, present + _DRIFT + 1):
            due = app.at(step * _STEP_SECONDS)
            if step > row.totp_step and hmac.compare_digest(due.encode(), code.encode("utf-8", "replace")):
                _set(conn, row.id, totp_step=step)
                return True
        return False


def _row(conn: Connection, user: int) -> sa.Row[Any]:
    return conn.execute(sa.select(users).where(users.c.id == user).with_for_update()).one()


def _set(conn: Connection, user: int, **values: object) -> None:
    conn.execute(sa.update(users).where(users.c.id == user).values(**values))


def _recovery_code() -> str:
    """Eighty random bits in four groups: stored hashed, they cannot be found by trying."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def _digest(user: int, code: str) -> str:
    return hashed(f"{user}/{code.replace('-', '')}")


def _about(user: int) -> str:
    return f"user/{user}/totp"
