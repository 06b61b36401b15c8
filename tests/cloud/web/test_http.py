"""The routes under real gunicorn, over both stores: what a device may do, and every way of getting it wrong."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

import contract
from cloud.dataset import inbox
from cloud.releases import objects, registry, stored
from cloud.releases.registry import TrainedDataset
from cloud.releases.stored import Release
from cloud.store import keys
from cloud.store.keys import InboxUpload, Pool
from cloud.web.bodies import BLOCK_BYTES
from contract.codecs import Codec
from contract.documents import parse_document
from contract.envelope import ENVELOPE_MEDIA_TYPE, Envelope, Signature
from contract.files import FileRef
from contract.history import parse_history
from contract.manifest import MANIFEST_PAYLOAD_TYPE, Channel, HeadFile, Manifest, Precision
from contract.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemDocument
from contract.routes import EnrolmentReply
from contract.self_test import SelfTest
from contract.upload import UPLOAD_MEDIA_TYPE, Upload, encode_upload, upload_id
from tests.cloud.conftest import SELF_TEST, RunningService

SPECIFICATION = Path(contract.__file__).with_name("SPEC.md")

SPACE = "5" * 64
OTHER = "6" * 64
AFTER_ALL_TIME = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
"""Werkzeug's parser of dates overflows on it."""

MakeUpload = Callable[..., bytes]
Ask = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def session(service: object) -> Iterator[requests.Session]:
    """Connections to the service, closed before it is stopped, as it waits for those that are open."""
    with requests.Session() as session:
        yield session


@pytest.fixture
def ask(service, session: requests.Session, token: str) -> Ask:  # type: ignore[no-untyped-def]
    """Asks as a device of group `home`."""

    def send(method: str, path: str, *, token: str | None = token, headers=None, **more: Any) -> requests.Response:  # type: ignore[no-untyped-def]
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        return session.request(method, service.url + path, headers=sent | (headers or {}), timeout=20, **more)

    return send


@pytest.fixture
def put(ask: Ask) -> Ask:
    """Uploads bytes under their own hash, unless told otherwise."""

    def send(
        body: bytes,
        *,
        space: str = SPACE,
        upload: str | None = None,
        media_type: str | None = UPLOAD_MEDIA_TYPE,
        **more: object,
    ) -> requests.Response:
        headers = {"Content-Type": media_type} if media_type else {}
        return ask("PUT", f"/v1/spaces/{space}/uploads/{upload or upload_id(body)}", data=body, headers=headers, **more)

    return send


def check_problem(answer: requests.Response, problem: Problem, where: str = "") -> ProblemDocument:
    assert answer.status_code == problem.status
    assert answer.headers["Content-Type"] == PROBLEM_MEDIA_TYPE
    document = ProblemDocument.parse(answer.content)
    assert document.problem is problem
    assert document.where.startswith(where)
    assert json.loads(answer.content)["status"] == problem.status
    assert "Traceback" not in answer.text
    return document


# Enrolment


def test_a_code_makes_a_device_of_its_group(ask: Ask, service) -> None:  # type: ignore[no-untyped-def]
    answer = ask("POST", "/v1/devices", token=None, json={"code": "a-code-for-work"})
    reply = EnrolmentReply.parse(answer.content)
    assert (answer.status_code, reply.group, reply.key) == (201, "work", bytes(range(32)))
    assert answer.headers["Cache-Control"] == "no-store"
    assert service.store.stat(keys.device(reply.device)).size > 0


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b'{"code": "another-code"}', Problem.FORBIDDEN),
        (b"", Problem.MALFORMED),
        (b"{", Problem.MALFORMED),
        (b"[]", Problem.MALFORMED),
        (b"{}", Problem.MALFORMED),
        (b'{"code": 7}', Problem.MALFORMED),
        (b'{"code": null}', Problem.MALFORMED),
        (b'{"code": "a", "code": "b"}', Problem.MALFORMED),
        (b'{"code": NaN}', Problem.MALFORMED),
        (b'{"code": "\\ud800"}', Problem.MALFORMED),
        (b"\xff\xfe", Problem.MALFORMED),
        (b"[" * 4000, Problem.MALFORMED),
        (b'{"code": "' + b"x" * 5000 + b'"}', Problem.TOO_LARGE),
        (b'{"code": ""}', Problem.IMPOSSIBLE),
        (b'{"code": "with space"}', Problem.IMPOSSIBLE),
    ],
)
def test_a_request_to_enrol_that_is_none_is_refused(ask: Ask, body: bytes, problem: Problem) -> None:
    headers = {"Content-Type": "application/json"}
    check_problem(ask("POST", "/v1/devices", token=None, data=body, headers=headers), problem)


