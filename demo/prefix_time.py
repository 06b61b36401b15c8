"""What a device's prefix costs here: milliseconds of one run on one thread, and the bytes that it is given."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from contract.bundle import read_device_bundle
from device.recognise.models import load_prefix
from device.recognise.tflite import open_runtime
from export.examples.synthetic import synthetic_inputs

WARM_UP, ROUNDS = 3, 30


@dataclass(frozen=True, slots=True)
class PrefixTime:
    """One bundle's prefix on this machine."""

    cut: str
    input_bytes: int
    """Of one prepared input."""
    milliseconds: float
    """The median run."""
    runtime: str


def time_prefix(bundle: Path) -> PrefixTime:
    """Run the prefix of a device bundle on the first TFLite runtime that works here, as devices do."""
    device_bundle, runtime = read_device_bundle(bundle), open_runtime()
    prefix = load_prefix(device_bundle, runtime=runtime, threads=1)
    takes = device_bundle.input
    [given] = synthetic_inputs(1, model_input=takes, seed=0)[None]
    seconds = []
    for _ in range(WARM_UP + ROUNDS):
        started = time.perf_counter()
        prefix.run(given)
        seconds.append(time.perf_counter() - started)
    return PrefixTime(
        cut=device_bundle.cut,
        input_bytes=math.prod(takes.shape) * takes.dtype.itemsize,
        milliseconds=1000 * statistics.median(seconds[WARM_UP:]),
        runtime=str(runtime),
    )
