"""The TFLite runtimes that tests ask for by name; one that is missing skips them with its reason.

tflite-runtime ends at Python 3.11. Below that, continuous integration (FEDEX_REQUIRE_ALL=1) wants both.
"""

import sys
from importlib import metadata
from typing import NoReturn

import pytest

from device.errors import RuntimeUnavailable
from device.recognise.tflite import TFLiteRuntime, open_runtime
from tests.conftest import missing


def runtime_or_skip(name: str) -> TFLiteRuntime:
    """Open a runtime, or skip the test that asks for it; fail it where every part is required."""
    try:
        return open_runtime(name)
    except RuntimeUnavailable as error:
        _lacks(name, str(error))


def require_runtime(name: str) -> None:
    """Do so by what is installed, without loading it: for a test whose process holds TensorFlow."""
    if name not in {distribution.name for distribution in metadata.distributions()}:
        _lacks(name, f"{name} is not installed")


def _lacks(name: str, reason: str) -> NoReturn:
    if name == "tflite-runtime" and sys.version_info >= (3, 12):
        pytest.skip(f"{reason} (it ends at Python 3.11)")
    missing(reason)
