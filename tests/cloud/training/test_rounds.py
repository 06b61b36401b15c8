"""The rounds of a cycle: what counts, and what happens to the rest where single labels are in doubt."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cloud.training.answers import answer_rows
from cloud.training.examples import TrainingClasses, TrainingExamples
from cloud.training.executors.executor import TaskEnding, TaskOutcome
from cloud.training.rounds import WITHOUT_DOUBT, Round, count_examples, train_in_rounds
from cloud.training.trainer import train
from cloud.training.trials import CLASS_MEANS, Spec
from cloud.training.values import EmbeddingOutcome, Thresholds, TrialInputs
from cloud.training.vetting import Reason
from cloud.training.weights import HeadWeights
from export.heads.fit import fit_classifier
from export.heads.recipe import Recipe

BASE, WIDTH = 20, 48
SPEC = Spec(CLASS_MEANS, epochs=0)
Photos = Sequence[tuple[int, int, int, int]]
"""Whose photos, under which label, from which source, and how many."""


def photos_of(person: int, count: int, *, seed: int) -> NDArray[np.float32]:
    centre = np.random.default_rng(person).normal(size=WIDTH)
    points = centre + 0.5 * np.random.default_rng((seed, person)).normal(size=(count, WIDTH))
    photos: NDArray[np.float32] = (16 * points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    return photos


def gather(uploads: Photos, *, new: int) -> tuple[TrainingExamples, NDArray[np.float32]]:
    """Four photos of each person of the base, and uploads, all of which train and are unseen by best."""
    everything = [(person, person, 0, 4) for person in range(BASE)] + list(uploads)
    rows = np.concatenate([photos_of(row[0], row[3], seed=place) for place, row in enumerate(everything)])
    labels, sources = (
        np.repeat([row[column] for row in everything], [row[3] for row in everything]) for column in (1, 2)
    )
    of_device = np.flatnonzero(sources > 0)
    dataset_rows = np.full(len(rows), -1)
    dataset_rows[of_device] = np.arange(len(of_device))
    names = tuple(f"person {number}" for number in range(BASE + new))
    examples = TrainingExamples(
        TrainingClasses(names, base=BASE, best=BASE, published=BASE),
        labels,
        sources > 0,
        len(rows),
        np.ones(len(rows), np.float32),
        np.arange(len(rows)),
        sources,
        np.arange(len(rows)),
        np.where(sources > 0, -1, np.arange(len(rows))),
        dataset_rows,
    )
    return examples.weighted(np.ones(len(rows), np.float32)), rows


def run_rounds(examples: TrainingExamples, rows: NDArray[np.float32]) -> tuple[Round, list[str]]:
    """Train and judge beside the first head, which is best; return also which trials were run."""
    base = examples.sources == 0
    kernel, bias = fit_classifier(rows[base], examples.labels[base], classes=BASE, recipe=Recipe(epochs=0))
    first = answer_rows(rows, (kernel, bias), temperature=3.0)
    names: list[str] = []

    def run(chosen: TrainingExamples, suffix: str) -> list[TaskOutcome]:
        names.append(CLASS_MEANS + suffix)
        inputs = TrialInputs(
            embeddings=rows,
            labels=chosen.labels,
            weights=chosen.weights,
            trained=chosen.trained,
            moments=chosen.moments,
            vouched=chosen.vouched,
            classes=len(chosen.classes.labels),
            base_classes=chosen.classes.base,
            best=HeadWeights(kernel, bias),
        )
        return [TaskOutcome(names[-1], TaskEnding.DONE, 0.0, train(inputs, replace(SPEC, name=names[-1])).pack())]

    embedding = EmbeddingOutcome(rows, first, first, kernel, bias, can_fine_tune=False)
    return train_in_rounds(examples, run, embedding, Thresholds(0.5, 0.5)), names


NEWCOMER = (BASE, BASE, 1, 4)


def test_what_is_good_is_trained_once() -> None:
    found, names = run_rounds(*gather([NEWCOMER, (3, 3, 1, 2)], new=1))
    assert (found.verdict.passes, found.doubted, names) == (True, None, [CLASS_MEANS])
    assert len(found.examples.classes.labels) == BASE + 1


def test_an_old_label_in_doubt_keeps_no_newcomer_out_of_best() -> None:
    """Nobody entered best while one device's flood of another name was refused."""
    flood = (7, 3, 2, 40)
    found, names = run_rounds(*gather([NEWCOMER, flood], new=1))
    assert names == [CLASS_MEANS, CLASS_MEANS + WITHOUT_DOUBT]
    assert found.doubted is not None
    assert (found.doubted.passes, found.doubted.lost) == (False, (3, 7))
    assert found.verdict.passes
    assert found.examples.photos[[3, BASE]].tolist() == [4, 4]
    assert found.examples.left_out.tolist() == list(range(4, 44))


def test_a_new_label_that_takes_the_samples_of_an_old_one_is_in_doubt_too() -> None:
    """Two devices use it: what one alone brings has no say in thresholds."""
    found, _ = run_rounds(*gather([NEWCOMER, (3, BASE + 1, 2, 20), (3, BASE + 1, 3, 20)], new=2))
    assert found.verdict.passes
    assert found.examples.classes.labels[-1] == f"person {BASE}"
    assert len(found.examples.classes.labels) == BASE + 1


def test_what_cannot_be_what_it_is_said_to_be_counts_for_nothing_and_moments_count_once() -> None:
    burst = np.repeat(photos_of(BASE, 1, seed=99), 5, axis=0)
    examples, rows = gather([(7, 3, 2, 10), (BASE, BASE, 1, 3), (BASE, BASE, 1, 5), (5, 5, 1, 4)], new=1)
    rows[-9:-4] = burst
    counted, vetted = count_examples(examples, rows)
    assert vetted.where(Reason.CLOSER_TO_ANOTHER)[80:90].all()
    assert not counted.counting[80:90].any()
    shares = counted.weights[90:98] / counted.weights[90]
    np.testing.assert_allclose(shares, [1, 1, 1, 0.2, 0.2, 0.2, 0.2, 0.2], rtol=1e-5)
