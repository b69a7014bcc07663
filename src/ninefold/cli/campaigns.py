"""`campaign …` and `report`: run, pause, and read what a campaign brought."""

from typing import Annotated, Any

import typer

from ninefold.base import format_money

from . import show
from .platform import session

app = typer.Typer(no_args_is_help=True, help="Campaigns: list, preview, test, run, pause, resume, stop, report.")

_Json = Annotated[bool, typer.Option("--json", help="for machines")]


@app.command("list")
def list_campaigns(*, json: _Json = False) -> None:
    """All campaigns with their state and members."""
    with session() as client:
        found = client.get("/v1/campaigns")
    if json:
        show.as_json(found)
        return
    show.rows(
        "Campaigns",
        ("key", "name", "state", "treated", "control", "delivered"),
        (
            (one["key"], one["name"]["en"], one["status"], one["treated"], one["control"], one["delivered"])
            for one in found
        ),
    )


@app.command()
def preview(key: str, *, people: Annotated[int, typer.Option(help="people to render for")] = 3) -> None:
    """Audience size, arms, and the message as it would read for a few real people; nothing is sent."""
    with session() as client:
        show.as_json(client.post(f"/v1/campaigns/{key}/preview", {"sample": people}))


@app.command()
def test(
    key: str,
    person: Annotated[str, typer.Argument(help="whose message: public id or namespace:value")],
    address: Annotated[str, typer.Argument(help="where to send it")],
) -> None:
    """Send the message once to an address of yours; nobody is enrolled."""
    with session() as client:
        show.as_json(client.post(f"/v1/campaigns/{key}/test", {"person": person, "address": address}))


@app.command()
def run(key: str, *, json: _Json = False) -> None:
    """Enrol the audience now and start to send."""
    with session() as client:
        found = client.post(f"/v1/campaigns/{key}/run")
    if json:
        show.as_json(found)
        return
    show.fields(f"Campaign {key}", found)


@app.command()
def pause(key: str) -> None:
    """Stop sending for now; what is planned waits."""
    _status(key, "paused")


@app.command()
def resume(key: str) -> None:
    """Go on sending."""
    _status(key, "live")


@app.command()
def stop(key: str) -> None:
    """End it; what is planned is not sent, members stay recorded."""
    _status(key, "stopped")


def report(key: Annotated[str, typer.Argument(help="key of a campaign")], *, json: _Json = False) -> None:
    """What a campaign brought: arms, conversion, lift with interval, money, checks."""
    with session() as client:
        found = client.get(f"/v1/campaigns/{key}/report")
    show.as_json(found) if json else print_report(found)


app.command("report")(report)


def _status(key: str, status: str) -> None:
    with session() as client:
        show.fields(f"Campaign {key}", client.post(f"/v1/campaigns/{key}/status", {"status": status}))


def print_report(found: dict[str, Any]) -> None:
    """Print a campaign report."""
    currency = found["currency"]
    show.rows(
        f"Campaign {found['campaign']}",
        ("arm", "people", "converted", "conversion", "revenue", "per person"),
        (
            (
                arm,
                f"{one['people']:,}",
                f"{one['converted']:,}",
                _share(one),
                format_money(one["revenue_minor"], currency),
                format_money(round(one["revenue_minor"] / one["people"]) if one["people"] else 0, currency),
            )
            for arm, one in (("treated", found["treated"]), ("control", found["control"]))
        ),
    )
    conversion, money, ratio = found["conversion"], found["extra_revenue"], found["ratio"]
    messages, stores = found["messages"], found["reconciliation"]
    show.fields(
        "",
        {
            "conversion lift": _lift(conversion["absolute"], points=True) if conversion else "no goal",
            "relative lift": _lift(conversion["relative"]) if conversion else "no goal",
            "incremental revenue": _interval(money, ("total", "low", "high"), currency),
            "cost": format_money(found["cost_minor"], currency),
            "net": _interval(money, ("net", "net_low", "net_high"), currency),
            "sample ratio": "SUSPECT: look for people lost from one arm"
            if ratio["flagged"]
            else ratio["reason"] or "as ordered",
            "in both arms": f"{found['contaminated']:,} (left out)",
            "messages": ", ".join(
                f"{count:,} {state}"
                for state, count in (
                    ("delivered", messages["delivered"]),
                    ("waiting", messages["waiting"]),
                    ("to decide", messages["held"]),
                    ("failed", sum(messages["failed"].values())),
                    ("suppressed", sum(messages["suppressed"].values())),
                )
            ),
            "stores agree": "yes"
            if stores["records"] == stores["events"]
            else f"not yet: {stores['events']:,} of {stores['records']:,} entries are queryable",
        },
    )
    if not found["randomised"]:
        show.out.print("The arms were not drawn at random here: a difference need not be an effect.")


def _share(arm: dict[str, Any]) -> str:
    return f"{arm['converted'] / arm['people']:.2%}" if arm["people"] else "-"


def _lift(lift: dict[str, Any], *, points: bool = False) -> str:
    if lift["estimate"] is None:
        return f"not known: {lift['reason']}"
    scale, unit = ("{:+.2f}", " points") if points else ("{:+.1%}", "")
    value, low, high = (
        "?" if lift[name] is None else scale.format(lift[name] * 100 if points else lift[name])
        for name in ("estimate", "low", "high")
    )
    p_value = f", p = {lift['p_value']:.3g}" if lift["p_value"] is not None else ""
    return f"{value}{unit} (95% interval {low} to {high}){p_value}"


def _interval(money: dict[str, Any] | None, names: tuple[str, str, str], currency: str) -> str:
    if money is None or money[names[0]] is None:
        return f"not known: {money['reason']}" if money else "the goal counts no money"
    value, low, high = ("?" if money[name] is None else format_money(round(money[name]), currency) for name in names)
    return f"{value} (95% interval {low} to {high})"
