"""`identity rules`: the rules in force, other rules simulated, applied, discarded, taken back, and their history."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from ninefold.base import Error, Kind
from ninefold.cli import show
from ninefold.cli.platform import session

if TYPE_CHECKING:
    from ninefold.cli.platform.client import Client

app = typer.Typer(no_args_is_help=True, help="The identity rules: in force, tried, applied, taken back.")

traits = typer.Typer(no_args_is_help=True, help="Traits: what other policies would make of their values.")

PATH = "/v1/identity/rules/changes"
KIND = "identity-rules"
_UNDER_WAY = {"queued", "simulating", "applying"}
_LOOK_SECONDS = 0.3

Number = Annotated[int, typer.Argument(help="number of the change")]
Why = Annotated[str, typer.Option(help="kept with the change")]
AsJson = Annotated[bool, typer.Option("--json", help="print it for machines")]


@app.command("show")
def in_force(language: Annotated[str, typer.Option(help="english or chinese")] = "english") -> None:
    """The rules in force, one sentence each."""
    with session() as client:
        found = client.get("/v1/identity/rules")
    show.rows(f"Rules, version {found['version']}", ("rule",), ((line,) for line in found.get(language, ())))


@app.command()
def simulate(
    file: Annotated[Path, typer.Argument(help="identity rules, YAML or JSON", exists=True)],
    *,
    reason: Why = "",
    json: AsJson = False,
) -> None:
    """What other rules would make of everybody: merges, splits, segments; nobody is touched."""
    with session() as client:
        _told(drafted(client, _rules(file), reason=reason), json=json)


@app.command()
def status(change: Number, *, json: AsJson = False) -> None:
    """How far a change is, and what its simulation found."""
    with session() as client:
        _told(client.get(f"{PATH}/{change}"), json=json)


@app.command()
def people(
    change: Number,
    *,
    kind: Annotated[str, typer.Option(help="merge, split or blocked")] = "merge",
    after: Annotated[int, typer.Option(help="place of the last one of the page before")] = 0,
    limit: Annotated[int, typer.Option(help="how many")] = 20,
) -> None:
    """Whom a change concerns, the largest first, and the pairs of identifiers that decide it."""
    with session() as client:
        found = client.get(f"{PATH}/{change}/people", kind=kind, after=after, limit=limit)
    show.rows(
        kind,
        ("no.", "people", "become", "identifiers", "because"),
        (
            (one["place"], " ".join(one["before"]), " ".join(one["after"]), one["identifiers"], _because(one))
            for one in found
        ),
    )


@app.command()
def apply(
    change: Number,
    *,
    anyway: Annotated[bool, typer.Option("--anyway", help="also where the report is stale")] = False,
    json: AsJson = False,
) -> None:
    """Store the rules of a simulated change and replay history under them, numbers kept."""
    with session() as client:
        _told(applied(client, change, anyway=anyway), json=json)


@app.command()
def discard(change: Number, *, reason: Why = "") -> None:
    """Give a change up; it stays in the history."""
    with session() as client:
        _told(client.post(f"{PATH}/{change}/discard", {"reason": reason}))


@app.command()
def undo(change: Number, *, reason: Why = "") -> None:
    """Simulate the change that brings back the rules which an applied change replaced."""
    with session() as client:
        _told(_followed(client, client.post(f"{PATH}/{change}/undo", {"reason": reason})))


@app.command()
def history() -> None:
    """All changes of the rules, the newest first."""
    with session() as client:
        found = client.get(PATH)
    show.rows(
        "Changes of the rules",
        ("no.", "state", "by", "reason", "asked", "settled", "version", "note"),
        (
            (c["id"], c["state"], c["author"], c["reason"], c["requested_at"], c["settled_at"], c["version"], c["note"])
            for c in found
        ),
    )


@traits.command("simulate")
def simulate_policies(
    file: Annotated[Path, typer.Argument(help="policies of traits, YAML or JSON", exists=True)], *, json: AsJson = False
) -> None:
    """Whose values other policies would change, and which segments; nothing is written."""
    with session() as client:
        found = client.post("/v1/traits/policies/simulate", {"document": _rules(file)})
    if json:
        show.as_json(found)
        return
    show.rows(
        "Traits",
        ("trait", "rule now", "rule then", "people", "for example"),
        ((one["trait"], one["before"], one["after"], one["people"], _samples(one)) for one in found["traits"]),
    )
    show.rows(
        "Segments that change size",
        ("segment", "before", "after"),
        ((one["key"], one["before"], one["after"]) for one in found["segments"]),
    )


def drafted(client: "Client", document: dict[str, Any], *, reason: str = "") -> dict[str, Any]:
    """Have rules simulated, and wait for the report."""
    return _followed(client, client.post(PATH, {"document": document, "reason": reason}))


def applied(client: "Client", change: int, *, anyway: bool = False) -> dict[str, Any]:
    """Have a simulated change applied, and wait until it is."""
    return _followed(client, client.post(f"{PATH}/{change}/apply", {"anyway": anyway}))


def tell(change: dict[str, Any]) -> None:
    """Print what a simulation found."""
    report = change["report"]
    if report is None:
        return
    counts = report["counts"]
    show.fields(
        f"Rule change {change['id']}: {change['state']}",
        {
            "people": f"{counts['people_before']:,} -> {counts['people_after']:,}",
            "become part of another": f"{counts['merges']:,}",
            "come into being": f"{counts['splits']:,}",
            "identifiers that move": f"{counts['identifiers_moved']:,}",
            "identifiers blocked, released": f"{counts['blocked']:,}, {counts['unblocked']:,}",
            "links refused, allowed": f"{counts['links_refused']:,}, {counts['links_allowed']:,}",
        },
    )
    show.rows(
        f"Segments that change size, of {report['segments_asked']}",
        ("segment", "name", "before", "after", "change"),
        ((s["key"], s["name"], s["before"], s["after"], f"{s['after'] - s['before']:+,}") for s in report["segments"]),
    )
    show.rows(
        "Questions it raises",
        ("reason", "namespace", "how many"),
        ((one["reason"], one["namespace"], one["count"]) for one in report["asked"]),
    )


def _told(change: dict[str, Any], *, json: bool = False) -> None:
    if json:
        show.as_json(change)
        return
    tell(change)
    if progress := change["progress"]:
        show.out.print(f"{progress['stage']}: {progress['share']:.0%}, {progress['eta_seconds'] or 0:,.0f} s left")
    show.out.print(
        f"rule change {change['id']} is {change['state']}" + (f": {change['note']}" if change["note"] else "")
    )


def _followed(client: "Client", change: dict[str, Any]) -> dict[str, Any]:
    """Wait until nothing is under way for a change, with a bar on a terminal."""
    with show.progress() as bars:
        task = bars.add_task(change["state"], total=1_000)
        while change["state"] in _UNDER_WAY:
            time.sleep(_LOOK_SECONDS)
            change = client.get(f"{PATH}/{change['id']}")
            progress = change["progress"] or {"stage": change["state"], "share": 0.0}
            bars.update(task, description=progress["stage"], completed=int(progress["share"] * 1_000))
        bars.update(task, completed=1_000)
    if change["state"] == "failed":
        raise Error(Kind.INVALID, "rule_change_failed", str(change["note"]))
    return change


def _because(one: dict[str, Any]) -> str:
    causes = (f"{':'.join(c['a'])} + {':'.join(c['b'])} ({c['reason']} {c['namespace']})" for c in one["causes"])
    return "; ".join(causes) or " ".join(":".join(member["identifier"]) for member in one["members"][:1])


def _samples(one: dict[str, Any]) -> str:
    some = (f"{each['person']}: {each['before'] or '-'} -> {each['after'] or '-'}" for each in one["samples"][:3])
    return "; ".join(some)


def _rules(file: Path) -> dict[str, Any]:
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}
