"""A network that breaks below HTTP: connections are reset, answers are cut or never come."""

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from urllib.parse import urlsplit


class Cut(StrEnum):
    """What happens to a connection; in the last two cases the server has taken what it was sent."""

    RESET = "reset before the request"
    HALF_REQUEST = "reset within the request"
    HALF_ANSWER = "reset within the answer"
    SILENCE = "no answer until the client gives up"


@contextmanager
def cutting(address: str, *, first: Sequence[Cut]) -> Iterator[str]:
    """An address before a server's: its first connections break, all later ones are passed on."""
    there = urlsplit(address)
    door = socket.create_server(("127.0.0.1", 0))
    faults = list(first)

    def receive() -> None:
        with suppress(OSError):  # the door was shut
            while True:
                client, _ = door.accept()
                fault = faults.pop(0) if faults else None
                threading.Thread(target=_serve, args=(client, there.hostname, there.port, fault), daemon=True).start()

    threading.Thread(target=receive, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        door.close()


def _serve(client: socket.socket, host: str, port: int, fault: Cut | None) -> None:
    with suppress(OSError), client:
        if fault is Cut.RESET:
            return _reset(client)
        if fault is Cut.HALF_REQUEST:
            client.recv(100)
            return _reset(client)
        with socket.create_connection((host, port)) as server:
            threading.Thread(target=_pass_on, args=(client, server), daemon=True).start()
            if fault is Cut.HALF_ANSWER:
                client.sendall(server.recv(65_536)[:20])
                return _reset(client)
            if fault is Cut.SILENCE:
                while server.recv(65_536):
                    pass
            _pass_on(server, client)
    return None


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    """Copy until the end of a stream, which the other side is told."""
    with suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


def _reset(client: socket.socket) -> None:
    """Close so that the other side sees "connection reset"."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
