"""Paths, small documents and refusals of the HTTP interface."""

import json
from typing import Any

import pytest

from contract.documents import Json, encode_json
from contract.errors import (
    ContractError,
    Impossible,
    Malformed,
    SelfTestFailed,
    TooLarge,
    UnsupportedVersion,
    WrongSpace,
)
from contract.history import ReleaseSummary, encode_history, parse_history
from contract.manifest import Channel
from contract.problems import Problem, ProblemDocument
from contract.routes import (
    Acknowledgement,
    EnrolmentReply,
    EnrolmentRequest,
    TokenReply,
    object_path,
    proof_path,
    release_path,
    releases_path,
    upload_path,
)

SPACE, UPLOAD = "5b" * 32, "1a" * 32
REPLY = EnrolmentReply(device="d-0123456789", token="d-0123456789.secretsecret", group="home", key=bytes(range(32)))


def test_paths_are_those_of_version_1() -> None:
    assert proof_path("d-0123456789") == "/v1/devices/d-0123456789/proof"
    assert upload_path(SPACE, UPLOAD) == f"/v1/spaces/{SPACE}/uploads/{UPLOAD}"
    assert release_path(SPACE, Channel.BEST) == f"/v1/spaces/{SPACE}/releases/best"
    assert releases_path(SPACE) == f"/v1/spaces/{SPACE}/releases"
    assert object_path(UPLOAD) == f"/v1/objects/{UPLOAD}"


def test_an_enrolment_is_read_back_and_kept_out_of_logs() -> None:
    request = EnrolmentRequest(code="kitchen-42")
    assert EnrolmentRequest.parse(request.encode()) == request
    assert EnrolmentReply.parse(REPLY.encode()) == REPLY
    assert "kitchen" not in repr(request)
    assert "secret" not in repr(REPLY)


@pytest.mark.parametrize("code", ["", "a b", "é", "x" * 129, "a\n"])
def test_a_code_that_is_none_is_refused_without_repeating_it(code: str) -> None:
    with pytest.raises(Impossible, match=r"enrolment\.code: expected 1 to 128 visible ASCII characters, got another"):
        EnrolmentRequest.parse(encode_json({"code": code}))


HOSTILE_REPLIES: list[tuple[dict[str, Json], type[ContractError]]] = [
    ({"device": "../etc"}, Malformed),
    ({"device": "short"}, Malformed),
    ({"token": "with space in it, long"}, Malformed),
    ({"token": "x" * 257}, Malformed),
    ({"group": "Home"}, Malformed),
    ({"key": "AAAA"}, Impossible),
    ({"key": "A" * 48}, TooLarge),
    ({"key": None}, Malformed),
]


@pytest.mark.parametrize(("change", "error"), HOSTILE_REPLIES)
def test_a_hostile_enrolment_reply_is_refused(change: dict[str, Json], error: type[ContractError]) -> None:
    with pytest.raises(error):
        EnrolmentReply.parse(encode_json({**json.loads(REPLY.encode()), **change}))


def test_an_acknowledgement_is_read_back_and_may_say_more() -> None:
    assert Acknowledgement(UPLOAD).encode() == b'{"upload":"%s"}' % UPLOAD.encode()
    assert Acknowledgement.parse(b'{"upload":"%s","later":[1]}' % UPLOAD.encode()) == Acknowledgement(UPLOAD)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", Malformed),
        (b"{}", Malformed),
        (b"true", Malformed),
        (b'{"upload":null}', Malformed),
        (b'{"upload":"ok"}', Malformed),
        (b'{"upload":"%s"}' % (b"A" * 64), Malformed),
        (b" " * 4_097, TooLarge),
    ],
    ids=repr,
)
def test_what_names_no_upload_is_no_acknowledgement(data: bytes, error: type[ContractError]) -> None:
    with pytest.raises(error, match="acknowledgement"):
        Acknowledgement.parse(data)


def test_a_secret_is_read_back_and_stays_out_of_logs() -> None:
    request = EnrolmentRequest("kitchen-42", bytes(range(32)))
    assert EnrolmentRequest.parse(request.encode()) == request
    assert "x01" not in repr(request)
    assert EnrolmentRequest.parse(b'{"code":"kitchen-42","secret":null}').secret is None


@pytest.mark.parametrize(
    ("secret", "error"),
    [("", Impossible), ("AAAA", Impossible), ("A" * 48, TooLarge), ("?", Malformed), (7, Malformed)],
)
def test_what_is_no_secret_is_refused_without_repeating_it(secret: Json, error: type[ContractError]) -> None:
    with pytest.raises(error, match=r"^enrolment\.secret: expected"):
        EnrolmentRequest.parse(encode_json({"code": "kitchen-42", "secret": secret}))


