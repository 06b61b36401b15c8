"""The two command lines of evidence: what they refuse, what they print, and how they end."""

import fcntl
import os
import sys
from pathlib import Path

import pytest

from bench.evidence.cli import Part, run_part
from bench.evidence.exhibit import Size
from bench.evidence.kept import Kept, write_kept
from bench.evidence.taking import Folders
from tests.bench.evidence.conftest import PACKAGE

PARTS: tuple[Part, ...] = (("Counts", "make counts", PACKAGE, ("a-count", "no-count")),)


@pytest.fixture(autouse=True)
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment names is of no concern."""
    monkeypatch.delenv("FEDEX_DATA", raising=False)


def run(folders: Folders, *arguments: str) -> int:
    command = ["program", *arguments, "--build", str(folders.build), "--docs", str(folders.docs)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", command)
        return run_part(PACKAGE, PARTS)


def test_what_is_named_is_taken_and_printed_and_the_page_is_written(
    folders: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folders, "a-count") == 0
    assert "| a line | 2 |" in capsys.readouterr().out
    page = (folders.docs / "evidence.md").read_text()
    assert "It is 2." in page
    assert "*Not measured yet.*" in page
    assert folders.kept("a-count").exists()


def test_what_cannot_be_measured_is_told_at_the_end_and_the_page_has_the_rest(
    folders: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folders) == 1
    assert capsys.readouterr().err.endswith(
        "Error: not measured: no-count: there is nothing to count: bring something\n"
    )
    assert "It is 2." in (folders.docs / "evidence.md").read_text()


def test_a_toy_leaves_what_was_measured_at_full_size(folders: Folders) -> None:
    """It was kept in the same places, over hours of work."""
    run(folders, "a-count")
    (folders.build / "raw" / "a-count" / "counts.txt").write_text("at full size")
    before = contents(folders)
    assert run(folders, "a-count", "--toy") == 0
    assert contents(folders) == before
    assert (folders.build / "toy" / "raw" / "a-count" / "counts.txt").read_text() == "1"


def contents(folders: Folders) -> dict[Path, bytes]:
    roots = (folders.build, folders.docs)
    files = [path for root in roots for path in root.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files if not path.is_relative_to(folders.build / "toy")}


def test_an_exhibit_that_there_is_not_is_refused(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folders, "b-count") == 2
    assert capsys.readouterr().err.endswith("Error: EXHIBIT: expected some of a-count, no-count, got 'b-count'\n")
    assert not folders.docs.exists()


def test_an_exhibit_of_the_other_command_is_refused_with_that_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["program", "on-device"])
    assert run_part("bench.paper") == 2
    assert capsys.readouterr().err.endswith('Error: on-device is measured by `make peers EXHIBITS="on-device"`\n')


@pytest.mark.parametrize("name", ["build", "docs"])
def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_measured(
    folders: Folders, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """It was a traceback, after the first exhibit had been measured."""
    getattr(folders, name).write_text("a file")
    assert run(folders, "a-count") == 1
    message = capsys.readouterr().err
    assert message.startswith(f"Error: {getattr(folders, name)}: expected a folder that can be written, got ")
    assert message.count("\n") == 1


def test_what_the_page_is_made_from_and_cannot_be_read_is_named(
    folders: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    folders.shown("no-count").parent.mkdir(parents=True)
    folders.shown("no-count").write_text("{")
    assert run(folders, "a-count") == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"Error: {folders.shown('no-count')}: expected evidence as this version keeps it, got ")
    assert last.endswith(": measure it anew, or remove it")


def test_rows_that_an_exhibit_does_not_know_are_named_and_the_page_stays(
    folders: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was a traceback: another version had kept other rows."""
    assert run(folders, "a-count") == 0
    page = (folders.docs / "evidence.md").read_text()
    shown = folders.shown("no-count")
    write_kept(Kept("no-count", Size.FULL, "2026-01-01", "a machine", 1.0, ()), shown)
    assert run(folders, "a-count") == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"Error: {shown}: expected rows that this version tells of, "
        "got IndexError('tuple index out of range'): measure it anew, or remove it"
    )
    assert (folders.docs / "evidence.md").read_text() == page


@pytest.mark.parametrize("python", ["/bin/true", "/nowhere/python"])
def test_a_pytorch_that_is_none_is_refused_before_anything_is_measured(
    folders: Folders, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    """A whole table was measured without it, or the measurement ended with a traceback."""
    monkeypatch.setenv("FEDEX_BENCH_TORCH", python)
    assert run(folders, "a-count") == 1
    message = f"Error: FEDEX_BENCH_TORCH: expected a Python that has torch, got {python}\n"
    assert capsys.readouterr().err == message
    assert not folders.build.exists()


def test_two_runs_do_not_measure_into_one_folder(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    """Their services and folders were the same, and one of them failed."""
    assert run(folders, "a-count") == 0
    capsys.readouterr()
    with (folders.build / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run(folders, "a-count") == 1
    assert capsys.readouterr().err.endswith("expected nobody else to measure here, got another run\n")
    assert run(folders, "a-count") == 0


def test_data_that_are_named_and_not_there_are_refused_before_anything_is_measured(
    folders: Folders, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDEX_DATA", f"{folders.build}{os.sep}no data")
    assert run(folders, "a-count") == 1
    assert capsys.readouterr().err.startswith("Error: FEDEX_DATA: expected a folder with ")
    assert not folders.build.exists()
