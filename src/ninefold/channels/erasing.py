"""The outbox as a store of personal data: its files are deleted, and their lines in the index."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ninefold.governance import privacy


class OutboxStore:
    """Files of all outbox channels."""

    name = "outbox"

    def __init__(self, folder: Path) -> None:
        """Args: the installation's outbox, with a folder per channel."""
        self._folder = folder

    def counts(self, subjects: Sequence[privacy.Subject]) -> list[int]:
        """Files to each person."""
        return privacy.Together.of(subjects).tally_places((place,) for place, _, _ in self._files(subjects))

    def content(self, subject: privacy.Subject) -> object:
        """The messages."""
        return [facts for _, _, facts in self._files([subject])]

    def erase(self, subjects: Sequence[privacy.Subject]) -> str:
        """Rewrite the index without the messages, then delete their files; a crash between is mended by a repeat."""
        doomed = [path for _, path, _ in self._files(subjects)]
        keys = {path.stem for path in doomed}
        for index in {path.parents[2] / "index.jsonl" for path in doomed}:
            aside = index.with_suffix(".erasing")
            with index.open(encoding="utf-8") as lines, aside.open("w", encoding="utf-8") as kept:
                kept.writelines(line for line in lines if _key(line) not in keys)
            aside.replace(index)
        for path in doomed:
            path.unlink(missing_ok=True)
        return ""

    def _files(self, subjects: Sequence[privacy.Subject]) -> Iterator[tuple[int, Path, dict[str, object]]]:
        whose = privacy.Together.of(subjects).public_id
        for path in self._folder.glob("*/messages/*/*.json"):
            try:
                facts = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue  # being written, or just deleted
            if isinstance(facts, dict) and (place := whose.get(str(facts.get("person")))) is not None:
                yield place, path, facts


def _key(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    return str(entry.get("key", "")) if isinstance(entry, dict) else ""
