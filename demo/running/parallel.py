"""The same done with several devices at once, each in a thread."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from demo.running.processes import Processes

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_in_parallel(function: Callable[[Item], Result], items: Sequence[Item], *, processes: Processes) -> list[Result]:
    """Return the function's results, in order, from one thread an item.

    If one fails, or Ctrl-C comes, every process is stopped first, so that no thread goes on waiting for its own.
    """
    with ThreadPoolExecutor(max_workers=len(items)) as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            ended, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in ended:
                future.result()
        except BaseException:
            processes.stop()
            raise
    return [future.result() for future in futures]
