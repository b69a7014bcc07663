"""The secrets that sign posts: made here and stored sealed, or named by a variable and never stored."""

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from ninefold.base import secret_bytes, unavailable
from ninefold.store import Records, Seal

from .model import Subscription
from .tables import webhook_states


class Secrets:
    """Makes, keeps and finds signing secrets."""

    def __init__(self, records: Records, seal: Seal, environ: Mapping[str, str]) -> None:
        """Args: the store; what seals them there; where those stand that were not made here."""
        self._records = records
        self._seal = seal
        self._environ = environ

    def made(self, key: str) -> tuple[str, str]:
        """A new secret of a webhook: as its receiver needs it, and as it is stored."""
        fresh = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")
        return fresh, self._seal.close(fresh, about=_about(key))

    def signing(self, wanted: Subscription, now: datetime) -> tuple[bytes, ...]:
        """The secrets that sign, the newest first.

        Raises:
            Error: unavailable, when the variable is empty, or the key that opens a stored secret is not here.
        """
        if wanted.secret_env:
            named = [one.strip() for one in self._environ.get(wanted.secret_env, "").split(",")]
            if not named[0]:
                raise unavailable("no_secret", f"the variable {wanted.secret_env} is not there, or empty",
                                  hint="set it where the server runs")  # fmt: skip
            return tuple(secret_bytes(one) for one in named if one)
        s = webhook_states.c
        with self._records.begin() as conn:
            row = conn.execute(sa.select(s.secret, s.old_secret, s.old_until).where(s.webhook == wanted.key)).one()
        kept = [row.secret, row.old_secret] if row.old_until is not None and row.old_until > now else [row.secret]
        return tuple(secret_bytes(self._seal.open(one, about=_about(wanted.key))) for one in kept)

    def reseal(self) -> int:
        """Bring all stored secrets under the newest key; how many webhooks had one under an older key or none."""
        s = webhook_states.c
        done = 0
        with self._records.begin() as conn:
            for row in conn.execute(sa.select(s.webhook, s.secret, s.old_secret).with_for_update()).all():
                kept = {"secret": row.secret, "old_secret": row.old_secret}
                stale = {name: value for name, value in kept.items() if self._seal.stale(value)}
                if stale:
                    fresh = {name: self._anew(row.webhook, value) for name, value in stale.items()}
                    conn.execute(sa.update(webhook_states).where(s.webhook == row.webhook).values(**fresh))
                    done += 1
        return done

    def _anew(self, key: str, kept: str) -> str:
        about = _about(key)
        return self._seal.close(self._seal.open(kept, about=about), about=about)


def _about(key: str) -> str:
    return f"webhook/{key}"
