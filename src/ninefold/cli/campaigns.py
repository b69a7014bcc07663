"""`campaign …` and `report`: run, pause, and read what a campaign brought."""

from typing import Annotated, Any

import typer

from ninefold.base import format_money

from . import show
from .session import session

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
        show.as_json(client.post(f"/v1/campaigns/{key}/preview", {"people": people}))


@app.command()
def test(key: str, address: Annotated[str, typer.Argument(help="where to send it")]) -> None:
    """Send the message once to an address of yours; nobody is enrolled."""
    with session() as client:
        show.as_json(client.post(f"/v1/campaigns/{key}/test", {"address": address}))


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
    show.rows(
        f"Campaign {found['campaign']}",
        ("arm", "people", "converted", "conversion", "revenue", "revenue per person"),
        (
            (
                arm,
                f"{one['people']:,}",
                f"{one['converted']:,}",
                f"{one['conversion']:.2%}",
                format_money(one["revenue_minor"], found["currency"]),
                format_money(round(one["revenue_minor"] / one["people"]) if one["people"] else 0, found["currency"]),
            )
            for arm, one in (("treated", found["treated"]), ("control", found["control"]))
        ),
    )
    show.fields(
        "",
        {
            "conversion lift": _effect(found["lift_absolute"], points=True),
            "relative lift": _effect(found["lift_relative"]),
            "incremental revenue": _money(found["incremental_revenue"], found["currency"]),
            "cost": format_money(found["cost_minor"], found["currency"]),
            "net": format_money(found["net_minor"], found["currency"]) if found["net_minor"] is not None else "-",
            "sample ratio": "as planned"
            if found["sample_ratio_ok"]
            else f"SUSPECT (p = {found['sample_ratio_p']:.2g})",
            "verdict": found["verdict"],
        },
    )


def _effect(effect: dict[str, Any] | None, *, points: bool = False) -> str:
    if effect is None or effect.get("value") is None:
        return f"not known: {effect['reason']}" if effect and effect.get("reason") else "not known"
    unit = " points" if points else ""
    scale = "{:+.2f}" if points else "{:+.1%}"
    values = [effect[name] * 100 if points else effect[name] for name in ("value", "low", "high")]
    value, low, high = (scale.format(one) for one in values)
    return f"{value}{unit} (95% interval {low} to {high}), p = {effect['p_value']:.3g}"


def _money(amount: dict[str, Any] | None, currency: str) -> str:
    if amount is None or amount.get("value_minor") is None:
        return "not known"
    return (
        f"{format_money(amount['value_minor'], currency)} (95% interval {format_money(amount['low_minor'], currency)}"
        f" to {format_money(amount['high_minor'], currency)})"
    )
