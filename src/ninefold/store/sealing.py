"""Secrets at rest: what we have to give out again - signing secrets, seeds of one-time codes - is stored sealed.

AES-256-GCM under a key that is not in the database, so a dump of it gives nothing away. A sealed value is bound to
what it is about: copied to another row it does not open. (What is only compared, like passwords and tokens, is
hashed instead.) Keys stand in the setting ``secret_keys`` or in ``secrets.key`` of the data folder, the newest first.
"""

import base64
import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ninefold.base import invalid, refused, unavailable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MARK = "sealed"  # sealed:<key id>:<base64 of nonce and ciphertext>
_KEY_BYTES, _NONCE_BYTES = 32, 12


class Seal:
    """Seals and opens short texts. Safe to use from several threads and processes.

    >>> seal = Seal(Path("unused"), keys="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    >>> kept = seal.close("whsec_1", about="webhook/crm")
    >>> seal.open(kept, about="webhook/crm"), "whsec_1" in kept
    ('whsec_1', False)
    """

    def __init__(self, file: Path, *, keys: str = "") -> None:
        """Say where the keys are.

        Args:
            file: holds one key per line, base64 of 32 bytes, the newest first; made when the first secret is sealed.
            keys: the same, separated by commas, in place of the file.

        Raises:
            Error: invalid ``bad_secret_key``, for a key of `keys` that is none.
        """
        self._file = file
        self._given = bool(keys)
        self._keys: tuple[bytes, ...] = _read(keys.replace(",", "\n"), "the setting secret_keys")

    def close(self, secret: str, *, about: str) -> str:
        """A secret under the newest key.

        Args:
            secret: what is kept; an empty text stays empty.
            about: what it belongs to, unique and unchanging, e.g. ``webhook/crm``; needed to open it.

        Raises:
            Error: unavailable ``no_secret_key``, when the file of keys can be neither read nor made.
        """
        if not secret:
            return ""
        key = self._newest()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = _cipher(key).encrypt(nonce, secret.encode(), about.encode())
        return f"{_MARK}:{_name(key)}:{base64.b64encode(nonce + sealed).decode('ascii')}"

    def open(self, kept: str, *, about: str) -> str:
        """The secret again; what was stored before there was sealing is given as it stands.

        Raises:
            Error: unavailable ``no_secret_key``, when its key is not here; ``seal_broken``, when it was changed or is
                about something else.
        """
        if not kept.startswith(f"{_MARK}:"):
            return kept
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - loaded where a secret is used

        _, name, text = kept.split(":", 2)
        try:
            sealed = base64.b64decode(text, validate=True)
            opened = _cipher(self._named(name)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError) as exc:
            raise unavailable("seal_broken", f"the stored secret of {about} was changed; it cannot be used",
                              hint="make a new one") from exc  # fmt: skip
        return opened.decode()

    def stale(self, kept: str) -> bool:
        """Whether a stored secret should be sealed anew: it is clear, or under a key that is not the newest."""
        return bool(kept) and not kept.startswith(f"{_MARK}:{_name(self._newest())}:")

    def rotate(self) -> str:
        """Put a new key before the others and give its name; older ones stay, to open what they sealed.

        Raises:
            Error: refused ``secret_keys_set``, when the keys come from the setting.
        """
        if self._given:
            raise refused("secret_keys_set", "the keys of secrets come from the setting secret_keys",
                          hint="put a new key before the others there, and start again")  # fmt: skip
        self._newest()
        fresh = secrets.token_bytes(_KEY_BYTES)
        self._write((fresh, *self._load()), replace=True)
        self._keys = self._load()
        return _name(fresh)

    def _newest(self) -> bytes:
        if not self._keys:
            self._keys = self._load()
        if not self._keys:
            self._write((secrets.token_bytes(_KEY_BYTES),), replace=False)
            self._keys = self._load()
        return self._keys[0]

    def _named(self, name: str) -> bytes:
        """The key of a name; the file is read again for one that is not known: another process may have made it."""
        if all(_name(key) != name for key in self._keys):
            self._keys = self._load()
        for key in self._keys:
            if _name(key) == name:
                return key
        raise unavailable("no_secret_key", f"a stored secret is sealed under key {name}, which is not here",
                          hint=f"put that key into the setting secret_keys or into {self._file}")  # fmt: skip

    def _load(self) -> tuple[bytes, ...]:
        if self._given:
            return self._keys
        try:
            return _read(self._file.read_text(encoding="ascii"), str(self._file))
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as exc:
            raise unavailable("no_secret_key", f"cannot read the keys of secrets in {self._file}") from exc

    def _write(self, keys: tuple[bytes, ...], *, replace: bool) -> None:
        """Make the file whole or not at all; whoever comes second does not undo what the first one made."""
        text = "".join(base64.b64encode(key).decode("ascii") + "\n" for key in keys)
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=".secrets-")  # readable by its owner alone
            draft = Path(name)
            try:
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                if replace:
                    draft.replace(self._file)
                else:
                    self._file.hardlink_to(draft)
            except FileExistsError:
                pass  # another process was first: its key is the key
            finally:
                draft.unlink(missing_ok=True)
        except OSError as exc:
            raise unavailable("no_secret_key", f"cannot write the keys of secrets to {self._file}") from exc


def _read(text: str, place: str) -> tuple[bytes, ...]:
    """Keys, one a line; raises invalid for one that is none, without showing it."""
    found = []
    for number, line in enumerate((line.strip() for line in text.splitlines()), 1):
        try:
            key = base64.b64decode(line, validate=True)
        except ValueError:
            key = b""
        if line and len(key) != _KEY_BYTES:
            raise invalid("bad_secret_key", f"key {number} of {place} is no base64 of {_KEY_BYTES} bytes",
                          field="secret_keys", allowed="made by: openssl rand -base64 32")  # fmt: skip
        if line:
            found.append(key)
    return tuple(found)


def _name(key: bytes) -> str:
    """What a key is called; says nothing about it."""
    return hashlib.sha256(b"ninefold key name" + key).hexdigest()[:8]


def _cipher(key: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - loaded where a secret is used

    return AESGCM(key)
