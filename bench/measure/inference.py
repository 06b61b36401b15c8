"""How much a whole device inference costs beside the bare prefix call: photo prepared, prefix, head, row committed.

Of a bundle without a detector: what finding faces takes is a row of its own (`bench.measure.faces`).
"""

from pathlib import Path

import numpy as np

from bench.isolated import in_fresh_process
from bench.measure.bundles import export_bundle
from bench.row import BenchRow, NotMeasured, at_most
from bench.timing import compare
from contract.bundle import read_device_bundle
from device.cache.cache import Cache
from device.errors import RuntimeUnavailable
from device.recognise.image import Photo
from device.recognise.models import load_prefix
from device.recognise.preparation import prepare
from device.recognise.recognizer import Recognizer
from device.recognise.tflite import RUNTIME_MODULES, open_runtime

PHOTO_SIDE = 250
ROUNDS = 200
MAX_UNFED = 100


def measure(work: Path) -> list[BenchRow | NotMeasured]:
    """Return one row a runtime, with the default bundle and a head of everybody (65 people)."""
    bundle = export_bundle(work) / "device"
    return [in_fresh_process(_measure_runtime, name, bundle, work / f"inference-{name}") for name in RUNTIME_MODULES]


def _measure_runtime(name: str, folder: Path, home: Path) -> BenchRow | NotMeasured:
    try:
        runtime = open_runtime(name)
    except RuntimeUnavailable as error:
        return NotMeasured(f"inference, {name}", str(error))
    bundle = read_device_bundle(folder)
    prefix = load_prefix(bundle, runtime=runtime, threads=1)
    pixels = np.random.default_rng(0).integers(0, 256, (PHOTO_SIDE, PHOTO_SIDE, 3), np.uint8)
    prepared = prepare(Photo.from_pixels(pixels), bundle.input)[np.newaxis]
    cache = home / "cache.sqlite3"
    with Recognizer(bundle, runtime=runtime, open_cache=lambda: Cache.open(cache, max_unfed=MAX_UNFED)) as recognizer:
        times = compare(
            lambda: recognizer.infer(Photo.from_pixels(pixels)),
            lambda: prefix.run(prepared),
            rounds=ROUNDS,
            warm_up=20,
        )
    return BenchRow(
        f"whole inference without finding over prefix, {len(bundle.labels)} classes, {runtime}",
        1000 * times.measured_s,
        "ms",
        reference=1000 * times.reference_s,
        goal=at_most(1.25),
    )
