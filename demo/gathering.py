"""Gathers the photos of a run: those that are given, or made for it, with a role for everybody and scenes of people."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.album import CROPS, DRAWN, Album, Scenery, plain_album
from demo.copies import without_copies
from demo.drawing.people import write_people, write_strangers
from demo.example_arrays import unpack
from demo.folders import count_passed_over, list_photos
from demo.networks.catalogue import DemoNetwork
from demo.roles import LEAST_PHOTOS, Person, assign_roles, spare_photos
from demo.running.processes import Processes
from demo.settings import Settings
from demo.stages import Stages

NETWORK_TIMEOUT_S = 900.0


@dataclass(frozen=True, slots=True)
class Gathering:
    """One run's gathering."""

    settings: Settings
    processes: Processes
    stages: Stages

    def run(self) -> Album:
        """Return the album of the run.

        Raises:
            DemoError: examples that cannot be used, or what makes them failed.
        """
        photos = self._photos()
        return self._album(photos, assign_roles(photos, seed=self.settings.seed, shares=self.settings.shares))

    def _photos(self) -> Mapping[str, Sequence[Path]]:
        """Find or make examples; return each label's, every one different."""
        faces = self._examples()
        words = self.settings.words
        distinct = without_copies(list_photos(faces))
        if passed_over := count_passed_over(faces):
            self.stages.note(f"files and folders passed over that are no {words.examples}: {passed_over}")
        if distinct.copies:
            first = distinct.copies[0]
            self.stages.note(f"copies of {words.examples} left out: {len(distinct.copies)}, the first {first}")
        return distinct.photos

    def _examples(self) -> Path:
        """Return a folder of examples, one folder a label: the user's, the network's own, or people drawn for it."""
        settings, folder = self.settings, self.settings.work / "examples"
        if settings.given is not None and settings.given.is_dir():
            return settings.given
        if settings.given is not None:
            with self.stages.stage("examples", f"lay out the examples of {settings.given.name}, a file each"):
                unpack(settings.given, folder, as_tensors=settings.input == "tensor")
        elif isinstance(settings.model, DemoNetwork):
            with self.stages.stage("examples", f"lay out {settings.model.data}"):
                make(self.processes, "examples", settings.model.name, str(folder))
        else:
            with self.stages.stage("draw", f"draw {settings.people} people who do not exist"):
                write_people(folder, people=settings.people, photos=LEAST_PHOTOS, seed=settings.seed)
        return folder

    def _album(self, photos: Mapping[str, Sequence[Path]], people: tuple[Person, ...]) -> Album:
        """Return what devices are given: examples as they are, or scenes of several people made of their portraits."""
        settings = self.settings
        if not settings.has_scenes:
            return plain_album(people)
        with self.stages.stage("scenes", "put them into scenes, several people in each") as progress:
            framing, others = CROPS, spare_photos(photos, people)
            if settings.given is None:
                framing = DRAWN
                others = write_strangers(settings.work / "strangers", after=settings.people, seed=settings.seed)
            scenery = Scenery(settings.work / "scenes", framing, others, seed=settings.seed)
            return scenery.compose(people, progress=progress)


def make(processes: Processes, *arguments: str) -> None:
    """Make a network of the catalogue or its examples, in a process of its own. Raises `DemoError` where it fails."""
    command = [sys.executable, "-m", "demo.networks.make", *arguments]
    processes.call("network", command, environment={}, timeout_s=NETWORK_TIMEOUT_S)
