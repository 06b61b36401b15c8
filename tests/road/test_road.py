"""One photo travels the whole road: real gunicorn, worker, TFLite, both stores; a flat cut and one with a deep head."""

from itertools import chain

import pytest

from demo.cast import Person
from demo.devices import DemoDevice
from demo.errors import DiedEarly
from demo.together import together
from tests.road.conftest import Deploy
from tests.road.deployment import NEVER, correct, count_right, never_uploaded, uploads
from tests.road.wire import tapped

RUNTIMES = ("ai-edge-litert", "tflite-runtime")


@pytest.mark.parametrize(
    ("cut", "store"),
    [("freeze6", "directory"), ("freeze6", "minio"), ("freeze4", "directory")],
    indirect=["store"],
)
def test_what_two_devices_correct_comes_back_as_a_head_that_knows_new_people(
    cut: str, people: tuple[Person, ...], deploy: Deploy
) -> None:
    """One device runs ai-edge-litert, the other tflite-runtime; each sees every second person."""
    service = deploy(cut, min_new=len(uploads(people)))
    devices = [service.device(runtime, FEDEX_RUNTIME=runtime) for runtime in RUNTIMES]
    hands = list(zip(devices, (people[0::2], people[1::2]), strict=True))
    new = [person for person in people if person.is_new]
    together(DemoDevice.enrol, devices, processes=service.processes)

    before = together(lambda hand: hand[0].recognise(never_uploaded(hand[1])), hands, processes=service.processes)
    together(lambda hand: correct(hand[0], uploads(hand[1])), hands, processes=service.processes)
    pushed = together(DemoDevice.push, devices, processes=service.processes)
    service.wait_for_head(devices[0])
    serials = together(DemoDevice.pull, devices, processes=service.processes)
    after = together(lambda hand: hand[0].recognise(never_uploaded(hand[1])), hands, processes=service.processes)

    assert [one.samples for one in pushed] == [len(uploads(hand)) for _, hand in hands]
    assert serials == [1, 1]
    assert {one.head for one in chain(*before)} == {0}
    assert {one.head for one in chain(*after)} == {1}
    assert count_right(chain(*before), new) == 0
    assert count_right(chain(*after), new) >= len(never_uploaded(new)) / 2
    assert count_right(chain(*after), people) > count_right(chain(*before), people)
    assert len(service.dataset()) == len(uploads(people))
    assert sorted(service.dataset().labels) == sorted(person.name for person in people)


@pytest.mark.parametrize("store", ["directory"], indirect=True)
def test_a_head_that_is_unchanged_is_not_sent_again(people: tuple[Person, ...], deploy: Deploy) -> None:
    service = deploy("freeze6", min_new=len(uploads(people)))
    with tapped("127.0.0.1", service.service.port) as wire:
        device = service.device("device", url=wire.url)
        device.enrol()
        correct(device, uploads(people))
        device.push()
        service.wait_for_head(device)
        wire.replied.clear()
        assert device.pull() == 1
    assert wire.replied.startswith(b"HTTP/1.1 304 ")
    assert len(wire.replied) < 1000


@pytest.mark.parametrize("store", ["directory"], indirect=True)
def test_a_device_without_the_code_gets_nothing(people: tuple[Person, ...], deploy: Deploy) -> None:
    service = deploy("freeze6", min_new=NEVER)
    device = service.device("stranger", FEDEX_ENROLMENT_CODE="not-the-code")
    with pytest.raises(DiedEarly, match=r"stranger: .* got exit status 1"):
        device.enrol()
