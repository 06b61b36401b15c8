"""What sharing a head is worth: a group of devices, each of which knows a circle of people, and its photos of them.

Circles overlap. A photo was taken by one device alone, and what is asked by none. Every device has a head of its own,
trained on what it alone has, and the group has one, trained on what all have; both by one training cycle, from the same
first head.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.learning.heads import Head
from bench.learning.people import Floats
from bench.learning.scenarios import SAMPLES_A_SEED
from bench.learning.world import Cast, Casting, Draft, Member, Story, Upload, cast_people
from bench.learning.worlds import people_of
from export.quiet import import_quietly

CASTING = Casting(base=0.6, new=0.4)
CIRCLE = 0.25
"""The share of all people that a device knows."""
PHOTOS = 3
"""Of each of them, as long as there are some that no other device took."""

HERE, OTHERS_KNOWN, OTHERS_NEW, EVERYBODY = (
    "named on this device",
    "named on others alone, in the bundle",
    "named on others alone, new",
    "named by anybody",
)
"""Whose photos are asked."""
FIRST, OWN, GROUP, BOTH = "first head", "own head", "group's head", "the surer of both"


@dataclass(frozen=True, slots=True)
class Play:
    """One group, by chance."""

    world: str
    seed: int
    devices: int
    """So many of its devices are asked, at most."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one device was told about some people's photos."""

    play: Play
    device: str
    asked: str
    heads: str
    photos: int
    right: int
    """Whether it is said or not."""
    said: int
    """Of these, said and right."""


def play_group(play: Play, *, work: Path) -> list[Told]:
    """Play one group; it loads Keras."""
    import_quietly("keras")
    from bench.learning.cycle import make_bundle
    from bench.learning.playing import run_story

    cast = cast_people(people_of(play.world, work=work, seed=play.seed), CASTING, seed=play.seed)
    bundle, uploads = make_bundle(cast), take_photos(cast, seed=play.seed)

    def head_of(some: Sequence[Upload]) -> Head:
        states, _ = run_story(Story(cast, (tuple(some),), {}), bundle)
        return states[-1].best

    group, told = head_of(uploads), []
    for device in cast.devices[: play.devices]:
        own = head_of([upload for upload in uploads if upload.device == device])
        heads = {FIRST: [bundle.first], OWN: [own], GROUP: [group], BOTH: [own, group]}
        for asked, members in who_is_asked(cast, uploads, device).items():
            told += [_told(play, device, asked, name, some, members) for name, some in heads.items() if members]
    return told


def take_photos(cast: Cast, *, seed: int) -> list[Upload]:
    """Return what all devices send."""
    draft = Draft(cast, np.random.default_rng((seed, 5)), samples=seed * SAMPLES_A_SEED)
    draft.begin_cycle()
    people = [*cast.base, *cast.new]
    for device in cast.devices:
        for place in draft.random.permutation(len(people))[: round(CIRCLE * len(people))].tolist():
            draft.send(people[place].name, draft.photos(people[place], PHOTOS), [device])
    return draft.cycles[0]


def who_is_asked(cast: Cast, uploads: Sequence[Upload], device: str) -> dict[str, list[Member]]:
    """Return whose photos are asked of a device."""
    named = {upload.label for upload in uploads}
    here = {upload.label for upload in uploads if upload.device == device}
    return {
        HERE: [member for member in (*cast.base, *cast.new) if member.name in here],
        OTHERS_KNOWN: [member for member in cast.base if member.name in named - here],
        OTHERS_NEW: [member for member in cast.new if member.name in named - here],
        EVERYBODY: [member for member in (*cast.base, *cast.new) if member.name in named],
    }


def surest(heads: Sequence[Head], photos: Floats) -> tuple[NDArray[np.str_], NDArray[np.bool_]]:
    """Return the answer of the head whose answer is most probable, by photo, and whether that head says it."""
    answers = [head.answer(photos) for head in heads]
    labels = np.stack([np.array(head.labels)[classes] for head, (classes, _) in zip(heads, answers, strict=True)])
    probabilities = np.stack([sure for _, sure in answers])
    said = probabilities >= np.array([[head.threshold] for head in heads])
    chosen = probabilities.argmax(axis=0), np.arange(len(photos))
    return labels[chosen], said[chosen]


def _told(play: Play, device: str, asked: str, name: str, heads: Sequence[Head], members: Sequence[Member]) -> Told:
    photos, owners = zip(*_tests(members), strict=True)
    labels, said = surest(heads, np.stack(photos))
    right = labels == np.array(owners)
    return Told(play, device, asked, name, len(owners), int(right.sum()), int((right & said).sum()))


def _tests(members: Sequence[Member]) -> Iterator[tuple[Floats, str]]:
    for member in members:
        for photo in member.tests:
            yield photo, member.name