def test_every_answer_to_an_enrolment_is_listed(ask: Ask) -> None:
    """Those that a working service can be brought to, and the list of the page, which also has what it cannot."""
    json_type = {"Content-Type": "application/json"}
    code = b'{"code": "a-code-for-home"}'
    answers = [
        ask("POST", "/v1/devices", token=None, data=code, headers=json_type),
        *(
            ask("POST", "/v1/devices", token=None, data=body, headers=json_type)
            for body in (b"{", b'{"code": "another-code"}', bytes(5000), b'{"code": ""}', iter([code]))
        ),
        ask("POST", "/v1/devices", token=None, data=code),
        ask("PUT", "/v1/devices", token=None, data=code, headers=json_type),
    ]
    got = {(one.status_code, one.json().get("type", "").rpartition(":")[2]) for one in answers}
    section = SPECIFICATION.read_text().partition("### POST /v1/devices")[2].partition("###")[0]
    listed = {(int(status), name) for status, name in re.findall(r"^\| (\d{3}) \| ?`?([a-z-]*)`? ?\|", section, re.M)}
    assert listed - got == {(429, "too-many-requests"), (500, "internal"), (503, "unavailable")}
    assert got <= listed


def test_nothing_secret_is_in_the_log(ask: Ask, put: Ask, service, token: str, make_upload: MakeUpload) -> None:  # type: ignore[no-untyped-def]
    ask("POST", "/v1/devices", token=None, json={"code": "a-code-for-home"})
    ask("POST", "/v1/devices", token=None, json={"code": "a-wrong-code-for-home"})
    put(make_upload(["Secretname"], names=["log"]))
    log = service.log.read_text()
    assert all(secret not in log for secret in ("a-code-for", "a-wrong-code", token.partition(".")[2], "Secretname"))
    assert {"time", "level", "logger", "message"} <= set(service.lines()[-1])


# Uploads


