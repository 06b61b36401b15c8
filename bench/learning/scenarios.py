"""The scenarios: a story, among whom it is told, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from bench.learning import attacks, stories
from bench.learning.people import People
from bench.learning.world import Casting, Draft, Story, cast_people

SAMPLES_A_SEED = 1_000_000
"""Samples are numbered from another start in each seed, or their split would be the same in all."""
SMALL = ("lfw65",)
EVERYWHERE = ("lfw65", "lfw65-whole", "orl", "faces94")
FACES = ("lfw65", "lfw65-whole")
USUAL = Casting()
UNGUARDED = "-unguarded"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario."""

    name: str
    about: str
    """For a table's reader."""
    write: Callable[[Draft], None]
    worlds: tuple[str, ...] = SMALL
    """Where it is played unless others are asked for; synthetic people stand in for photos that are not there."""
    casting: Casting = USUAL
    curve: bool = False
    """Whether acceptance at stated rates of strangers is shown, beside cosine to class means."""
    is_guarded: bool = True
    """Whether samples are vetted, and names that one device brings alone wait."""

    @property
    def unguarded(self) -> Scenario:
        """The same story in a service that believes everybody."""
        return replace(self, name=f"{self.name}{UNGUARDED}", about=f"{self.about}, unguarded", is_guarded=False)

    def play(self, people: People, *, seed: int) -> Story:
        """Return what happens among these people."""
        cast = cast_people(people, self.casting, seed=seed)
        draft = Draft(
            cast,
            np.random.default_rng((seed, *self.name.removesuffix(UNGUARDED).encode())),
            samples=seed * SAMPLES_A_SEED,
        )
        self.write(draft)
        return draft.finish()


ALL = (
    Scenario("growth5", "growth over five cycles", partial(stories.grow, cycles=5), EVERYWHERE, curve=True),
    Scenario(
        "growth20",
        "growth over twenty cycles, few photos in each",
        partial(stories.grow, cycles=20, further=0.1),
        curve=True,
    ),
    Scenario("new-only", "new people only", stories.new_only),
    Scenario("new-devices", "only new people have devices", stories.only_new_have_devices),
    Scenario("star", "one star with 300 photos", stories.star),
    Scenario("bursts", "each photo comes as ten of one moment", stories.bursts),
    Scenario("two-photos", "two photos a label", partial(stories.grow, cycles=2, new_photos=2, further=0.0)),
    Scenario("one-photo", "one photo a label in the base", stories.once, casting=Casting(base_photos=1)),
    Scenario("second-names", "three people with a second name", partial(stories.second_names, people=3, photos=6)),
    Scenario(
        "second-name-500",
        "one person, 500 photos under a second name",
        partial(stories.second_names, people=1, photos=500),
    ),
    Scenario("typo", "two pairs of names swapped, then corrected", stories.typo),
    Scenario("liars-10", "10 % of devices flip labels", partial(stories.liars, share=0.1)),
    Scenario("liars-30", "30 % of devices flip labels", partial(stories.liars, share=0.3)),
    Scenario("flood-old", "25 wrong photos of an old person from one device", stories.flood_old),
    Scenario("flood-x", "500 photos of known people called x", stories.flood_everybody),
    Scenario("flood-name", "one person flooded under a new name", stories.flood_new_name),
    Scenario("household", "all uploads through one phone", stories.household),
    Scenario("two-people", "two people", stories.few, FACES, Casting(2, 0)),
    Scenario("five-people", "five people, one of them new", stories.few, FACES, Casting(4, 1)),
    Scenario("people-200", "200 people", partial(stories.grow, cycles=2), ("synthetic200",)),
    Scenario("people-500", "500 people", partial(stories.grow, cycles=1), ("synthetic500",)),
)
_ATTACKS = (
    *(scenario for scenario in ALL if scenario.name in ("liars-10", "liars-30")),
    Scenario("crafted-10", "10 % of devices move known people", partial(attacks.craft, share=0.1)),
    Scenario("crafted-30", "30 % of devices move known people", partial(attacks.craft, share=0.3)),
    Scenario("names-10", "10 % of devices invent 100 names each", partial(attacks.invent, share=0.1)),
    Scenario("names-30", "30 % of devices invent 100 names each", partial(attacks.invent, share=0.3)),
    Scenario("flood-10", "10 % of devices flood somebody known", partial(attacks.flood, share=0.1)),
    Scenario("flood-30", "30 % of devices flood somebody known", partial(attacks.flood, share=0.3)),
    Scenario("rare-names", "honest: every new person known to one device", attacks.rare_names),
    Scenario("one-namer", "honest: all new people known to one device alone", attacks.one_namer),
)
ATTACKS = tuple(each for scenario in _ATTACKS for each in (scenario, scenario.unguarded))
"""Each with the guard and without; and what that costs honest people."""
SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in (*ALL, *ATTACKS)}
