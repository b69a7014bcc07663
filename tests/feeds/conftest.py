"""The fixtures of the open API, and a reader of the feed."""

from typing import Any

from tests.customers.conftest import Partner, api, east, west

__all__ = ["Reader", "api", "east", "west"]


class Reader:
    """Reads the feed page by page and keeps what it was told."""

    def __init__(self, partner: Partner, *, after: str = "", **asked: Any) -> None:
        self.partner = partner
        self.cursor = after
        self.asked = asked

    def read(self) -> list[Any]:
        """Everything that is new."""
        found: list[Any] = []
        while True:
            asked = {"after": self.cursor, **self.asked}
            page = self.partner.ok("GET", "/v1/changes", params=asked)
            found += page["changes"]
            self.cursor = page["next"]
            if not page["more"]:
                return found

    def told(self) -> list[tuple[Any, ...]]:
        """Kind and customer of everything that is new."""
        return [(one["kind"], one["customer"]) for one in self.read()]
