"""Running the server process: sockets, signals, the address that others find."""

import os
import signal
import socket
import threading
from collections.abc import Mapping

import structlog
import uvicorn

from ninefold.app import build_application, configure_logs, load_settings, open_ninefold
from ninefold.base import conflict, pass_over_present
from ninefold.cli.show import err

_log = structlog.get_logger("ninefold.serve")


def serve_forever(given: Mapping[str, object]) -> None:
    """Open the stores, start the workers, listen until a signal asks to end; unfinished work goes on next time."""
    settings = load_settings(**given)
    configure_logs(level=settings.log_level, form=settings.log_format)
    listener = _listen(settings.host, settings.port)
    host, port = listener.getsockname()[:2]
    address = f"http://{host}:{port}"
    with open_ninefold(settings, holder="ninefold serve") as ninefold:
        token = ninefold.operator_token()
        application = build_application(ninefold)
        ninefold.start()
        ninefold.announce(address)
        server = uvicorn.Server(
            uvicorn.Config(
                application,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=10,
                loop="uvloop",
                http="httptools",
            )
        )
        with ninefold.records.begin() as conn:
            entrance = "/" if ninefold.users.any(conn) else f"/#token={token}"  # nobody could sign in otherwise
        err.print(f"Ninefold is running at {address}{entrance}", soft_wrap=True)
        pass_over_present()
        _log.info("serving", address=address, process=os.getpid(), role=settings.role)
        server.run(sockets=[listener])
    _log.info("stopped")


class BackgroundServer:
    """A server in a thread of this process, for a demonstration that leaves its console running."""

    def __init__(self, application: object, *, host: str, port: int) -> None:
        self._listener = _listen(host, port)
        name, number = self._listener.getsockname()[:2]
        self.address = f"http://{name}:{number}"
        self._server = uvicorn.Server(uvicorn.Config(application, log_config=None, access_log=False))  # type: ignore[arg-type]
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def wait(self) -> None:
        """Answer until Ctrl-C or a termination signal."""
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        ended.wait()
        self.stop()

    def stop(self) -> None:
        """Stop answering."""
        self._server.should_exit = True
        self._thread.join(15)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as exc:
        listener.close()
        raise conflict(
            "port_in_use", f"cannot listen on {host}:{port}: {exc.strerror}", hint="choose another with --port, or 0"
        ) from exc
    return listener
