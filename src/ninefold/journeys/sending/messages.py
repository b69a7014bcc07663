"""Makes messages for people: their values, their addresses, the rendered template. Everything for many at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from ninefold.base import minor_digits
from ninefold.channels import Content, Renderer, Unrendered, nest
from ninefold.journeys.model import Campaign, Trigger
from ninefold.journeys.people import People, values_of
from ninefold.journeys.queries import outcomes
from ninefold.predicate import survivorship
from ninefold.store import Events

PERSON = "person"
"""The address namespace of channels that reach everybody: the public id itself."""

Occasion = tuple[int, str]
"""A person and the occasion on which the campaign speaks to the person."""


class Messages:
    """Renders campaigns for people; templates are compiled once per version."""

    def __init__(self, events: Events, people: People) -> None:
        self._events = events
        self._people = people
        self._renderers: dict[tuple[str, int], Renderer] = {}

    def render(
        self, conn: Connection, campaign: Campaign, occasions: Iterable[Occasion], *, now: datetime
    ) -> dict[Occasion, Content | Unrendered]:
        """What a campaign says to each of some people, on their occasions."""
        wanted = sorted(set(occasions))
        renderer = self._renderer(campaign)
        if renderer is None:
            return dict.fromkeys(wanted, Unrendered(reason="template_error", detail="the campaign has no template"))
        roots = sorted({root for root, _ in wanted})
        kin = self._people.merged_into(conn, roots)
        traits, tags = values_of(self._events, roots, kin, survivorship.load(conn), now=now)
        starters = self._starters(campaign, [*roots, *kin], [occurrence for _, occurrence in wanted])
        public = self.public_ids(conn, roots)
        about = {"key": campaign.key, "name": campaign.header.name_en, "name_zh": campaign.header.name_zh}
        return {
            (root, occurrence): renderer.render(
                {
                    "traits": traits.get(root, {}),
                    "tags": tags.get(root, {}),
                    "person": {"id": public.get(root, "")},
                    "campaign": about,
                    "event": starters.get(occurrence, {}),
                }
            )
            for root, occurrence in wanted
        }

    def addresses(self, conn: Connection, roots: Sequence[int], namespace: str) -> dict[int, str]:
        """Where to reach people by a channel's namespace; those who cannot be reached are absent."""
        if namespace == PERSON:
            return self.public_ids(conn, roots)
        return self._people.addresses(conn, roots, namespace)

    def public_ids(self, conn: Connection, roots: Sequence[int]) -> dict[int, str]:
        """By what name people are known outside."""
        return self._people.public_ids(conn, roots)

    def _starters(
        self, campaign: Campaign, accounts: Sequence[int], occurrences: Sequence[str]
    ) -> dict[str, dict[str, object]]:
        """The events that started a triggered campaign, as templates see them, by message id."""
        if not isinstance(campaign.start, Trigger):
            return {}
        rows = self._events.query(outcomes.starters(campaign.start.event, accounts, occurrences)).to_pylist()
        return {row["message_id"]: _event(row) for row in rows}

    def _renderer(self, campaign: Campaign) -> Renderer | None:
        if campaign.template is None:
            return None
        place = (campaign.key, campaign.version)
        if place not in self._renderers:
            if len(self._renderers) > 1_000:
                self._renderers.clear()
            self._renderers[place] = Renderer(campaign.template)
        return self._renderers[place]


def _event(row: dict[str, object]) -> dict[str, object]:
    maps: dict[str, object] = {}
    for name in ("props", "nums"):
        pairs = row[name]
        maps |= dict(pairs if isinstance(pairs, list) else [])
    fields = {name: row[name] for name in ("order_id", "product_id", "session_id", "quantity", "currency")}
    minor, currency = int(str(row["revenue_minor"])), str(row["currency"])
    return nest({**fields, "revenue": minor / 10 ** minor_digits(currency), "time": str(row["ts"]), **maps})
