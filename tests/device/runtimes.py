"""The TFLite runtimes that tests ask for by name; one that is missing skips them with its reason.

tflite-runtime ends at Python 3.11. Below that, continuous integration (FEDEX_REQUIRE_ALL=1) wants both.
"""

import os
import sys

import pytest

from device.errors import RuntimeUnavailable
from device.recognise.tflite import TFLiteRuntime, open_runtime


def runtime_or_skip(name: str) -> TFLiteRuntime:
    """Open a runtime, or skip the test that asks for it; fail it where every part is required."""
    try:
        return open_runtime(name)
    except RuntimeUnavailable as error:
        has_ended = name == "tflite-runtime" and sys.version_info >= (3, 12)
        if os.environ.get("FEDEX_REQUIRE_ALL") == "1" and not has_ended:
            pytest.fail(f"required here: {error}", pytrace=False)
        pytest.skip(f"{error}{' (it ends at Python 3.11)' if has_ended else ''}")
