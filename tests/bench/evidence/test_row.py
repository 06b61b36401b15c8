"""Rows of evidence: what they refuse, and that they come back as they were kept."""

import json
import math

import pytest

from bench.evidence.row import EvidenceRow, figure_of
from bench.evidence.tables import markdown_table, shown, shown_range


def test_a_row_of_repeats_is_their_median_with_the_smallest_and_the_largest() -> None:
    row = EvidenceRow.of("freeze6", "rate", [3.0, 1.0, 2.0], "1/s", paper=4.0)
    assert (row.value, row.low, row.high, row.repeats, row.paper) == (2.0, 1.0, 3.0, 3, 4.0)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_figure_that_is_none_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        EvidenceRow("freeze6", "rate", value, "1/s")


def test_what_was_not_measured_says_why() -> None:
    with pytest.raises(ValueError, match="note"):
        EvidenceRow("freeze6", "rate", None, "1/s")


@pytest.mark.parametrize(
    "row",
    [
        EvidenceRow.of("freeze6", "rate", [3.0, 1.0, 2.0], "1/s", paper=4.0, note="computed"),
        EvidenceRow("freeze6", "rate", None, "1/s", note="no GPU here"),
        EvidenceRow("freeze6", "rate", 0.0, "1/s"),
        EvidenceRow("freeze6", "times the whole network's", 2.0, ""),
        EvidenceRow("freeze6", "rounds", 2.0),
    ],
)
def test_a_row_comes_back_as_it_was_kept(row: EvidenceRow) -> None:
    assert EvidenceRow.parse(json.loads(json.dumps(row.to_json()))) == row


def test_one_figure_is_found_and_a_missing_one_is_an_error() -> None:
    rows = [EvidenceRow("freeze6", "rate", 2.0, "1/s")]
    assert figure_of(rows, "freeze6", "rate") == 2.0
    with pytest.raises(KeyError):
        figure_of(rows, "freeze5", "rate")


def test_a_table_has_the_papers_figures_beside_ours_and_notes_below() -> None:
    rows = [
        EvidenceRow.of("freeze6", "rate", [1000.0, 2000.0, 1500.0], "1/s", paper=41869.68),
        EvidenceRow("freeze5", "rate", None, "1/s", paper=28078.46, note="no GPU here"),
        EvidenceRow("freeze6", "parameters", 4.43, "M"),
    ]
    assert markdown_table(rows).splitlines() == [
        "|  | rate, 1/s | paper | parameters, M |",
        "| --- | ---: | ---: | ---: |",
        "| freeze6 | 1,500 (1,000 to 2,000) | 41,870 | 4.43 |",
        "| freeze5 | – [1] | 28,078 | – |",
        "",
        "1. no GPU here",
    ]


@pytest.mark.parametrize(
    ("column", "unit", "title"),
    [
        ("processor seconds", "s", "processor seconds, s"),
        ("images a second", "images a second", "images a second"),
        ("size in kB", "kB", "size in kB"),
        ("rounds", "", "rounds"),
    ],
)
def test_a_title_names_the_unit_unless_it_says_it_already(column: str, unit: str, title: str) -> None:
    [titles, *_] = markdown_table([EvidenceRow("a line", column, 1.0, unit)]).splitlines()
    assert titles == f"|  | {title} |"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0"), (0.00012, "1.2e-04"), (99.96, "100"), (12.345, "12.3"), (1e6, "1,000,000")],
)
def test_a_figure_is_shown_with_the_digits_that_count(value: float | None, text: str) -> None:
    assert shown(value) == text


def test_a_row_without_a_unit_is_kept_and_read_again() -> None:
    row = EvidenceRow("push", "wake-ups", 1.0, "")
    assert EvidenceRow.parse(row.to_json()) == row


def test_a_range_is_shown_as_one_figure_where_both_ends_look_alike() -> None:
    assert shown_range([5.0, 2.0, 3.0]) == "2 to 5"
    assert shown_range([1.9999, 2.0001]) == "2"
