"""A device whose photos are resized as plain bilinear filters do: it answers, uploads nothing, and says so."""

import json
import sys
from typing import Any

import pytest

from demo.errors import DiedEarly
from demo.roles import Person
from demo.running.commands import command
from demo.running.devices import DemoDevice
from demo.running.processes import CALL_TIMEOUT_S
from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployment import NEVER, TEST_TIMEOUT_S, correct, recognise, uploads

pytestmark = pytest.mark.timeout(TEST_TIMEOUT_S)

WITHOUT_ANTIALIASING = """
from PIL import Image

def resize(self, size, resample=None, box=None, reducing_gap=None):
    left, top, right, bottom = box or (0, 0, *self.size)
    matrix = ((right - left) / size[0], 0, left, 0, (bottom - top) / size[1], top)
    return self.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)

Image.Image.resize = resize
from device.cli import main
main()
"""


class DamagedDevice(DemoDevice):
    """A device whose every command resizes photos by four neighbours alone."""

    def _call(self, what: str, *arguments: str) -> list[dict[str, Any]]:
        program = [sys.executable, "-c", WITHOUT_ANTIALIASING, what, "--json", *arguments]
        output = self.processes.call(self.name, program, environment=self.environment, timeout_s=CALL_TIMEOUT_S)
        return [json.loads(line) for line in output.splitlines()]


def test_a_device_without_antialiasing_uploads_nothing_and_says_so_and_others_are_served(
    deploy: Deploy, people: tuple[Person, ...]
) -> None:
    """Its features were at cosine 0.63 to 0.83 to the right ones, passed every check, and poisoned its group."""
    service = deploy("freeze6", min_new=NEVER)
    healthy = service.device("healthy")
    damaged = DamagedDevice(
        "damaged", service.folder / "damaged", healthy.bundle, healthy.url, healthy.code, service.processes
    )
    photos = uploads(people)[:2]
    for device in (damaged, healthy):
        device.enrol()
        assert len(correct(device, photos)) == len(photos)
    with pytest.raises(DiedEarly, match=r"2 samples are kept back: self-test failed: expected a cosine of 0\.9"):
        damaged.push()
    assert len(recognise(damaged, photos)) == len(photos)
    assert healthy.push().samples == len(photos)
    service.wait_until_merged(len(photos))
    service.wait_until_nothing_waits()
    assert service.merged_rows() == len(photos)
    environment = service.store
    shown = service.processes.call(
        "devices", [command("fedex-cloud"), "devices", "self-tests"], environment=environment, timeout_s=60
    )
    [pool, one] = shown.splitlines()
    assert pool.startswith("pool ")
    assert ": self-test 0.99" in one or ": self-test 1.0" in one
    assert one.endswith(", 1 upload")
