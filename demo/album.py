"""An album: the photos of a run by what they are for, as they are, or put together into scenes of several people.

::

    base      the person, and somebody smaller who passes by      what the first head knows; the subject is found
    uploads   the person, and one or two others, anywhere         the user names one face of several
    tests     three people, anywhere, or two and somebody else    who they are is known by place

In scenes a face is at least a fifth of the photo's height, but for those who pass by. Others have no role: drawn
strangers, or photos of people that are used for nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from contract.callbacks import Progress, ignore
from demo.drawing.scenes import FACE_SHARE, Pixels, Scene, draw_scene
from demo.errors import DemoError
from demo.roles import Person
from demo.shots import Shot, Sitter
from device.recognise.image import load_photo

WIDTH, HEIGHT = 960, 540
QUALITY = 92
IN_A_SCENE = 3
"""People in a tested scene."""
WHO_COUNT = (3, 3, 2)
"""How many of them count, in one scene after the other."""
Span = tuple[float, float]
"""How wide faces are, from and to, in shares of the scene's height."""
USUAL: Span = (0.22, 0.28)
BASE: Span = (0.3, 0.34)
PASSING: Span = (0.15, 0.18)
TRIES = 50
THREADS = 2


@dataclass(frozen=True, slots=True)
class Framing:
    """How portraits are cut before they are put into a scene: squares of their middle."""

    kept: float
    """The square's side, in shares of the photo's shorter side."""
    face: float
    """How wide the face is in it, in shares of its side."""


DRAWN = Framing(0.8, FACE_SHARE / 0.8)
CROPS = Framing(1.0, 0.6)
"""Photos that are crops of faces; those in which the face is wider become wider in the scene."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is to be in a scene."""

    size: Span
    portraits: tuple[Path, ...]
    size_of_others: Span = USUAL
    most: int = 0
    """Others."""


@dataclass(frozen=True, slots=True)
class Album:
    """The photos of one run."""

    people: tuple[Person, ...]
    """With the photos that the first head knows them by."""
    uploads: tuple[Shot, ...]
    """One person of each counts: the one whom the user names."""
    tests: tuple[Shot, ...]


def plain_album(people: Sequence[Person]) -> Album:
    """Take photos or tensors as they are, each of one person or label."""
    uploads = tuple(Shot.of_one(photo) for person in people for photo in person.uploads)
    return Album(tuple(people), uploads, tuple(Shot.of_one(photo) for person in people for photo in person.tests))


@dataclass(frozen=True, slots=True)
class Scenery:
    """Puts portraits together into scenes; one seed gives the same ones."""

    folder: Path
    """Gets the scenes."""
    framing: Framing
    others: Sequence[Path]
    """Portraits of those who do not count, each in a folder of its person."""
    seed: int

    def compose(self, people: Sequence[Person], *, progress: Progress = ignore) -> Album:
        """Draw everybody's scenes.

        Raises:
            DemoError: portraits for which there is no room.
            PhotoError: one that cannot be read.
        """
        base = [Plan(BASE, (photo,), PASSING, most=1) for person in people for photo in person.base]
        uploads = [Plan(USUAL, (photo,), USUAL, most=2) for person in people for photo in person.uploads]
        groups = group_by_scene(people, np.random.default_rng(self.seed))
        tests = [Plan(USUAL, group, most=IN_A_SCENE - len(group)) for group in groups]
        with ThreadPoolExecutor(THREADS) as pool:
            drawn = pool.map(self._draw, *zip(*enumerate([*base, *uploads, *tests]), strict=True))
            shots = []
            for shot in drawn:
                shots.append(shot)
                progress(len(shots), len(base) + len(uploads) + len(tests))
        known = shots[: len(base)]
        return Album(
            tuple(replace(person, base=_photos_of(person.name, known)) for person in people),
            tuple(shots[len(base) : len(base) + len(uploads)]),
            tuple(shots[len(base) + len(uploads) :]),
        )

    def _draw(self, number: int, plan: Plan) -> Shot:
        random = np.random.default_rng([self.seed, number])
        names = [photo.parent.name for photo in plan.portraits]
        others = self._choose_others(random, names, most=plan.most)
        spans = [plan.size] * len(names) + [plan.size_of_others] * len(others)
        portraits = [cut_portrait(photo, self.framing) for photo in (*plan.portraits, *others)]
        scene = self._place(portraits, random, spans, where=plan.portraits[0])
        path = self.folder / names[0] / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(scene.pixels).save(path, quality=QUALITY)
        return Shot(path, tuple(Sitter(*one) for one in zip(names, scene.spots, strict=False)))

    def _choose_others(self, random: np.random.Generator, names: Sequence[str], *, most: int) -> list[Path]:
        """Choose at least one where any may stand there: nobody who is in the scene already."""
        chosen: list[Path] = []
        wanted = int(random.integers(1, most + 1)) if most else 0
        for index in random.permutation(len(self.others)):
            photo = self.others[index]
            if len(chosen) == wanted:
                break
            if photo.parent.name not in {*names, *(other.parent.name for other in chosen)}:
                chosen.append(photo)
        return chosen

    def _place(
        self, portraits: Sequence[Pixels], random: np.random.Generator, spans: Sequence[Span], *, where: Path
    ) -> Scene:
        for _ in range(TRIES):
            sides = [round(random.uniform(*span) * HEIGHT / self.framing.face) for span in spans]
            try:
                return draw_scene(portraits, random, sides=sides, width=WIDTH, height=HEIGHT)
            except ValueError as error:
                problem = error
        raise DemoError(f"scene of {where}: {problem}")


def group_by_scene(people: Sequence[Person], random: np.random.Generator) -> list[tuple[Path, ...]]:
    """Divide everybody's tested photos into groups of three and two people, by chance.

    They are fewer where somebody would be there twice.
    """
    groups: list[list[Path]] = []
    for number in range(max((len(person.tests) for person in people), default=0)):
        for index in random.permutation(len(people)):
            tests = people[index].tests
            if number >= len(tests):
                continue
            photo, last = tests[number], groups[-1] if groups else []
            is_full = len(last) == WHO_COUNT[(len(groups) - 1) % len(WHO_COUNT)]
            if not last or is_full or photo.parent.name in {other.parent.name for other in last}:
                groups.append([])
            groups[-1].append(photo)
    return [tuple(group) for group in groups]


def cut_portrait(photo: Path, framing: Framing) -> Pixels:
    """Return a square of a photo's middle, RGB.

    Raises:
        PhotoError: it cannot be read.
    """
    pixels = load_photo(photo).pixels
    height, width, _ = pixels.shape
    side = max(1, round(framing.kept * min(height, width)))
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def _photos_of(name: str, shots: Sequence[Shot]) -> tuple[Path, ...]:
    return tuple(shot.path for shot in shots if shot.sitters[0].name == name)
