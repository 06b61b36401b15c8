"""What one act costs a device: processor seconds, payload bytes and connections, in a live process or as a command."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bench.evidence.line import Line
from demo.running.commands import command
from device.settings import Settings

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one act was."""

    processor_s: float
    up_bytes: int = 0
    down_bytes: int = 0
    connections: int = 0


def cost_of(opened: Line, act: Callable[[], Result]) -> tuple[Cost, Result]:
    """Do something in this thread over a line that nothing else uses; return what it cost, and what came of it."""
    opened.reset()
    processor_s, result = thread_s(act)
    return Cost(processor_s, opened.up_bytes, opened.down_bytes, opened.connections), result


def thread_s(act: Callable[[], Result]) -> tuple[float, Result]:
    """Do something in this thread; return its processor seconds, and what came of it."""
    began = time.thread_time()
    result = act()
    return time.thread_time() - began, result


def command_s(settings: Settings, *arguments: str) -> float:
    """Return the processor seconds of a `fedex-device` command, from Python's start to its end.

    Nothing else that this process started may end meanwhile.
    """
    environment = {
        "FEDEX_HOME": str(settings.home),
        "FEDEX_BUNDLE": str(settings.bundle),
        "FEDEX_URL": str(settings.url),
        "FEDEX_ENROLMENT_CODE": str(settings.enrolment_code),
        "FEDEX_CHANNEL": str(settings.channel),
    }
    before = _children_s()
    subprocess.run(
        [command("fedex-device"), *arguments], env={**os.environ, **environment}, check=True, capture_output=True
    )
    return _children_s() - before


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
