"""Interleaved repetitions and their medians, so that a noisy machine disturbs both sides alike."""

import time
from collections.abc import Callable, Mapping
from statistics import median

REPETITIONS = 5


def medians(works: Mapping[str, Callable[[], object]], repetitions: int = REPETITIONS) -> dict[str, float]:
    """Run each work in turn, `repetitions` rounds after one to warm up; the median seconds of each."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(repetitions + 1):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            if turn:
                seconds[name].append(time.perf_counter() - begun)
    return {name: median(values) for name, values in seconds.items()}


def show(what: str, against: str, ratio: float, goal: str, note: str = "") -> None:
    """One line of the report; the ratio is what `goal` speaks of."""
    print(f"{what:<44} {against:<42} {ratio:6.2f}   goal {goal:<8} {note}", flush=True)
