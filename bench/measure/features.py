"""Everybody's features as a device computes them: default prefix, one thread, kept for this run.

features-<cut>.npz    features float32 (n, *shape), sample_ids uint8 (n, 16), photos str (n,), runtime str
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.data import find_data
from bench.isolated import in_fresh_process
from bench.measure.bundles import export_bundle
from contract.bundle import read_device_bundle
from contract.samples import SAMPLE_ID_BYTES
from demo.folders import list_photos
from demo.roles import Shares, assign_roles
from device.recognise.image import load_photo
from device.recognise.models import load_prefix
from device.recognise.preparation import name_example, prepare
from device.recognise.tflite import open_runtime

SECRET = bytes(range(32))
"""Stands for a device's secret, so that sample ids and with them the split are the same in every run."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Features and sample ids by photo, and the runtime that computed them."""

    runtime: str
    features: NDArray[np.float32]
    sample_ids: NDArray[np.uint8]
    rows: dict[Path, int]

    def of(self, photos: Sequence[Path]) -> NDArray[np.float32]:
        """Return the features (n, *shape) of some photos."""
        return self.features[self._rows(photos)]

    def ids_of(self, photos: Sequence[Path]) -> NDArray[np.uint8]:
        """Return the sample ids (n, 16) of some photos."""
        return self.sample_ids[self._rows(photos)]

    def _rows(self, photos: Sequence[Path]) -> NDArray[np.int64]:
        return np.array([self.rows[photo] for photo in photos], np.int64)


def read_features(work: Path, *, cut: str) -> Features:
    """Return the features of every photo that has a role, computed in a process of their own the first time."""
    kept = work / f"features-{cut}.npz"
    if not kept.is_file():
        in_fresh_process(_compute, export_bundle(work, cut=cut) / "device", find_data(work=work).faces, kept)
    with np.load(kept) as arrays:
        rows = {Path(photo): row for row, photo in enumerate(arrays["photos"].tolist())}
        return Features(str(arrays["runtime"]), arrays["features"], arrays["sample_ids"], rows)


def _compute(bundle: Path, faces: Path, kept: Path) -> None:
    runtime = open_runtime()
    device_bundle = read_device_bundle(bundle)
    prefix = load_prefix(device_bundle, runtime=runtime, threads=1)
    photos = _photos(faces)
    loaded = [load_photo(photo) for photo in photos]
    features = np.concatenate([prefix.run(prepare(photo, device_bundle.input)[np.newaxis]) for photo in loaded])
    ids = np.frombuffer(b"".join(name_example(photo, SECRET) for photo in loaded), np.uint8).reshape(
        -1, SAMPLE_ID_BYTES
    )
    names = np.array([str(photo) for photo in photos])
    np.savez(kept, features=features, sample_ids=ids, photos=names, runtime=np.array(str(runtime)))


def _photos(faces: Path) -> list[Path]:
    everybody = assign_roles(list_photos(faces), shares=Shares(new=0), seed=0)
    return [photo for person in everybody for photo in (*person.base, *person.uploads, *person.tests)]
