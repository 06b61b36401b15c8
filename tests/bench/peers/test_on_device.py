"""On-device training: the whole exhibit at toy size, what its head learns, and what is made of the figures."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.evidence.exhibit import Size
from bench.evidence.kept import Kept, read_kept
from bench.evidence.row import figure_of
from bench.evidence.taking import Folders, take_all
from bench.measure.trainable_head import convert_head
from bench.measure.training_session import RUNTIMES, Asked, train_head
from bench.peers.heads import Head
from bench.peers.on_device import ALL, NOBODY, OWN, SESSION, draw, findings, line_of, shares
from bench.peers.task import invent


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("on-device")
    folders = Folders(folder / "build", folder / "docs")
    assert (
        take_all("bench.peers", ["on-device"], anew=True, size=Size.TOY, folders=folders, say=lambda line: None) == []
    )
    kept = read_kept(folders.build / "on-device.json")
    assert kept is not None
    return kept


@pytest.mark.parametrize("line", [line_of(runtime, 300) for runtime in RUNTIMES])
def test_every_runtime_trains_a_head_that_knows_its_own_person(taken: Kept, line: str) -> None:
    assert figure_of(taken.rows, line, OWN) == 100
    assert (figure_of(taken.rows, line, SESSION) or 0) > 0


def test_the_findings_and_the_plot_come_from_the_rows(taken: Kept) -> None:
    everybody = figure_of(taken.rows, line_of("ai-edge-litert", 20), ALL)
    assert everybody is not None
    assert f"{everybody:.3g}" in " ".join(findings(taken.rows))
    [panel] = draw(taken.rows).axes
    assert panel.get_yticklabels()[0].get_text() == NOBODY


def test_a_step_is_that_of_softmax_and_gradient_descent(tmp_path: Path) -> None:
    task, rate = invent(people=4, casts=1), 0.1
    convert_head(tmp_path / "head.tflite", dimensions=32, classes=4)
    head = Head.in_use(task, task.casts[0])
    asked = Asked(
        tmp_path / "head.tflite",
        "ai-edge-litert",
        head.kernel,
        head.bias,
        task.uploads[:1],
        np.zeros(1, np.int64),
        1,
        rate,
    )
    trained = train_head(asked, tmp_path)
    photos = task.uploads[0]
    logits = photos @ head.kernel + head.bias
    answers = np.exp(logits - logits.max(axis=1, keepdims=True))
    answers /= answers.sum(axis=1, keepdims=True)
    gradient = (answers - np.eye(4)[[0, 0, 0]]) / 3
    assert trained.kernels[0] == pytest.approx(head.kernel - rate * photos.T @ gradient, abs=1e-4)
    assert trained.biases[0] == pytest.approx(head.bias - rate * gradient.sum(axis=0), abs=1e-4)


def test_a_runtime_that_is_not_there_says_so(tmp_path: Path) -> None:
    nothing = np.zeros((2, 2), np.float32), np.zeros(2, np.float32)
    asked = Asked(
        tmp_path / "none", "no-runtime", *nothing, np.zeros((1, 3, 2), np.float32), np.zeros(1, np.int64), 1, 0.1
    )
    with pytest.raises(RuntimeError, match="no-runtime"):
        train_head(asked, tmp_path)


def test_shares_ask_each_head_of_its_own_person_and_of_everybody() -> None:
    """Person 0's head answers everything with person 0, and so on: own 100 %, everybody a third."""
    task = invent(people=3, casts=1)
    kernels = np.zeros((3, 32, 3), np.float32)
    known = shares(kernels, np.eye(3, dtype=np.float32), task, task.casts[0])
    assert (known.own, known.own_new) == (100, 100)
    assert known.everybody == pytest.approx(100 / 3)


def test_a_session_imports_neither_tensorflow_nor_what_it_does_not_need() -> None:
    """Its whole processor time is shown, as that of a small program."""
    heavy = ["tensorflow", "keras", "matplotlib"]
    script = f"import bench.measure.training_session, sys; print([one for one in {heavy} if one in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
        == "[]"
    )
