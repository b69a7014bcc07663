"""The documents in the guide are ones that the house takes."""

import re
from collections import Counter
from pathlib import Path

import yaml

from ninefold.channels import parse_channel
from ninefold.journeys import parse_campaign

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "campaigns.md"


def test_the_guide_s_documents_are_right() -> None:
    kinds: Counter[str] = Counter()
    for text in re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL):
        document = yaml.safe_load(text)
        kinds[document["kind"]] += 1
        if document["kind"] == "campaign":
            assert parse_campaign(document, zone="UTC", currency="CNY").key == document["key"]
        else:
            assert parse_channel(document).header.key == document["key"]
    assert kinds == {"campaign": 2, "channel": 3}
