"""Finding people in raw text by the writing of their identifiers. Pure."""

import re
from collections.abc import Iterator, Sequence

from .model import Subject
from .rules import needles

_AT_ONCE = 300


class Texts:
    """The writings of the identifiers of some people."""

    def __init__(self, subjects: Sequence[Subject]) -> None:
        self._places: dict[str, set[int]] = {}
        for place, subject in enumerate(subjects):
            for one in subject.identifiers:
                for text in needles(*one):
                    self._places.setdefault(text, set()).add(place)

    def groups(self) -> Iterator[list[str]]:
        """The writings, a few hundred at a time."""
        every = sorted(self._places)
        for start in range(0, len(every), _AT_ONCE):
            yield every[start : start + _AT_ONCE]

    def found(self, text: str) -> frozenset[int]:
        """Places of the people whose identifiers stand in a text as whole words: 139 is not found in 1391."""
        return frozenset(
            place
            for group in self.groups()
            for needle in group
            if needle in text and re.search(_whole(needle), text)
            for place in self._places[needle]
        )


def _whole(needle: str) -> str:
    return r"(?<![0-9A-Za-z])" + re.escape(needle) + r"(?![0-9A-Za-z])"
