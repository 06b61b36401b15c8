"""Store and state folder are lost, and brought back from a copy and an export: real gunicorn, commands and a device."""

import shutil
import time
from dataclasses import replace

import pytest

from cloud.dataset import pointer as dataset_pointer
from cloud.store import open_store
from contract.rollout import PARTS
from device.pull.updater import PullOutcome
from tests.cloud.conftest import HOME_CODE, make_head  # noqa: F401  # a fixture
from tests.device.conftest import tiny_models, write_bundle  # noqa: F401  # fixtures
from tests.device.photos import draw_photo
from tests.end_to_end.test_roll_out import Place, answers
from tests.end_to_end.test_roll_out import place as place


@pytest.mark.timeout(300)
def test_a_service_that_lost_store_and_key_is_brought_back_and_its_devices_go_on(place: Place) -> None:
    """Devices had refused the lower serials that followed, missed a head of an equal one, and refused another key."""
    now, store = int(time.time()), open_store(place.environment["FEDEX_STORE"])
    device = place.device("device", HOME_CODE)
    dataset_pointer.swap(store, place.pool, replace(dataset_pointer.EMPTY, rows=1), previous=None)  # as for a release
    place.publish("three", classes=3, share=PARTS, now=now)
    assert device.pull().serial == 1
    (place.folder / "passphrase").write_text("a horse, a battery and a staple")
    sealed = ("--passphrase-file", str(place.folder / "passphrase"))
    place.command("keys", "export", str(place.folder / "export"), *sealed)
    place.command("backup", f"dir:{place.folder / 'copy'}")
    place.publish("four", classes=4, share=PARTS, now=now + 1)
    assert (device.pull().serial, answers(device)) == (2, ("Zoe", 2))

    shutil.rmtree(place.folder / "store")
    shutil.rmtree(place.folder / "state")
    place.command("keys", "import", str(place.folder / "export"), *sealed)
    assert "best goes on as " in place.command("restore", f"dir:{place.folder / 'copy'}")
    assert place.command("fsck") == "the store holds together\n"

    back = device.pull()
    assert back.outcome is PullOutcome.INSTALLED
    assert back.serial > 2
    label, serial = answers(device)
    assert (label != "Zoe", serial) == (True, back.serial)
    with device.recognizer() as recognizer:
        inference = recognizer.infer(draw_photo(0))[0].id
    assert inference is not None
    device.give_feedback(inference, label="Ada")
    assert device.push().problem is None
    place.publish("four", classes=4, share=PARTS, now=int(time.time()))
    assert device.pull().serial == back.serial + 1
    assert answers(device)[0] == "Zoe"


@pytest.mark.timeout(300)
def test_a_roll_back_reaches_devices_as_a_new_release(place: Place) -> None:
    now = int(time.time())
    device = place.device("device", HOME_CODE)
    place.publish("three", classes=3, share=PARTS, now=now)
    device.pull()
    place.publish("four", classes=4, share=PARTS, now=now + 1)
    device.pull()
    assert answers(device) == ("Zoe", 2)
    pool = place.pool.path
    place.command("releases", "promote", pool, "best", "1", "--pin", "--why", "was better")
    assert (device.pull().serial, answers(device)[1]) == (3, 3)
    assert answers(device)[0] != "Zoe"
    assert "best is pinned by shell:" in place.command("releases", "list", pool)
