"""How fast the default prefix is beside the float32 one, on one thread of each TFLite runtime."""

from pathlib import Path

import numpy as np

from bench.isolated import in_fresh_process
from bench.machine import cpu_flags
from bench.measure.bundles import export_bundle
from bench.row import BenchRow, Goal, NotMeasured, at_most
from bench.timing import compare
from contract.bundle import read_device_bundle
from contract.cuts import PREFIX_SIGNATURE
from contract.device_bundle import PREFIX_FILE
from device.errors import RuntimeUnavailable
from device.recognise.tflite import RUNTIME_MODULES, Model, open_runtime

ROUNDS = 60


def measure(work: Path) -> list[BenchRow | NotMeasured]:
    """Return one row a runtime."""
    default, plain = export_bundle(work), export_bundle(work, quantize="none")
    return [in_fresh_process(_measure_runtime, name, default / "device", plain / "device") for name in RUNTIME_MODULES]


def goal(flags: tuple[str, ...]) -> Goal:
    """Return what a CPU with these flags has to reach."""
    return at_most(0.35 if "avx512_vnni" in flags else 0.95)


def _measure_runtime(name: str, default: Path, plain: Path) -> BenchRow | NotMeasured:
    try:
        runtime = open_runtime(name)
    except RuntimeUnavailable as error:
        return NotMeasured(f"prefix, {name}", str(error))
    bundle = read_device_bundle(default)
    models = [Model(folder / PREFIX_FILE, signature=PREFIX_SIGNATURE, runtime=runtime) for folder in (default, plain)]
    photo = np.random.default_rng(0).integers(0, 256, models[0].input_shape, np.uint8)
    times = compare(lambda: models[0].run(photo), lambda: models[1].run(photo), rounds=ROUNDS)
    flags = cpu_flags()
    return BenchRow(
        f"prefix {bundle.quantize} over float32, {runtime}, {' '.join(flags)}",
        1000 * times.measured_s,
        "ms",
        reference=1000 * times.reference_s,
        goal=goal(flags),
    )
