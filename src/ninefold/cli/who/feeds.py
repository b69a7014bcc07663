"""`ninefold feed` and `ninefold tags`: what changes of customers, whom it is posted to, tags by hand."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ninefold.cli import show
from ninefold.cli.platform import session

feed = typer.Typer(no_args_is_help=True, help="The change feed: read it, look after webhooks.")
webhooks = typer.Typer(no_args_is_help=True, help="Webhooks that the change feed is posted to.")
tags = typer.Typer(no_args_is_help=True, help="Tags by hand.")
feed.add_typer(webhooks, name="webhooks")

Key = Annotated[str, typer.Argument(help="key of the webhook")]
_PAUSE_SECONDS = 1.0


@feed.command()
def tail(
    *,
    after: Annotated[str, typer.Option(help="a cursor; `now`, or empty for the oldest that is kept")] = "now",
    kind: Annotated[list[str] | None, typer.Option(help="only this kind; may be repeated")] = None,
    follow: Annotated[bool, typer.Option(help="wait for more until interrupted")] = False,
    limit: Annotated[int, typer.Option(help="changes at once, 1 to 1,000")] = 100,
) -> None:
    """Print changes as JSON lines, and the cursor that goes on from there."""
    with session() as client:
        while True:
            page = client.get("/v1/changes", after=after, kinds=kind or [], limit=limit)
            for one in page["changes"]:
                show.as_line(one)
            after = page["next"]
            if not page["more"]:
                if not follow:
                    break
                time.sleep(_PAUSE_SECONDS)
    show.as_line({"next": after})


@webhooks.command("list")
def list_() -> None:
    """All webhooks and how they stand."""
    with session() as client:
        rows = [
            (one["key"], one["url"], one["state"], one["attempts"], one["problem"])
            for one in client.get("/v1/webhooks")
        ]
    show.rows("Webhooks", ("key", "url", "state", "failed", "problem"), rows)


@webhooks.command()
def attempts(key: Key, limit: Annotated[int, typer.Option(help="at most so many")] = 20) -> None:
    """What was posted, newest first."""
    with session() as client:
        _show(client.get(f"/v1/webhooks/{key}/attempts", limit=limit))


@webhooks.command()
def pause(key: Key) -> None:
    """Post nothing more until it is resumed; what changes meanwhile waits."""
    _act(key, "pause")


@webhooks.command()
def resume(key: Key) -> None:
    """Post again at once, from where it stood."""
    _act(key, "resume")


@webhooks.command()
def test(key: Key) -> None:
    """Post a message without changes and say what came back."""
    with session() as client:
        _show([client.post(f"/v1/webhooks/{key}/test")])


@webhooks.command()
def secret(key: Key) -> None:
    """Make a new signing secret, shown only here; the old one signs too for a day."""
    with session() as client:
        show.as_json(client.post(f"/v1/webhooks/{key}/secret"))


@webhooks.command()
def redeliver(
    key: Key,
    *,
    message: Annotated[str, typer.Option(help="webhook-id of one message")] = "",
    since: Annotated[str, typer.Option(help="or all that were posted since, e.g. 2026-06-01T08:00:00Z")] = "",
) -> None:
    """Post messages again under their old names."""
    body = {"message": message} if message else {"since": since or None}
    with session() as client:
        _show(client.post(f"/v1/webhooks/{key}/redeliver", body))


@tags.command()
def put(
    customer: Annotated[str, typer.Argument(help="public id, or namespace:value")],
    tag: Annotated[str, typer.Argument(help="name of the tag")],
    *,
    value: Annotated[str, typer.Option(help="anything more")] = "",
    until: Annotated[str, typer.Option(help="when it ends by itself, e.g. 2026-12-31T00:00:00Z")] = "",
    why: Annotated[str, typer.Option(help="the reason")] = "",
) -> None:
    """Put a tag on a customer."""
    _say([{"customer": customer, "tag": tag, "value": value, "until": until or None, "why": why}])


@tags.command()
def remove(
    customer: Annotated[str, typer.Argument(help="public id, or namespace:value")],
    tag: Annotated[str, typer.Argument(help="name of the tag")],
    *,
    why: Annotated[str, typer.Option(help="the reason")] = "",
) -> None:
    """Take a tag away from a customer."""
    _say([{"customer": customer, "tag": tag, "why": why, "remove": True}])


@tags.command()
def load(file: Annotated[Path, typer.Argument(help="JSON lines: customer, tag, value, until, why, remove")]) -> None:
    """Put tags on many customers or take them away, a thousand at a time; rejected lines are listed."""
    import json  # noqa: PLC0415

    with file.open(encoding="utf-8") as stream:
        lines = [json.loads(line) for line in stream if line.strip()]
    _say(lines)


def _say(items: list[dict[str, Any]]) -> None:
    counts: dict[str, int] = {}
    rejected: list[tuple[object, ...]] = []
    with session() as client:
        for start in range(0, len(items), 1_000):
            found = client.post("/v1/customers/tags", {"tags": items[start : start + 1_000]})["verdicts"]
            for line, one in enumerate(found, start + 1):
                counts[one["status"]] = counts.get(one["status"], 0) + 1
                rejected += [(line, one["code"], one["field"], one["got"])] if one["status"] == "rejected" else []
    show.fields("Tags", counts)
    if rejected:
        show.rows("Rejected", ("line", "code", "field", "got"), rejected)


def _act(key: str, word: str) -> None:
    with session() as client:
        show.as_json(client.post(f"/v1/webhooks/{key}/{word}"))


def _show(attempts_made: list[dict[str, Any]]) -> None:
    rows = [
        (
            one["at"],
            one["message"],
            one["trigger"],
            one["changes"],
            one["status"],
            one["milliseconds"],
            one["said"][:60],
        )
        for one in attempts_made
    ]
    show.rows("Posts", ("at", "message", "trigger", "changes", "status", "ms", "answer"), rows)
