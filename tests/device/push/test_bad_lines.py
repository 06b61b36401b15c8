"""Uploads get through lines that are slow and break: small, split, asked for, and sealed anew when they are old."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Response, request

from contract.codecs import Codec
from contract.problems import Problem
from contract.upload import Upload, decode_upload
from device.assembly import Device
from device.errors import CutOff, Unreachable
from device.feedback import give_feedback
from device.push.outbox import SEALED_FOR_S, Outbox
from device.push.sender import PushReport, push
from device.service.client import Client
from device.service.identity import Identity, keep_identity
from device.settings import Settings
from tests.device.photos import draw_photo
from tests.device.serving import TOKEN, StubService, refuse
from tests.device.tables import change, pass_self_tests, rows

NAMES = ["Ada", "Ben", "Cleo", "Dan", "Eve", "Flo", "Gus", "Hal"]


@pytest.fixture
def identity(device: Device, service: StubService) -> Identity:
    """The device is enrolled, and a sample for each of `NAMES` waits."""
    identity = Identity(service.url, "d" * 16, TOKEN, "family", service.public_key)
    keep_identity(device.settings.home, identity)
    with device.recognizer() as recognizer, device.open_cache() as cache:
        for shade, label in enumerate(NAMES):
            id_ = recognizer.infer(draw_photo(0, shade=shade))[0].id
            assert id_ is not None
            give_feedback(cache, id_, label=label, origin="", now_ms=0)
        pass_self_tests(cache.path)
    return identity


def push_all(device: Device, identity: Identity, client: Client | None = None) -> PushReport:
    with device.open_cache() as cache:
        return push(device.outbox(cache, identity), client or device.client(identity))


def received(service: StubService) -> list[Upload]:
    return [decode_upload(body) for _, _, body in service.uploads]


@contextmanager
def breaking_line(service: StubService, *, most: int) -> Iterator[str]:
    """A relay to the service that breaks in the middle of each body of more than `most` bytes."""
    upstream = int(service.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_relay_all, args=(listener, upstream, most), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def _relay_all(listener: socket.socket, upstream: int, most: int) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_relay, args=(client, upstream, most), daemon=True).start()


def _relay(client: socket.socket, upstream: int, most: int) -> None:
    with client, client.makefile("rb") as said, socket.create_connection(("127.0.0.1", upstream)) as service:
        threading.Thread(target=_pump_back, args=(service, client), daemon=True).start()
        while True:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                byte = said.read(1)
                if not byte:
                    return
                head += byte
            length = re.search(rb"Content-Length: (\d+)", head)
            size = int(length[1]) if length else 0
            service.sendall(head + said.read(size if size <= most else size // 2))
            if size > most:
                return


def _pump_back(service: socket.socket, client: socket.socket) -> None:
    try:
        while data := service.recv(4096):
            client.sendall(data)
    except OSError:
        pass


def test_an_upload_keeps_to_the_bytes_of_the_settings(
    identity: Identity, service: StubService, environment: dict[str, str]
) -> None:
    small = Device(Settings.from_environment(environment | {"FEDEX_UPLOAD_BYTES": "600", "FEDEX_CODEC": "float32"}))
    report = push_all(small, identity)
    assert report.samples == len(NAMES)
    assert report.uploads > 1
    assert all(len(body) <= 600 for _, _, body in service.uploads)
    assert [label for one in received(service) for label in one.labels] == NAMES


def test_a_single_sample_may_be_larger(identity: Identity, service: StubService, environment: dict[str, str]) -> None:
    tiny = Device(Settings.from_environment(environment | {"FEDEX_UPLOAD_BYTES": "1"}))
    assert push_all(tiny, identity).uploads == len(NAMES)


def test_by_default_an_upload_passes_in_two_minutes_of_one_kib_a_second() -> None:
    assert Settings().upload_bytes == 128 << 10


def test_where_the_line_breaks_in_the_middle_smaller_uploads_get_through(
    device: Device, identity: Identity, service: StubService
) -> None:
    with device.open_cache() as cache:
        whole = device.outbox(cache, identity).seal()
    assert whole is not None
    with breaking_line(service, most=len(whole.body) - 1) as url:
        client = Client(url, token=TOKEN, timeout_s=5)
        report = push_all(device, identity, client)
    assert (report.samples, report.problem) == (len(NAMES), None)
    assert report.uploads > 1
    ids = [id_.tobytes() for one in received(service) for id_ in one.sample_ids]
    assert len(ids) == len(set(ids)) == len(NAMES)
    assert any(one.startswith("HEAD ") for one in service.asked)


def test_an_upload_whose_answer_was_lost_is_not_sent_again(
    device: Device, identity: Identity, service: StubService
) -> None:
    """The service got it and the connection broke: its answer to HEAD is the acknowledgement."""
    client = device.client(identity)
    send = client.upload

    def lose_the_answer(body: bytes, *, space: str, upload: str) -> None:
        send(body, space=space, upload=upload)
        raise CutOff("the connection broke")

    client.upload = lose_the_answer  # type: ignore[method-assign]  # the fault, after the body is there
    report = push_all(device, identity, client)
    assert (report.uploads, report.samples, report.problem) == (1, len(NAMES), None)
    assert [one.split()[0] for one in service.asked] == ["PUT", "HEAD"]


def test_while_the_service_cannot_be_asked_an_upload_stays_as_it_is(
    device: Device, identity: Identity, service: StubService
) -> None:
    client = device.client(identity)

    def cut_off(body: bytes, *, space: str, upload: str) -> None:
        raise CutOff("the connection broke")

    def ask_in_vain(*, space: str, upload: str) -> bool:
        raise Unreachable("no network")

    client.upload = cut_off  # type: ignore[method-assign]  # the fault
    client.has_upload = ask_in_vain  # type: ignore[method-assign]  # the fault
    report = push_all(device, identity, client)
    assert isinstance(report.problem, Unreachable)
    with device.open_cache() as cache:
        assert [one.samples for one in cache.uploads.unfinished()] == [len(NAMES)]


def test_a_single_sample_that_is_cut_off_waits(device: Device, identity: Identity, service: StubService) -> None:
    client = device.client(identity)

    def cut_off(body: bytes, *, space: str, upload: str) -> None:
        raise CutOff("the connection broke")

    client.upload = cut_off  # type: ignore[method-assign]  # the fault
    report = push_all(device, identity, client)
    assert isinstance(report.problem, CutOff)
    assert report.uploads == 0
    with device.open_cache() as cache:
        assert [one.samples for one in cache.uploads.unfinished()] == [1]
    assert push_all(device, identity).samples == len(NAMES)


def test_what_was_sealed_long_ago_is_sealed_as_it_is_done_now(
    device: Device, identity: Identity, service: StubService
) -> None:
    service.faults["/v1/spaces"] = lambda: refuse(Problem.UNAVAILABLE)
    push_all(device, identity)
    service.faults.clear()
    with device.open_cache() as cache:
        [(old,)] = rows(cache.path, "SELECT id FROM uploads")
        change(cache.path, f"UPDATE uploads SET sealed_ms = sealed_ms - {1000 * SEALED_FOR_S + 1000}")
        outbox = Outbox(
            cache,
            origin=identity.origin,
            device=identity.device,
            codec=Codec.FLOAT16,
            max_samples=3,
            now_ms=lambda: int(1000 * time.time()),
        )
        report = push(outbox, device.client(identity))
    assert (report.uploads, report.samples) == (3, len(NAMES))
    assert old not in [upload for _, upload, _ in service.uploads]
    with device.open_cache() as cache:
        assert cache.uploads.unfinished() == []
        assert cache.uploads.count_acknowledged_samples() == len(NAMES)


def test_what_was_sealed_lately_is_sent_as_it_is(device: Device, identity: Identity, service: StubService) -> None:
    service.faults["/v1/spaces"] = lambda: refuse(Problem.UNAVAILABLE)
    push_all(device, identity)
    service.faults.clear()
    with device.open_cache() as cache:
        [(old,)] = rows(cache.path, "SELECT id FROM uploads")
        change(cache.path, f"UPDATE uploads SET sealed_ms = sealed_ms - {1000 * SEALED_FOR_S - 100_000}")
    push_all(device, identity)
    assert [upload for _, upload, _ in service.uploads] == [old]


def test_what_is_old_and_not_all_here_is_sent_as_it_is(
    device: Device, identity: Identity, service: StubService
) -> None:
    with device.open_cache() as cache:
        sealed = device.outbox(cache, identity).seal()
        assert sealed is not None
        change(cache.path, "UPDATE uploads SET sealed_ms = 0")
        change(cache.path, "DELETE FROM inferences WHERE id = 1")
    push_all(device, identity)
    assert [upload for _, upload, _ in service.uploads] == [sealed.id]


def test_a_clock_that_was_wrong_seals_anew_once(device: Device, identity: Identity, service: StubService) -> None:
    with device.open_cache() as cache:
        assert device.outbox(cache, identity).seal() is not None
        change(cache.path, "UPDATE uploads SET sealed_ms = 0")  # 1970
    assert push_all(device, identity).samples == len(NAMES)
    assert push_all(device, identity) == PushReport()


def answer_503() -> Response | None:
    return refuse(Problem.UNAVAILABLE) if request.method == "PUT" else None


def test_a_service_that_says_later_splits_nothing(device: Device, identity: Identity, service: StubService) -> None:
    service.faults["/v1/spaces"] = answer_503
    push_all(device, identity)
    with device.open_cache() as cache:
        assert [one.samples for one in cache.uploads.unfinished()] == [len(NAMES)]
