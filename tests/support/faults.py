"""A network with faults, to stand before the collector's routes."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

Answer = tuple[int, bytes, dict[str, str]]
REFUSED = b'{"code":"faulty","message":"a fault of the network"}'


class Faulty:
    """Stands before the routes: answers the first requests by itself, and can lose our answer after we took it."""

    def __init__(self, app: ASGIApp, *, first: Sequence[Answer], lose_answers: int = 0) -> None:
        self._app = app
        self._first = list(first)
        self._lose_answers = lose_answers
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        if self._first:
            await self._answer(self._first.pop(0), send)
        elif self._lose_answers:
            self._lose_answers -= 1

            async def nowhere(_message: object) -> None:
                return None

            await self._app(scope, receive, nowhere)
            await self._answer((500, REFUSED, {}), send)
        else:
            await self._app(scope, receive, send)

    @staticmethod
    async def _answer(answer: Answer, send: Send) -> None:
        status, body, headers = answer
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})
