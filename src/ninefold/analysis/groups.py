"""Groups of rows by values: the ones listed, those without a value, and the rest. Rows are people or events. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .model import Crowd, Ints

GROUP_FIELDS = ("group", "without_value", "others")
_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Groups:
    """In which group each row is.

    Attributes:
        codes: number of each row's value; -1 for none.
        values: the values by number.
        listed: numbers of the values that stand by themselves; the others stand together.
    """

    codes: Ints
    values: tuple[str, ...]
    listed: tuple[int, ...]

    def keys(self) -> tuple[Crowd, ...]:
        """What names each group: the listed ones in order, then those without a value, then all others."""
        return (*({"group": self.values[code]} for code in self.listed), {"without_value": True}, {"others": True})

    def places(self) -> Ints:
        """For each row the place of its group among `keys`."""
        table = np.full(len(self.values) + 1, len(self.listed) + 1, np.int64)
        table[list(self.listed)] = np.arange(len(self.listed))
        table[-1] = len(self.listed)
        return table[self.codes]

    def place(self, wanted: Crowd) -> int:
        """The place of a named group among `keys`; one that is not listed has no rows: -1."""
        names = [self.values[code] for code in self.listed]
        if wanted.get("without_value") or wanted.get("others"):
            return len(names) + bool(wanted.get("others"))
        return names.index(str(wanted["group"])) if wanted.get("group") in names else -1


def ranked(codes: Ints, values: tuple[str, ...], most: int) -> Groups:
    """Groups of rows, the ``most`` largest listed, equally large ones by name."""
    sizes = np.bincount(codes[codes >= 0], minlength=len(values))
    order = sorted((code for code in range(len(values)) if sizes[code]), key=lambda code: (-sizes[code], values[code]))
    return Groups(codes, values, tuple(order[:most]))


def listed_as(codes: Ints, values: tuple[str, ...], like: Groups) -> Groups:
    """Groups of other rows with the same ones listed as elsewhere."""
    names = [like.values[code] for code in like.listed]
    place = {name: position for position, name in enumerate(names)}
    table = np.array([*(place.get(value, len(names)) for value in values), -1], np.int64)
    return Groups(table[codes], (*names, ""), tuple(range(len(names))))


def crossed(parts: Sequence[tuple[Ints, tuple[str, ...]]]) -> tuple[Ints, tuple[str, ...]]:
    """Several groupings as one: values joined by " / ", a missing one as a dash; -1 where all are missing."""
    if len(parts) == 1:
        return parts[0]
    joined = np.zeros(len(parts[0][0]), np.int64)
    for codes, values in parts:
        joined = joined * (len(values) + 1) + codes + 1
    seen, place = np.unique(joined, return_inverse=True)
    labels = []
    for number in seen.tolist():
        words: list[str] = []
        rest = number
        for _, values in reversed(parts):
            rest, code = divmod(rest, len(values) + 1)
            words.insert(0, values[code - 1] if code else _NOTHING)
        labels.append(" / ".join(words))
    names: Mapping[str, int] = {label: position for position, label in enumerate(dict.fromkeys(labels))}
    table = np.array([-1 if not number else names[label] for number, label in zip(seen, labels, strict=True)], np.int64)
    return table[place], tuple(names)


def told(key: Crowd) -> tuple[str | None, bool]:
    """A group's value (None for people without one) and whether it stands for all that are not listed."""
    value = key.get("group")
    return None if value is None else str(value), bool(key.get("others"))
