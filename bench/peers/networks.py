"""Which network and people an exhibit is measured on: FaceNet, real or drawn people, or as little as a test needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.data import BenchData, draw_data, find_data
from bench.evidence.exhibit import Run
from bench.isolated import in_fresh_process
from bench.peers.task import CASTS, Network, Task, gather

TOY_PEOPLE, TOY_CASTS = 6, 2
TOY_SIZE, TOY_DIMENSIONS = 32, 32


@dataclass(frozen=True, slots=True)
class Setting:
    """What a task is gathered from."""

    name: str
    data: BenchData
    network: Network
    casts: int
    work: Path
    """A folder of its own."""

    def gather(self) -> Task:
        """Export and embed, which takes a minute or two."""
        return gather(self.name, self.data, self.work, self.network, casts=self.casts)


def best_setting(run: Run) -> Setting:
    """Return real people where they are, and drawn ones elsewhere."""
    if run.is_toy:
        return _toy_setting(run)
    work = _folder(run, "best")
    data = find_data(work=work)
    return Setting("lfw65" if data.is_real else "drawn people", data, Network.reference(data), CASTS, work)


def all_settings(run: Run) -> list[Setting]:
    """Return real people where they are, and drawn ones, which everybody has."""
    best = best_setting(run)
    if not best.data.is_real:
        return [best]
    work = _folder(run, "drawn")
    drawn = draw_data(work)
    return [best, Setting("drawn people", drawn, Network.reference(drawn), CASTS, work)]


def _toy_setting(run: Run) -> Setting:
    work = _folder(run, "toy")
    model = work / "toy.keras"
    in_fresh_process(_make_toy_network, model)
    options = ("--model", str(model), "--standardize", "unit", "--quantize", "none")
    return Setting("a few drawn people", draw_data(work, people=TOY_PEOPLE), Network(options), TOY_CASTS, work)


def _make_toy_network(path: Path) -> None:
    """Write a network that is small enough for a test, drawn from a seed."""
    from export.quiet import import_quietly

    import_quietly("keras")
    import keras

    keras.utils.set_random_seed(0)
    photo = keras.Input((TOY_SIZE, TOY_SIZE, 3), name="photo")
    small = keras.layers.AveragePooling2D(4, name="Small")(photo)
    flat = keras.layers.Flatten(name="Flat")(small)
    embedding = keras.layers.Dense(TOY_DIMENSIONS, name="Embedding")(flat)
    direction = keras.layers.UnitNormalization(name="Direction")(embedding)
    logits = keras.layers.Dense(TOY_PEOPLE, name="Logits")(keras.layers.Rescaling(16.0, name="Longer")(direction))
    keras.Model(photo, logits).save(path)


def _folder(run: Run, name: str) -> Path:
    folder = run.work / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
