"""What a client does about each problem of the contract: a row for each, held to the table of the specification."""

import re
from pathlib import Path

import pytest
from flask import request

import contract
from contract.files import FileRef, sha256_hex
from contract.problems import Problem
from contract.upload import decode_upload
from device.advice import advice
from device.assembly import Device
from device.cache.uploads import UploadState
from device.errors import Refused, TryLater
from device.feedback import give_feedback
from device.pull.download import Downloader
from device.pull.updater import PullOutcome
from device.push.reactions import Reaction, react
from device.push.sender import PushReport, push
from device.service.identity import Identity, keep_identity
from tests.device.photos import draw_photo
from tests.device.serving import StubService, refuse
from tests.device.tables import pass_self_tests

SPECIFICATION = Path(contract.__file__).with_name("SPEC.md")
WAITS, ASIDE = UploadState.WAITING, UploadState.REFUSED

ROW = r"^\| `([a-z-]+)` \| \d{3} \| [^|]* \| ([^|]*) \| ([^|]*) \|$"
FATES = {
    Reaction.SET_ASIDE: "is set aside",
    Reaction.SPLIT: "is split",
    Reaction.NOTE_AND_GO_ON: "waits, others go on",
    Reaction.NOTE_AND_STOP: "waits, as do all others",
}

OF_UPLOADS = [
    (Problem.MALFORMED, "reports a bug", Refused, ASIDE, "bug"),
    (Problem.UNSUPPORTED_VERSION, "asks for an update of itself", Refused, ASIDE, "update"),
    (Problem.UNAUTHENTICATED, "waits until somebody enrols it again, with a code", Refused, WAITS, "enrol"),
    (Problem.FORBIDDEN, "asks its operator", Refused, WAITS, "operator"),
    (Problem.UNKNOWN_SPACE, "keeps its samples, asks its operator", Refused, WAITS, "operator"),
    (Problem.UNKNOWN_PATH, "keeps its samples, asks its operator", Refused, WAITS, "FEDEX_URL"),
    (Problem.NOT_ACCEPTABLE, "asks for an update of itself", Refused, WAITS, "update"),
    (Problem.RETIRED_SPACE, "asks for the list of [spaces](#spaces), keeps its samples", Refused, WAITS, "bundle"),
    (Problem.METHOD_NOT_ALLOWED, "reports a bug", Refused, WAITS, "bug"),
    (Problem.LENGTH_REQUIRED, "reports a bug", Refused, WAITS, "bug"),
    (Problem.UNSUPPORTED_MEDIA_TYPE, "reports a bug", Refused, WAITS, "bug"),
    (Problem.IMPOSSIBLE, "reports a bug", Refused, ASIDE, "bug"),
    (Problem.WRONG_HASH, "sends again", TryLater, WAITS, ""),
    (Problem.WRONG_SPACE, "reports a bug", Refused, ASIDE, "bug"),
    (Problem.SELF_TEST_FAILED, "asks for an update of itself", Refused, ASIDE, "update this program"),
    (Problem.TOO_MANY_REQUESTS, "waits", TryLater, WAITS, ""),
    (Problem.INTERNAL, "waits", TryLater, WAITS, ""),
    (Problem.UNAVAILABLE, "waits", TryLater, WAITS, ""),
]
OF_OTHERS = [
    (Problem.NOT_FOUND, "carries on without"),
    (Problem.TOO_LARGE, "sends less at once"),
    (Problem.RANGE_NOT_SATISFIABLE, "fetches from the start"),
]


@pytest.fixture
def identity(device: Device, service: StubService) -> Identity:
    """The device is enrolled, and two samples wait."""
    identity = Identity(service.url, service.device, service.token, service.group, service.public_key)
    keep_identity(device.settings.home, identity)
    with device.recognizer() as recognizer, device.open_cache() as cache:
        for shade in range(2):
            id_ = recognizer.infer(draw_photo(0, shade=shade))[0].id
            assert id_ is not None
            give_feedback(cache, id_, label="Ada", origin="", now_ms=0)
        pass_self_tests(cache.path)
    return identity


