"""Cycles with the project's own training, on a few people who are easy to tell apart."""

from dataclasses import replace

import numpy as np
import pytest

from bench.learning.cycle import Pool, make_bundle, run_cycle
from bench.learning.figures import answers
from bench.learning.heads import Bundle, State
from bench.learning.people import draw_people
from bench.learning.playing import play
from bench.learning.scenarios import SCENARIOS
from bench.learning.world import Cast, Casting, Upload, cast_people
from contract.holdout import Split

PEOPLE = draw_people(12, photos=12, seed=1)


@pytest.fixture(scope="module")
def cast() -> Cast:
    return cast_people(PEOPLE, Casting(5, 2), seed=0)


@pytest.fixture(scope="module")
def bundle(cast: Cast) -> Bundle:
    return make_bundle(cast)


def uploads(cast: Cast, label: str, count: int) -> list[Upload]:
    [member] = [one for one in (*cast.base, *cast.new) if one.name == label]
    return [Upload("phone", place, label, photo) for place, photo in enumerate(member.stock[:count])]


def test_the_first_head_knows_the_base_people(cast: Cast, bundle: Bundle) -> None:
    assert bundle.labels == tuple(member.name for member in cast.base)
    assert answers(bundle.first, cast.base, {}).right > 0.9
    assert 0 < bundle.first.threshold < 1


def test_a_cycle_teaches_a_new_person_and_says_what_it_decided(cast: Cast, bundle: Bundle) -> None:
    new, state = cast.new[0], State(bundle.first, bundle.first)
    pool = Pool.of(bundle)
    pool.add(uploads(cast, new.name, 4))
    after, verdict = run_cycle(state, pool)
    assert after.latest.labels == (*bundle.labels, new.name)
    assert answers(after.latest, [new], {}).right > 0.8
    assert (after.best is after.latest) == verdict.published
    assert after.seen == (len(pool.samples) if verdict.published else 0)
    assert verdict.reason


def test_the_ledger_decides_the_split_and_the_newest_revision_counts(cast: Cast, bundle: Bundle) -> None:
    """The third photo of a label still trains; of those that follow, some are held out."""
    name, pool = cast.base[0].name, Pool.of(bundle)
    many = [Upload("phone", place, name, photo) for place, photo in enumerate(np.tile(cast.base[0].stock, (20, 1)))]
    pool.add(many)
    splits = list(pool.splits.values())
    assert splits[0] is Split.TRAIN  # two base photos came before it
    assert 0.1 < splits.count(Split.HELD_OUT) / len(splits) < 0.35
    pool.add([replace(many[0], label="other", revision=2), replace(many[1], label="other", revision=1)])
    dataset = pool.dataset()
    assert [dataset.labels[index] for index in dataset.label_index[:2]] == ["other", name]
    assert len(dataset) == len(many)
    assert dataset.since.tolist() == [len(many), *range(1, len(many))]


def test_a_scenario_is_played_to_its_figures() -> None:
    scenario = replace(SCENARIOS["new-only"], casting=Casting(5, 2), curve=True)
    played = play(scenario, PEOPLE, seed=0)
    assert played.figures.top1_latest > 0.9 > played.figures.top1_first
    assert 0 <= played.figures.strangers_latest <= 1
    assert len(played.reasons) == 1
    assert set(played.curves) == {"best", "latest", "cosine"}


def test_without_the_guard_everybody_is_believed(cast: Cast, bundle: Bundle) -> None:
    """One device calls old people by other names, and brings fifteen more names than it may."""
    first, second = cast.base[:2]
    lies = [Upload("liar", place, first.name, photo) for place, photo in enumerate(second.stock[:5])]
    names = [
        Upload("liar", 100 + 2 * place + twin, f"name {place}", cast.strangers[place] * (1 + 0.01 * twin))
        for place in range(25)
        for twin in range(2)
    ]
    heads = {}
    for is_guarded in (True, False):
        pool = Pool.of(bundle)
        pool.add([*uploads(cast, cast.new[0].name, 4), *lies, *names])
        after, _ = run_cycle(State(bundle.first, bundle.first), pool, is_guarded=is_guarded)
        heads[is_guarded] = after
    assert len(heads[False].latest.labels) == len(bundle.labels) + 1 + 25
    assert len(heads[True].latest.labels) <= len(bundle.labels) + 1 + 10
