"""Writes what clients in other languages compare themselves with: a bundle, photos, and what the Python device says.

    python -m tests.device.recognise.parity_fixture DIR [--real]

    DIR/bundle/             a device bundle of faces, as `fedex-export bundle` writes it, of drawn people
    DIR/photos/000.png, ... drawn: scenes of one to three people, each fourth one turned; and portraits
    DIR/expected.tensors    of each face, photo by photo, widest first: photo, box, subject, feature, class, unknown,
                            probability
    DIR/float/              bundle/ and expected.tensors once more, with a prefix of float32
    DIR/boards.tensors      as expected.tensors, by tflite-runtime, whose kernels are Android's; where there is one
    DIR/done                the rest is there

With `--real` the weights are the published ones and the portraits are of real people, of FEDEX_DATA.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.bundle import read_device_bundle
from contract.tensors import encode_tensors
from demo.drawing.people import write_people
from demo.drawing.scenes import draw_scene
from demo.real_data import RealData, find_real_data
from device.errors import RuntimeUnavailable
from device.recognise.image import load_photo
from device.recognise.recognizer import Recognizer
from device.recognise.tflite import TFLiteRuntime, open_runtime

PEOPLE, BASE_PHOTOS, SCENES, PORTRAITS = 20, 3, 120, 80
WIDTH, HEIGHT = 800, 600
SIDES = (100, 190)
"""Of a portrait in a scene, in pixels: its face is half as wide."""
DEGREES = 20.0
SEED = 7
BOARDS = "tflite-runtime"

Pixels = NDArray[np.uint8]


def main(folder: Path, *, real: RealData | None) -> None:
    """Write all of it."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "photos").mkdir(parents=True)
    people = gather_people(folder / "people", real)
    portraits = [photo for person in people for photo in sorted(person.iterdir())]
    for number, pixels in enumerate(draw_photos([load_photo(photo).pixels for photo in portraits])):
        Image.fromarray(pixels).save(folder / "photos" / f"{number:03d}.png")
    (folder / "float").mkdir()
    for quantize, place in (("dynamic", folder), ("none", folder / "float")):
        export(people, place, real, quantize=quantize)
        (place / "expected.tensors").write_bytes(recognise(place / "bundle", folder / "photos", open_runtime()))
    shutil.rmtree(folder / "people")
    with contextlib.suppress(RuntimeUnavailable):  # none for this Python
        (folder / "boards.tensors").write_bytes(recognise(folder / "bundle", folder / "photos", open_runtime(BOARDS)))
    (folder / "done").touch()


def gather_people(folder: Path, real: RealData | None) -> list[Path]:
    """Return a folder of photos for each person: drawn, or of real ones."""
    if real is None:
        write_people(folder, people=PEOPLE, photos=BASE_PHOTOS + 1, seed=SEED)
        return sorted(folder.iterdir())
    for person in islice(sorted(real.faces.iterdir()), PEOPLE):
        (folder / person.name).mkdir(parents=True)
        for photo in islice(sorted(person.iterdir()), BASE_PHOTOS + 1):
            shutil.copy(photo, folder / person.name)
    return sorted(folder.iterdir())


def export(people: list[Path], folder: Path, real: RealData | None, *, quantize: str) -> None:
    """Write a device bundle, in a process of its own: TensorFlow and a runtime do not mix."""
    out = folder / "export"
    weights = [] if real is None else ["--weights", str(real.weights)]
    of_what = ["--samples", str(people[0].parent), "--quantize", quantize]
    subprocess.run([sys.executable, "-m", "export", "bundle", "--out", str(out), *of_what, *weights], check=True)
    (out / "device").rename(folder / "bundle")
    shutil.rmtree(out)


def draw_photos(portraits: list[Pixels]) -> Iterator[Pixels]:
    """Yield scenes, then portraits as they are."""
    for number in range(SCENES):
        random = np.random.default_rng([SEED, number])
        sides = [int(side) for side in random.integers(*SIDES, size=1 + number % 3)]
        chosen = [portraits[index] for index in random.integers(len(portraits), size=len(sides))]
        scene = draw_scene(chosen, random, sides=sides, width=WIDTH, height=HEIGHT).pixels
        yield scene if number % 4 else turned(scene, random.uniform(-DEGREES, DEGREES))
    yield from portraits[:PORTRAITS]


def turned(scene: Pixels, degrees: float) -> Pixels:
    return np.asarray(Image.fromarray(scene).rotate(degrees, Image.Resampling.BICUBIC))


def recognise(bundle_folder: Path, photos_folder: Path, runtime: TFLiteRuntime) -> bytes:
    """Return what the Python device says of all photos, with one bundle, on one runtime."""
    bundle = read_device_bundle(bundle_folder)
    answers, photos = [], []
    with Recognizer(bundle, runtime=runtime, top=1) as recognizer:
        for number, photo in enumerate(sorted(photos_folder.iterdir())):
            for one in recognizer.infer(load_photo(photo)):
                answers.append(one)
                photos.append(number)
    best = [one.answer.results[0] for one in answers]
    tensors: dict[str, NDArray[np.generic]] = {
        "photo": np.array(photos, np.int32),
        "box": np.array([one.box for one in answers], np.int32),
        "subject": np.array([one.is_subject for one in answers], np.uint8),
        "feature": np.stack([one.answer.feature for one in answers]),
        "class": np.array([bundle.labels.index(one.label) for one in best], np.int32),
        "unknown": np.array([one.answer.unknown for one in answers], np.uint8),
        "probability": np.array([one.probability for one in best], np.float32),
    }
    return encode_tensors(tensors, {})


if __name__ == "__main__":
    main(Path(sys.argv[1]), real=find_real_data() if "--real" in sys.argv else None)
