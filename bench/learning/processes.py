"""Jobs side by side, each process with one thread, as TensorFlow and numpy are told before they are loaded."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import TypeVar

from bench.isolated import begin_process
from bench.learning.figures import Played
from bench.learning.scenarios import SCENARIOS
from bench.learning.worlds import people_of
from contract.command_line import interrupts_wait
from export.quiet import import_quietly

Given = TypeVar("Given")
Result = TypeVar("Result")

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


JOBS_OF_A_PROCESS = 12
"""Then another one takes its place: TensorFlow keeps some of what it compiled, 7 GB after 70 jobs."""


@dataclass(frozen=True, slots=True)
class Job:
    """One scenario in one world with one seed."""

    scenario: str
    world: str
    seed: int


def play_all(jobs: Sequence[Job], *, work: Path, processes: int) -> Iterator[Played]:
    """Play every job, and yield what came of each as soon as it is done. Progress goes to stderr."""
    yield from side_by_side(partial(play_job, work=work), jobs, processes=processes)


def side_by_side(call: Callable[[Given], Result], jobs: Iterable[Given], *, processes: int) -> Iterator[Result]:
    """Call a function of a module with every job, and yield what each returns as soon as it does."""
    os.environ.update(dict.fromkeys(THREADS, "1"))  # for the processes, which are spawned
    spawn = get_context("spawn")
    with ProcessPoolExecutor(
        processes,
        mp_context=spawn,
        initializer=begin_process,
        initargs=(os.getpid(),),
        max_tasks_per_child=JOBS_OF_A_PROCESS,
    ) as pool:
        with interrupts_wait():
            futures = [pool.submit(call, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in active_children():
                process.terminate()  # or what they still play would be waited for
            raise


def play_job(job: Job, work: Path) -> Played:
    """Play one job here; what jobs have in common is kept in between."""
    began = time.monotonic()
    import_quietly("keras")
    from bench.learning.playing import play  # which loads Keras

    played = play(SCENARIOS[job.scenario], people_of(job.world, work=work, seed=job.seed), seed=job.seed)
    line = f"{time.monotonic() - began:5.0f} s  {job.scenario}, {job.world}, seed {job.seed}"
    print(line, file=sys.stderr, flush=True)
    return played
