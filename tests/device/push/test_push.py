"""Uploads on their way: sealed once, sent until acknowledged, whatever is killed in between."""

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Response, request
from numpy.typing import NDArray

from contract.codecs import Codec
from contract.problems import PROBLEM_MEDIA_TYPE, Problem
from contract.routes import JSON_MEDIA_TYPE, Acknowledgement
from contract.self_test import Setup
from contract.upload import Upload, check_upload, decode_upload, upload_id
from contract.upload_header import UploadLimits
from device.answers import Ranked
from device.assembly import Device
from device.cache.feedback import NewFeedback, UnsealedFeedback
from device.cache.inferences import NewInference
from device.cache.setups import BundleSetup
from device.cache.uploads import UploadState
from device.errors import ProtocolViolation, Refused, Storage, TryLater, Unexplained, Unreachable, Unsendable
from device.feedback import give_feedback
from device.push import outbox as outbox_module
from device.push import sealing as sealing_module
from device.push.choice import Choice, choose
from device.push.outbox import Outbox, SyncStep
from device.push.sender import PushReport, push
from device.service.client import Client
from device.service.identity import Identity, keep_identity
from device.settings import Settings
from tests.device.photos import draw_photo
from tests.device.serving import TOKEN, StubService, refuse
from tests.device.tables import change, pass_self_tests, rows


@pytest.fixture
def identity(device: Device, service: StubService) -> Identity:
    """The device is enrolled."""
    identity = Identity(service.url, "d" * 16, TOKEN, "family", service.public_key)
    keep_identity(device.settings.home, identity)
    return identity


@pytest.fixture
def client(device: Device, identity: Identity) -> Client:
    return device.client(identity)


def give_labels(device: Device, labels: Sequence[str], *, origin: str = "", first_shade: int = 0) -> None:
    """Recognise as many photos as there are labels, and give each one label."""
    with device.recognizer() as recognizer, device.open_cache() as cache:
        for number, label in enumerate(labels):
            id_ = recognizer.infer(draw_photo(0, shade=first_shade + number))[0].id
            assert id_ is not None
            give_feedback(cache, id_, label=label, origin=origin, now_ms=0)
        pass_self_tests(cache.path)


def push_all(device: Device, client: Client, identity: Identity) -> PushReport:
    with device.open_cache() as cache:
        return push(device.outbox(cache, identity), client)


def received(service: StubService) -> list[Upload]:
    return [decode_upload(body) for _, _, body in service.uploads]


def samples(upload: Upload) -> list[tuple[bytes, int, str]]:
    rows = zip(upload.sample_ids, upload.revisions, upload.labels, strict=True)
    return [(id_.tobytes(), int(revision), label) for id_, revision, label in rows]


