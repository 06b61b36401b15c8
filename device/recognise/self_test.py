"""The self-test: runs the bundle's golden input as any photo or tensor, and compares its feature with the bundle's.

What computes features here, and so what was tested, is described too, in words that tell no user from another.
"""

from __future__ import annotations

import platform
import re

import numpy as np
import PIL

import contract
from contract.bundle import DeviceBundle
from contract.files import check_file
from contract.self_test import Setup, cosine_ppm
from device.cache.setups import BundleSetup
from device.recognise.example_file import load_example
from device.recognise.models import load_detector, load_prefix
from device.recognise.regions import RegionFinder
from device.recognise.tflite import Model, TFLiteRuntime

MAX_NAME_CHARACTERS = 128
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_MAJOR_MINOR = re.compile(r"[0-9]+(\.[0-9]+)?")


def run_self_test(bundle: DeviceBundle, *, runtime: TFLiteRuntime, threads: int) -> int:
    """Load the models and test them, as `run_golden_input` does; it raises the same."""
    prefix = load_prefix(bundle, runtime=runtime, threads=threads)
    detector = load_detector(bundle, runtime=runtime, threads=threads)
    return run_golden_input(
        bundle, prefix=prefix, finder=RegionFinder(bundle.input, detector.run if detector else None)
    )


def run_golden_input(bundle: DeviceBundle, *, prefix: Model, finder: RegionFinder) -> int:
    """Return the cosine, in millionths, of the golden input's feature here to the bundle's; 0 where no face is found.

    Raises:
        ModelRefused: prefix or detector do not run.
        PhotoError, TensorError: the golden input cannot be read as what the bundle takes.
        ContractError: a file is not the one that the bundle names.
        OSError: one cannot be read.
    """
    check_file(bundle.golden_input_path, bundle.golden_input)
    example = load_example(bundle.golden_input_path, bundle.input)
    subject = next((region for region in finder.find(example) if region.is_subject), None)
    if subject is None:
        return 0
    return cosine_ppm(bundle.golden_feature, prefix.run(subject.values[np.newaxis])[0])


def describe_setup(bundle: DeviceBundle, *, runtime: TFLiteRuntime, threads: int) -> BundleSetup:
    """Say what computes the features of a bundle in this process.

    Of the system's version only the beginning is said: a self-built kernel's may be one user's alone, and an update
    that mends it changes no feature.
    """
    version = _MAJOR_MINOR.match(platform.release())
    setup = Setup(
        app=_name(f"fedex {contract.__version__}, pillow {PIL.__version__}"),
        runtime=_name(str(runtime)),
        delegate=f"cpu, {threads} {'thread' if threads == 1 else 'threads'}",
        system=_name(" ".join(filter(None, (platform.system(), version and version[0], platform.machine())))),
    )
    return BundleSetup(setup, bundle.sha256, bundle.facts.least_cosine_ppm)


def _name(text: str) -> str:
    """Make a name of what a system says of itself."""
    return _UNPRINTABLE.sub("?", text)[:MAX_NAME_CHARACTERS] or "unknown"
