"""What the scenarios upload."""

import numpy as np
import pytest

from bench.learning.people import draw_people
from bench.learning.scenarios import ATTACKS, SCENARIOS
from bench.learning.world import Story, Upload

PEOPLE = draw_people(40, photos=14, seed=7)


def play(name: str, seed: int = 0) -> Story:
    return SCENARIOS[name].play(PEOPLE, seed=seed)


def owners(story: Story) -> dict[bytes, str]:
    """Whose each photo of the stock is, by its bytes."""
    members = (*story.cast.base, *story.cast.new)
    return {photo.tobytes(): member.name for member in members for photo in member.stock}


def wrong(story: Story, uploads: list[Upload]) -> list[Upload]:
    """Those of the stock that are called by a name that is not the person's."""
    of = owners(story)
    real = [upload for upload in uploads if upload.embedding.tobytes() in of]
    return [one for one in real if story.aliases.get(one.label, one.label) != of[one.embedding.tobytes()]]


@pytest.mark.parametrize("name", SCENARIOS)
def test_tests_and_strangers_are_never_uploaded(name: str) -> None:
    story = play(name)
    asked = [*story.cast.strangers, *(photo for one in (*story.cast.base, *story.cast.new) for photo in one.tests)]
    sent = {upload.embedding.tobytes() for cycle in story.cycles for upload in cycle}
    assert sent
    assert not sent & {photo.tobytes() for photo in asked}


@pytest.mark.parametrize("name", SCENARIOS)
def test_one_seed_tells_the_same_story_and_another_a_different_one(name: str) -> None:
    told = [
        [(one.device, one.label, one.embedding.tobytes()) for cycle in play(name, seed).cycles for one in cycle]
        for seed in (1, 1, 2)
    ]
    assert told[0] == told[1] != told[2]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_sample_is_numbered_once_and_only_corrections_repeat_it(name: str) -> None:
    first = [one.sample for cycle in play(name).cycles for one in cycle if one.revision == 1]
    assert len(set(first)) == len(first)


@pytest.mark.parametrize(("name", "cycles"), [("growth5", 5), ("growth20", 20), ("new-only", 1), ("flood-old", 4)])
def test_there_are_as_many_cycles_as_the_name_says(name: str, cycles: int) -> None:
    people = draw_people(100, photos=14, seed=7)  # few people leave some of twenty cycles without an upload
    assert len(SCENARIOS[name].play(people, seed=0).cycles) == cycles


def test_growth_introduces_every_new_person_by_two_or_three_devices_and_corrects_its_mistakes() -> None:
    story = play("growth5")
    for member in story.cast.new:
        devices = {one.device for one in story.uploads() if one.label == member.name}
        assert len(devices) >= 2
    last_cycle = story.cycles[-1]
    assert not [one for one in wrong(story, story.uploads()) if all(one is not late for late in last_cycle)]


def test_new_only_uploads_nobody_of_the_base() -> None:
    story = play("new-only")
    assert {one.label for one in story.uploads()} == {member.name for member in story.cast.new}


def test_a_star_has_three_hundred_photos() -> None:
    story = play("star")
    star = story.cast.base[0].name
    assert sum(one.label == star for one in story.cycles[0]) >= 300


def test_a_swap_is_wrong_in_the_first_cycle_and_right_from_the_second_on() -> None:
    story = play("typo")
    first = list(story.cycles[0])
    assert len(wrong(story, first)) >= 12
    assert not wrong(story, story.uploads())


def test_a_flood_calls_twenty_five_others_by_an_old_name_from_one_device() -> None:
    story = play("flood-old")
    victim = story.cast.base[0]
    flood = [one for one in story.uploads() if one.device == "flood"]
    assert len(flood) == 25
    assert {one.label for one in flood} == {victim.name}
    assert not {one.embedding.tobytes() for one in flood} & {photo.tobytes() for photo in victim.stock}


def test_a_household_has_one_phone() -> None:
    assert {one.device for one in play("household").uploads()} == {"the-phone"}


def test_liars_are_some_of_the_devices_and_all_they_say_is_wrong() -> None:
    story = play("liars-30")
    uploads = story.uploads()
    liars = {one.device for one in wrong(story, uploads)}
    said_by_liars = [one for one in uploads if one.device in liars]
    assert 1 <= len(liars) <= round(0.3 * len(story.cast.devices))
    assert len(wrong(story, said_by_liars)) == len(said_by_liars)


def test_second_names_are_right_for_their_people() -> None:
    story = play("second-names")
    assert len(story.aliases) == 3
    assert set(story.aliases) <= {one.label for one in story.uploads()}
    assert set(story.aliases.values()) <= {member.name for member in story.cast.base}


def test_bursts_are_ten_photos_of_a_moment() -> None:
    story = play("bursts")
    uploads = np.stack([one.embedding for one in story.uploads()])
    units = uploads / np.linalg.norm(uploads, axis=1, keepdims=True)
    close = (units @ units.T > 0.9).sum(axis=1)
    assert np.median(close) >= 10


@pytest.mark.parametrize("name", [one.name for one in ATTACKS if one.is_guarded])
def test_an_attack_is_the_same_with_the_guard_and_without(name: str) -> None:
    told = [
        [(one.device, one.sample, one.label, one.embedding.tobytes()) for cycle in play(each).cycles for one in cycle]
        for each in (name, f"{name}-unguarded")
    ]
    assert told[0] == told[1]
    assert (SCENARIOS[name].is_guarded, SCENARIOS[f"{name}-unguarded"].is_guarded) == (True, False)


@pytest.mark.parametrize(("name", "attackers"), [("names-10", 1), ("names-30", 2), ("flood-30", 2), ("crafted-30", 2)])
def test_attackers_are_a_share_of_the_devices_and_begin_in_the_second_cycle(name: str, attackers: int) -> None:
    """Six devices; what is crafted is no photo of anybody's."""
    story = play(name)
    of = owners(story)
    first, second, *rest = [
        {one.device for one in cycle if one.embedding.tobytes() not in of or of[one.embedding.tobytes()] != one.label}
        for cycle in story.cycles
    ]
    assert (len(first), len(second), [len(each) for each in rest]) == (0, attackers, [0, 0])


@pytest.mark.parametrize(("name", "most"), [("rare-names", 6), ("one-namer", 1)])
def test_honest_rare_names_are_of_one_device_each(name: str, most: int) -> None:
    story = play(name)
    devices = {
        member.name: {one.device for one in story.uploads() if one.label == member.name} for member in story.cast.new
    }
    assert {len(each) for each in devices.values()} == {1}
    assert len(set.union(*devices.values())) <= most
    assert wrong(story, story.uploads()) == []
