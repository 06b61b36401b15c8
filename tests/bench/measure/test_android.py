"""From a road that was gone, and what was built, to rows of the bench."""

import subprocess
from pathlib import Path

import pytest

from bench.measure import android
from bench.measure.android import APP, LIBRARY, measure, missing, pytest_command, read_figures, road_rows, size_rows
from bench.row import BenchRow, NotMeasured

TOLD_BY_ROAD = {"samples", "bytes", "python_bytes", "first_answer_ms", "heap_bytes"}
REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest"><testcase name="one"><properties>
<property name="samples" value="30"/><property name="bytes" value="8450"/><property name="python_bytes" value="8364"/>
</properties></testcase><testcase name="two"><properties>
<property name="first_answer_ms" value="2100"/><property name="heap_bytes" value="70500000"/>
</properties></testcase></testsuite></testsuites>"""


@pytest.fixture
def figures(tmp_path: Path) -> dict[str, float]:
    """Of a report of the road."""
    (tmp_path / "road.xml").write_text(REPORT)
    return read_figures(tmp_path / "road.xml")


def test_the_figures_of_all_tests_of_a_report_are_read(figures: dict[str, float]) -> None:
    assert figures.keys() == TOLD_BY_ROAD
    assert figures["heap_bytes"] == 70_500_000


def test_what_a_test_records_is_in_the_report_that_is_read(tmp_path: Path) -> None:
    """The report was of a family without properties: with warnings as errors, the road failed for that alone."""
    toy = "def test_toy(record_property):\n    record_property('bytes', 8450)\n"
    (tmp_path / "test_toy.py").write_text(toy)
    report = tmp_path / "toy.xml"
    command = pytest_command(str(tmp_path / "test_toy.py"), report=report, folder=tmp_path / "folder")
    done = subprocess.run([*command, "-W", "error"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert read_figures(report) == {"bytes": 8450}


def test_uploads_are_compared_with_the_python_devices(figures: dict[str, float]) -> None:
    upload, *_ = road_rows(figures)
    assert isinstance(upload, BenchRow)
    assert upload.name.startswith("upload of 30 samples")
    assert upload.ratio == pytest.approx(1.0103, abs=1e-4)
    assert upload.holds is False


def test_what_ran_on_no_phone_says_so_and_has_no_goal(figures: dict[str, float]) -> None:
    _, answer, heap = road_rows(figures)
    assert isinstance(answer, BenchRow)
    assert isinstance(heap, BenchRow)
    assert (answer.value, answer.unit, heap.value, heap.unit) == (2100, "ms", 70.5, "MB")
    assert all("on the JVM" in row.name and row.goal is None for row in (answer, heap))


def test_a_road_that_was_skipped_is_left_out() -> None:
    [row] = road_rows({})
    assert isinstance(row, NotMeasured)
    assert "skipped" in row.reason


def test_the_road_tells_each_figure_that_is_read() -> None:
    """Names are agreed between two files, of which the bench reads one only after minutes."""
    road = (android.ROOT / android.ROAD).read_text(encoding="utf-8")
    assert all(f'"{name}"' in road for name in TOLD_BY_ROAD)


def test_library_and_app_are_measured_in_bytes(tmp_path: Path) -> None:
    (tmp_path / LIBRARY).write_bytes(bytes(400_001))
    (tmp_path / APP).write_bytes(bytes(14_000_000))
    library, app = size_rows(tmp_path, lacking="")
    assert isinstance(library, BenchRow)
    assert isinstance(app, BenchRow)
    assert (library.value, library.holds, app.holds) == (400_001, False, True)


def test_without_what_makes_an_app_the_library_is_measured(tmp_path: Path) -> None:
    (tmp_path / LIBRARY).write_bytes(bytes(300_000))
    library, app = size_rows(tmp_path, lacking="aapt2, zipalign")
    assert isinstance(library, BenchRow)
    assert isinstance(app, NotMeasured)
    assert "aapt2, zipalign" in app.reason


def test_without_java_nothing_is_measured_and_the_reason_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing(("java", "mvn")) == "java, mvn"
    [row] = measure(tmp_path)
    assert isinstance(row, NotMeasured)
    assert "java, mvn" in row.reason
