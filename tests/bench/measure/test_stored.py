"""The measurement of what is kept: features that are there are sealed, merged and read."""

from pathlib import Path

import numpy as np

from bench.measure import stored
from contract.codecs import Codec


def test_of_each_codec_bytes_and_reading_are_measured(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    np.savez(
        tmp_path / "features-freeze6.npz",
        features=random.normal(size=(1000, 64)).astype(np.float32),
        sample_ids=random.integers(0, 256, (1000, 16), np.uint8),
        photos=np.array([f"photo {number}" for number in range(1000)]),
        runtime=np.array("a runtime 1"),
    )
    rows = list(stored._measure_cut(tmp_path, "freeze6"))  # of one cut, without a network
    assert len(rows) == 4 * len(Codec)
    kept = [row for row in rows if row.name.startswith("bytes kept")]
    assert len(kept) == 2 * len(Codec)
    assert all(row.holds for row in kept)
