"""What a web process remembers of the store, and for how long."""

from dataclasses import replace
from pathlib import Path

from cloud.admin.bundles import register as register_bundle
from cloud.identity.limits import ConcurrencyLimit
from cloud.settings import Settings
from cloud.store import keys, open_store
from cloud.web.service import BELIEVED_S, open_context
from contract.bundle import TrainingBundle
from contract.bundle_files import BUNDLE_FILE
from tests.cloud.counting import CountingStore


def test_a_bundle_that_was_replaced_counts_after_half_a_minute(tmp_path: Path, training_bundle: TrainingBundle) -> None:
    store = open_store(f"dir:{tmp_path}")
    store.prepare()
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    counting, now = CountingStore(store), [1000.0]
    context = replace(
        open_context(counting, Settings(store=f"dir:{tmp_path}"), limit=ConcurrencyLimit()), clock=lambda: now[0]
    )
    space = training_bundle.space

    def least() -> int:
        facts = context.facts(space)
        assert facts is not None
        return facts.least_cosine_ppm

    before = least()
    key = keys.space_file(space, BUNDLE_FILE)
    body = store.get(key).body
    stated = f'"least_cosine_ppm":{before}'.encode()
    assert stated in body
    store.put(key, body.replace(stated, b'"least_cosine_ppm":7'))
    now[0] += BELIEVED_S - 1
    assert (least(), counting.count("get", keys.SPACES)) == (before, 1)
    now[0] += 1
    assert (least(), least(), counting.count("get", keys.SPACES)) == (7, 7, 2)
