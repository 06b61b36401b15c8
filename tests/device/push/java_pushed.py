"""Says whether what the Android library's tests pushed to the real service is in its dataset, each sample once.

    python -m tests.device.push.java_pushed DIR

    DIR/pushed.json    what a device gave, after the JVMs that pushed it were killed (its test `RealServicePushTest`)
    DIR/work/store     the store of the service (`tests.device.service.java_service`), which has ended

What still waits in the inbox is merged first, as a worker does. What other tests pushed there does not count.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from cloud.dataset import inbox
from cloud.dataset.merge import merge_once
from cloud.dataset.reader import load
from cloud.store import open_store
from cloud.store.keys import Pool

MOST_OFF = 0.5 / 255 + 1e-4
"""Of features of 0 to 1 that int8 carried."""


def check(folder: Path) -> str:
    """Merge what waits and compare; return what was found."""
    pushed = json.loads((folder / "pushed.json").read_bytes())
    store, pool = open_store(f"dir:{folder / 'work/store'}"), Pool(pushed["group"], pushed["space"])
    while merge_once(store, pool).more:
        pass
    assert not inbox.pending(store, pool).uploads
    with tempfile.TemporaryDirectory() as cache:
        dataset = load(store, pool, cache=Path(cache))
        rows = dataset.rows_of({pushed["device"]})
        features = dataset.features[rows]
    found = {dataset.sample_ids[row].tobytes().hex(): dataset.labels[dataset.label_index[row]] for row in rows}
    assert len(rows) == len(found)
    assert found == {one["id"]: one["label"] for one in pushed["samples"]}
    sent = {one["id"]: np.array(one["feature"]) for one in pushed["samples"]}
    for row, feature in zip(rows, features, strict=True):
        assert np.abs(sent[dataset.sample_ids[row].tobytes().hex()] - feature.ravel()).max() <= MOST_OFF
    return f"{len(rows)} samples of a device that was killed {pushed['kills']} times: each is in the dataset once"


if __name__ == "__main__":
    print(check(Path(sys.argv[1])))