def test_an_upload_is_kept_and_acknowledged(put: Ask, service, token: str, make_upload: MakeUpload) -> None:  # type: ignore[no-untyped-def]
    body = make_upload(["Ada", "Cleo"], names=["kept 1", "kept 2"])
    first, again = put(body), put(body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == {"upload": upload_id(body)}
    upload = InboxUpload(Pool("home", SPACE), token.partition(".")[0], 0, upload_id(body))
    assert service.store.get(keys.inbox(upload)).body == body
    assert upload in inbox.pending(service.store, Pool("home", SPACE)).uploads


def test_two_groups_have_two_pools(put: Ask, service, stranger: str, make_upload: MakeUpload) -> None:  # type: ignore[no-untyped-def]
    body = make_upload(["Boss"], names=["theirs"])
    assert put(body, token=stranger).status_code == 201
    assert upload_id(body) in {each.sha256 for each in inbox.pending(service.store, Pool("work", SPACE)).uploads}
    assert upload_id(body) not in {each.sha256 for each in inbox.pending(service.store, Pool("home", SPACE)).uploads}


@pytest.mark.parametrize("token", [None, "x.y", "0" * 32 + "." + "s" * 43])
def test_a_stranger_may_do_nothing(ask: Ask, put: Ask, make_upload: MakeUpload, token: str | None) -> None:
    asked = [
        put(make_upload(["Ada"]), token=token),
        ask("GET", f"/v1/spaces/{SPACE}/releases/best", token=token),
        ask("GET", f"/v1/spaces/{SPACE}/releases", token=token),
        ask("GET", f"/v1/objects/{'0' * 64}", token=token),
    ]
    for answer in asked:
        check_problem(answer, Problem.UNAUTHENTICATED, "Authorization")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_space_that_is_not_registered_is_unknown(ask: Ask, put: Ask, make_upload: MakeUpload) -> None:
    check_problem(put(make_upload(["Ada"]), space=OTHER), Problem.UNKNOWN_SPACE, "path.space")
    check_problem(ask("GET", f"/v1/spaces/{OTHER}/releases/best"), Problem.UNKNOWN_SPACE)
    check_problem(ask("GET", f"/v1/spaces/{OTHER}/releases"), Problem.UNKNOWN_SPACE)


@pytest.mark.parametrize(
    "wrong",
    ["0", "none", "5" * 63, "5" * 65, "A" * 64, "g" * 64, "5" * 63 + "%0A", "%2e%2e", "..%2f..%2fkeys%2fverify", "%00"],
)
@pytest.mark.parametrize("token", ["of a device", None])
def test_an_id_that_is_spelt_wrongly_gets_one_answer_everywhere(ask: Ask, wrong: str, token: str | None) -> None:
    """It was 400 of an upload and of an object, and 404 `unknown-space` of a space."""
    allowed = {} if token else {"token": None}
    for method, path in (
        ("PUT", f"/v1/spaces/{wrong}/uploads/{'0' * 64}"),
        ("PUT", f"/v1/spaces/{SPACE}/uploads/{wrong}"),
        ("GET", f"/v1/spaces/{wrong}/releases"),
        ("GET", f"/v1/spaces/{wrong}/releases/best"),
        ("GET", f"/v1/spaces/{SPACE}/releases/{wrong}"),
        ("GET", f"/v1/objects/{wrong}"),
        ("POST", f"/v1/spaces/{SPACE}/releases/{wrong}/promote"),
        ("DELETE", f"/v1/devices/{wrong}/samples"),
    ):
        check_problem(ask(method, path, **allowed), Problem.UNKNOWN_PATH)


@pytest.mark.parametrize("media_type", [None, "application/json", "text/plain", "multipart/form-data; boundary=x", "é"])
def test_another_media_type_is_refused(put: Ask, make_upload: MakeUpload, media_type: str | None) -> None:
    check_problem(put(make_upload(["Ada"]), media_type=media_type), Problem.UNSUPPORTED_MEDIA_TYPE, "Content-Type")


def test_bytes_with_another_hash_are_refused(put: Ask, make_upload: MakeUpload) -> None:
    check_problem(put(make_upload(["Ada"]), upload="0" * 64), Problem.WRONG_HASH, "body")


def test_the_head_of_an_upload_says_whether_it_arrived(ask: Ask, put: Ask, service, make_upload: MakeUpload) -> None:  # type: ignore[no-untyped-def]
    body = make_upload(["Ada"], names=["headed"])
    path = f"/v1/spaces/{SPACE}/uploads/{upload_id(body)}"
    before = ask("HEAD", path)
    assert (before.status_code, before.content) == (404, b"")
    put(body)
    arrived = ask("HEAD", path)
    assert (arrived.status_code, arrived.content) == (200, b"")
    assert arrived.headers["ETag"] == f'"{upload_id(body)}"'
    [waiting] = [
        one for one in inbox.pending(service.store, Pool("home", SPACE)).uploads if one.sha256 == upload_id(body)
    ]
    service.store.put(keys.receipt(waiting), b"")
    service.store.delete(keys.inbox(waiting))
    assert ask("HEAD", path).status_code == 200  # merged


def test_the_head_of_an_upload_is_its_devices_alone(ask: Ask, put: Ask, make_upload: MakeUpload) -> None:
    body = make_upload(["Ada"], names=["headed by another"])
    put(body)
    path = f"/v1/spaces/{SPACE}/uploads/{upload_id(body)}"
    other = ask("POST", "/v1/devices", token=None, json={"code": "a-code-for-home"}).json()["token"]
    assert ask("HEAD", path, token=other).status_code == 404
    assert ask("HEAD", path, token=None).status_code == 401
    assert ask("HEAD", f"/v1/spaces/{OTHER}/uploads/{upload_id(body)}").status_code == 404
    refused = ask("GET", path)
    check_problem(refused, Problem.METHOD_NOT_ALLOWED)
    assert sorted(refused.headers["Allow"].split(", ")) == ["HEAD", "PUT"]


def hostile(good: bytes) -> dict[str, tuple[bytes, Problem]]:
    length = int.from_bytes(good[:8], "little")
    header = good[8 : 8 + length]
    return {
        "empty": (b"", Problem.MALFORMED),
        "noise": (b"noise that is no upload", Problem.MALFORMED),
        "a photo": (b"\xff\xd8\xff\xe0" + bytes(1000), Problem.MALFORMED),
        "cut off": (good[:-1], Problem.MALFORMED),
        "trailing": (good + b"\0", Problem.MALFORMED),
        "length bomb": (b"\xff" * 8 + good[8:], Problem.TOO_LARGE),
        "another version": (good.replace(b'"format":1', b'"format":9'), Problem.UNSUPPORTED_VERSION),
        "deep JSON": ((len(header)).to_bytes(8, "little") + b"[" * len(header) + good[8 + length :], Problem.MALFORMED),
    }


@pytest.mark.parametrize("kind", list(hostile(bytes(100))))
def test_an_upload_that_cannot_be_one_is_refused(put: Ask, make_upload: MakeUpload, kind: str) -> None:
    body, problem = hostile(make_upload(["Ada"]))[kind]
    check_problem(put(body), problem)


@pytest.mark.parametrize(
    "label", ["\U0001343c", "\u0378\u0378", "\u202ea", "a  b", "a\u00a0b", "\U000e0041"], ids=ascii
)
def test_a_label_that_others_could_not_read_or_tell_apart_is_refused(
    put: Ask, make_upload: MakeUpload, label: str
) -> None:
    """U+1343C once went into a signed list, which every device of another version of Unicode refused from then on."""
    body = make_upload(["Adaa"]).replace(b'"Adaa"', f'"{label}"'.encode())
    assert len(body) == len(make_upload(["Adaa"]))
    check_problem(put(body), Problem.IMPOSSIBLE)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf, 3e38, -3e38, 65_505])
