"""A real `ninefold serve` in a process of its own, which tests can kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from ninefold.store import running_server
from tests.support.processes import Command


class Server:
    """A server on a data folder, started, killed and started again."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("NINEFOLD_")},
            "NINEFOLD_DATA_DIR": str(data_dir),
            "NINEFOLD_PORT": "0",
            "NINEFOLD_LOG_FORMAT": "json",
            **{f"NINEFOLD_{name.upper()}": value for name, value in settings.items()},
        }
        self._log = data_dir.parent / f"{data_dir.name}.log"
        self._process: subprocess.Popen[bytes] | Command | None = None
        self.address = ""

    def start(self, *, wait_seconds: float = 90, cold: bool = False) -> None:
        """Start and wait until it is ready.

        Args:
            wait_seconds: for how long at most.
            cold: from a new interpreter, as a shell does it; otherwise all is the same but that its imports are there.
        """
        self._process = self._interpreter() if cold else self._command()
        deadline = time.monotonic() + wait_seconds
        while time.monotonic() < deadline:
            if (code := self._process.poll()) is not None:
                raise AssertionError(f"the server ended with {code}:\n{self.log()[-4000:]}")
            self.address = running_server(self.data_dir)
            if self.address:
                try:
                    if httpx.get(f"{self.address}/health/ready", timeout=5).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
            time.sleep(0.05)
        raise AssertionError(f"the server was not ready in time:\n{self.log()[-4000:]}")

    def _command(self) -> Command:
        return Command(["serve"], env=self._env, folder=self.data_dir.parent, log=self._log)

    def _interpreter(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "ninefold", "serve"],
                env=self._env,
                stdout=log,
                stderr=log,
                cwd=self.data_dir.parent,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9: no handler runs, nothing is flushed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(30)

    def stop(self) -> None:
        """An orderly end."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(40)
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    def log(self) -> str:
        """All it has said so far."""
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    @property
    def token(self) -> str:
        """The operator's token."""
        return (self.data_dir / "token").read_text().strip()

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """The JSON answer of a call that must succeed."""
        headers = {"Authorization": f"Bearer {self.token}"}
        response = httpx.request(method, self.address + path, headers=headers, timeout=60, **arguments)
        assert response.status_code < 400, f"{method} {path}: {response.status_code} {response.text[:1000]}"
        return json.loads(response.content) if response.content else None
