"""`segment …` and `tag …`: count, refresh, look inside."""

from typing import Annotated

import typer

from . import show
from .platform import session

segment = typer.Typer(no_args_is_help=True, help="Segments: list, preview, refresh, members, overlap.")
tag = typer.Typer(no_args_is_help=True, help="Tags: list, refresh, history, lineage.")

_Json = Annotated[bool, typer.Option("--json", help="for machines")]


@segment.command("list")
def list_segments(*, json: _Json = False) -> None:
    """All segments with their size."""
    with session() as client:
        found = client.get("/v1/segments")
    if json:
        show.as_json(found)
        return
    show.rows(
        "Segments",
        ("key", "name", "size", "version", "built", "owner"),
        ((one["key"], one["name"]["en"], one["size"], one["version"], one["built_at"], one["owner"]) for one in found),
    )


@segment.command()
def preview(key: str, *, json: _Json = False) -> None:
    """Count a segment as it would be now, with a few of its people; nothing is kept."""
    with session() as client:
        found = client.post(f"/v1/segments/{key}/preview")
    if json:
        show.as_json(found)
        return
    show.fields(
        f"Segment {key}",
        {
            "people": f"{found['size']:,}",
            "reads": found["reads"]["en"],
            "读作": found["reads"]["zh"],
            "sample": ", ".join(found["sample"]),
        },
    )


@segment.command()
def refresh(
    key: Annotated[str, typer.Argument(help="key; without one all segments")] = "", *, json: _Json = False
) -> None:
    """Materialise a new version of one segment, or of all."""
    with session() as client:
        found = client.post("/v1/segments/refresh", {"keys": [key] if key else []})
    if json:
        show.as_json(found)
        return
    show.rows(
        "Refreshed",
        ("segment", "version", "size", "entered", "left"),
        (
            (
                one["snapshot"]["segment"],
                one["snapshot"]["version"],
                one["snapshot"]["size"],
                one["entered"],
                one["left"],
            )
            for one in found
        ),
    )


@segment.command()
def members(key: str, *, limit: Annotated[int, typer.Option(help="how many")] = 50, json: _Json = False) -> None:
    """Public ids of the people in the newest version."""
    with session() as client:
        found = client.get(f"/v1/segments/{key}/members", limit=limit)
    if json:
        show.as_json(found)
        return
    for public_id in found["people"]:
        show.out.print(public_id)


@segment.command()
def overlap(
    keys: Annotated[list[str], typer.Argument(help="keys of two or more segments")], *, json: _Json = False
) -> None:
    """How many people each two segments share."""
    with session() as client:
        found = client.post("/v1/segments/overlap", {"keys": keys})
    if json:
        show.as_json(found)
        return
    show.rows(
        "Overlap",
        ("", *found["keys"]),
        ((key, *line) for key, line in zip(found["keys"], found["counts"], strict=True)),
    )


@segment.command()
def priority(
    keys: Annotated[list[str], typer.Argument(help="keys of segments, the first has the first choice")],
    *,
    json: _Json = False,
) -> None:
    """How people fall to the segments of a priority list: each to the first that has them."""
    with session() as client:
        found = client.post("/v1/segments/priority", {"keys": keys})
    if json:
        show.as_json(found)
        return
    show.rows(
        "Priority",
        ("segment", "people", "own"),
        ((one["snapshot"]["segment"], one["size"], one["own"]) for one in found),
    )


@segment.command()
def why(key: str, person: str, *, json: _Json = False) -> None:
    """Why a person is in a segment or not, clause by clause. PERSON is a public id or namespace:value."""
    with session() as client:
        found = client.get(f"/v1/segments/{key}/why/{person}")
    if json:
        show.as_json(found)
        return
    for line in found["lines"]:
        show.out.print(line)


@segment.command()
def when(key: str, person: str, *, json: _Json = False) -> None:
    """When a person comes into a segment or leaves it because time passes, if nothing else happens."""
    with session() as client:
        found = client.get(f"/v1/segments/{key}/when/{person}")
    if json:
        show.as_json(found)
        return
    show.fields(
        f"{person} in {key}",
        {
            "now": "in" if found["member"] else "out",
            "changes": found["at"] or f"not by itself until {found['until']}",
            "because": "; ".join(one["en"] for one in found["because"]) or "-",
        },
    )


@tag.command("list")
def list_tags(*, json: _Json = False) -> None:
    """All tags."""
    with session() as client:
        found = client.get("/v1/tags")
    if json:
        show.as_json(found)
        return
    show.rows(
        "Tags",
        ("key", "kind", "name", "people", "version", "built"),
        ((one["key"], one["kind"], one["name"]["en"], one["people"], one["version"], one["built_at"]) for one in found),
    )


@tag.command("refresh")
def refresh_tag(key: str, *, json: _Json = False) -> None:
    """Build a new version of a tag and show its distribution."""
    with session() as client:
        client.post(f"/v1/tags/{key}/refresh")
        found = client.get(f"/v1/tags/{key}/distribution")
    if json:
        show.as_json(found)
        return
    show.rows(
        f"Tag {key}, version {found['build']['version']}",
        ("value", "name", "名称", "people"),
        ((one["value"], one["name_en"], one["name_zh"], f"{one['people']:,}") for one in found["values"]),
    )


@tag.command("history")
def tag_history(key: str, *, json: _Json = False) -> None:
    """The versions of a tag's values that are kept, newest first."""
    with session() as client:
        found = client.get(f"/v1/tags/{key}/history")
    if json:
        show.as_json(found)
        return
    show.rows(
        f"Tag {key}",
        ("version", "definition", "events before", "built", "people"),
        (
            (one["version"], one["definition_version"], one["base_at"], one["built_at"], f"{one['people']:,}")
            for one in found
        ),
    )


@tag.command("lineage")
def tag_lineage(key: str, *, json: _Json = False) -> None:
    """What feeds a tag, and what uses it."""
    with session() as client:
        found = client.get(f"/v1/tags/{key}/lineage")
    if json:
        show.as_json(found)
        return
    words = ("events", "properties", "traits", "tags", "segments", "used_by")
    show.rows(f"Tag {key}", ("what", "names"), ((word, ", ".join(found[word])) for word in words if found[word]))
