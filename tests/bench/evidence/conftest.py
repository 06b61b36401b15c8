"""A package of exhibits that count something, and folders to keep them in."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.evidence.taking import Folders

PACKAGE = "exhibits_of_a_test"
EXHIBIT = """
import os
from bench.evidence.errors import CannotMeasure
from bench.evidence.exhibit import Exhibit
from bench.evidence.plots import looks, new_figure
from bench.evidence.row import EvidenceRow

def measure(run):
    run.say("counting")
    (run.raw / "counts.txt").write_text("1")
    {body}
    return [EvidenceRow("a line", "count", 1.0 if run.is_toy else 2.0, "1", note=f"{note}")]

def draw(rows):
    figure, (panel,) = new_figure("count")
    panel.plot([row.value for row in rows], **looks(1)[0].of_line)
    return figure

EXHIBIT = Exhibit(
    "{name}", "A count", "Something counted.", "The paper counted nothing.", measure,
    findings=lambda rows: [f"It is {{rows[0].value:g}}."], draw=draw,
)
"""
WHOSE = "{'Of lfw65.' if os.environ.get('FEDEX_DATA') else 'Of drawn people.'}"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folders]:
    """Where things are kept; the package can be imported."""
    package = tmp_path / PACKAGE
    package.mkdir()
    (package / "__init__.py").touch()
    for name, body, note in (
        ("a-count", "", ""),
        ("no-count", 'raise CannotMeasure("there is nothing to count: bring something")', ""),
        ("bad-count", 'raise RuntimeError("expected a count, got none\\nand more of it")', ""),
        ("people", "", WHOSE),
    ):
        (package / f"{name.replace('-', '_')}.py").write_text(EXHIBIT.format(name=name, body=body, note=note))
    monkeypatch.syspath_prepend(tmp_path)
    yield Folders(tmp_path / "build", tmp_path / "docs")
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]
