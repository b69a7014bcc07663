"""A receiver of posts on the loopback: it keeps what comes, checks signatures, and answers as it is told."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str]]
"""Status and headers. 0: it took the post, and the answer is lost; -n: it took n seconds over it, and then 200."""


class Receiver(ThreadingHTTPServer):
    """What came, and what is answered: the next of `answers`; when there is none, what `answer` says.

    Attributes:
        url: where it listens.
        posts: what came: headers, in lower case, and the body.
        statuses: what each was answered.
        taken: how often each came, by its name.
        answers: the next answers.
        answer: from a post's name, and how often it came, to the answer.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/hook"
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.taken: Counter[str] = Counter()
        self.answers: list[Answer] = []
        self.answer: Callable[[str, int], Answer] = lambda _name, _count: (204, {})
        self._guard = threading.Lock()

    def handle_error(self, *_: object) -> None:
        """A client that went away is part of the test."""

    def take(self, headers: dict[str, str], body: bytes) -> Answer:
        """Keep a post; what it is answered."""
        name = headers.get("webhook-id") or headers.get("idempotency-key", "")
        with self._guard:
            self.taken[name] += 1
            count, answer = self.taken[name], self.answers.pop(0) if self.answers else None
        answer = answer or self.answer(name, count)
        with self._guard:
            self.posts.append((headers, body))
            self.statuses.append(answer[0])
        return answer

    def bodies(self) -> list[Any]:
        """What was told, post by post."""
        return [json.loads(body) for _, body in self.posts]

    def messages(self) -> list[str]:
        """The names of the posts."""
        return [headers["webhook-id"] for headers, _ in self.posts]

    def accepted(self) -> list[tuple[str, Any]]:
        """Name and body of the posts that were answered with success."""
        told = zip(self.messages(), self.bodies(), self.statuses, strict=True)
        return [(name, body) for name, body, status in told if 200 <= status < 300]

    def signed_with(self, secret: str, post: int = -1) -> bool:
        """Whether a post carries a signature with a secret."""
        headers, body = self.posts[post]
        key = base64.b64decode(secret.removeprefix("whsec_"))
        said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
        return wanted in headers["webhook-signature"].split()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status, headers = self.server.take({name.lower(): value for name, value in self.headers.items()}, body)
        if status == 0:
            self.close_connection = True
            self.connection.close()
            return
        if status < 0:
            time.sleep(-status)
            status = 200
        said = b"" if status == 204 else b"said"
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
