"""A push that is killed anywhere is done by the next one, and the dataset holds each sample exactly once."""

import os
import signal
import subprocess

import numpy as np
import pytest

from demo.roles import Person
from demo.running.commands import command
from demo.running.devices import DemoDevice
from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployment import NEVER, TEST_TIMEOUT_S, correct, recognise, uploads
from tests.end_to_end.wire import Hold, Wire, tapped

pytestmark = pytest.mark.timeout(TEST_TIMEOUT_S)
HOLD_TIMEOUT_S = 30.0
SAMPLES = 6


@pytest.mark.parametrize(
    ("store", "hold", "merged_meanwhile"),
    [
        pytest.param("directory", Hold.REQUESTS, 0, id="after-sealing"),
        pytest.param("directory", Hold.REPLIES, 0, id="after-sending-before-the-acknowledgement-is-kept"),
        pytest.param("directory", Hold.REPLIES, SAMPLES, id="after-the-service-merged"),
        pytest.param("minio", Hold.REPLIES, SAMPLES, id="after-the-service-merged-on-minio"),
    ],
)
def test_a_killed_push_counts_each_sample_once(
    store: str, hold: Hold, merged_meanwhile: int, people: tuple[Person, ...], deploy: Deploy
) -> None:
    """The relay keeps the request, or the reply, to itself; the device dies waiting, and pushes again without it."""
    service = deploy("freeze6", min_new=NEVER, store=store)
    with tapped("127.0.0.1", service.service.port) as wire:
        device = service.device("device", url=wire.url)
        device.enrol()
        correct(device, uploads(people)[:SAMPLES])
        wire.hold = hold
        push_until_killed(device, wire)
    service.wait_until_merged(merged_meanwhile)

    device = service.device("device")
    assert device.push().samples == SAMPLES
    service.wait_until_nothing_waits()  # what was merged before would not wait for a second merge
    assert device.push().samples == 0
    assert len(service.dataset()) == service.merged_rows() == SAMPLES
    assert len(np.unique(service.dataset().sample_ids, axis=0)) == SAMPLES


def test_a_correction_after_a_push_replaces_the_sample(people: tuple[Person, ...], deploy: Deploy) -> None:
    service = deploy("freeze6", min_new=NEVER)
    device = service.device("device")
    device.enrol()
    [photo] = uploads(people)[:1]
    [seen] = recognise(device, [photo])
    device.give_label(seen.faces[0].inference, "Somebody Else")
    device.push()
    service.wait_until_merged(1)
    correct(device, [photo])
    device.push()
    service.wait_until_nothing_waits()
    assert service.labels() == [photo.parent.name]


def push_until_killed(device: DemoDevice, wire: Wire) -> None:
    """Push through a relay that holds something back, and kill the device once it does."""
    with subprocess.Popen(
        [command("fedex-device"), "push"],
        env={**os.environ, **device.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as push:
        assert wire.something_held.wait(HOLD_TIMEOUT_S)
        push.send_signal(signal.SIGKILL)
