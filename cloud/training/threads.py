"""Threads that work side by side on the parts of something, each with products of matrices of its own.

Two threads that share one product wait for each other at its end, and wherever the machine has other work; and what is
done with a product afterwards is done by one of them, while the other has nothing to do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

Part = TypeVar("Part")
Result = TypeVar("Result")

THREADS = "OMP_NUM_THREADS"
"""The variable that tells a process how many it computes with (`cloud.training.executors.process`)."""


def side_by_side(function: Callable[[Part], Result], parts: Iterable[Part]) -> Iterator[Result]:
    """Yield what a function makes of each part, in order; where there is one part, it is made in this thread."""
    listed = list(parts)
    if len(listed) <= 1:
        yield from map(function, listed)
        return
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads_here()) as threads:
        yield from threads.map(function, listed)


def threads_here() -> int:
    """Return how many threads this process computes with."""
    told = os.environ.get(THREADS, "")
    if told.isdecimal() and int(told) > 0:
        return int(told)
    return usable_cores()


def usable_cores() -> int:
    """Return how many processor cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
