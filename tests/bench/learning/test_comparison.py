"""Two reports beside each other."""

import json
from pathlib import Path

from bench.learning.comparison import format_comparison, read_rows


def report(path: Path, **means: float | None) -> Path:
    """A report of scenarios in one world, by the mean of what old people are accepted by best."""
    rows = [
        {"scenario": name, "world": "orl", "figures": {"old_best": {"mean": mean, "margin": 0.01}}}
        for name, mean in means.items()
    ]
    path.write_text(json.dumps({"seconds": 1.0, "rows": rows}))
    return path


def test_a_line_says_what_was_and_what_is(tmp_path: Path) -> None:
    before, after = report(tmp_path / "before", star=0.8, typo=0.5), report(tmp_path / "after", new=0.1, star=0.9)
    lines = format_comparison(read_rows(before), read_rows(after)).splitlines()
    assert len(lines) == 3  # titles, the rule below them, the scenario that both have
    assert lines[2].startswith("| star | orl | - -> - | 80.0 ±1.0 -> 90.0 ±1.0 | - -> - |")


def test_nobody_to_ask_is_a_dash(tmp_path: Path) -> None:
    before, after = report(tmp_path / "before", star=None), report(tmp_path / "after", star=0.9)
    assert "| - -> 90.0 ±1.0 |" in format_comparison(read_rows(before), read_rows(after))
