"""The table of latencies, its words and its plot."""

import json
from pathlib import Path

import pytest

from bench.evidence.row import EvidenceRow, figure_of
from bench.paper.acts import (
    FEW_CLASSES,
    GRADIENTS,
    JPEG,
    TOY_CLASSES,
    WHOLE_MODEL,
    fetch_name,
    gradients_name,
    head_bytes,
    pull_name,
    push_name,
)
from bench.paper.table_2 import EXHIBIT, findings
from bench.paper.transfers import COMPUTED, PROCESSOR, TRAFFIC
from contract.codecs import DEFAULT_CODEC, Codec
from tests.bench.toys import take_toy


def test_a_device_pushes_and_pulls_over_a_shaped_line(tmp_path: Path) -> None:
    rows = take_toy(EXHIBIT, tmp_path)
    small, plain = push_name("freeze6", DEFAULT_CODEC), push_name("freeze6", Codec.FLOAT32)
    assert (figure_of(rows, plain, TRAFFIC) or 0) > 4 * (figure_of(rows, small, TRAFFIC) or 0)
    assert 0.004 <= (figure_of(rows, small, "Wi-Fi") or 0) < 30
    assert (figure_of(rows, small, PROCESSOR) or 0) > 0
    assert [row.note for row in rows if row.line == GRADIENTS and row.column == "Wi-Fi"] == [COMPUTED]
    assert [row.note for row in rows if row.line == small and row.column == TRAFFIC] == [
        "Features of numbers drawn from a seed."
    ]
    fetched = figure_of(rows, fetch_name(TOY_CLASSES[0]), TRAFFIC) or 0
    assert head_bytes(TOY_CLASSES[0]) < 1000 * fetched < head_bytes(TOY_CLASSES[0]) + 500
    raw = json.loads((tmp_path / "Wi-Fi.json").read_text())["transfers"]
    assert 1000 * (figure_of(rows, small, PROCESSOR) or 0) == pytest.approx(1e6 * raw[small][0]["processor_s"])
    assert len(EXHIBIT.findings(rows)) == 4
    assert EXHIBIT.draw is not None
    assert EXHIBIT.draw(rows).axes


def _rows(*, feature_kb: float) -> list[EvidenceRow]:
    figures = {
        push_name("freeze4", Codec.FLOAT32): (2000.0, 8.0),
        push_name("freeze4", DEFAULT_CODEC): (feature_kb, 1.0),
        push_name("freeze6", Codec.FLOAT32): (20.0, 0.5),
        push_name("freeze6", DEFAULT_CODEC): (4.0, 0.2),
        JPEG: (70.0, 0.4),
        GRADIENTS: (100_000.0, 40.0),
        gradients_name(FEW_CLASSES): (120.0, 0.5),
        WHOLE_MODEL: (100_000.0, 20.0),
        pull_name(FEW_CLASSES): (36.0, 0.3),
    }
    return [
        row
        for name, (traffic, seconds) in figures.items()
        for row in (
            EvidenceRow(name, TRAFFIC, traffic, "kB"),
            EvidenceRow(name, PROCESSOR, 10.0, "ms"),
            EvidenceRow(name, "LTE", seconds, "s"),
        )
    ]


def test_an_exchange_is_compared_with_the_whole_model_and_with_the_head_alone() -> None:
    whole, head, *_ = findings(_rows(feature_kb=90))
    assert "is 40.0 kB; one of the paper's FedAvg" in whole
    assert "is 200 MB, and takes 120 times as long" in whole
    assert "float32 up, and counted the same down) moves 6 times FEDEx's bytes a round and takes 2 times" in head


def test_the_head_that_averaging_fetches_takes_its_time_down_and_not_up() -> None:
    fetched = [
        EvidenceRow(fetch_name(FEW_CLASSES), column, value, "") for column, value in ((TRAFFIC, 80), ("LTE", 0.25))
    ]
    _, head, *_ = findings([*_rows(feature_kb=90), *fetched])
    assert "float32 up and down) moves 5 times FEDEx's bytes a round and takes 1.5 times as long" in head


def test_how_much_of_a_push_is_packing_is_told_cut_by_cut() -> None:
    _, _, codecs, *_ = findings(_rows(feature_kb=90))
    assert "Of the seconds of such a push over LTE that is 1 % at freeze4, 5 % at freeze6." in codecs


def test_the_papers_rate_is_told_for_every_cut() -> None:
    *_, rates = findings(_rows(feature_kb=90))
    assert "8.1 kB/s at freeze4, 13.1 kB/s at freeze5, 13.4 kB/s at freeze6" in rates
    assert rates.count(" at freeze") == 6


def test_features_larger_than_their_photos_are_told() -> None:
    assert any("at freeze4 the features are larger" in one for one in findings(_rows(feature_kb=90)))
    assert any("At every cut ten features are smaller" in one for one in findings(_rows(feature_kb=60)))


def test_a_head_is_counted_with_its_bias() -> None:
    assert head_bytes(TOY_CLASSES[0]) == 4 * 5 * 513
    assert head_bytes(8631) == 4 * 4_427_703