def push_all(device: Device, identity: Identity) -> PushReport:
    with device.open_cache() as cache:
        return push(device.outbox(cache, identity), device.client(identity))


def test_the_specification_says_the_same_of_each_problem() -> None:
    rows = re.findall(ROW, SPECIFICATION.read_text("utf-8"), re.M)
    assert sorted((f"urn:fedex:problem:{name}", does) for name, does, _ in rows) == sorted(
        (str(problem), does) for problem, does, *_ in [*OF_UPLOADS, *OF_OTHERS]
    )
    for name, _, upload in rows:
        problem = Problem(f"urn:fedex:problem:{name}")
        refused = Refused("no", status=problem.status, problem=problem)
        assert upload == FATES[react(refused, can_split=True)], name
    assert {problem for problem, *_ in [*OF_UPLOADS, *OF_OTHERS]} == set(Problem)


@pytest.mark.parametrize(
    ("problem", "does", "error", "state", "advised"), OF_UPLOADS, ids=[problem.summary for problem, *_ in OF_UPLOADS]
)
def test_what_a_client_does_about_an_upload_that_meets_a_problem(
    device: Device,
    identity: Identity,
    service: StubService,
    problem: Problem,
    does: str,
    error: type[Exception],
    state: UploadState,
    advised: str,
) -> None:
    service.faults["/v1/spaces"] = lambda: refuse(problem)
    report = push_all(device, identity)
    assert type(report.problem) is error
    assert advised in advice(report.problem)
    assert bool(advised) == bool(advice(report.problem))
    with device.open_cache() as cache:
        assert [(one.samples, one.state) for one in cache.uploads.unfinished()] == [(2, state)]
    service.faults.clear()
    assert push_all(device, identity).samples == (2 if state is WAITS else 0)


def test_without_a_release_a_client_carries_on(device: Device, identity: Identity, service: StubService) -> None:
    service.faults["/v1/spaces"] = lambda: refuse(Problem.NOT_FOUND)
    assert device.updater(device.client(identity), identity).pull().outcome is PullOutcome.NO_RELEASE


def test_a_path_that_is_not_there_is_never_taken_for_a_release_that_is_not_there(
    device: Device, identity: Identity, service: StubService
) -> None:
    """A FEDEX_URL with a path too many was told as "no release yet", for ever."""
    service.faults["/v1/spaces"] = lambda: refuse(Problem.UNKNOWN_PATH)
    with pytest.raises(Refused) as refused:
        device.updater(device.client(identity), identity).pull()
    assert refused.value.problem is Problem.UNKNOWN_PATH


def test_a_path_that_is_not_there_says_nothing_of_the_token(
    device: Device, identity: Identity, service: StubService
) -> None:
    """Any 404 once counted as "the token is known here"; `enrol` then kept the wrong address."""
    service.faults["/v1/objects"] = lambda: refuse(Problem.UNKNOWN_PATH)
    with pytest.raises(Refused):
        device.client(identity).is_known()


def test_an_upload_that_is_too_large_is_split(device: Device, identity: Identity, service: StubService) -> None:
    service.faults["/v1/spaces"] = lambda: (
        refuse(Problem.TOO_LARGE) if decode_upload(request.get_data()).count > 1 else None
    )
    report = push_all(device, identity)
    assert (report.uploads, report.samples, report.problem) == (2, 2, None)


def test_a_range_behind_the_end_is_fetched_from_the_start(
    device: Device, identity: Identity, service: StubService
) -> None:
    content = bytes(range(100))
    service.objects[sha256_hex(content)] = content
    service.faults["/v1/objects"] = lambda: (
        refuse(Problem.RANGE_NOT_SATISFIABLE) if "Range" in request.headers else None
    )
    with device.heads.installing():
        device.heads.partial_path(sha256_hex(content)).write_bytes(b"begun")
        assert Downloader(device.client(identity), device.heads).fetch(FileRef.of(content)) == 100
    assert device.heads.read_object(FileRef.of(content)) == content