def test_a_feature_that_no_network_computes_is_refused(put: Ask, poison: float) -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(1, 4)).astype(np.float32)
    ids, revisions = random.integers(0, 256, (1, 16), np.uint8), np.zeros(1, np.uint32)
    body = encode_upload(Upload(SPACE, SELF_TEST, features, ("Ada",), ids, revisions), codec=Codec.FLOAT32)
    poisoned = body.replace(features[0, 1].tobytes(), np.float32(poison).tobytes())
    assert poisoned != body
    answer = put(poisoned)
    check_problem(answer, Problem.IMPOSSIBLE)
    assert answer.json()["samples"] == [0]


def test_features_of_another_space_are_refused(put: Ask, make_upload: MakeUpload) -> None:
    check_problem(put(make_upload(["Ada"], space=OTHER)), Problem.WRONG_SPACE, "upload.space")


def test_features_of_another_shape_are_refused(put: Ask, make_upload: MakeUpload) -> None:
    check_problem(put(make_upload(["Ada"], shape=(5,))), Problem.WRONG_SPACE, "upload.shape")


def test_a_device_that_fails_its_self_test_is_refused_and_keeps_its_samples_to_itself(
    put: Ask, make_upload: MakeUpload, service: RunningService
) -> None:
    """A filter without antialiasing gives features at cosine 0.63 to 0.83, and used to pass every check."""
    damaged = SelfTest(SELF_TEST.setup, 712_345)
    answer = put(make_upload(["Ada"], names=["of a damaged device"], self_test=damaged))
    check_problem(answer, Problem.SELF_TEST_FAILED, "upload.self_test")
    assert answer.json()["got"] == "0.712345 (an app 1, a runtime 2, cpu, 1 thread, Linux 6.1 x86_64)"
    assert "samples" not in answer.json()


def test_the_least_cosine_is_enough(put: Ask, make_upload: MakeUpload) -> None:
    at_least = SelfTest(SELF_TEST.setup, 990_000)
    assert put(make_upload(["Ada"], names=["of a device at the least"], self_test=at_least)).status_code == 201


def test_an_upload_that_says_nothing_of_a_self_test_is_malformed(put: Ask, make_upload: MakeUpload) -> None:
    body = make_upload(["Ada"]).replace(b'"self_test":', b'"self-test":')
    check_problem(put(body), Problem.MALFORMED, "upload.self_test")


