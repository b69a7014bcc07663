"""A receiver of webhooks on the loopback: it checks what comes as the specification says, and answers as it is told."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What came, and what is answered: the next of `answers`, then 204.

    Attributes:
        url: where it listens.
        posts: what came: headers, in lower case, and the body.
        answers: status and headers of the next answers.
    """

    url: str = ""
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    def bodies(self) -> list[Any]:
        """What was told, post by post."""
        return [json.loads(body) for _, body in self.posts]

    def messages(self) -> list[str]:
        """The names of the posts."""
        return [headers["webhook-id"] for headers, _ in self.posts]

    def signed_with(self, secret: str, post: int = -1) -> bool:
        """Whether a post carries a signature with a secret."""
        headers, body = self.posts[post]
        key = base64.b64decode(secret.removeprefix("whsec_"))
        said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
        return wanted in headers["webhook-signature"].split()


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, headers = kept.answers.pop(0) if kept.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
