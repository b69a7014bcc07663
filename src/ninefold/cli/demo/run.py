"""`ninefold demo`: play a story, print what was found, leave the console running or exit."""

from dataclasses import asdict
from pathlib import Path

from ninefold.app import configure_logs
from ninefold.base import invalid
from ninefold.cli.campaigns import print_report
from ninefold.cli.show import as_json as show_json
from ninefold.cli.show import err

from .brand_story import CAMPAIGN, BrandStory
from .journey import CAMPAIGN as REPLAYED
from .journey_story import JourneyStory
from .stage import stage
from .summary import Summary

_FOLDER = "ninefold-demo"
_LARGEST = 1_000_000


def run_demo(*, data: str, people: int, seed: int, headless: bool, json: bool, folder: str) -> int:
    """Play a demonstration.

    Args:
        data: ``brand`` or ``complete-journey``.
        people: of the generated brand, at most a million.
        seed: of the generated brand.
        headless: exit after the summary.
        json: print the summary as JSON only.
        folder: data folder; by default one in the working directory.

    Returns:
        The exit code: 0 when everything agrees with the truth, 1 when not.
    """
    configure_logs(level="warning", form="auto")
    path = Path(folder or f"{_FOLDER}-{data}").resolve()
    story: BrandStory | JourneyStory
    if data == "brand":
        if not 100 <= people <= _LARGEST:
            raise invalid(
                "bad_people", "too few or too many people", field="people", got=people, allowed="100 to 1000000"
            )
        story, key, settings = BrandStory(path, people=people, seed=seed), CAMPAIGN, {}
    elif data == "complete-journey":
        story, key = JourneyStory(path), f"journey_{REPLAYED}"
        settings = {"zone": "UTC", "currency": "USD", "region": "US"}
    else:
        raise invalid(
            "unknown_data", "there is no such demonstration", field="data", got=data, allowed="brand, complete-journey"
        )
    if headless:
        settings["port"] = "0"
    with stage(path, at=story.end, brand=f"Demonstration: {data}", **settings) as on:
        summary: Summary = story.play(on)
        on.bars.stop()
        if json:
            show_json(summary.as_dict())
        else:
            summary.show()
            print_report(asdict(on.ninefold.campaigns.report(key, now=on.clock.now())))
        if not headless:
            err.print(f"\nThe console is at {on.server.address}/#token={on.ninefold.operator_token()}", soft_wrap=True)
            err.print("Press Ctrl-C to end.")
            on.server.wait()
    return 0 if summary.ok else 1
