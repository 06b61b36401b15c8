"""What the Android library and app weigh, and what one device on Android sends and takes: on a JVM, on no phone.

The library and the app are built as `make android` builds them, without models. The figures of a device are those that
the road of `tests/end_to_end/test_android.py` records when it goes well, in the properties of its report: a service, a
worker and two devices, one on Android and one in Python, that are given the same photos and labels. The device on
Android runs on Robolectric, whose Android classes are among what its first answer waits for and what its heap holds.
"""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.data import check_data
from bench.row import BenchRow, NotMeasured, at_most

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "android"
LIBRARY, APP = "fedex-client.aar", "fedex.apk"
ROAD = "tests/end_to_end/test_android.py"
BUILDERS = ("java", "mvn", "make")
APP_BUILDERS = ("aapt2", "zipalign", "apksigner", "zip")
MOST_BYTES = {LIBRARY: 400_000, APP: 14_000_000}
MOST_OVER_PYTHON = 1.01
BUILD_TIMEOUT_S, ROAD_TIMEOUT_S = 900.0, 1800.0
SAID = 2000
"""Characters of what a command said, in the reason why there is no figure."""


def measure(work: Path) -> list[BenchRow | NotMeasured]:
    """Return the bytes of library, app and uploads, and what a first answer takes."""
    check_data()
    lacking = missing(BUILDERS)
    if lacking:
        return [NotMeasured("android", f"needs {lacking}: Java 17 and Maven")]
    return [*_sizes(), *_road(work / "android")]


def missing(tools: Sequence[str]) -> str:
    """Return which of these commands are not here, with commas; empty where all are."""
    return ", ".join(tool for tool in tools if shutil.which(tool) is None)


def _sizes() -> list[BenchRow | NotMeasured]:
    environment = {name: value for name, value in os.environ.items() if name not in ("MODELS", "DEBUGGING")}
    for name in MOST_BYTES:
        (BUILT / name).unlink(missing_ok=True)  # of another day, or with a model in it
    problem = _run(["make", "android"], timeout_s=BUILD_TIMEOUT_S, environment=environment)
    if problem is not None:
        return [NotMeasured("size of the Android library and app", problem)]
    return size_rows(BUILT, lacking=missing(APP_BUILDERS))


def size_rows(built: Path, *, lacking: str) -> list[BenchRow | NotMeasured]:
    """Return the bytes of what was built; the app is left out where tools that make one are lacking."""
    library = _size_row("Android library, AAR", built / LIBRARY)
    if lacking:
        return [library, NotMeasured("Android app, APK without models", f"needs {lacking}: make android-tools-install")]
    return [library, _size_row("Android app, APK without models", built / APP)]


def _size_row(name: str, file: Path) -> BenchRow:
    return BenchRow(name, file.stat().st_size, "bytes", goal=at_most(MOST_BYTES[file.name]))


def _road(work: Path) -> list[BenchRow | NotMeasured]:
    work.mkdir(parents=True)
    report = work / "road.xml"
    problem = _run(pytest_command(ROAD, report=report, folder=work / "road"), timeout_s=ROAD_TIMEOUT_S)
    if problem is not None:
        return [NotMeasured("a device on Android, on the JVM", problem)]
    return road_rows(read_figures(report))


def pytest_command(tests: str, *, report: Path, folder: Path) -> list[str]:
    """Return the command that runs tests in a folder and reports what they record."""
    reporting = [f"--junitxml={report}", "-o", "junit_family=xunit1"]  # the other family has no properties of a test
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={folder}", *reporting, tests]


def read_figures(report: Path) -> dict[str, float]:
    """Return the properties of all tests of a JUnit report."""
    properties = ET.parse(report).getroot().iter("property")
    return {one.attrib["name"]: float(one.attrib["value"]) for one in properties}


def road_rows(figures: Mapping[str, float]) -> list[BenchRow | NotMeasured]:
    """Return the rows of one road; none of its figures are there where it was skipped."""
    if not figures:
        return [NotMeasured("a device on Android, on the JVM", f"{ROAD} was skipped")]
    samples, python = int(figures["samples"]), figures["python_bytes"]
    name = f"upload of {samples} samples from Android, on the JVM, over the Python device's"
    return [
        BenchRow(name, figures["bytes"], "bytes", reference=python, goal=at_most(MOST_OVER_PYTHON)),
        BenchRow("first answer of a cold device on Android, on the JVM", figures["first_answer_ms"], "ms"),
        BenchRow("heap after it, with Robolectric's, on the JVM", figures["heap_bytes"] / 1e6, "MB"),
    ]


def _run(command: Sequence[str], *, timeout_s: float, environment: Mapping[str, str] | None = None) -> str | None:
    """Run a command at the root of the checkout, and return what went wrong, if anything did."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        return f"{' '.join(command)}: expected an end within {timeout_s:.0f} s, got none"
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-SAID:]
        return f"{' '.join(command)}: expected exit status 0, got {done.returncode}: {said}"
    return None
