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
from cloud.training.trials import CLASS_MEANS, Spec, TrialResult
from cloud.training.values import Answers, EmbeddingOutcome, Thresholds, TrialInputs, TrialOutcome
from cloud.training.vetting import Reason
from cloud.training.weights import HeadWeights
from contract.unknown import Strictness, UnknownPoint
from export.heads.calibration import Calibration
from export.heads.fit import fit_classifier
from export.heads.recipe import Recipe

BASE, WIDTH = 20, 48
FEW_HAVE, MANY_HAVE = (3.0, 0.5), (1.8, 0.125)
"""The temperature and threshold of best: stated for few people; for 300, as their cross-validation says."""
SPEC = Spec(CLASS_MEANS, epochs=0)
Photos = Sequence[tuple[int, int, int, int]]
"""Whose photos, under which label, from which source, and how many."""


def photos_of(person: int, count: int, *, seed: int) -> NDArray[np.float32]:
    centre = np.random.default_rng(person).normal(size=WIDTH)
    points = centre + 0.5 * np.random.default_rng((seed, person)).normal(size=(count, WIDTH))
    photos: NDArray[np.float32] = (16 * points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    return photos


def gather(uploads: Photos, *, new: int, people: int = BASE) -> tuple[TrainingExamples, NDArray[np.float32]]:
    """Four photos of each person of the base, and uploads, all of which train and are unseen by best."""
    everything = [(person, person, 0, 4) for person in range(people)] + list(uploads)
    rows = np.concatenate([photos_of(row[0], row[3], seed=place) for place, row in enumerate(everything)])
    labels, sources = (
        np.repeat([row[column] for row in everything], [row[3] for row in everything]) for column in (1, 2)
    )
    of_device = np.flatnonzero(sources > 0)
    dataset_rows = np.full(len(rows), -1)
    dataset_rows[of_device] = np.arange(len(of_device))
    names = tuple(f"person {number}" for number in range(people + new))
    examples = TrainingExamples(
        TrainingClasses(names, base=people, best=people, published=people),
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


def run_rounds(
    examples: TrainingExamples, rows: NDArray[np.float32], unknown: tuple[float, float] = FEW_HAVE
) -> tuple[Round, list[str]]:
    """Train and judge beside the first head, which is best; return also which trials were run."""
    base, (temperature, threshold) = examples.sources == 0, unknown
    people = examples.classes.base
    kernel, bias = fit_classifier(rows[base], examples.labels[base], classes=people, recipe=Recipe(epochs=0))
    first = answer_rows(rows, (kernel, bias), temperature=temperature)
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
    return train_in_rounds(examples, run, embedding, Thresholds(threshold, threshold)), names


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


MANY = 300
NEWCOMER_OF_MANY = (MANY, MANY, 1, 4)
VICTIM = 7


def around(person: NDArray[np.float32], *, names: int, closeness: float) -> NDArray[np.float32]:
    """Return three photos of each of so many names: each name lies elsewhere, all as close to the person's mean."""
    random, centre = np.random.default_rng(0), person.mean(axis=0)
    centre /= np.linalg.norm(centre)
    away = random.normal(size=(names, WIDTH))
    away -= np.outer(away @ centre, centre)
    away *= np.sqrt(1 - closeness**2) / np.linalg.norm(away, axis=1, keepdims=True)
    points = np.repeat(closeness * centre + away, 3, axis=0) + 0.01 * random.normal(size=(3 * names, WIDTH))
    photos: NDArray[np.float32] = (16 * points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    return photos


def test_one_victim_of_many_labels_is_given_back_and_newcomers_reach_best() -> None:
    """A device floods an old label with photos of somebody else."""
    flood = (20, VICTIM, 2, 60)
    found, names = run_rounds(*gather([NEWCOMER_OF_MANY, flood], new=1, people=MANY), MANY_HAVE)
    assert names == [CLASS_MEANS, CLASS_MEANS + WITHOUT_DOUBT]
    assert found.doubted is not None
    assert (found.doubted.passes, found.doubted.lost) == (False, (VICTIM,))
    assert (found.verdict.passes, found.verdict.lost) == (True, ())
    assert found.examples.photos[[VICTIM, 20, MANY]].tolist() == [4, 4, 4]


def test_of_many_labels_one_that_stays_lost_keeps_the_head_out_of_best() -> None:
    """Forty names lie about one victim of 300: whichever of them are left out, the others silence it."""
    invented = [(VICTIM, MANY + 1 + number, 2, 3) for number in range(40)]
    examples, rows = gather([NEWCOMER_OF_MANY, *invented], new=41, people=MANY)
    rows[-120:] = around(rows[4 * VICTIM : 4 * VICTIM + 4], names=40, closeness=0.95)
    found, names = run_rounds(examples, rows, MANY_HAVE)
    assert names == [CLASS_MEANS, CLASS_MEANS + WITHOUT_DOUBT]
    assert (found.verdict.passes, found.verdict.lost) == (False, (VICTIM,))
    assert found.doubted is None
    assert found.verdict.reason == "1 label lost most of what was accepted"


def play_rounds(*lost: Sequence[int], people: int) -> tuple[Round, list[str]]:
    """Run rounds whose challengers answer everything rightly, but for three photos of each label that is lost there."""
    examples, rows = gather([(person, person, 1, 2) for person in range(people)], new=0, people=people)
    right = np.ones(len(rows), np.float32)
    next_one = (examples.labels + 1) % people
    known = Answers(examples.labels, next_one, right)
    nothing = HeadWeights(np.zeros((WIDTH, people), np.float32), np.zeros(people, np.float32), np.zeros(0, np.float32))
    said = Calibration(1.0, 0.5, dict.fromkeys(Strictness, UnknownPoint(0.5, 0.9, 0.025)), right=0.9)
    names: list[str] = []

    def run(chosen: TrainingExamples, suffix: str) -> list[TaskOutcome]:
        are_lost = np.isin(examples.labels, lost[len(names)]) & (np.arange(len(rows)) % 4 > 0) & (examples.sources == 0)
        names.append(CLASS_MEANS + suffix)
        result = TrialResult(names[-1], False, 0, 0, 0.5, said, seconds=1.0)
        answers = Answers(np.where(are_lost, next_one, examples.labels), next_one, right)
        return [TaskOutcome(names[-1], TaskEnding.DONE, 1.0, TrialOutcome(result, nothing, answers).pack())]

    embedding = EmbeddingOutcome(rows, known, known, nothing.kernel, nothing.bias, can_fine_tune=False)
    return train_in_rounds(examples, run, embedding, Thresholds(0.5, 0.5)), names


def test_what_the_second_round_lost_is_told_and_the_first_verdict_stands() -> None:
    """Why it was refused as well could not be known."""
    found, names = play_rounds([3], [8, 9], people=500)
    assert names == [CLASS_MEANS, CLASS_MEANS + WITHOUT_DOUBT]
    assert (found.verdict.passes, found.verdict.lost, found.doubted) == (False, (3,), None)
    assert found.refused_again is not None
    assert found.refused_again.lost == (8, 9)


def test_where_the_second_round_lost_nothing_its_head_is_taken() -> None:
    found, names = play_rounds([3], [], people=500)
    assert (len(names), found.verdict.passes, found.refused_again) == (2, True, None)
    assert found.doubted is not None
    assert (found.doubted.lost, found.doubted.in_doubt) == ((3,), (3, 4))


def test_what_cannot_be_what_it_is_said_to_be_counts_for_nothing_and_moments_count_once() -> None:
    burst = np.repeat(photos_of(BASE, 1, seed=99), 5, axis=0)
    examples, rows = gather([(7, 3, 2, 10), (BASE, BASE, 1, 3), (BASE, BASE, 1, 5), (5, 5, 1, 4)], new=1)
    rows[-9:-4] = burst
    counted, vetted = count_examples(examples, rows)
    assert vetted.where(Reason.CLOSER_TO_ANOTHER)[80:90].all()
    assert not counted.counting[80:90].any()
    shares = counted.weights[90:98] / counted.weights[90]
    np.testing.assert_allclose(shares, [1, 1, 1, 0.2, 0.2, 0.2, 0.2, 0.2], rtol=1e-5)
