"""`matching …` and `reviews …`: find people who may be one, and decide."""

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ninefold.cli import show
from ninefold.cli.platform import session

if TYPE_CHECKING:
    from ninefold.cli.platform.client import Client

matching = typer.Typer(no_args_is_help=True, help="People who may be one: run, follow, evaluate.")
reviews = typer.Typer(no_args_is_help=True, help="The review desk: list, show, take, decide, undo, decide many.")

_Json = Annotated[bool, typer.Option("--json", help="for machines")]
_Agrees = Annotated[list[str] | None, typer.Option("--agrees", help="fields whose values are the same")]
_Kinds = Annotated[list[str] | None, typer.Option("--kind", help="match, check, cap_breach, veto, storm, ...")]
_Low = Annotated[float, typer.Option("--from", help="lowest score")]
_High = Annotated[float, typer.Option("--to", help="highest score")]
_WAIT_SECONDS = 0.5


@matching.command("run")
def run_matching(
    key: str,
    *,
    new: Annotated[bool, typer.Option("--new", help="only people who are new or changed since the last run")] = False,
    retrain: Annotated[bool, typer.Option("--retrain", help="learn the weights anew first")] = False,
    background: Annotated[bool, typer.Option("--background", help="do not wait; see `matching follow`")] = False,
    json: _Json = False,
) -> None:
    """Score people and wait until the run is done; what it found waits in `reviews`. Ctrl-C leaves it running."""
    with session() as client:
        found = client.post(f"/v1/matching/{key}/runs", {"scope": "new" if new else "all", "retrain": retrain})
        _show_run(key, found if background else _followed(client, found), json=json)


@matching.command("follow")
def follow_matching(key: str, *, json: _Json = False) -> None:
    """Wait for the run that is under way, whoever started it; without one the last run is shown."""
    with session() as client:
        runs = client.get(f"/v1/matching/{key}")["runs"]
        if not runs:
            show.out.print("there was no run yet; start one with `ninefold matching run`")
            return
        _show_run(key, _followed(client, runs[0]), json=json)


def _followed(client: "Client", found: dict[str, Any]) -> dict[str, Any]:
    """A run when it has ended; meanwhile what it is at."""
    path = f"/v1/matching/{found['key']}/runs/{found['id']}"
    with show.err.status("") as line:
        while found["state"] in {"queued", "running"}:
            line.update(f"run {found['id']}: {found['stage'] or found['state']}, part {found['parts_done']} of "
                        f"{found['parts'] or '?'}, {found['pairs']:,} pairs, {found['joined']:,} joined")  # fmt: skip
            time.sleep(_WAIT_SECONDS)
            found = client.get(path)
    return found


def _show_run(key: str, found: dict[str, Any], *, json: bool) -> None:
    if json:
        show.as_json(found)
    else:
        show.fields(f"Run {found['id']} of {key}", _run(found))
    if found["state"] == "failed":
        raise typer.Exit(1)


@matching.command("status")
def matching_status(
    key: Annotated[str, typer.Argument(help="key; without one all")] = "", *, json: _Json = False
) -> None:
    """Candidates by state, the last runs, and the model in use."""
    with session() as client:
        found = [client.get(f"/v1/matching/{key}")] if key else client.get("/v1/matching")
    if json:
        show.as_json(found)
        return
    for one in found:
        states = ", ".join(f"{state} {count:,}" for state, count in sorted(one["states"].items()))
        last = _run(one["runs"][0]) if one["runs"] else {}
        model = one["model"]
        trained = f"{model['number']}, {model['trained_at']}, {model['people']:,} people" if model else "none yet"
        known = {"candidates": states or "none", "to be checked": one["checks"], "model": trained}
        show.fields(f"Matching {one['key']}, version {one['version']}", {**known, **last})
        for note in model["notes"] if model else ():
            show.out.print(f"  {note}")


@matching.command("evaluate")
def evaluate_matching(key: str, *, json: _Json = False) -> None:
    """Precision and recall of thresholds on what people decided, and thresholds that would fit better."""
    with session() as client:
        found = client.get(f"/v1/matching/{key}/evaluation")
    if json:
        show.as_json(found)
        return
    show.rows(
        f"{found['decisions']:,} decisions",
        ("threshold", "found", "right", "precision", "recall", "F1"),
        ((one["threshold"], f"{one['found']:,}", f"{one['right']:,}", *(f"{one[name]:.4f}" for name in
          ("precision", "recall", "f1"))) for one in found["at"]),
    )  # fmt: skip
    show.out.print(found["why"])


@reviews.command("list")
def list_reviews(
    *,
    kind: _Kinds = None,
    low: _Low = 0.0,
    high: _High = 1.0,
    agrees: _Agrees = None,
    limit: Annotated[int, typer.Option(help="how many")] = 20,
    json: _Json = False,
) -> None:
    """What waits for a decision, the surest first."""
    asked = {"kinds": kind or [], "score_from": low, "score_to": high, "agrees": agrees or [], "limit": limit}
    with session() as client:
        found = client.get("/v1/reviews", **asked)
    if json:
        show.as_json(found)
        return
    show.rows("Reviews", ("item", "kind", "score", "two", "held by", "about"), (_line(one) for one in found["items"]))


