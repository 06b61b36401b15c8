"""Exhibits: taken once, taken anew if asked, left out with a reason, and shown on the page from what is kept."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.evidence.exhibit import Exhibit, Size
from bench.evidence.page import page, write_page
from bench.evidence.taking import Folders, load_exhibit, take_all

PACKAGE = "exhibits_of_a_test"
EXHIBIT = """
from bench.evidence.errors import CannotMeasure
from bench.evidence.exhibit import Exhibit
from bench.evidence.plots import looks, new_figure
from bench.evidence.row import EvidenceRow

def measure(run):
    run.say("counting")
    (run.raw / "counts.txt").write_text("1")
    {body}
    return [EvidenceRow("a line", "count", 1.0 if run.is_toy else 2.0, "1")]

def draw(rows):
    figure, (panel,) = new_figure("count")
    panel.plot([row.value for row in rows], **looks(1)[0].of_line)
    return figure

EXHIBIT = Exhibit(
    "{name}", "A count", "Something counted.", "The paper counted nothing.", measure,
    findings=lambda rows: [f"It is {{rows[0].value:g}}."], draw=draw,
)
"""


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folders]:
    package = tmp_path / PACKAGE
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "a_count.py").write_text(EXHIBIT.format(name="a-count", body=""))
    (package / "no_count.py").write_text(
        EXHIBIT.format(name="no-count", body='raise CannotMeasure("there is nothing to count: bring something")')
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield Folders(tmp_path / "build", tmp_path / "docs")
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]


def take(folders: Folders, *names: str, anew: bool = False, size: Size = Size.FULL) -> tuple[list[str], list[str]]:
    lines: list[str] = []
    missing = take_all(PACKAGE, names, anew=anew, size=size, folders=folders, say=lines.append)
    return missing, lines


def exhibits() -> list[Exhibit]:
    return [load_exhibit(PACKAGE, "a-count")]


def test_what_is_kept_is_not_taken_again_unless_it_is_named(folders: Folders) -> None:
    take(folders, "a-count")
    _, lines = take(folders, "a-count")
    assert [line.split()[0] for line in lines] == ["kept"]
    _, lines = take(folders, "a-count", anew=True)
    assert lines[0].split()[0] == "..."
    assert (folders.build / "raw" / "a-count" / "counts.txt").read_text() == "1"


def test_a_toy_is_kept_apart_from_what_the_page_shows(folders: Folders) -> None:
    take(folders, "a-count", size=Size.TOY)
    assert not folders.docs.exists()
    take(folders, "a-count")
    assert json.loads((folders.docs / "evidence" / "a-count.json").read_text())["rows"][0]["value"] == 2.0


def test_what_cannot_be_measured_here_is_left_out_with_its_reason_and_keeps_what_was(folders: Folders) -> None:
    missing, _ = take(folders, "no-count", "a-count")
    assert missing == ["no-count: there is nothing to count: bring something"]
    assert not (folders.docs / "evidence" / "no-count.json").exists()
    assert (folders.docs / "evidence" / "a-count.json").exists()


def test_the_page_shows_what_is_kept_and_how_to_take_it_again(folders: Folders) -> None:
    parts = [("Counts", "make counts", exhibits())]
    assert "*Not measured yet.*" in page(parts, folders.docs)
    take(folders, "a-count")
    write_page(parts, folders.docs)
    text = (folders.docs / "evidence.md").read_text()
    assert text == page(parts, folders.docs)
    assert "| a line | 2 |" in text
    assert "It is 2." in text
    assert "![A count](evidence/a-count.svg)" in text
    assert 'Again: `make counts EXHIBITS="a-count"`.' in text
    assert (folders.docs / "evidence" / "a-count.svg").read_text().startswith("<?xml")
