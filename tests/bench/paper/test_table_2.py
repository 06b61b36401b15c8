"""The table of latencies, its words and its plot."""

from pathlib import Path

from bench.evidence.exhibit import Run, Size
from bench.evidence.row import EvidenceRow, figure_of
from bench.isolated import in_fresh_process
from bench.paper.acts import (
    FEW_CLASSES,
    GRADIENTS,
    JPEG,
    TOY_CLASSES,
    WHOLE_MODEL,
    gradients_name,
    head_bytes,
    pull_name,
    push_name,
)
from bench.paper.table_2 import EXHIBIT, findings
from bench.paper.transfers import COMPUTED, PROCESSOR, TRAFFIC
from contract.codecs import DEFAULT_CODEC, Codec


def _say(line: str) -> None:
    """Say nothing."""


def _measure(folder: Path) -> list[EvidenceRow]:
    return list(EXHIBIT.measure(Run(Size.TOY, folder, folder, _say)))


def test_a_device_pushes_and_pulls_over_a_shaped_line(tmp_path: Path) -> None:
    rows = in_fresh_process(_measure, tmp_path)
    small, plain = push_name("freeze6", DEFAULT_CODEC), push_name("freeze6", Codec.FLOAT32)
    assert (figure_of(rows, plain, TRAFFIC) or 0) > 4 * (figure_of(rows, small, TRAFFIC) or 0)
    assert 0.004 <= (figure_of(rows, small, "Wi-Fi") or 0) < 30
    assert (figure_of(rows, small, PROCESSOR) or 0) > 0
    assert [row.note for row in rows if row.line == GRADIENTS and row.column == "Wi-Fi"] == [COMPUTED]
    assert [row.note for row in rows if row.line == small and row.column == TRAFFIC] == [
        "Features of numbers drawn from a seed."
    ]
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
    assert "moves 6 times FEDEx's bytes a round and takes 2 times as long" in head


def test_features_larger_than_their_photos_are_told() -> None:
    assert any("at freeze4 the features are larger" in one for one in findings(_rows(feature_kb=90)))
    assert any("At every cut ten features are smaller" in one for one in findings(_rows(feature_kb=60)))


def test_a_head_is_counted_with_its_bias() -> None:
    assert head_bytes(TOY_CLASSES[0]) == 4 * 5 * 513
    assert head_bytes(8631) == 4 * 4_427_703
