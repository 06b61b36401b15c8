"""A world: who of the people plays which part, and the story of who uploads what through which device in which cycle.

::

    base people    in the bundle, by a photo or two; their stock is uploaded later, if at all
    new people     not in the bundle; their stock is uploaded
    strangers      never uploaded, never in the bundle: all their photos are tests

Tests are never uploaded. All chance comes from the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bench.learning.people import Floats, People, near_duplicates

MOST_TESTS = 10
"""Of one person who is known."""
FEWEST_DEVICES = 6
PEOPLE_PER_DEVICE = 5


@dataclass(frozen=True, slots=True)
class Casting:
    """How many play which part: a share of all people, or from 1 on a number. The rest are strangers."""

    base: float = 0.6
    new: float = 0.2
    base_photos: int = 2

    def numbers(self, people: int) -> tuple[int, int]:
        """Return how many are base and new people among so many."""
        base, new = (round(part * people) if part < 1 else int(part) for part in (self.base, self.new))
        return base, new


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One person who may be known; no photo is in two of the three, each (k, d)."""

    name: str
    base: Floats
    stock: Floats
    tests: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Everybody's part."""

    base: tuple[Member, ...]
    new: tuple[Member, ...]
    strangers: Floats
    """(n, d)."""

    @property
    def devices(self) -> tuple[str, ...]:
        """As many as there would be among so many people."""
        count = max(FEWEST_DEVICES, round((len(self.base) + len(self.new)) / PEOPLE_PER_DEVICE))
        return tuple(f"phone-{number}" for number in range(count))


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """One row as a device sends it."""

    device: str
    sample: int
    """Of the device's photo; a correction has it again, and a higher revision."""
    label: str
    embedding: Floats
    """(d,)."""
    revision: int = 1

    def by(self, device: str) -> Upload:
        """Return the same as another device sends it."""
        return replace(self, device=device)


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """A scenario, played once: everything that goes in, and everything that is asked."""

    cast: Cast
    cycles: tuple[tuple[Upload, ...], ...]
    aliases: dict[str, str]
    """Labels that are right for somebody of another name."""

    def uploads(self) -> list[Upload]:
        """Return every sample once, as it was last said, in the order of their first rows."""
        last = {(upload.device, upload.sample): upload for cycle in self.cycles for upload in cycle}
        return list(last.values())


@dataclass(slots=True, eq=False)
class Draft:
    """A story while it is written."""

    cast: Cast
    random: np.random.Generator
    cycles: list[list[Upload]] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    _taken: dict[str, int] = field(default_factory=dict)
    samples: int = 0
    """How many were numbered so far."""

    def begin_cycle(self) -> None:
        """Let what is sent from now on wait for the next cycle."""
        self.cycles.append([])

    def photos(self, member: Member, count: int) -> Floats:
        """Take so many of a member's photos that nobody has sent yet, or as many as there are."""
        taken = self._taken.get(member.name, 0)
        self._taken[member.name] = taken + count
        return member.stock[taken : taken + count]

    def many_photos(self, member: Member, count: int) -> Floats:
        """Take so many of a member's photos; once all are sent, near-duplicates of them."""
        own = self.photos(member, count)
        again = member.stock[np.arange(count - len(own)) % len(member.stock)]
        return np.concatenate([own, near_duplicates(again, self.random)])

    def choose_devices(self, count: int) -> list[str]:
        """Choose so many devices by chance."""
        names = self.cast.devices
        return [names[place] for place in self.random.permutation(len(names))[:count]]

    def send(self, label: str, photos: Floats, devices: Sequence[str]) -> list[Upload]:
        """Send photos (k, d) under a label, one device after another."""
        sent = []
        for place, photo in enumerate(photos):
            self.samples += 1
            sent.append(Upload(devices[place % len(devices)], self.samples, label, photo))
        self.cycles[-1] += sent
        return sent

    def correct(self, sent: Sequence[Upload], label: str) -> None:
        """Send again what was sent, under another label."""
        self.cycles[-1] += [replace(upload, label=label, revision=upload.revision + 1) for upload in sent]

    def finish(self) -> Story:
        """Return the story; cycles in which nothing was sent are none."""
        return Story(self.cast, tuple(tuple(cycle) for cycle in self.cycles if cycle), dict(self.aliases))


def cast_people(people: People, casting: Casting, *, seed: int) -> Cast:
    """Give everybody a part by chance."""
    random = np.random.default_rng((seed, people.count))
    order = random.permutation(people.count).tolist()
    base, new = casting.numbers(people.count)
    known = [_member(people, person, random, base=casting.base_photos) for person in order[:base]]
    known += [_member(people, person, random, base=0) for person in order[base : base + new]]
    strangers = np.isin(people.owners, order[base + new :])
    return Cast(tuple(known[:base]), tuple(known[base:]), people.embeddings[strangers])


def _member(people: People, person: int, random: np.random.Generator, *, base: int) -> Member:
    photos = people.embeddings[random.permutation(people.photos_of(person))]
    tests = min(len(photos) // 2, MOST_TESTS)
    ends = [tests, tests + base]
    asked, known, stock = np.split(photos, ends)
    return Member(f"person-{person:03}", known, stock, asked)
