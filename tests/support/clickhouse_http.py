"""A ClickHouse server's HTTP interface, as much of it as the client uses, over the chDB of this process.

So the ``clickhouse://`` form of the events store is exercised with the real client, the real engine and a real socket,
and with the faults of a network on request. Settings, parameters, formats, compression, error headers and the
buffering of results follow https://clickhouse.com/docs/interfaces/http.
"""

import base64
import email.parser
import email.policy
import json
import re
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import parse_qsl, urlsplit

import chdb
import pyarrow as pa

FaultKind = Literal["drop_before", "drop_after", "cut_body", "late_error", "status_500", "status_503", "slow"]

# Of the interface itself, not settings of the engine.
_OWN = {"query", "database", "user", "password", "session_id", "query_id", "compress", "decompress", "role",
        "wait_end_of_query", "buffer_size", "client_protocol_version", "send_progress_in_http_headers",
        "http_headers_progress_interval_ms", "enable_http_compression", "default_format",
        "cancel_http_readonly_queries_on_client_close"}  # fmt: skip
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_INLINE_INSERT = re.compile(rb"\A\s*INSERT\s+INTO\s[^\n]*?\bFORMAT\s+\w+\s*\n", re.IGNORECASE)
_CODE = re.compile(r"Code: (\d+)")
_STATUS = {60: 404, 81: 404, 62: 400, 516: 403, 241: 500}
_CHUNK = 64 * 1024


@dataclass
class Request:
    """What a client sent, as the server understood it."""

    query: str
    parameters: dict[str, str]
    settings: dict[str, str]
    own: dict[str, str]
    data: bytes
    encoding: str
    accepts: str
    agent: str


@dataclass
class Fault:
    """A failure that the next requests meet whose query holds a word."""

    kind: FaultKind
    times: int = 1
    match: str = ""
    seconds: float = 0.0


