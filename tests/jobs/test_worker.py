"""A worker goes on whatever happens, and stops when told."""

import threading

from ninefold.base import unavailable
from ninefold.jobs.worker import Worker


def test_it_repeats_while_there_is_work_and_wakes_for_more() -> None:
    todo = [3, 2, 1, 0]
    emptied = threading.Event()

    def step() -> int:
        left = todo.pop(0) if todo else 0
        if not left:
            emptied.set()
        return left

    worker = Worker("test", step, pause_seconds=60)
    worker.start()
    assert emptied.wait(5)
    emptied.clear()
    worker.wake()
    assert emptied.wait(5)
    worker.stop()
    assert not worker.alive


def test_a_failing_step_is_tried_again() -> None:
    calls: list[int] = []
    recovered = threading.Event()

    def step() -> int:
        calls.append(1)
        if len(calls) < 3:
            raise unavailable("down", "the store is down")
        recovered.set()
        return 0

    worker = Worker("test", step, pause_seconds=0.01)
    worker.start()
    assert recovered.wait(5)
    worker.stop()
    assert not worker.failing
