"""Erasing in a process of its own that is killed, over both stores: the next worker finishes it, to the last byte."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cloud.dataset import erasures
from cloud.releases import registry
from cloud.settings import Settings
from cloud.store.keys import Pool
from contract.bundle import TrainingBundle
from contract.callbacks import ignore
from contract.manifest import Channel
from tests.cloud.conftest import SPACE, MakeUpload
from tests.cloud.worker.held import FIRST, NOW, ZOE, Place, fill, names_with, traces_of

ERASE = """
import itertools, os, signal, sys, threading
from pathlib import Path
from cloud.dataset.memory import MergeMemory
from cloud.releases.signing import load_or_create
from cloud.settings import Settings
from cloud.store import open_store
from cloud.training.context import TrainingContext
from cloud.worker.erasing import Eraser

address, state, fatal = sys.argv[1:]

class Dying:
    def __init__(self, store):
        self.store, self.writes = store, itertools.count(1)

    def __getattr__(self, operation):
        def ask(*given, **named):
            if operation not in ("get", "list", "stat") and next(self.writes) == int(fatal):
                os.kill(os.getpid(), signal.SIGKILL)
            return getattr(self.store, operation)(*given, **named)
        return ask

settings = Settings(store=address, state=Path(state))
store = open_store(address)
key = load_or_create(settings.state, store)
context = TrainingContext(Dying(store), settings, key, threading.Event())
assert Eraser(context, MergeMemory()).look()
"""


@pytest.mark.parametrize("fatal", [2, 9, 16, 30])
def test_an_erasure_that_is_killed_is_finished_by_the_next_worker(
    store_address: str, tmp_path: Path, training_bundle: TrainingBundle, make_upload: MakeUpload, fatal: int
) -> None:
    place = Place(Settings(store=store_address, state=tmp_path / "state"), Pool("home", SPACE), training_bundle)
    first, _ = fill(place, make_upload)
    traces = [*(trace for body in first for trace in traces_of(body)), ZOE.encode()]
    assert names_with(ZOE.encode(), place.everything())
    erasures.ask_of_device(place.store, FIRST, by=FIRST, now=NOW)
    command = [sys.executable, "-c", ERASE, store_address, str(tmp_path / "state"), str(fatal)]
    assert subprocess.run(command, check=False, env=os.environ, timeout=120).returncode == -signal.SIGKILL
    assert erasures.waiting(place.store) != []
    place.eraser().look()
    held = list(place.everything())
    assert {trace: found for trace in traces if (found := names_with(trace, held))} == {}
    [tombstone] = list(erasures.tombstones(place.store, damaged=ignore))
    assert (tombstone.samples, erasures.waiting(place.store)) == (3, [])
    assert registry.read(place.store, place.pool).serials == {Channel.LATEST: 3, Channel.BEST: 3}
    assert len(place.dataset()) == 5