def test_a_bomb_is_refused_by_what_it_says_of_itself(put: Ask) -> None:
    """64 MiB of zeros deflate to 64 kB; the header's own sizes are over the bound, so nothing is inflated."""
    upload = Upload(
        space=SPACE,
        self_test=SELF_TEST,
        features=np.zeros((250, 1 << 10), np.float32),
        labels=("Ada",) * 250,
        sample_ids=np.arange(250 * 16, dtype=np.uint32).astype(np.uint8).reshape(250, 16)
        ^ np.arange(250, dtype=np.uint8)[:, None],
        revisions=np.zeros(250, np.uint32),
    )
    body = encode_upload(upload, codec=Codec.FLOAT32)
    bomb = body.replace(b"[1024]", b"[4096000]").replace(b'"size":', b'"size":9')
    assert put(bomb).status_code in (400, 413, 422)


def test_a_body_over_the_bound_is_refused_whatever_it_is(put: Ask) -> None:
    check_problem(put(bytes((32 << 20) + 1)), Problem.TOO_LARGE, "body")


def test_chunks_over_the_bound_are_refused_too(put: Ask) -> None:
    body = (bytes(1 << 20) for _ in range(34))
    check_problem(put(body, upload="0" * 64), Problem.TOO_LARGE, "body")


def test_an_upload_in_chunks_is_an_upload(put: Ask, make_upload: MakeUpload) -> None:
    body = make_upload(["Ada"], names=["in chunks"])
    assert put(iter([body[:100], body[100:]]), upload=upload_id(body)).status_code == 201


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES])
def test_a_body_of_any_length_is_read_to_its_last_byte(put: Ask, size: int) -> None:
    """Its hash is right, whether or not it comes in chunks: only what it says is no upload."""
    body = bytes(size)
    check_problem(put(body, upload=upload_id(body)), Problem.MALFORMED, "header")
    check_problem(put(iter([body[:100], body[100:]]), upload=upload_id(body)), Problem.MALFORMED, "header")


# Releases


def manifest(channel: Channel, serial: int, parent: str | None, head: bytes) -> Manifest:
    return Manifest(
        group="home",
        space=SPACE,
        channel=channel,
        serial=serial,
        issued=1_700_000_000 + serial,
        expires=1_800_000_000,
        cut="freeze6",
        feature_shape=(4,),
        labels=FileRef.of(b"[]"),
        label_count=2,
        heads={Precision.FLOAT32: HeadFile.of(FileRef.of(head), np.zeros(2, np.float32))},
        golden_sample_sha256="0" * 64,
        temperature=1.0,
        threshold=0.5,
        validation_accuracy=0.5,
        validation_samples=10,
        parent=parent,
    )


def publish(store, serial: int, parent: str | None, group: str = "home") -> Envelope:  # type: ignore[no-untyped-def]
    """A release of a group; nobody here checks the signature."""
    pool = Pool(group, SPACE)
    payload = replace(manifest(Channel.BEST, serial, parent, b"head"), group=group).encode()
    weights = FileRef.of(b"weights")
    release = Release(payload=payload, parent=parent, report={"why": "a test"}, weights=weights, rows=1)
    previous = registry.read(store, pool)
    stored.put_release(store, pool, release)
    envelope = Envelope(payload, MANIFEST_PAYLOAD_TYPE, (Signature("0" * 16, bytes(64)),))
    registry.publish(
        store, pool, previous=previous, envelopes={Channel.BEST: envelope}, trained=TrainedDataset("commit", 1, "cycle")
    )
    return envelope


