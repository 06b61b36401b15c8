"""Stories of attacks: a share of the devices, which are honest otherwise, sends what is to harm others.

What an attacker knows is what a device has: the published head, whose columns are nearly the class means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.learning.people import Floats
from bench.learning.stories import grow, grow_by, sent
from bench.learning.world import Draft, Member

CYCLES = 4
IN_CYCLE = 1
"""The attack comes when everybody has a head."""
VICTIMS = 10
"""Of each attacker."""
CRAFTED = 6
"""Features for each victim."""
NAMES = 100
"""Invented by each attacker."""
FLOOD = 200
"""Photos of each attacker."""
LENGTH = 16
"""Of embeddings, as of all others."""


def craft(draft: Draft, *, share: float) -> None:
    """Move known people towards others: features between both, nearer to the one whose name they have."""
    grow(draft, cycles=CYCLES, mistakes=0.0)
    for device in attackers(draft, share):
        for place in draft.random.permutation(len(draft.cast.base))[:VICTIMS].tolist():
            victim = draft.cast.base[place]
            mixed = 0.55 * _centre(victim) + 0.45 * _centre(_nearest(victim, draft.cast.base))
            _send(draft, victim.name, _around(draft, mixed, CRAFTED, spread=0.1), device)


def invent(draft: Draft, *, share: float) -> None:
    """Flood the group with names, each with features near a known person's."""
    grow(draft, cycles=CYCLES, mistakes=0.0)
    for device in attackers(draft, share):
        for number in range(NAMES):
            member = draft.cast.base[number % len(draft.cast.base)]
            off = _unit(draft.random.normal(size=_centre(member).shape))
            features = _around(draft, 0.62 * _centre(member) + 0.78 * off, 4, spread=0.1)
            _send(draft, f"{device}-{number}", features, device)


def flood(draft: Draft, *, share: float) -> None:
    """Flood a known person of one's own choice with photos of all others."""
    grow(draft, cycles=CYCLES, mistakes=0.0)
    others = [member for member in draft.cast.base if len(member.stock)]
    for device in attackers(draft, share):
        victim = draft.cast.base[int(draft.random.integers(len(draft.cast.base)))]
        chosen = [others[int(place)] for place in draft.random.integers(len(others), size=FLOOD)]
        photos = [draft.many_photos(member, 1) for member in chosen if member is not victim]
        _send(draft, victim.name, np.concatenate(photos), device)


def rare_names(draft: Draft) -> None:
    """Honest: each new person is known to one device alone."""
    arrivals = [list(draft.cast.new[place::CYCLES]) for place in range(CYCLES)]
    grow_by(draft, [[] for _ in arrivals], mistakes=0.0)
    for place, arriving in enumerate(arrivals):
        for member in arriving:
            draft.cycles[place] += sent(draft, member.name, draft.photos(member, 4), draft.choose_devices(1))


def one_namer(draft: Draft) -> None:
    """Honest: one device alone knows all the new people."""
    rare_names(draft)
    [device] = draft.choose_devices(1)
    names = {member.name for member in draft.cast.new}
    draft.cycles = [[one.by(device) if one.label in names else one for one in cycle] for cycle in draft.cycles]


def attackers(draft: Draft, share: float) -> list[str]:
    """Choose a share of the devices, one at least."""
    return draft.choose_devices(max(1, round(share * len(draft.cast.devices))))


def _send(draft: Draft, label: str, features: Floats, device: str) -> None:
    draft.cycles[IN_CYCLE] += sent(draft, label, features, [device])


def _around(draft: Draft, centre: Floats, count: int, *, spread: float) -> Floats:
    noise = _unit(draft.random.normal(size=(count, len(centre))))
    return LENGTH * _unit(_unit(centre) + spread * noise)


def _centre(member: Member) -> Floats:
    return _unit(_unit(member.base).mean(axis=0))


def _nearest(victim: Member, members: Sequence[Member]) -> Member:
    others = [member for member in members if member is not victim]
    return others[int(np.argmax([_centre(member) @ _centre(victim) for member in others]))]


def _unit(vectors: NDArray[np.floating[Any]]) -> Floats:
    units: Floats = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return units
