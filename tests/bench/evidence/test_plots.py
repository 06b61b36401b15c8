"""The one style of plots: seen on white and on dark pages, in print, and the same bytes each time."""

from pathlib import Path

import pytest

from bench.evidence.plots import COLOURS, INK, looks, new_figure, write_svg

WHITE, DARK = "#ffffff", "#0d1117"
LEAST_CONTRAST = 3.0
"""Of graphics, by WCAG 2.1, 1.4.11."""


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colour", [*COLOURS, INK])
@pytest.mark.parametrize("page", [WHITE, DARK])
def test_every_colour_stands_out_from_both_pages(colour: str, page: str) -> None:
    assert contrast(colour, page) >= LEAST_CONTRAST


def test_looks_differ() -> None:
    assert len(set(looks(28))) == 28


def test_the_same_figure_has_the_same_bytes_and_no_background(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        figure, (panel,) = new_figure("rates")
        panel.plot([1, 2], [3, 4], **looks(1)[0].of_line)
        write_svg(figure, tmp_path / name)
    text = (tmp_path / "one.svg").read_text()
    assert text == (tmp_path / "two.svg").read_text()
    assert "rates" in text
    assert "fill: #ffffff" not in text


def test_legends_and_labels_of_bars_are_in_the_colour_of_all_texts(tmp_path: Path) -> None:
    figure, (panel,) = new_figure("rates")
    panel.bar_label(panel.bar([1], [2], label="a bar"))
    panel.legend()
    figure.legend()
    write_svg(figure, tmp_path / "one.svg")
    text = (tmp_path / "one.svg").read_text()
    assert "a bar" in text
    assert "fill: #ffffff" not in text
    assert "fill: #000000" not in text


def test_a_reader_never_sees_half_a_plot(tmp_path: Path) -> None:
    """It was written in place, twice: who has the old file open keeps it as it was."""
    path = tmp_path / "one.svg"
    figure, _ = new_figure("rates")
    write_svg(figure, path)
    with path.open() as reader:
        write_svg(new_figure("shares")[0], path)
        assert "rates" in reader.read()
    assert "shares" in path.read_text()
    assert [file.name for file in tmp_path.iterdir()] == ["one.svg"]
