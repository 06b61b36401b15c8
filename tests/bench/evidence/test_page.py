"""The page in the repository: made from what is kept beside it, and complete."""

from pathlib import Path

import pytest

from bench.evidence.cli import PAPER, PEERS, all_parts
from bench.evidence.exhibit import Exhibit, Size
from bench.evidence.kept import read_kept
from bench.evidence.page import page
from bench.evidence.plots import write_svg

DOCS = Path(__file__).resolve().parents[3] / "docs"
EXHIBITS = [exhibit for _, _, exhibits in all_parts() for exhibit in exhibits]


def test_the_page_is_what_is_kept_and_nothing_else() -> None:
    assert (DOCS / "evidence.md").read_text() == page(all_parts(), DOCS)


@pytest.mark.parametrize("name", [*PAPER, *PEERS])
def test_every_exhibit_was_measured_at_full_size(name: str) -> None:
    kept = read_kept(DOCS / "evidence" / f"{name}.json")
    assert kept is not None
    assert (kept.name, kept.size) == (name, Size.FULL)
    assert kept.rows


@pytest.mark.parametrize("exhibit", [one for one in EXHIBITS if one.draw], ids=lambda exhibit: exhibit.name)
def test_its_plot_is_drawn_from_what_is_kept(exhibit: Exhibit, tmp_path: Path) -> None:
    """Coordinates may differ in the last digits from one version of matplotlib to the next; texts do not."""
    kept = read_kept(DOCS / "evidence" / f"{exhibit.name}.json")
    assert kept is not None
    assert exhibit.draw is not None
    write_svg(exhibit.draw(kept.rows), tmp_path / "plot.svg")
    assert texts(tmp_path / "plot.svg") == texts(DOCS / "evidence" / f"{exhibit.name}.svg")


def texts(path: Path) -> list[str]:
    return [line.partition(">")[2] for line in path.read_text().splitlines() if line.lstrip().startswith("<text")]