def test_a_token_is_read_back_and_stays_out_of_logs() -> None:
    reply = TokenReply("d-0123456789.secretsecret")
    assert TokenReply.parse(reply.encode()) == reply
    assert "secret" not in repr(reply)
    for garbled in ('"short"', '"with space in it, long"', "7", "null", f'"{"x" * 257}"'):
        with pytest.raises(Malformed, match=r"^token\.token: expected") as refused:
            TokenReply.parse(b'{"token":%s}' % garbled.encode())
        assert "with space" not in str(refused.value)
    with pytest.raises(TooLarge):
        TokenReply.parse(b" " * 4_097)


def test_a_large_enrolment_is_refused_unread() -> None:
    with pytest.raises(TooLarge, match="at most 4096 bytes"):
        EnrolmentRequest.parse(b"{" * 4_097)


@pytest.mark.parametrize(
    ("error", "problem", "status"),
    [
        (Malformed, Problem.MALFORMED, 400),
        (UnsupportedVersion, Problem.UNSUPPORTED_VERSION, 400),
        (TooLarge, Problem.TOO_LARGE, 413),
        (Impossible, Problem.IMPOSSIBLE, 422),
        (WrongSpace, Problem.WRONG_SPACE, 422),
        (SelfTestFailed, Problem.SELF_TEST_FAILED, 422),
    ],
)
def test_each_refusal_has_a_type_and_a_status(error: type[ContractError], problem: Problem, status: int) -> None:
    document = ProblemDocument.of(error("upload.count", expected="1", got="2"))
    assert (document.problem, document.problem.status) == (problem, status)
    assert ProblemDocument.parse(document.encode()) == document


def test_a_problem_document_says_what_was_expected_what_came_and_where() -> None:
    document = ProblemDocument(Problem.WRONG_HASH, where="upload", expected="aa", got="bb")
    assert json.loads(document.encode()) == {
        "type": "urn:fedex:problem:wrong-hash",
        "title": "Wrong hash",
        "status": 422,
        "detail": "upload: expected aa, got bb",
        "where": "upload",
        "expected": "aa",
        "got": "bb",
    }


def test_every_problem_has_a_status_of_its_own_kind() -> None:
    assert {problem.status.value for problem in Problem} == {
        *(400, 401, 403, 404, 405, 406, 410, 411, 413, 415, 416, 422, 429, 500, 503)
    }


def test_a_problem_document_is_known_by_its_type_whatever_it_says_to_people() -> None:
    """SPEC said that clients decide by nothing else, and the device took one without `where` for another program's."""
    document = ProblemDocument.parse(b'{"type":"urn:fedex:problem:self-test-failed"}')
    assert (document.problem, document.detail) == (Problem.SELF_TEST_FAILED, "Self test failed")
    with pytest.raises(Malformed, match="where: expected a string, got 7"):
        ProblemDocument.parse(b'{"type":"urn:fedex:problem:malformed","where":7}')


def test_the_samples_of_a_problem_rise() -> None:
    document = ProblemDocument(Problem.IMPOSSIBLE, where="upload", expected="", got="", samples=(0, 3, 255))
    assert ProblemDocument.parse(document.encode()) == document
    for samples in ("[]", "[1,0]", "[0,0]", "[0,2,2]"):
        with pytest.raises(Impossible, match=r"problem\.samples: expected one at least, rising, got "):
            ProblemDocument.parse(b'{"type":"urn:fedex:problem:impossible","samples":%s}' % samples.encode())


@pytest.mark.parametrize("data", [b"<html>", b"{}", b'{"type":"about:blank","where":"","expected":"","got":""}'])
def test_an_answer_of_someone_else_is_no_problem_document(data: bytes) -> None:
    with pytest.raises(Malformed):
        ProblemDocument.parse(data)


def summary(**fields: Any) -> ReleaseSummary:
    values = {
        "release": "6e" * 32,
        "channel": Channel.LATEST,
        "serial": 3,
        "issued": 1_760_000_000,
        "label_count": 65,
        "validation_accuracy": None,
        "validation_samples": 0,
        "parent": None,
    }
    return ReleaseSummary(**{**values, **fields})


def test_the_history_is_read_back() -> None:
    releases = (summary(validation_accuracy=0.99, parent="1a" * 32, report={"old": [1, 2]}), summary())
    assert parse_history(encode_history(releases)) == releases


@pytest.mark.parametrize(
    "change", [{"serial": 0}, {"channel": "x"}, {"release": "x"}, {"validation": 1}, {"parent": 5}, {"issued": None}]
)
def test_a_hostile_history_is_refused(change: dict[str, Json]) -> None:
    document = json.loads(encode_history([summary()]))
    document["releases"][0].update(change)
    with pytest.raises(ContractError, match=r"^history\.releases\.0"):
        parse_history(encode_json(document))
    with pytest.raises(TooLarge, match="at most 100 items"):
        parse_history(encode_json({"releases": [1] * 101}))