def test_releases_are_served_with_their_history(ask: Ask, service, stranger: str) -> None:  # type: ignore[no-untyped-def]
    best, history = f"/v1/spaces/{SPACE}/releases/best", f"/v1/spaces/{SPACE}/releases"
    check_problem(ask("GET", best), Problem.NOT_FOUND, "releases.best")
    assert parse_history(ask("GET", history).content) == ()

    first = publish(service.store, 1, None)
    answer = ask("GET", best)
    assert answer.content == first.encode()
    assert answer.headers["Content-Type"] == ENVELOPE_MEDIA_TYPE
    assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'

    unchanged = ask("GET", best, headers={"If-None-Match": answer.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["ETag"]) == (304, b"", answer.headers["ETag"])

    dated = ask("GET", best, headers={"If-Modified-Since": AFTER_ALL_TIME, "If-Unmodified-Since": AFTER_ALL_TIME})
    assert (dated.status_code, dated.content) == (200, first.encode())

    second = publish(service.store, 2, hashlib.sha256(first.payload).hexdigest())
    changed = ask("GET", best, headers={"If-None-Match": answer.headers["ETag"]})
    assert (changed.status_code, changed.content) == (200, second.encode())

    assert [each.serial for each in parse_history(ask("GET", history).content)] == [2, 1]
    assert [each.serial for each in parse_history(ask("GET", f"{history}?limit=1").content)] == [2]
    check_problem(ask("GET", f"/v1/spaces/{SPACE}/releases/latest"), Problem.NOT_FOUND)
    check_problem(ask("GET", best, token=stranger), Problem.NOT_FOUND)
    assert parse_history(ask("GET", history, token=stranger).content) == ()


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1e1", "%D9%A1", "9" * 3000])
def test_a_limit_of_the_history_that_is_none_is_malformed(ask: Ask, limit: str) -> None:
    answer = ask("GET", f"/v1/spaces/{SPACE}/releases?limit={limit}")
    check_problem(answer, Problem.MALFORMED)


@pytest.mark.parametrize("channel", ["worst", "BEST", "best%2f"])
def test_a_channel_that_does_not_exist_is_an_unknown_path(ask: Ask, channel: str) -> None:
    check_problem(ask("GET", f"/v1/spaces/{SPACE}/releases/{channel}"), Problem.UNKNOWN_PATH)


# Objects


@pytest.fixture(scope="module")
def head(service) -> bytes:  # type: ignore[no-untyped-def]
    """An object of group `home`, larger than one piece."""
    body = np.random.default_rng(0).integers(0, 256, (9 << 20) + 7, np.uint8).tobytes()
    objects.put(service.store, Pool("home", SPACE), body, publication="0" * 16)
    return body


@pytest.fixture
def path(head: bytes) -> str:
    return f"/v1/objects/{hashlib.sha256(head).hexdigest()}"


def test_an_object_comes_whole(ask: Ask, head: bytes, path: str) -> None:
    answer = ask("GET", path)
    assert answer.content == head
    assert answer.headers["Content-Length"] == str(len(head))
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["ETag"] == f'"{hashlib.sha256(head).hexdigest()}"'
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_head_of_an_object_has_no_body(ask: Ask, head: bytes, path: str) -> None:
    answer = ask("HEAD", path)
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", str(len(head)))
    part = ask("HEAD", path, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content, part.headers["Content-Length"]) == (206, b"", "5")


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-9", 5, 10),
        ("bytes=5-", 5, None),
        ("bytes=-7", -7, None),
        ("bytes=4194300-4194310", 4194300, 4194311),
        ("bytes=9437180-99999999", 9437180, None),
        ("bytes=0-99999999", 0, None),
    ],
)
def test_a_range_is_served_in_part(ask: Ask, head: bytes, path: str, asked: str, begin: int, end: int | None) -> None:
    answer = ask("GET", path, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, head[begin:end])
    first = begin % len(head)
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(head)}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "asked",
    ["bytes={size}-", "bytes=-0", "bytes=-000", "bytes = -0", "bytes=0-1,5-6", "bytes=9-5", "bytes=x", "lines=0-1"],
)
def test_a_range_that_is_not_one_part_of_the_object_is_refused(
    ask: Ask, head: bytes, path: str, asked: str, method: str
) -> None:
    """The last no bytes were once all of them."""
    answer = ask(method, path, headers={"Range": asked.format(size=len(head))})
    assert answer.headers["Content-Range"] == f"bytes */{len(head)}"
    assert (answer.status_code, answer.headers["Content-Type"]) == (416, PROBLEM_MEDIA_TYPE)
    if method == "GET":
        check_problem(answer, Problem.RANGE_NOT_SATISFIABLE, "Range")


