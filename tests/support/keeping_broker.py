"""A broker that keeps sessions as MQTT 3.1.1 asks: what is not acknowledged comes again, marked as a repeat.

amqtt forgets a session when its client goes away, so redelivery cannot be tried with it. This one knows QoS 0 and 1,
filters with + and #, and persistent sessions, which outlive its own restart; nothing else.
"""

import asyncio
import socket
import struct
import threading
from dataclasses import dataclass, field

from paho.mqtt.client import topic_matches_sub


@dataclass
class Session:
    """What the broker keeps for a client."""

    lasting: bool
    filters: list[str] = field(default_factory=list)
    unacknowledged: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    last: int = 0
    writer: asyncio.StreamWriter | None = None

    def deliver(self, topic: str, payload: bytes) -> None:
        self.last = self.last % 65_535 + 1
        self.unacknowledged[self.last] = (topic, payload)
        self.send(self.last, repeat=False)

    def send(self, mid: int, *, repeat: bool) -> None:
        if self.writer is not None and not self.writer.is_closing():
            topic, payload = self.unacknowledged[mid]
            name = topic.encode()
            body = struct.pack(">H", len(name)) + name + struct.pack(">H", mid) + payload
            self.writer.write(packet(0x3A if repeat else 0x32, body))


class KeepingBroker:
    """The broker, in a thread of the test."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.sessions: dict[str, Session] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ended: asyncio.Event | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    def start(self) -> None:
        """Listen; returns when clients can connect."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(20), "the broker did not start"

    def stop(self) -> None:
        """End, and cut all connections; doing it twice is harmless."""
        if self._thread is not None and self._loop is not None and self._ended is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(30)
            self._thread = None

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", self.port)
        ready.set()
        await self._ended.wait()
        server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0.05)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        name, session = "", Session(lasting=False)
        try:
            while True:
                kind, body = await asyncio.wait_for(read(reader), 120)
                if kind >> 4 == 1:
                    name, session = self._connect(body, writer)
                elif kind >> 4 == 14:
                    break
                else:
                    self._handle(kind, body, session, writer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            pass
        finally:
            if session.writer is writer:
                session.writer = None
                if not session.lasting:
                    self.sessions.pop(name, None)
            self._writers.discard(writer)
            writer.close()

    def _connect(self, body: bytes, writer: asyncio.StreamWriter) -> tuple[str, Session]:
        at = 2 + struct.unpack(">H", body[:2])[0]
        clean = bool(body[at + 1] & 2)
        (length,) = struct.unpack(">H", body[at + 4 : at + 6])
        name = body[at + 6 : at + 6 + length].decode()
        held = None if clean else self.sessions.get(name)
        session = held or Session(lasting=not clean)
        self.sessions[name] = session
        session.writer = writer
        writer.write(packet(0x20, bytes([int(held is not None), 0])))
        for mid in list(session.unacknowledged):
            session.send(mid, repeat=True)
        return name, session

    def _handle(self, kind: int, body: bytes, session: Session, writer: asyncio.StreamWriter) -> None:
        match kind >> 4:
            case 3:
                (length,) = struct.unpack(">H", body[:2])
                topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
                if kind & 6:
                    writer.write(packet(0x40, rest[:2]))
                    rest = rest[2:]
                for one in self.sessions.values():
                    if any(topic_matches_sub(wanted, topic) for wanted in one.filters):
                        one.deliver(topic, rest)
            case 4:
                session.unacknowledged.pop(struct.unpack(">H", body[:2])[0], None)
            case 8:
                rest, granted = body[2:], b""
                while rest:
                    (length,) = struct.unpack(">H", rest[:2])
                    wanted = rest[2 : 2 + length].decode()
                    if wanted not in session.filters:
                        session.filters.append(wanted)
                    granted, rest = granted + b"\x01", rest[3 + length :]
                writer.write(packet(0x90, body[:2] + granted))
            case 12:
                writer.write(packet(0xD0, b""))


def packet(kind: int, body: bytes) -> bytes:
    """A packet with its length in front."""
    size, length = len(body), b""
    while True:
        size, digit = size >> 7, size & 127
        length += bytes([digit | (128 if size else 0)])
        if not size:
            return bytes([kind]) + length + body


async def read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next packet: its first byte and its body."""
    kind = (await reader.readexactly(1))[0]
    size = shift = 0
    while True:
        digit = (await reader.readexactly(1))[0]
        size |= (digit & 127) << shift
        shift += 7
        if not digit & 128:
            return kind, await reader.readexactly(size)
