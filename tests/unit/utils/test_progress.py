"""The rate and the seconds left of a stage: there after the first unit, and right as soon as the work has warmed up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from explorer import progress as module
from explorer.progress import RECENT, Progress, Stage


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let time pass on a clock that only this moves."""
    now = [1000.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])

    def passes(seconds: float) -> None:
        now[0] += seconds

    return passes


def test_a_rate_and_the_time_left_are_told_after_the_first_unit(wait: Callable[[float], None]) -> None:
    told: list[Stage] = []
    progress = Progress(report=told.append)
    progress.begin(10)
    assert told[-1].left is None
    wait(2)
    progress.advance()
    assert told[-1].rate == pytest.approx(0.5)
    assert told[-1].left == pytest.approx(18)


def test_a_slow_start_is_forgotten_at_the_second_unit(wait: Callable[[float], None]) -> None:
    progress = Progress()
    progress.begin(26)
    wait(20)  # a library is imported
    progress.advance()
    wait(1)
    progress.advance()
    assert progress.stage.left == pytest.approx(24)
    assert progress.stage.rate == pytest.approx(1)
    assert progress.stage.seconds == pytest.approx(21)


def test_what_takes_longer_counts_for_more(wait: Callable[[float], None]) -> None:
    progress = Progress()
    progress.begin(6, work=2 * 9 + 4 * 1)
    for left in (13, 4):
        wait(9)
        progress.advance(work=9)
        assert progress.stage.left == pytest.approx(left)
    for left in (3, 2, 1, 0):
        wait(1)
        progress.advance(work=1)
        assert progress.stage.left == pytest.approx(left)
    assert progress.stage.done == 6


def test_the_last_seconds_count_when_the_pace_changes(wait: Callable[[float], None]) -> None:
    progress = Progress()
    progress.begin(1000)
    for _ in range(100):
        wait(1)
        progress.advance()
    for _ in range(100):
        wait(0.1)
        progress.advance()
    assert progress.stage.rate == pytest.approx(10, rel=0.05)
    assert progress.stage.left == pytest.approx(80, rel=0.05)


def test_many_small_steps_keep_few_moments(wait: Callable[[float], None]) -> None:
    progress = Progress()
    progress.begin(100_000)
    for _ in range(20_000):
        wait(0.001)
        progress.advance()
    assert progress.stage.left == pytest.approx(80, rel=0.02)
    assert progress.stage.rate == pytest.approx(1000, rel=0.02)
    assert RECENT < 20


def test_a_second_beginning_forgets_the_first(wait: Callable[[float], None]) -> None:
    progress = Progress()
    progress.begin(10, "steps")
    wait(50)
    progress.advance(10)
    progress.begin(100, "items")
    assert (progress.stage.done, progress.stage.rate, progress.stage.left) == (0, 0, None)
    wait(1)
    progress.advance(50)
    assert progress.stage.left == pytest.approx(1)


def test_the_seconds_of_a_stage_are_those_of_all_its_parts(wait: Callable[[float], None]) -> None:
    progress = Progress()
    progress.start()
    wait(3)  # a library is imported
    progress.begin(10, "steps")
    wait(20)
    progress.advance(10)
    progress.begin(100, "items")
    wait(10)
    progress.advance(100)
    assert progress.stage.seconds == pytest.approx(33)
    wait(1)
    progress.finish()
    assert progress.stage.seconds == pytest.approx(34)
    assert progress.stage.rate == pytest.approx(100 / 11), "of the last part"
