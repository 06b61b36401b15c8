"""A release that stands is renewed by the running worker, and the devices that have its head download nothing."""

import pytest

from demo.roles import Person
from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployment import RELEASE_TIMEOUT_S, TEST_TIMEOUT_S, correct, uploads
from tests.end_to_end.wire import tapped

OBJECTS = b"GET /v1/objects/"
pytestmark = pytest.mark.timeout(TEST_TIMEOUT_S)


def test_a_release_is_renewed_with_nothing_new_uploaded(people: tuple[Person, ...], deploy: Deploy) -> None:
    photos = uploads(people)
    service = deploy("freeze6", min_new=len(photos), FEDEX_MANIFEST_LIFE_S="10")
    with tapped("127.0.0.1", service.service.port) as wire:
        device = service.device("device", url=wire.url)
        device.enrol()
        correct(device, photos)
        device.push()
        service.wait_for_head(device)
        first, downloads = device.pull(), wire.sent.count(OBJECTS)
        service.processes.wait_until(
            lambda: device.pull() >= first + 2, what="two renewals", timeout_s=RELEASE_TIMEOUT_S, every_s=1.0
        )
        assert wire.sent.count(OBJECTS) == downloads > 0
