"""`plan …`: tracking plans - list, simulate, draft, violations, generate."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ninefold.base import invalid

from . import show
from .documents import read_documents
from .platform import session

app = typer.Typer(
    no_args_is_help=True, help="Tracking plans: list, simulate, draft from traffic, violations, client code."
)

_Json = Annotated[bool, typer.Option("--json", help="for machines")]
_Days = Annotated[int, typer.Option(min=1, max=366, help="how far back")]
_Files = Annotated[list[Path] | None, typer.Argument(help="YAML or JSON files of a plan and of planned events")]


@app.command("list")
def list_plans(*, json: _Json = False) -> None:
    """All plans with their events."""
    with session() as client:
        found = client.get("/v1/plans")
    if json:
        show.as_json(found)
        return
    for plan in found:
        sources = ", ".join(plan["sources"]) or "all sources"
        show.rows(
            f"Plan {plan['key']} ({sources}; {_replies(plan['replies'])})",
            ("event", "key", "properties", "answers", "version"),
            (
                (one["event"], one["key"], len(one["properties"].get("properties", {})), _replies(one["replies"]),
                 one["version"])
                for one in plan["events"]
            ),
        )  # fmt: skip
    if not found:
        show.out.print("No tracking plan yet: draft one from traffic with `ninefold plan draft`.")


@app.command()
def simulate(files: _Files = None, *, plan: str = "default", days: _Days = 7, json: _Json = False) -> None:
    """What a plan would have done to the events of the last days: a stored one, or files before they are applied."""
    documents = read_documents(files) if files else []
    plans = [one for one in documents if one.get("kind") == "tracking-plan"]
    if len(plans) > 1:
        raise invalid("bad_plan", "one plan at a time", field="kind", got=len(plans), allowed="one tracking-plan")
    body = {
        "plan": plans[0] if plans else plan,
        "events": [one for one in documents if one.get("kind") == "event"],
        "days": days,
    }
    with session() as client:
        found = client.post("/v1/plans/simulate", body)
    if json:
        show.as_json(found)
        return
    show.fields(
        f"The last {days} days under the plan",
        {
            "events judged": f"{found['events']:,} of {found['total']:,}",
            "without fault": f"{found['passed']:,}",
            "kept with a fault": f"{found['allowed']:,}",
            "kept without a property": f"{found['reduced']:,}",
            "blocked": f"{found['blocked']:,}",
        },
    )
    _tallies(found["tallies"])


@app.command()
def draft(
    folder: Annotated[Path | None, typer.Argument(help="write one file per event here; printed when left out")] = None,
    *,
    plan: str = "default",
    source: Annotated[list[str] | None, typer.Option(help="only this source; may be given several times")] = None,
    days: _Days = 7,
) -> None:
    """Draft planned events from the traffic of the last days, to be read, corrected and applied."""
    import yaml  # noqa: PLC0415 - only this command writes YAML

    with session() as client:
        documents = client.post("/v1/plans/draft", {"plan": plan, "sources": source or [], "days": days})["documents"]
    texts = {one["key"]: yaml.safe_dump(one, allow_unicode=True, sort_keys=False) for one in documents}
    if folder is None:
        show.out.print("---\n".join(texts.values()) or "No track event in these days.", markup=False)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for key, text in texts.items():
        (folder / f"{key}.yaml").write_text(text, encoding="utf-8")
    show.err.print(f"{len(texts)} events drafted in {folder}; read them, then: ninefold apply {folder}")


@app.command()
def violations(*, days: _Days = 7, json: _Json = False) -> None:
    """Faults of the events that were kept, the most frequent first; blocked ones are in quarantine."""
    with session() as client:
        found = client.get("/v1/plans/violations", days=days)
    if json:
        show.as_json(found)
        return
    _tallies(found)


@app.command()
def generate(
    language: Annotated[str, typer.Argument(help="python or typescript")],
    file: Annotated[Path | None, typer.Argument(help="where to; printed when left out")] = None,
    *,
    plan: str = "default",
) -> None:
    """Write a module with a typed function per planned event."""
    if language not in ("python", "typescript"):
        raise invalid("bad_language", "no code for this language", field="language", got=language,
                      allowed="python, typescript")  # fmt: skip
    with session() as client:
        text = client.download(f"/v1/plans/{plan}/client?language={language}").decode()
    if file is None:
        show.out.print(text, markup=False, end="")
        return
    file.write_text(text, encoding="utf-8")
    show.err.print(f"written: {file}")


def _replies(replies: dict[str, str]) -> str:
    return ", ".join(f"{fault.replace('_', ' ')}: {reply}" for fault, reply in replies.items())


def _tallies(tallies: list[dict[str, Any]]) -> None:
    show.rows(
        "Faults",
        ("event", "fault", "property", "events", "sources", "for example"),
        (
            (one["event"], one["fault"], one["path"], f"{one['events']:,}", ", ".join(one["sources"]), one["message"])
            for one in tallies
        ),
    )