@dataclass
class Front:
    """The running server.

    Attributes:
        url: address of the events store behind it, without database.
        requests: all requests so far.
        password: when set, requests must carry it.
    """

    folder: str
    url: str = ""
    password: str = ""
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, kind: FaultKind, *, times: int = 1, match: str = "", seconds: float = 0.0) -> None:
        """Make the next requests whose query holds ``match`` fail."""
        self.faults.append(Fault(kind, times, match, seconds))

    def seen(self, word: str) -> list[Request]:
        """Requests whose query holds a word."""
        return [request for request in self.requests if word in request.query]

    def take_fault(self, query: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.match in query:
                    fault.times -= 1
                    return fault
        return None


@contextmanager
def clickhouse_http(folder: Path) -> Iterator[Front]:
    """Serve the chDB folder, which this process has open, over HTTP."""
    front = Front(str(folder))
    handler = type("Handler", (_Handler,), {"front": front})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    front.url = f"clickhouse://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="clickhouse-http")
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    front: Front
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self._body()
        if urlsplit(self.path).path == "/ping":
            self._send(200, b"Ok.\n", {})
            return
        request = self._request(body)
        self.front.requests.append(request)
        if self.front.password and not self._authorised():
            self._error("Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)")
            return
        fault = self.front.take_fault(request.query)
        match fault.kind if fault else None:
            case "drop_before":
                self._drop()
                return
            case "status_500":
                self._send(500, b"upstream went away", {})
                return
            case "status_503":
                self._send(503, b"overloaded", {})
                return
            case "slow":
                assert fault is not None
                time.sleep(fault.seconds)
            case _:
                pass
        try:
            result, output = self._execute(request)
        except RuntimeError as exc:
            self._error(str(exc))
            return
        if fault is not None and fault.kind == "drop_after":
            self._drop()
        elif fault is not None and fault.kind in {"cut_body", "late_error"}:
            self._break_off(request, fault.kind, result, output)
        else:
            self._result(request, result, output)

    def _execute(self, request: Request) -> tuple[bytes, str]:
        connection = cast("Callable[[str], Any]", chdb.connect)(self.front.folder)  # without type information
        try:
            database = request.own.get("database", "default")
            connection.query(f"USE `{database}`")
            for name, value in request.settings.items():
                escaped = value.replace("\\", "\\\\").replace("'", "\\'")
                connection.query(f"SET {name} = '{escaped}'")
            found = _FORMAT.search(request.query)
            if found and request.query.lstrip()[:6].upper() == "INSERT":
                with tempfile.NamedTemporaryFile(suffix=".insert") as file:
                    file.write(request.data)
                    file.flush()
                    head = request.query[: found.start()]
                    connection.query(f"{head} FROM INFILE '{file.name}' FORMAT {found[1]}")
                return b"", ""
            output = found[1] if found else request.own.get("default_format", "TabSeparated")
            answer = connection.query(request.query, output, params=request.parameters)
            return bytes(answer.bytes() or b""), output
        finally:
            connection.close()

    def _request(self, body: bytes) -> Request:
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if self.headers.get_content_type() == "multipart/form-data":
            given |= _form(self.headers["Content-Type"], body)
            body = b""
        encoding = self.headers.get("Content-Encoding", "")
        body = _unpacked(body, encoding)
        query = given.get("query", "")
        if not query and (inline := _INLINE_INSERT.match(body)):
            query, body = inline[0].decode().strip(), body[inline.end() :]
        elif not query:
            query, body = body.decode(), b""
        return Request(
            query=query,
            parameters={name[6:]: value for name, value in given.items() if name.startswith("param_")},
            settings={k: v for k, v in given.items() if k not in _OWN and not k.startswith("param_")},
            own={name: value for name, value in given.items() if name in _OWN},
            data=body,
            encoding=encoding,
            accepts=self.headers.get("Accept-Encoding", ""),
            agent=self.headers.get("User-Agent", ""),
        )

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().strip() or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _authorised(self) -> bool:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        return kind == "Basic" and base64.b64decode(value).decode().partition(":")[2] == self.front.password

    def _result(self, request: Request, result: bytes, output: str) -> None:
        headers = {"X-ClickHouse-Summary": json.dumps({"read_rows": "0"}), "X-ClickHouse-Timezone": "Asia/Shanghai"}
        if output:
            headers["X-ClickHouse-Format"] = output
        if request.own.get("enable_http_compression") == "1":
            for name in ("zstd", "lz4", "gzip"):
                if name in request.accepts:
                    result, headers["Content-Encoding"] = _packed(result, name), name
                    break
        self._send(200, result, headers)

    def _error(self, text: str) -> None:
        text = text[text.find("Code: ") :]
        code = int(found[1]) if (found := _CODE.search(text)) else 1000
        body = f"{text} (version 26.9.1.1 (official build))\n".encode()
        self._send(_STATUS.get(code, 500), body, {"X-ClickHouse-Exception-Code": str(code)})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._begin(status, headers)
        for start in range(0, len(body), _CHUNK):
            self._chunk(body[start : start + _CHUNK])
        self.wfile.write(b"0\r\n\r\n")

    def _begin(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"X-ClickHouse-Query-Id": "q", "Transfer-Encoding": "chunked", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _chunk(self, part: bytes) -> None:
        self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")

    def _break_off(self, request: Request, kind: str, result: bytes, output: str) -> None:
        """Fail after the result has begun; a server told to wait for the end has the failure before."""
        text = "Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)"
        if kind == "late_error" and request.own.get("wait_end_of_query") == "1":
            self._error(text)
            return
        self._begin(200, {"X-ClickHouse-Format": output})
        self._chunk(result[: len(result) // 2])
        if kind == "late_error":
            self._chunk(text.encode())
            self.wfile.write(b"0\r\n\r\n")
        else:
            self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _form(content_type: str, body: bytes) -> dict[str, str]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields = {}
    for part in message.iter_parts():
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        fields[str(part.get_param("name", header="content-disposition"))] = payload.decode()
    return fields


def _unpacked(body: bytes, encoding: str) -> bytes:
    return bytes(pa.CompressedInputStream(pa.BufferReader(body), encoding).read()) if encoding else body


def _packed(body: bytes, encoding: str) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, encoding) as stream:
        stream.write(body)
    return bytes(sink.getvalue())