@reviews.command("show")
def show_review(item: str, *, json: _Json = False) -> None:
    """One item: evidence side by side, and what was said."""
    with session() as client:
        found = client.get(f"/v1/reviews/{item}")
    if json:
        show.as_json(found)
        return
    score = "" if found["score"] is None else f"{found['score']:.4f} ({found['bits']:.1f} bits)"
    show.fields(f"{found['kind']} {item}, {found['state']}", {
        "people": ", ".join(found["people"]), "score": score, "two decide": found["valuable"],
        "refused": found["refusal"], "value": f"{found['namespace']} {found['value']}".strip(),
        "changed": ", ".join(f"{one['field']}: {one['before']} -> {one['after']}" for one in found["changed"]),
    })  # fmt: skip
    show.rows(
        "Evidence",
        ("field", "one", "other", "outcome", "bits"),
        ((one["field"], one["a"], one["b"], one["level"], f"{one['bits']:+.1f}") for one in found["evidence"]),
    )
    for vote in found["votes"]:
        show.out.print(f"{vote['at']} {vote['principal']}: {vote['verdict']} {vote['reason']}")


@reviews.command("take")
def take_reviews(
    *, count: Annotated[int, typer.Option(help="how many")] = 1, kind: _Kinds = None, json: _Json = False
) -> None:
    """Claim the next items that nobody holds."""
    with session() as client:
        found = client.post("/v1/reviews/claims", {"next": count, "filter": {"kinds": kind or []}})
    if json:
        show.as_json(found)
        return
    show.rows("Yours now", ("item", "kind", "score", "two", "held by", "about"), (_line(one) for one in found))


@reviews.command("decide")
def decide_review(
    item: str,
    verdict: Annotated[str, typer.Argument(help="same, different, skip; confirm or release for identity's questions")],
    *,
    reason: Annotated[str, typer.Option(help="why; kept with the decision")] = "",
    json: _Json = False,
) -> None:
    """Decide one item."""
    with session() as client:
        _said(client.post(f"/v1/reviews/{item}/decision", {"verdict": verdict, "reason": reason}), json=json)


@reviews.command("undo")
def undo_review(item: str, *, reason: Annotated[str, typer.Option(help="why")], json: _Json = False) -> None:
    """Take a decision about a match back: the people come apart, and it is asked again."""
    with session() as client:
        _said(client.post(f"/v1/reviews/{item}/undo", {"reason": reason}), json=json)


@reviews.command("bulk")
def bulk_reviews(
    verdict: Annotated[str, typer.Argument(help="same or different")],
    *,
    reason: Annotated[str, typer.Option(help="why")],
    low: _Low = 0.0,
    high: _High = 1.0,
    agrees: _Agrees = None,
    yes: Annotated[bool, typer.Option("--yes", help="do it; without it only a count is shown")] = False,
) -> None:
    """Decide all matches that fit. Without --yes it only says how many."""
    wanted: dict[str, Any] = {"kinds": ["match"], "score_from": low, "score_to": high, "agrees": agrees or []}
    with session() as client:
        seen = client.post("/v1/reviews/bulk/preview", wanted)
        show.fields("Would decide", {"matches": seen["count"], "left out, two decide": seen["valuable"],
                                     "left out, held": seen["held"], "at most": seen["cap"]})  # fmt: skip
        if not yes:
            show.out.print("nothing was decided; add --yes to do it")
            return
        body = {"filter": wanted, "verdict": verdict, "reason": reason, "count": seen["count"]}
        done = client.post("/v1/reviews/bulk", body)
    show.fields("Decided", {"done": done["done"], "refused": done["refused"]})


def _said(found: dict[str, Any], *, json: bool) -> None:
    if json:
        show.as_json(found)
        return
    words = {"done": "decided", "second": "your vote is kept; another one has to say the same", "skipped": "skipped",
             "undone": "taken back", "refused": f"refused: {found['refusal']}"}  # fmt: skip
    show.out.print(f"{found['item']}: {words[found['outcome']]}")


def _line(one: dict[str, Any]) -> tuple[str, ...]:
    score = "" if one["score"] is None else f"{one['score']:.4f}"
    about = (
        ", ".join(e["field"] for e in one["evidence"] if e["agrees"]) or f"{one['namespace']} {one['value']}".strip()
    )
    return one["item"], one["kind"], score, "yes" if one["valuable"] else "", one["holder"], about


def _run(one: dict[str, Any]) -> dict[str, Any]:
    names = ("state", "stage", "people", "pairs", "opened", "joined", "refused", "expired", "superseded", "error")
    return {name: one[name] for name in names if one[name] != ""} | {"parts": f"{one['parts_done']}/{one['parts']}"}