def test_feedback_arrives_with_its_feature_as_it_was_computed(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    give_labels(device, ["Ada", "Zoe"])
    report = push_all(device, client, identity)
    [(space, id_, body)] = service.uploads
    [upload] = received(service)
    assert (report.uploads, report.samples, report.size, report.problem) == (1, 2, len(body), None)
    assert space == upload.space == device.bundle().space
    assert id_ == upload_id(body)
    assert upload.labels == ("Ada", "Zoe")
    assert upload.self_test.setup.runtime.startswith("ai-edge-litert")
    with device.recognizer() as recognizer:
        feature = recognizer.recognise(draw_photo(0))[0].feature
    assert upload.features[0] == pytest.approx(feature, abs=0.1)  # int4: sixteen levels


def test_without_feedback_nothing_is_sent(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    with device.recognizer() as recognizer:
        recognizer.infer(draw_photo(0))
    assert push_all(device, client, identity) == PushReport()
    assert service.asked == []


def test_what_is_acknowledged_is_not_sent_again_and_takes_no_room(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    give_labels(device, ["Ada"])
    push_all(device, client, identity)
    assert push_all(device, client, identity) == PushReport()
    assert len(service.uploads) == 1
    with device.open_cache() as cache:
        assert rows(cache.path, "SELECT state, body FROM uploads") == [("acknowledged", None)]
        assert cache.uploads.count_acknowledged_samples() == 1
        assert cache.uploads.unfinished() == []


def test_the_same_photo_is_the_same_sample_and_later_feedback_has_a_higher_revision(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    give_labels(device, ["Ada"])
    push_all(device, client, identity)
    give_labels(device, ["Ben"])
    push_all(device, client, identity)
    [[(first, low, ada)], [(second, high, ben)]] = [samples(one) for one in received(service)]
    assert (first, ada, ben) == (second, "Ada", "Ben")
    assert high > low


def test_feedback_given_twice_on_one_photo_before_a_push_is_one_sample(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    give_labels(device, ["Ada"])
    give_labels(device, ["Ben"])
    report = push_all(device, client, identity)
    [upload] = received(service)
    assert report.samples == 1
    assert upload.labels == ("Ben",)
    assert push_all(device, client, identity) == PushReport()


def test_an_upload_holds_at_most_what_the_settings_allow(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    give_labels(device, ["Ada"] * 5)
    with device.open_cache() as cache:
        outbox = Outbox(
            cache, origin=identity.origin, device="d" * 16, codec=Codec.FLOAT32, max_samples=2, now_ms=lambda: 0
        )
        assert push(outbox, client).uploads == 3
    assert [one.count for one in received(service)] == [2, 2, 1]


def test_samples_that_would_pass_the_bound_go_in_several_uploads(
    device: Device, client: Client, identity: Identity, service: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Features of early layers are large: what passes the contract's bound is halved until it fits."""
    give_labels(device, ["Ada"] * 5)
    bound = UploadLimits(max_inflated_bytes=2 * 8 * 4)
    monkeypatch.setattr(sealing_module, "LIMITS", bound)
    assert push_all(device, client, identity).uploads == 3
    assert sum(one.count for one in received(service)) == 5


def whole(number: int, feature: NDArray[np.float32], *, runtime: str = "one 1") -> NewInference:
    """Make an inference on a whole photo, of its own for each number."""
    used = BundleSetup(Setup("fedex 1", runtime, "cpu, 1 thread", "Linux 6.1"), "b" * 64, 990_000)
    return NewInference(bytes([number] * 16), None, feature, [Ranked("Ada", 1.0)], False, 0, used, number)


def keep(device: Device, number: int, *, value: float = 1.0, label: str = "Ada") -> None:
    """Put into the cache what an earlier version may have: one inference of a constant feature, and its feedback."""
    new = whole(number, np.full(8, value, np.float32))
    with device.open_cache() as cache:
        id_ = cache.inferences.add(new, space_key=cache.inferences.space_key("a" * 64, (8,)))
        cache.feedback.add(NewFeedback(id_, label, True, "", 0))
        pass_self_tests(cache.path)


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ({"value": 1e9}, "inference 2: cannot be uploaded: features.*: expected .* 65"),
        ({"value": -65_530.0}, "inference 2: cannot be uploaded: features"),
        ({"value": 3e38}, "inference 2: cannot be uploaded: features"),
        ({"value": float("nan")}, "inference 2: cannot be uploaded: features.*: expected a finite number"),
        ({"label": "Unknown"}, "inference 2: cannot be uploaded: upload.labels: expected a label: another name"),
    ],
    ids=["beyond", "beyond-and-below", "far-beyond", "nan", "reserved"],
)
def test_a_sample_that_no_service_would_take_is_left_out_and_the_others_are_sent(
    device: Device,
    client: Client,
    identity: Identity,
    service: StubService,
    codec: Codec,
    bad: dict[str, Any],
    complaint: str,
) -> None:
    """It was sealed with the good ones, all of them were refused with it, and set aside."""
    keep(device, 1)
    keep(device, 2, **bad)
    keep(device, 3, label="Zoe")
    with device.open_cache() as cache:
        outbox = Outbox(cache, origin=identity.origin, device="d" * 16, codec=codec, max_samples=9, now_ms=lambda: 0)
        report = push(outbox, client)
        assert (report.uploads, report.samples, report.left_out) == (1, 2, 1)
        assert len(cache.feedback.unsealed(origin=identity.origin)) == 1
    assert isinstance(report.problem, Unsendable)
    assert re.search(complaint, str(report.problem))
    assert [one.labels for one in received(service)] == [("Ada", "Zoe")]
    for upload in received(service):
        check_upload(upload, space="a" * 64, feature_shape=(8,))


def test_right_feedback_takes_the_place_of_what_no_service_would_take(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    keep(device, 1, label="unknown")
    assert push_all(device, client, identity).left_out == 1
    with device.open_cache() as cache:
        cache.feedback.add(NewFeedback(1, "Zoe", False, identity.origin, 0))
    assert push_all(device, client, identity) == PushReport(uploads=1, samples=1, size=len(service.uploads[0][2]))
    assert [one.labels for one in received(service)] == [("Zoe",)]


def test_earlier_feedback_is_not_sent_in_place_of_what_is_left_out(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    """The later takes the earlier back, whatever else becomes of it."""
    keep(device, 1, label="Ada")
    with device.open_cache() as cache:
        cache.feedback.add(NewFeedback(1, "unknown", False, identity.origin, 0))
    keep(device, 2, label="Ben")
    assert push_all(device, client, identity).left_out == 1
    assert [one.labels for one in received(service)] == [("Ben",)]


def test_features_of_two_spaces_and_two_runtimes_are_never_in_one_upload(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    with device.open_cache() as cache:
        for number, (space, shape, runtime) in enumerate(
            [("a", (8,), "one 1"), ("b", (2, 2), "one 1"), ("a", (8,), "two 2"), ("a", (8,), "one 1")]
        ):
            feature = np.ones(shape, np.float32)
            new = whole(number, feature, runtime=runtime)
            id_ = cache.inferences.add(new, space_key=cache.inferences.space_key(space * 64, shape))
            cache.feedback.add(NewFeedback(id_, "Ada", True, "", 0))
        pass_self_tests(cache.path)
    assert push_all(device, client, identity).uploads == 3
    got = [
        (space[0], one.space[0], one.self_test.setup.runtime, one.count)
        for (space, _, _), one in zip(service.uploads, received(service), strict=True)
    ]
    assert got == [("a", "a", "one 1", 2), ("b", "b", "one 1", 1), ("a", "a", "two 2", 1)]


def test_feedback_given_in_another_group_is_never_sent(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    give_labels(device, ["Ada"], origin="others@0123456789abcdef")
    give_labels(device, ["Ben"], origin=identity.origin, first_shade=50)
    with device.open_cache() as cache:
        others = Outbox(
            cache, origin="others@0123456789abcdef", device="d" * 16, codec=Codec.INT4, max_samples=9, now_ms=lambda: 0
        )
        assert others.seal() is not None
    push_all(device, client, identity)
    assert [one.labels for one in received(service)] == [("Ben",)]


KILLED = """
import os, signal, sys
from device.assembly import Device
from device.settings import Settings
from device.push.sender import push
device = Device(Settings.from_environment(os.environ))
identity = device.identity()
with device.open_cache() as cache:
    def at(step):
        if step == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGKILL)
    push(device.outbox(cache, identity, at=at), device.client(identity))
"""


@pytest.mark.parametrize("step", list(SyncStep))
def test_killed_at_any_step_and_run_again_the_same_bytes_are_sent(
    device: Device,
    client: Client,
    identity: Identity,
    service: StubService,
    environment: dict[str, str],
    step: SyncStep,
) -> None:
    give_labels(device, ["Ada", "Ben", "Cleo"])
    killed = subprocess.run([sys.executable, "-c", KILLED, step], env=environment, capture_output=True, check=False)
    assert killed.returncode == -9, killed.stderr
    give_labels(device, ["Zoe"], first_shade=100)
    push_all(device, client, identity)
    by_id = {id_: body for _, id_, body in service.uploads}
    assert all(by_id[id_] == body for _, id_, body in service.uploads)
    assert all(upload_id(body) == id_ for id_, body in by_id.items())
    got = [row for body in by_id.values() for row in samples(decode_upload(body))]
    assert sorted(label for _, _, label in got) == ["Ada", "Ben", "Cleo", "Zoe"]
    assert len({id_ for id_, _, _ in got}) == 4
    assert push_all(device, client, identity) == PushReport()


@pytest.mark.parametrize("refused", [Problem.IMPOSSIBLE, Problem.WRONG_SPACE, Problem.MALFORMED])
def test_a_refused_upload_is_set_aside_and_blocks_no_other(
    device: Device, client: Client, identity: Identity, service: StubService, refused: Problem
) -> None:
    give_labels(device, ["Ada"])
    service.faults["/v1/spaces"] = lambda: refuse(refused)
    report = push_all(device, client, identity)
    assert report.refused == 1
    assert isinstance(report.problem, Refused)
    service.faults.clear()
    give_labels(device, ["Ben"], first_shade=50)
    assert push_all(device, client, identity).uploads == 1
    assert [one.labels for one in received(service)] == [("Ben",)]
    with device.open_cache() as cache:
        [kept] = cache.uploads.unfinished()
        assert kept.state is UploadState.REFUSED
        assert "expected this, got that" in str(kept.problem)
        device.outbox(cache, identity).retry_refused()
    assert push_all(device, client, identity).uploads == 1


def test_an_upload_that_was_damaged_on_its_way_is_sent_again(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    """Another hash says that other bytes arrived, and nothing against those that were sent."""
    give_labels(device, ["Ada"])
    service.faults["/v1/spaces"] = lambda: refuse(Problem.WRONG_HASH)
    report = push_all(device, client, identity)
    assert (report.refused, len(service.asked)) == (0, 1)
    assert isinstance(report.problem, TryLater)
    with device.open_cache() as cache:
        [kept] = cache.uploads.unfinished()
    assert kept.state is UploadState.WAITING
    assert "422" in str(kept.problem)
    service.faults.clear()
    assert push_all(device, client, identity).samples == 1
    assert [one.labels for one in received(service)] == [("Ada",)]


def test_an_upload_that_was_damaged_in_the_cache_is_set_aside_and_blocks_no_other(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    """The service would say each time that it got other bytes than the path names."""
    give_labels(device, ["Ada"])
    with device.open_cache() as cache:
        assert device.outbox(cache, identity).seal() is not None
        change(cache.path, "UPDATE uploads SET body = x'00'")
    give_labels(device, ["Ben"], first_shade=50)
    report = push_all(device, client, identity)
    assert (report.uploads, report.refused) == (1, 1)
    assert isinstance(report.problem, Storage)
    assert [one.labels for one in received(service)] == [("Ben",)]


def takes_at_most(most: int) -> Callable[[], Response | None]:
    """Refuse an upload of more samples than a bound below the contract's."""
    return lambda: refuse(Problem.TOO_LARGE) if decode_upload(request.get_data()).count > most else None


def test_an_upload_that_is_too_large_for_the_service_is_split_until_it_is_not(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    given = ["Ada", "Ben", "Cleo", "Zoe", "Ada", "Ben", "Cleo"]
    give_labels(device, given)
    service.faults["/v1/spaces"] = takes_at_most(2)
    report = push_all(device, client, identity)
    assert (report.samples, report.refused, report.problem) == (7, 0, None)
    rows = [row for one in received(service) for row in samples(one)]
    assert [label for _, _, label in rows] == given
    assert len({id_ for id_, _, _ in rows}) == 7
    with device.open_cache() as cache:
        assert cache.uploads.unfinished() == []
        assert cache.uploads.count_acknowledged_samples() == 7
    assert push_all(device, client, identity) == PushReport()


def test_what_was_inferred_since_does_not_push_out_what_may_still_be_split(
    device: Device, identity: Identity, service: StubService, environment: dict[str, str]
) -> None:
    """Features are kept until the service has them, as an upload may have to be made anew, smaller."""
    small = Device(Settings.from_environment(environment | {"FEDEX_MAX_UNFED": "1"}))
    give_labels(small, ["Ada", "Ben"])
    service.faults["/v1/spaces"] = lambda: refuse(Problem.UNAVAILABLE)
    push_all(small, small.client(identity), identity)
    with small.recognizer() as recognizer:
        for shade in range(9):
            recognizer.infer(draw_photo(1, shade=100 + shade))
    service.faults["/v1/spaces"] = takes_at_most(1)
    assert push_all(small, small.client(identity), identity).samples == 2
    with small.recognizer() as recognizer, small.open_cache() as cache:
        recognizer.infer(draw_photo(2))
        assert cache.inferences.count() == 1


def test_a_bare_413_splits_an_upload_and_sets_nothing_aside(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    """A proxy before the service may have a bound of its own; smaller uploads pass it, and one sample waits."""
    give_labels(device, ["Ada", "Ben", "Cleo"])
    service.faults["/v1/spaces"] = lambda: Response("too large", 413)
    report = push_all(device, client, identity)
    assert (report.uploads, report.refused) == (0, 0)
    assert isinstance(report.problem, Unexplained)
    service.faults["/v1/spaces"] = lambda: (
        Response("too large", 413) if decode_upload(request.get_data()).count > 2 else None
    )
    assert push_all(device, client, identity).samples == 3
    assert sum(one.count for one in received(service)) == 3


def test_one_sample_that_is_too_large_for_the_service_is_set_aside(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    give_labels(device, ["Ada", "Ben"])
    service.faults["/v1/spaces"] = takes_at_most(0)
    report = push_all(device, client, identity)
    assert (report.uploads, report.refused, len(service.asked)) == (0, 2, 3)
    with device.open_cache() as cache:
        assert [(one.samples, one.state) for one in cache.uploads.unfinished()] == [(1, UploadState.REFUSED)] * 2


def test_an_upload_whose_feedback_is_not_whole_is_set_aside_and_not_split(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    """Its body holds the only copy of what is gone."""
    give_labels(device, ["Ada", "Ben"])
    with device.open_cache() as cache:
        assert device.outbox(cache, identity).seal() is not None
        change(cache.path, "DELETE FROM inferences WHERE id = 1")
    service.faults["/v1/spaces"] = takes_at_most(1)
    assert push_all(device, client, identity).refused == 1
    with device.open_cache() as cache:
        assert [(one.samples, one.state) for one in cache.uploads.unfinished()] == [(2, UploadState.REFUSED)]


def test_what_another_process_has_got_acknowledged_is_not_split(
    device: Device, identity: Identity, service: StubService
) -> None:
    give_labels(device, ["Ada", "Ben"])
    with device.open_cache() as cache:
        outbox = device.outbox(cache, identity)
        sealed = outbox.seal()
        assert sealed is not None
        outbox.acknowledge(sealed.id)
        assert not outbox.split(sealed)
        assert outbox.seal() is None
        assert cache.uploads.count_acknowledged_samples() == 2


@pytest.mark.parametrize("problem", [Problem.UNAUTHENTICATED, Problem.FORBIDDEN, Problem.UNKNOWN_SPACE])
def test_a_refusal_that_is_not_the_uploads_fault_keeps_it_waiting(
    device: Device, client: Client, identity: Identity, service: StubService, problem: Problem
) -> None:
    give_labels(device, ["Ada"])
    service.faults["/v1/spaces"] = lambda: refuse(problem)
    assert isinstance(push_all(device, client, identity).problem, Refused)
    service.faults.clear()
    assert push_all(device, client, identity).uploads == 1


def test_an_unknown_space_does_not_block_the_others(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    with device.open_cache() as cache:
        new = whole(0, np.ones(4, np.float32))
        id_ = cache.inferences.add(new, space_key=cache.inferences.space_key("e" * 64, (4,)))
        cache.feedback.add(NewFeedback(id_, "Ada", True, "", 0))
    give_labels(device, ["Ben"])
    service.faults["/v1/spaces/e"] = lambda: refuse(Problem.UNKNOWN_SPACE)
    report = push_all(device, client, identity)
    assert (report.uploads, report.refused) == (1, 0)
    assert isinstance(report.problem, Refused)
    with device.open_cache() as cache:
        assert [one.state for one in cache.uploads.unfinished()] == [UploadState.WAITING]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (lambda: refuse(Problem.UNAVAILABLE, {"Retry-After": "7"}), TryLater),
        (lambda: refuse(Problem.TOO_MANY_REQUESTS), TryLater),
        (lambda: refuse(Problem.INTERNAL), TryLater),
        (lambda: Response("<h1>hello</h1>"), ProtocolViolation),
        (lambda: Response(b"", 201), ProtocolViolation),
        (lambda: Response(b"{}", 200, mimetype=JSON_MEDIA_TYPE), ProtocolViolation),
        (lambda: Response(Acknowledgement("c" * 64).encode(), 201, mimetype=JSON_MEDIA_TYPE), ProtocolViolation),
        *[(lambda status=status: Response("no", status), Unexplained) for status in (400, 401, 403, 404, 409, 422)],
        (lambda: Response(refuse(Problem.IMPOSSIBLE).data, 422, mimetype=JSON_MEDIA_TYPE), Unexplained),
        (lambda: Response(refuse(Problem.IMPOSSIBLE).data, 400, mimetype=PROBLEM_MEDIA_TYPE), Unexplained),
    ],
)
def test_a_service_in_trouble_stops_the_push_and_loses_nothing(
    device: Device,
    client: Client,
    identity: Identity,
    service: StubService,
    fault: Callable[[], object],
    error: type[Exception],
) -> None:
    """Any 200 acknowledged once, and any 422 set aside, a portal's too; those samples were never sent again."""
    give_labels(device, ["Ada"])
    service.faults["/v1/spaces"] = fault  # type: ignore[assignment]  # a Response
    report = push_all(device, client, identity)
    assert isinstance(report.problem, error)
    assert (report.uploads, report.refused) == (0, 0)
    give_labels(device, ["Ben"], first_shade=50)
    assert push_all(device, client, identity).uploads == 0
    assert len(service.asked) == 2
    service.faults.clear()
    assert push_all(device, client, identity).samples == 2


def test_an_unreachable_service_stops_the_push_and_loses_nothing(
    device: Device, identity: Identity, service: StubService
) -> None:
    give_labels(device, ["Ada"])
    closed = Client("http://127.0.0.1:9", token=TOKEN)
    assert isinstance(push_all(device, closed, identity).problem, Unreachable)
    assert push_all(device, device.client(identity), identity).uploads == 1


def test_two_pushes_at_once_send_every_sample_in_one_upload_only(
    device: Device, client: Client, identity: Identity, service: StubService
) -> None:
    """The second one seals between the choice of the first and its transaction; the first chooses anew."""
    give_labels(device, ["Ada", "Ben"])
    with device.open_cache() as cache, device.open_cache() as other_cache:
        other = device.outbox(other_cache, identity)
        seals: list[object] = []

        def overtake(step: SyncStep) -> None:
            if step is SyncStep.CHOSEN and not seals:
                seals.append(other.seal())

        assert device.outbox(cache, identity, at=overtake).seal() is None
        assert len(seals) == 1
    push_all(device, client, identity)
    assert [one.count for one in received(service)] == [2]


def test_what_is_sealed_sent_and_gone_while_it_is_chosen_is_chosen_anew(
    device: Device, client: Client, identity: Identity, service: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the choice and the reading of its features another process pushes, and inferences take their place."""
    give_labels(device, ["Ada"])

    def overtaken(waiting: Sequence[UnsealedFeedback], *, max_samples: int) -> Choice | None:
        choice = choose(waiting, max_samples=max_samples)
        change(device.cache_path, "DELETE FROM inferences")
        return choice

    monkeypatch.setattr(outbox_module, "choose", overtaken)
    assert push_all(device, client, identity) == PushReport()


def test_an_inference_is_stored_while_an_upload_is_being_encoded(
    device: Device, identity: Identity, service: StubService, tmp_path: Path
) -> None:
    give_labels(device, ["Ada"])
    ids: list[int | None] = []
    with device.recognizer() as recognizer, device.open_cache() as cache:

        def infer(step: SyncStep) -> None:
            ids.append(recognizer.infer(draw_photo(1))[0].id)

        device.outbox(cache, identity, at=infer).seal()
    assert None not in ids
    assert len(ids) == 2
