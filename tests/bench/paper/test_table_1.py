"""Table 1: what its rows say of what was measured, and the whole of it at a toy's size."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.evidence.exhibit import Size
from bench.evidence.kept import read_kept
from bench.evidence.row import EvidenceRow, figure_of
from bench.evidence.taking import Folders, take_all
from bench.isolated import in_fresh_process
from bench.measure.torch_python import TORCH
from bench.paper.table_1 import (
    ALL,
    FLAT,
    GPU,
    OVER,
    PAPER,
    RATE,
    SHARE,
    TIMES,
    TRAINED,
    VALUES,
    draw,
    findings,
    rows_of,
    rows_of_machine,
)
from bench.paper.training_steps import Rates, Steps
from contract.cuts import CUTS

MEASURED = {
    cut: Steps(
        "cpu:0",
        CUTS[cut].feature_shape,
        CUTS[cut].thawed_parameters,
        CUTS[cut].thawed_parameters + 1000,
        operations=1_000_000,
        rates=Rates((10.0 * (place + 1), 20.0 * (place + 1), 40.0 * (place + 1)), (5.0, 5.0, 5.0)),
        products_a_second=(1e9, 1e9, 1e9),
    )
    for place, cut in enumerate(PAPER)
}
MACHINE = [
    EvidenceRow("this machine's matrix products", "GFLOP/s", 1.0, "GFLOP/s"),
    EvidenceRow("a GPU", "times the TITAN Xp", None, "", note="not measured: none here"),
]


def said(rows: Sequence[EvidenceRow]) -> str:
    return "\n".join(findings([*rows, *MACHINE]))


def test_a_cut_has_its_rate_its_ratio_and_the_papers_beside_both() -> None:
    rows = rows_of(MEASURED)
    rate, over = (next(row for row in rows if (row.line, row.column) == ("freeze6", column)) for column in (RATE, OVER))
    assert (rate.value, rate.low, rate.high, rate.paper) == (140.0, 70.0, 280.0, 41869.68)
    assert (over.value, round(over.paper or 0, 1)) == (7.0, 85.9)
    assert figure_of(rows, "freeze6", SHARE) == pytest.approx(14.0)
    assert figure_of(rows, "freeze6", TRAINED) == pytest.approx(4.427703)


def test_the_papers_ratios_are_those_that_people_cite() -> None:
    over = {row.line: row.paper for row in rows_of(MEASURED) if row.column == OVER}
    assert [round(over[cut] or 0, 1) for cut in PAPER] == [1.0, 1.2, 1.4, 2.0, 6.1, 57.6, 85.9]


def test_counts_and_shapes_that_are_the_papers_are_said_to_be_and_others_are_named() -> None:
    assert "at all 7 places" in said(rows_of(MEASURED))
    others = {
        "freeze5": replace(MEASURED["freeze5"], trained_parameters=5_300_000),
        "freeze6": replace(MEASURED["freeze6"], feature_shape=(511,)),
    }
    text = said(rows_of({**MEASURED, **others}))
    assert f"freeze5 ({TRAINED}: 5.3 for 5.35), freeze6 ({VALUES}: 511 for 512)" in text


def test_an_order_that_is_not_the_papers_is_said() -> None:
    assert "each deeper cut trains faster" in said(rows_of(MEASURED))
    slow = {**MEASURED, "freeze6": replace(MEASURED["freeze6"], rates=Rates((1.0, 1.0, 1.0), (1.0, 1.0, 1.0)))}
    assert "**not every deeper cut trains faster**" in said(rows_of(slow))


def test_the_plot_has_a_point_for_each_cut_of_both() -> None:
    panels = draw(rows_of(MEASURED)).axes
    assert [np.shape(line.get_xdata()) for panel in panels for line in panel.lines] == [(7,)] * 4


def gpu(times: float) -> Steps:
    """Return steps of freeze6 on a GPU so many times as fast as the paper's."""
    rate = times * PAPER["freeze6"].images_a_second
    return replace(MEASURED["freeze6"], device="gpu:0", rates=Rates((rate, rate, rate), (5.0, 5.0, 5.0)))


def test_the_faster_backend_of_a_gpu_counts_and_its_slowest_cut_meets_the_goal_or_not() -> None:
    slow = {"tensorflow": {**MEASURED, "freeze6": gpu(3.0)}, "jax": {"freeze6": gpu(25.0)}}
    assert figure_of([*rows_of_machine(slow)], GPU, TIMES) == pytest.approx(25.0)
    assert (
        "25.0 times the TITAN Xp's images a second at least; the goal of 20 is met"
        in findings([*rows_of(MEASURED), *rows_of_machine(slow)])[-1]
    )
    missed = {"tensorflow": {**MEASURED, "freeze6": gpu(3.0)}, "jax": {}}
    assert "**missed**" in findings([*rows_of(MEASURED), *rows_of_machine(missed)])[-1]


def test_without_a_gpu_the_row_says_so() -> None:
    row = [*rows_of_machine({"tensorflow": MEASURED, "jax": {}})][-1]
    assert (row.line, row.value) == (GPU, None)
    assert "no GPU" in row.note


def test_operations_are_counted_for_each_gradient_that_is_needed() -> None:
    assert in_fresh_process(count_operations) == 2 * 8 * 4 * 1 + 2 * 4 * 5 * 2 + 2 * 5 * 3 * 3


def count_operations() -> int:
    """Count those of a frozen layer and two that train; for a process of its own."""
    from bench.paper.training_steps import load_keras, operations_an_image

    keras = load_keras("tensorflow")
    head = keras.Sequential([keras.Input((8,)), *(keras.layers.Dense(units, use_bias=False) for units in (4, 5, 3))])
    head.layers[0].trainable = False
    return operations_an_image(head)


def test_the_exhibit_is_taken_at_a_toys_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TORCH, str(tmp_path / "no-python"))
    folders = Folders(tmp_path / "build", tmp_path / "docs")
    missing = take_all("bench.paper", ["table-1"], anew=False, size=Size.TOY, folders=folders, say=lambda line: None)
    assert missing == []
    kept = read_kept(folders.build / "table-1.json")
    assert kept is not None
    for cut in FLAT:
        assert (figure_of(kept.rows, cut, RATE) or 0) > 0
        assert (figure_of(kept.rows, f"{cut}, plain Keras fit", RATE) or 0) > 0
        assert figure_of(kept.rows, f"{cut}, PyTorch", RATE) is None
        assert figure_of(kept.rows, cut, ALL) is not None
        assert json.loads((folders.build / "raw" / "table-1" / f"{cut}, tensorflow.json").read_text())["device"]
    assert (figure_of(kept.rows, "freeze6, a trial's last layer, its own batches", RATE) or 0) > 0
    assert "No GPU was at hand" in "\n".join(findings(kept.rows))
