"""The assembly line: order, overlap, failures."""

import threading
from collections.abc import Callable
from itertools import count

import pytest

from ninefold.jobs.line import Line


def numbers(last: int) -> Callable[[], int | None]:
    given = count(1)

    def fetch() -> int | None:
        number = next(given)
        return number if number <= last else None

    return fetch


def test_every_stage_gets_every_piece_in_order() -> None:
    prepared: list[int] = []
    handed: list[int] = []

    def prepare(piece: int) -> int:
        prepared.append(piece)
        return piece * 10

    def hand_out(piece: int) -> int:
        handed.append(piece)
        return piece

    assert Line(numbers(7), prepare).run(hand_out, most=100) == 280
    assert prepared == [1, 2, 3, 4, 5, 6, 7]
    assert handed == [10, 20, 30, 40, 50, 60, 70]


def test_no_more_than_asked_for() -> None:
    handed: list[int] = []

    def keep(piece: int) -> int:
        handed.append(piece)
        return 1

    for most in (1, 2, 3, 5):
        handed.clear()
        assert Line(numbers(9), int).run(keep, most=most) == most
        assert handed == list(range(1, most + 1))
    assert Line(numbers(0), int).run(lambda _: 1, most=3) == 0


def test_the_next_piece_is_prepared_while_one_is_handed_out() -> None:
    second = threading.Event()

    def prepare(piece: int) -> int:
        if piece == 2:
            second.set()
        return piece

    def hand_out(piece: int) -> int:
        assert piece != 1 or second.wait(10)  # one after the other, this would never come
        return 1

    assert Line(numbers(3), prepare).run(hand_out, most=9) == 3


@pytest.mark.parametrize("stage", ["fetch", "prepare", "hand_out"])
@pytest.mark.parametrize("bad", [1, 2, 4])
def test_nothing_overtakes_a_piece_that_failed(stage: str, bad: int) -> None:
    done: dict[str, list[int]] = {"fetch": [], "prepare": [], "hand_out": []}
    supply = numbers(6)

    def did(name: str, piece: int) -> int:
        if name == stage and piece == bad:
            raise ValueError(piece)
        done[name].append(piece)
        return piece

    def fetch() -> int | None:
        piece = supply()
        return None if piece is None else did("fetch", piece)

    with pytest.raises(ValueError, match=str(bad)):
        Line(fetch, lambda piece: did("prepare", piece)).run(lambda piece: did("hand_out", piece), most=9)
    before = list(range(1, bad))
    assert done["hand_out"] == before  # what came before it is finished
    assert done["prepare"] == before or stage == "hand_out"
