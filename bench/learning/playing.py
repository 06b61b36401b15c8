"""One scenario among people, played through with one seed: the story, its cycles, and the figures."""

from __future__ import annotations

from functools import lru_cache

from bench.learning.cycle import Pool, make_bundle, run_cycle
from bench.learning.figures import Played, cosine_curve, curve, measure
from bench.learning.heads import Bundle, State, Verdict
from bench.learning.people import People
from bench.learning.scenarios import Scenario
from bench.learning.world import Casting, Story, cast_people

KEPT_BUNDLES = 8


def play(scenario: Scenario, people: People, *, seed: int) -> Played:
    """Play one scenario. The bundle of the same people is kept for the next one."""
    story = scenario.play(people, seed=seed)
    bundle = _bundle(people, scenario.casting, seed)
    states, verdicts = run_story(story, bundle, is_guarded=scenario.is_guarded)
    heads = {"best": states[-1].best, "latest": states[-1].latest} if scenario.curve else {}
    curves = {name: curve(head, story) for name, head in heads.items()}
    return Played(
        scenario=scenario.name,
        world=people.name,
        seed=seed,
        figures=measure(story, bundle, states, verdicts),
        reasons=tuple(verdict.reason for verdict in verdicts),
        curves=curves | ({"cosine": cosine_curve(story)} if scenario.curve else {}),
    )


def run_story(story: Story, bundle: Bundle, *, is_guarded: bool = True) -> tuple[list[State], list[Verdict]]:
    """Run every cycle of a story; return the states before the first one and after each, and what was decided."""
    pool, states, verdicts = Pool.of(bundle), [State(bundle.first, bundle.first)], list[Verdict]()
    for uploads in story.cycles:
        pool.add(uploads)
        state, verdict = run_cycle(states[-1], pool, is_guarded=is_guarded)
        states.append(state)
        verdicts.append(verdict)
    return states, verdicts


@lru_cache(maxsize=KEPT_BUNDLES)
def _bundle(people: People, casting: Casting, seed: int) -> Bundle:
    return make_bundle(cast_people(people, casting, seed=seed))
