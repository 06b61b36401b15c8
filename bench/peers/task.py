"""The task that everybody is given: the same people, the same photos as a device sees them, and who of them is new.

Every person has a device with three photos that may be learnt from. Most are known to a first head, by two other photos
each; the new ones are not. Tested are the odd photos, which nobody learns from. A cast says who is new.

`gather` exports the first cast's bundles, which the real system runs on, and computes every photo's feature by their
prefix, as a device does. What peers train on are embeddings: the feature as the head's body leaves it.
"""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.data import BenchData
from bench.isolated import in_fresh_process
from bench.measure.bundles import ExportFailed
from bench.measure.embeddings import embed_with_head
from contract.bundle import read_device_bundle
from contract.training_bundle import KERAS_HEAD_FILE
from demo.folders import lay_out_base, list_photos
from demo.roles import Person, Shares, assign_roles
from device.recognise.image import load_photo
from device.recognise.models import load_prefix
from device.recognise.preparation import prepare
from device.recognise.tflite import open_runtime
from export.quiet import import_quietly

EXPORT = Path(sysconfig.get_path("scripts")) / "fedex-export"
CASTS = 5

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Network:
    """Options of `fedex-export` that say what is exported."""

    options: tuple[str, ...]

    @classmethod
    def reference(cls, data: BenchData) -> Network:
        """Return FaceNet, cut at freeze6, with the weights of the data, or seeded ones."""
        weights = () if data.weights is None else ("--weights", str(data.weights))
        return cls(("--cut", "freeze6", "--detector", "none", *weights))


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Who is new, and the photos of everybody in their roles."""

    new: NDArray[np.bool_]
    """(people,)."""

    @property
    def known(self) -> Integers:
        """Return who is not new, by number."""
        return np.flatnonzero(~self.new)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """People and the embeddings of their photos."""

    name: str
    people: tuple[str, ...]
    base: Floats
    """(people, 2, d); those of a cast's new people are not used."""
    uploads: Floats
    """(people, 3, d)."""
    tests: Floats
    """(n, d)."""
    owners: Integers
    """(n,): whose each tested photo is."""
    new: NDArray[np.bool_]
    """(casts, people): who is new."""

    @property
    def casts(self) -> list[Cast]:
        """The casts, in order."""
        return [Cast(row) for row in self.new]

    def is_of_new(self, cast: Cast) -> NDArray[np.bool_]:
        """Return which of the tested photos are of the cast's new people."""
        of_new: NDArray[np.bool_] = cast.new[self.owners]
        return of_new

    def save(self, path: Path) -> None:
        """Write what `load` reads."""
        arrays = {name: getattr(self, name) for name in ("base", "uploads", "tests", "owners", "new")}
        np.savez(path, name=np.array(self.name), people=np.array(self.people), **arrays)

    @classmethod
    def load(cls, path: Path) -> Task:
        """Read what `save` wrote."""
        with np.load(path) as arrays:
            parts = {name: arrays[name] for name in ("base", "uploads", "tests", "owners", "new")}
            return cls(str(arrays["name"]), tuple(arrays["people"].tolist()), **parts)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares of tested photos that were answered rightly, in percent."""

    everybody: float
    new: float


def score(answers: Integers, task: Task, cast: Cast) -> Accuracy:
    """Return how many of the tested photos (n,) were answered with their person."""
    right = answers == task.owners
    return Accuracy(100 * float(right.mean()), 100 * float(right[task.is_of_new(cast)].mean()))


def gather(name: str, data: BenchData, work: Path, network: Network, *, casts: int = CASTS) -> Task:
    """Export the first cast to `work`/export and return the task, which is kept in `work`/task.npz, too.

    Raises:
        ExportFailed: the export did not succeed.
    """
    roles = [everybody_of(data, seed=seed) for seed in range(casts)]
    exported = export_cast(roles[0], work, network)
    everybody = _with_base(data)
    photos = [photo for person in everybody for photo in (*person.base, *person.uploads, *person.tests)]
    in_fresh_process(_compute_features, exported / "device", photos, work / "features.npy")
    in_fresh_process(_embed, exported / "training" / KERAS_HEAD_FILE, work / "features.npy", work / "embeddings.npy")
    embeddings = dict(zip(photos, np.load(work / "embeddings.npy"), strict=True))

    def stacked(groups: Sequence[Sequence[Path]]) -> Floats:
        return np.stack([np.stack([embeddings[photo] for photo in group]) for group in groups])

    task = Task(
        name,
        tuple(person.name for person in everybody),
        base=stacked([person.base for person in everybody]),
        uploads=stacked([person.uploads for person in everybody]),
        tests=np.concatenate([stacked([person.tests])[0] for person in everybody]),
        owners=np.repeat(np.arange(len(everybody)), [len(person.tests) for person in everybody]),
        new=np.array([[person.is_new for person in people] for people in roles]),
    )
    task.save(work / "task.npz")
    return task


def invent(*, people: int, casts: int, dimensions: int = 32) -> Task:
    """Return people whose embeddings are drawn from a seed, for tests: nothing is exported, and no photo looked at."""
    random = np.random.default_rng(0)
    persons = random.normal(size=(people, 1, dimensions))

    def photograph(photos: int) -> Floats:
        drawn = persons + 0.7 * random.normal(size=(people, photos, dimensions))
        embeddings: Floats = (16 * drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)).astype(np.float32)
        return embeddings

    base, uploads, tests = (photograph(photos) for photos in (2, 3, 5))
    new = np.stack([np.roll(np.arange(people) < max(people // 4, 1), cast) for cast in range(casts)])
    names = tuple(f"person {number}" for number in range(people))
    owners = np.arange(people).repeat(tests.shape[1])
    return Task("invented people", names, base, uploads, tests.reshape(-1, dimensions), owners, new)


def everybody_of(data: BenchData, *, seed: int) -> tuple[Person, ...]:
    """Return the roles of one cast: its seed chooses who is new."""
    return assign_roles(list_photos(data.faces), seed=seed)


def _with_base(data: BenchData) -> list[Person]:
    """Return everybody with base photos; whoever is chosen to be new, and has none, is not chosen another time."""
    photos, nearly_all = list_photos(data.faces), Shares(new=0)
    twice = (assign_roles(photos, seed=seed, shares=nearly_all) for seed in (0, 1))
    return [max(both, key=lambda person: len(person.base)) for both in zip(*twice, strict=True)]


def export_cast(people: Sequence[Person], work: Path, network: Network) -> Path:
    """Export both bundles, whose first head knows the base photos of those who are not new; return their folder."""
    out = work / "export"
    base = lay_out_base(people, work / "base")
    command = [str(EXPORT), "bundle", *network.options, "--samples", str(base), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise ExportFailed(f"{' '.join(command)}: expected exit status 0, got {done.returncode}: {done.stderr[-2000:]}")
    return out


def _compute_features(bundle: Path, photos: Sequence[Path], kept: Path) -> None:
    device_bundle = read_device_bundle(bundle)
    prefix = load_prefix(device_bundle, runtime=open_runtime(), threads=1)
    values = (prepare(load_photo(photo), device_bundle.input)[np.newaxis] for photo in photos)
    np.save(kept, np.concatenate([prefix.run(one) for one in values]))


def _embed(head: Path, features: Path, kept: Path) -> None:
    import_quietly("keras")
    np.save(kept, embed_with_head(head, np.load(features)))
