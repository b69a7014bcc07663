"""What holds for the answer of every method: each number that names its people is as large as their list."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from ninefold.analysis import Analyses, Answer


def numbers(value: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Every number of a result with the name of its people: ``crowd`` of ``people``, ``x_crowd`` of ``x(_people)``."""
    if isinstance(value, tuple):
        for one in value:
            yield from numbers(one)
    elif is_dataclass(value):
        for field in fields(value):
            crowd = getattr(value, field.name)
            if field.name == "crowd" or field.name.endswith("_crowd"):
                if crowd:
                    counted = field.name.removesuffix("crowd") + "people"
                    named = counted if hasattr(value, counted) else counted.removesuffix("_people")
                    yield getattr(value, named), crowd
            else:
                yield from numbers(crowd)


def agrees(analyses: Analyses, document: dict[str, Any], answer: Answer) -> int:
    """The numbers of an answer are the sizes of their lists of people; gives how many numbers there were."""
    found = list(numbers(answer.result))
    for number, crowd in found[:: len(found) // 60 + 1]:  # a list costs some milliseconds
        people, restated = analyses.audience(document, answer.stamp.pin, crowd)
        assert (len(people), len(set(people.tolist())), restated) == (number, number, False), crowd
    assert found
    return len(found)
