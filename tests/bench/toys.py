"""Exhibits taken at a toy's size, as several tests need them."""

from pathlib import Path

from bench.evidence.exhibit import Exhibit, Run, Size
from bench.evidence.row import EvidenceRow
from bench.evidence.taking import load_exhibit
from bench.isolated import in_fresh_process


def take_toy(exhibit: Exhibit, folder: Path) -> list[EvidenceRow]:
    """Return the rows of a toy that is taken in a fresh process; its raw results are in the folder."""
    return in_fresh_process(_take, exhibit.measure.__module__.rpartition(".")[0], exhibit.name, folder)


def toy_run(folder: Path) -> Run:
    """Return a toy's run, which works and keeps its raw results in one folder, without a word."""
    return Run(Size.TOY, folder, folder, _say)


def _take(package: str, name: str, folder: Path) -> list[EvidenceRow]:
    return list(load_exhibit(package, name).measure(toy_run(folder)))


def _say(line: str) -> None:
    """Say nothing."""
