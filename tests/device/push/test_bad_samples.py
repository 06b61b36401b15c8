"""One bad sample costs itself: the service names it, the device sets it aside, and the others arrive at once."""

from collections.abc import Callable

import pytest
from flask import Response, request

from contract.problems import Problem
from contract.upload import Upload, decode_upload
from device.assembly import Device
from device.cache.uploads import UploadState
from device.errors import Refused
from device.feedback import give_feedback
from device.push.sender import PushReport, push
from device.service.identity import Identity, keep_identity
from tests.device.photos import draw_photo
from tests.device.serving import TOKEN, StubService, refuse
from tests.device.tables import pass_self_tests

NAMES = ["Ada", "Bad", "Cleo", "Bad", "Zoe"]


@pytest.fixture
def identity(device: Device, service: StubService) -> Identity:
    """The device is enrolled, and a sample for each of `NAMES` waits."""
    identity = Identity(service.url, "d" * 16, TOKEN, "family", service.public_key)
    keep_identity(device.settings.home, identity)
    give(device, NAMES)
    return identity


def give(device: Device, labels: list[str]) -> None:
    with device.recognizer() as recognizer, device.open_cache() as cache:
        for shade, label in enumerate(labels):
            id_ = recognizer.infer(draw_photo(0, shade=shade))[0].id
            assert id_ is not None
            give_feedback(cache, id_, label=label, origin="", now_ms=0)
        pass_self_tests(cache.path)


def push_all(device: Device, identity: Identity, *, again: bool = False) -> PushReport:
    with device.open_cache() as cache:
        outbox = device.outbox(cache, identity)
        if again:
            outbox.retry_refused()
        return push(outbox, device.client(identity))


def refuse_label(label: str, problem: Problem = Problem.IMPOSSIBLE) -> Callable[[], Response | None]:
    """Refuse what a service with other rules for labels refuses, as it does."""

    def fault() -> Response | None:
        labels = decode_upload(request.get_data()).labels
        places = tuple(place for place, one in enumerate(labels) if one == label)
        return refuse(problem, samples=places) if places else None

    return fault


def received(service: StubService) -> list[Upload]:
    return [decode_upload(body) for _, _, body in service.uploads]


def kept(device: Device) -> list[tuple[int, UploadState]]:
    with device.open_cache() as cache:
        return [(one.samples, one.state) for one in cache.uploads.unfinished()]


@pytest.mark.parametrize("problem", [Problem.IMPOSSIBLE, Problem.TOO_LARGE, Problem.MALFORMED])
def test_the_others_arrive_together_in_the_next_round(
    device: Device, identity: Identity, service: StubService, problem: Problem
) -> None:
    """A label of 65 code points once split 256 samples into uploads of one, in eight rounds."""
    service.faults["/v1/spaces"] = refuse_label("Bad", problem)
    report = push_all(device, identity)
    assert (report.uploads, report.samples, report.refused) == (1, 3, 1)
    assert isinstance(report.problem, Refused)
    assert [one.labels for one in received(service)] == [("Ada", "Cleo", "Zoe")]
    assert service.asked.count(f"PUT {service_path(service)}") == 1
    assert len(service.asked) == 2
    assert kept(device) == [(2, UploadState.REFUSED)]


def service_path(service: StubService) -> str:
    [(space, upload, _)] = service.uploads
    return f"/v1/spaces/{space}/uploads/{upload}"


def test_what_is_set_aside_is_sent_again_only_when_asked(
    device: Device, identity: Identity, service: StubService
) -> None:
    service.faults["/v1/spaces"] = refuse_label("Bad")
    push_all(device, identity)
    assert push_all(device, identity) == PushReport()
    service.faults.clear()
    assert push_all(device, identity, again=True).samples == 2
    assert [one.labels for one in received(service)] == [("Ada", "Cleo", "Zoe"), ("Bad", "Bad")]
    assert kept(device) == []


def test_an_upload_all_of_whose_samples_are_bad_is_set_aside_as_it_is(
    device: Device, identity: Identity, service: StubService
) -> None:
    service.faults["/v1/spaces"] = lambda: refuse(Problem.IMPOSSIBLE, samples=(0, 1, 2, 3, 4))
    assert (push_all(device, identity).refused, len(service.asked)) == (1, 1)
    assert kept(device) == [(5, UploadState.REFUSED)]


def test_places_that_the_upload_does_not_have_set_it_aside(
    device: Device, identity: Identity, service: StubService
) -> None:
    """A service that is wrong must not keep a device busy for ever."""
    service.faults["/v1/spaces"] = lambda: refuse(Problem.IMPOSSIBLE, samples=(5, 200))
    assert (push_all(device, identity).refused, len(service.asked)) == (1, 1)


def test_a_service_that_names_one_sample_at_a_time_ends(
    device: Device, identity: Identity, service: StubService
) -> None:
    service.faults["/v1/spaces"] = lambda: refuse(Problem.IMPOSSIBLE, samples=(0,))
    assert push_all(device, identity).refused == 5
    assert kept(device) == [(1, UploadState.REFUSED)] * 5


def test_feedback_that_puts_a_bad_sample_right_is_sent_with_the_others(
    device: Device, identity: Identity, service: StubService
) -> None:
    with device.open_cache() as cache:
        assert device.outbox(cache, identity).seal() is not None
    give(device, ["Ada", "Ben"])  # the second sample gets another label
    service.faults["/v1/spaces"] = refuse_label("Bad")
    assert push_all(device, identity).refused == 1
    assert [one.labels for one in received(service)] == [("Cleo", "Zoe", "Ada", "Ben")]
    assert kept(device) == [(1, UploadState.REFUSED)]