@pytest.mark.parametrize("named", ['"another"', "another", "", "W/", AFTER_ALL_TIME, "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_range_of_another_object_is_the_whole(ask: Ask, head: bytes, path: str, named: str) -> None:
    answer = ask("GET", path, headers={"Range": "bytes=0-1", "If-Range": named})
    assert (answer.status_code, answer.content == head) == (200, True)


def test_a_range_of_this_object_is_served_unless_it_is_named_weakly(ask: Ask, head: bytes, path: str) -> None:
    weak = ask("GET", path, headers={"Range": "bytes=0-1", "If-Range": f'W/"{path[-64:]}"'})
    assert (weak.status_code, weak.content == head) == (200, True)
    matching = ask("GET", path, headers={"Range": "bytes=0-1", "If-Range": f'"{path[-64:]}"'})
    assert (matching.status_code, matching.content) == (206, head[:2])


@pytest.mark.parametrize("wanted", [{}, {"Range": "bytes=0-0"}, {"Range": "bytes=999999999-"}])
@pytest.mark.parametrize("named", ['"{sha256}"', 'W/"{sha256}"', '"another", "{sha256}"', "*"])
def test_an_object_that_is_there_already_is_not_sent(ask: Ask, path: str, named: str, wanted: dict[str, str]) -> None:
    """With a range it was sent once: Werkzeug looks at ranges before conditions."""
    answer = ask("GET", path, headers={"If-None-Match": named.format(sha256=path[-64:])} | wanted)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", f'"{path[-64:]}"')
    assert "Content-Length" not in answer.headers


@pytest.mark.parametrize("condition", ["If-Match", "If-Unmodified-Since", "If-Modified-Since"])
def test_a_condition_that_is_not_in_the_contract_changes_nothing(
    ask: Ask, head: bytes, path: str, condition: str
) -> None:
    answer = ask("GET", path, headers={condition: '"another"'})
    assert (answer.status_code, answer.content == head) == (200, True)


def test_an_object_of_another_group_is_not_there(ask: Ask, path: str, stranger: str) -> None:
    for headers in ({}, {"If-None-Match": "*"}, {"Range": "bytes=0-1"}):
        check_problem(ask("GET", path, token=stranger, headers=headers), Problem.NOT_FOUND)


def test_an_empty_object_is_served(ask: Ask, service) -> None:  # type: ignore[no-untyped-def]
    empty = hashlib.sha256(b"").hexdigest()
    objects.put(service.store, Pool("home", SPACE), b"", publication="0" * 16)
    answer = ask("GET", f"/v1/objects/{empty}")
    assert (answer.status_code, answer.content) == (200, b"")


# Health, and what no route is


def test_the_service_says_that_it_lives_and_works(ask: Ask) -> None:
    assert ask("GET", "/healthz", token=None).json() == {"status": "alive"}
    assert ask("GET", "/readyz", token=None).json() == {"status": "ready", "enrolment": True}


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v2",
        "/v2/devices",
        "/v1/devices/",
        "/static/x",
        "/v1/spaces//releases",
        "/%ff",
        f"/fedex/v1/spaces/{SPACE}/releases/best",
        f"/v1/v1/objects/{'0' * 64}",
    ],
)
def test_what_is_not_a_route_is_an_unknown_path(ask: Ask, path: str) -> None:
    """It was "not-found", as is a release that is not there yet: a device at a wrong address waited for one."""
    check_problem(ask("GET", path), Problem.UNKNOWN_PATH, "request")


@pytest.mark.parametrize("path", ["/v1/devices", f"/v1/objects/{'0' * 64}", "/healthz", "/readyz"])
@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
def test_nobody_is_told_what_he_might_ask(ask: Ask, method: str, path: str) -> None:
    """Flask answers OPTIONS by itself, and asks for no token."""
    check_problem(ask(method, path, token=None), Problem.METHOD_NOT_ALLOWED)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/v1/devices", "POST"), ("POST", f"/v1/objects/{'0' * 64}", "GET"), ("DELETE", "/healthz", "GET")],
)
def test_another_method_is_not_allowed(ask: Ask, method: str, path: str, allowed: str) -> None:
    answer = ask(method, path)
    check_problem(answer, Problem.METHOD_NOT_ALLOWED)
    assert allowed in answer.headers["Allow"]


def test_every_refusal_said_what_was_expected_and_what_came(ask: Ask) -> None:
    fields = parse_document(ask("GET", f"/v1/spaces/{OTHER}/releases/best").content, where="problem", max_bytes=4096)
    assert fields.text("expected") == "a registered space"
    assert OTHER in fields.text("got")
