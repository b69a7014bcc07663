"""The test of a connector: reach its source, fetch a few rows, show what they would become; nothing is stored."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ninefold.base import from_ms, invalid, refused
from ninefold.collect.event import Event

from .model import Plan, Trial
from .pulls.opening import open_pull
from .settings import FileDrop, MqttSource, RestSource, SqlSource, Webhook
from .taking.house import House
from .taking.intake import map_rows

ROWS = 10


def try_connector(house: House, plan: Plan) -> Trial:
    """Reach a source and map its first rows.

    Raises:
        Error: what a run would raise; refused ``nothing_to_try`` for webhooks, which only their vendor can send.
    """
    match plan.connector.settings:
        case FileDrop() as drop:
            return _files(house, plan, drop)
        case SqlSource() | RestSource() as settings:
            with closing(open_pull(settings, house.secrets)) as pull:
                page = next(iter(pull.pages({}, None)), None)
            if page is None:
                return Trial(headers=(), rows=0, events=(), problems=())
            mapped = map_rows(house, plan, page.chunk, house.clock.now())
            return Trial(
                headers=tuple(name for name in page.chunk.table.column_names if not name.startswith("$id")),
                rows=page.chunk.records,
                events=tuple(plain(event) for event in mapped.events[:ROWS]),
                problems=tuple(one.problem for one in mapped.aside[:ROWS]),
            )
        case Webhook(secret=secret, aes_key=aes_key):
            house.secrets.get(secret)
            house.secrets.get(aes_key)
            raise refused(
                "nothing_to_try", "a webhook is sent to: its secrets are in place",
                hint=f"let the vendor send a test message to /v1/hooks/{plan.connector.key}",
            )  # fmt: skip
        case MqttSource() as settings:
            from .mqtt import reach  # noqa: PLC0415 - only this kind needs the client

            reach(settings, plan.connector.key, house.secrets)
            return Trial(headers=(), rows=0, events=(), problems=())


def _files(house: House, plan: Plan, drop: FileDrop) -> Trial:
    from .pulls.places import open_place, wanted  # noqa: PLC0415 - pyarrow's file systems are heavy

    place = open_place(drop, house.secrets)
    found = wanted(list(place.files()), drop)
    if not found:
        raise invalid(
            "no_files", "no file of these names is there", field="glob", got=", ".join(drop.glob),
            allowed="patterns of paths below the folder, e.g. **/*.csv",
        )  # fmt: skip
    with TemporaryDirectory(prefix="ninefold-") as folder:
        path = place.fetch(found[0].path, Path(folder) / Path(found[0].path).name)
        tried = house.imports.try_out(path, plan.mapping, rows=ROWS)
    return Trial(
        headers=tried.headers,
        rows=tried.rows_read,
        events=tuple(plain(event) for event in tried.sample[:ROWS]),
        problems=tried.problems[:ROWS],
    )


def plain(event: Event) -> dict[str, object]:
    """An event as plain data for people."""
    shown: dict[str, object] = {
        "name": event.name,
        "ts": _iso(event.ts),
        "identifiers": [list(pair) for pair in event.identifiers],
        "traits": dict(event.traits),
        "props": {**event.props, **event.nums},
        "message_id": event.message_id,
        "order_id": event.order_id,
        "product_id": event.product_id,
        "quantity": event.quantity or None,
        "revenue_minor": event.revenue_minor if event.currency else None,
        "currency": event.currency,
    }
    return {name: value for name, value in shown.items() if value not in ("", None, {}, [])}


def _iso(ms: int) -> str:
    moment: datetime = from_ms(ms)
    return moment.isoformat()
