"""The search for cycles is paused for the block only."""

import gc

import pytest

from ninefold.base import cycle_search_paused, pass_over_present


def test_the_search_goes_on_after_the_block_also_after_an_error() -> None:
    seen = []

    def broken() -> None:
        with cycle_search_paused():
            seen.append(gc.isenabled())
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        broken()
    assert [*seen, gc.isenabled()] == [False, True]


def test_who_paused_it_before_keeps_it_paused() -> None:
    with cycle_search_paused():
        with cycle_search_paused():
            pass
        assert not gc.isenabled()


def test_what_is_there_is_passed_over_and_what_comes_is_searched() -> None:
    try:
        pass_over_present()
        assert gc.get_freeze_count() > 1000
        circle: list[object] = []
        circle.append(circle)
        del circle
        assert gc.collect() >= 1
    finally:
        gc.unfreeze()
