"""The outcome of a demonstration: what was found, held against what is true; for people and for machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ninefold.base import format_money
from ninefold.cli.show import fields as show_fields
from ninefold.cli.show import out
from ninefold.cli.show import rows as show_rows
from ninefold.journeys import CampaignReport

from .files import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a demonstration found. The keys of :meth:`as_dict` are stable.

    Attributes:
        people: people after all merges.
        identifiers: identifiers by namespace.
        events: events that can be queried.
        rejected: events and rows put aside, with reasons.
        segments: sizes by key.
        campaign: the report in short.
        identity: how well people were found, where that is known.
        checks: what must agree.
        seconds: wall time.
    """

    people: int
    identifiers: Mapping[str, int]
    events: int
    rejected: int
    segments: Mapping[str, int]
    campaign: Mapping[str, object]
    identity: Mapping[str, float]
    checks: tuple[Check, ...]
    seconds: float
    notes: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return all(check.ok for check in self.checks)

    def as_dict(self) -> dict[str, object]:
        """The summary for machines."""
        return {
            "people": self.people,
            "identifiers": dict(self.identifiers),
            "events": self.events,
            "rejected": self.rejected,
            "segments": dict(self.segments),
            "campaign": dict(self.campaign),
            "identity": dict(self.identity),
            "checks": [
                {
                    "name": one.name,
                    "expected": one.expected,
                    "found": one.found,
                    "tolerance": one.tolerance,
                    "ok": one.ok,
                }
                for one in self.checks
            ],
            "seconds": round(self.seconds, 1),
        }

    def show(self) -> None:
        """Print the summary for people."""
        show_fields(
            "What Ninefold found",
            {
                "people": f"{self.people:,}",
                "identifiers": ", ".join(f"{name} {count:,}" for name, count in self.identifiers.items()),
                "events": f"{self.events:,}",
                "put aside, with reasons": f"{self.rejected:,}",
                "segments": ", ".join(f"{key} {size:,}" for key, size in self.segments.items()),
            },
        )
        show_rows(
            "Against the truth",
            ("", "what", "true", "found", "may differ by"),
            (
                (
                    "[green]ok[/]" if one.ok else "[red]NO[/]",
                    one.name,
                    _number(one.expected),
                    _number(one.found),
                    _number(one.tolerance) if one.tolerance else "nothing",
                )
                for one in self.checks
            ),
        )
        for note in self.notes:
            out.print(note)
        verdict = "[green]Everything agrees[/]" if self.ok else "[red]Something does not agree[/]"
        out.print(f"{verdict}, in {self.seconds:.0f} seconds.")


def campaign_facts(report: CampaignReport) -> dict[str, object]:
    """A campaign report as stable keys for machines."""
    conversion, money = report.conversion, report.extra_revenue
    return {
        "key": report.campaign,
        "treated": report.treated.people,
        "control": report.control.people,
        "converted_treated": report.treated.converted,
        "converted_control": report.control.converted,
        "lift": conversion.absolute.estimate if conversion else None,
        "lift_low": conversion.absolute.low if conversion else None,
        "lift_high": conversion.absolute.high if conversion else None,
        "incremental_revenue_minor": round(money.total) if money and money.total is not None else None,
        "cost_minor": report.cost_minor,
        "currency": report.currency,
        "delivered": report.messages.delivered,
        "sample_ratio_ok": not report.ratio.flagged,
        "randomised": report.randomised,
    }


def money_check(name: str, expected: int, found: int, currency: str) -> Check:
    """A check of money to the cent, named with its amount."""
    return Check(name=f"{name}, {format_money(expected, currency)}, in minor units", expected=expected, found=found)


def _number(value: float) -> str:
    return f"{int(value):,}" if float(value).is_integer() else f"{value:.4f}"
