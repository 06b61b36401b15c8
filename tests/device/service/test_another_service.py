"""After FEDEX_URL was changed, nothing is sent or believed before the service proved that it is the enrolled one."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Response, request

from contract import routes
from contract.documents import encode_base64, encode_json
from contract.files import FileRef
from contract.problems import Problem
from contract.proof import MAX_PROOF_DOCUMENT_BYTES, ProofKey, ProofReply, ProofRequest
from device.advice import with_advice
from device.assembly import Device
from device.cache.uploads import UploadState
from device.errors import AnotherService, TryLater
from device.feedback import give_feedback
from device.service.client import Client
from device.service.enrolment import Enrolment
from device.service.identity import Identity, require_identity
from tests.device.photos import draw_photo
from tests.device.serving import CODE, TOKEN, StubService, refuse, serving
from tests.device.tables import pass_self_tests

PROOF = f"POST {routes.proof_path('d' * 16)}"
OTHER_TOKEN = "o" * 43


@pytest.fixture
def identity(device: Device, service: StubService) -> Identity:
    """A device of `service`, with an upload of two samples on its way."""
    identity = enrol_at(service, device).identity
    with device.recognizer() as recognizer, device.open_cache() as cache:
        for shade in range(2):
            id_ = recognizer.infer(draw_photo(0, shade=shade))[0].id
            assert id_ is not None
            give_feedback(cache, id_, label="Ada", origin=identity.origin, now_ms=0)
        pass_self_tests(cache.path)
        assert device.outbox(cache, identity).seal() is not None
    return identity


@pytest.fixture
def other(service: StubService, identity: Identity) -> Iterator[StubService]:
    """Another service, which happens to have a device of the same id."""
    with serving(StubService(service.bundle, token=OTHER_TOKEN)) as other:
        yield other


@pytest.fixture
def moved(device: Device, other: StubService) -> Device:
    """The device, whose FEDEX_URL names the other service now."""
    return Device(dataclasses.replace(device.settings, url=other.url))


def enrol_at(service: StubService, device: Device, *, again: bool = False) -> Enrolment:
    enroller = device.enroller()
    return (enroller.enrol_again if again else enroller.enrol)(service.url, code=CODE)


def upload_states(device: Device) -> list[tuple[int, UploadState]]:
    with device.open_cache() as cache:
        return [(one.samples, one.state) for one in cache.uploads.unfinished()]


def check_nothing_was_sent_or_believed(device: Device, other: StubService, identity: Identity) -> None:
    """Push, pull and enrol: each asks for a proof, and ends there."""
    problem = device.push().problem
    assert isinstance(problem, AnotherService), problem
    assert "is FEDEX_URL the new address of the same service?" in with_advice(problem)
    assert str(problem).isprintable()
    with pytest.raises(AnotherService, match="expected the service that this device enrolled with, got "):
        device.pull()
    with pytest.raises(AnotherService):
        enrol_at(other, device)
    assert (other.asked, other.tokens) == ([PROOF] * 3, {None})
    assert upload_states(device) == [(2, UploadState.WAITING)]
    assert require_identity(device.settings.home) == identity


def here(device: Device, service: StubService) -> Device:
    """The device, whose FEDEX_URL names its own service by another address."""
    return Device(dataclasses.replace(device.settings, url=service.url.replace("127.0.0.1", "localhost")))


def test_the_same_service_at_a_new_address_proves_itself_once_and_is_sent_what_waits(
    device: Device, service: StubService, identity: Identity
) -> None:
    service.asked.clear()
    assert here(device, service).push().samples == 2
    assert [asked.split()[0] for asked in service.asked] == ["POST", "PUT"]
    assert service.asked[0] == PROOF


def test_a_proof_counts_as_long_as_the_client_lives(device: Device, service: StubService, identity: Identity) -> None:
    client = here(device, service).client(identity)
    service.asked.clear()
    for _ in range(3):
        assert client.is_known()
    assert [asked.split()[0] for asked in service.asked] == ["POST", "GET", "GET", "GET"]


def test_at_the_address_of_its_enrolment_a_service_need_not_prove_itself(
    device: Device, service: StubService, identity: Identity
) -> None:
    service.asked.clear()
    assert device.push().samples == 2
    assert PROOF not in service.asked


def test_an_address_that_enrol_keeps_is_asked_for_no_further_proof(
    device: Device, service: StubService, identity: Identity
) -> None:
    elsewhere = here(device, service)
    service.asked.clear()
    assert elsewhere.enroller().enrol(elsewhere.settings.require_url(), code=CODE).is_new is False
    assert service.asked.count(PROOF) == 1
    assert "POST /v1/devices" not in service.asked
    assert require_identity(device.settings.home) == dataclasses.replace(identity, url=elsewhere.settings.require_url())
    service.asked.clear()
    assert elsewhere.push().samples == 2
    assert PROOF not in service.asked


def test_another_service_gets_neither_token_nor_features_and_its_answers_do_not_count(
    moved: Device, other: StubService, identity: Identity
) -> None:
    """It got the upload, and said only then that it did not know the device; later it still got the token."""
    check_nothing_was_sent_or_believed(moved, other, identity)
    with pytest.raises(AnotherService, match="got one that cannot prove that it knows its token"):
        moved.pull()


def test_a_service_that_does_not_know_the_device_is_another_one(
    moved: Device, other: StubService, identity: Identity
) -> None:
    other.device = "e" * 16
    check_nothing_was_sent_or_believed(moved, other, identity)
    with pytest.raises(AnotherService, match="got one that does not know this device"):
        moved.pull()


def test_a_service_of_a_version_without_proofs_is_told_so(
    moved: Device, other: StubService, identity: Identity
) -> None:
    other.faults["/v1/devices"] = lambda: refuse(Problem.UNKNOWN_PATH)
    check_nothing_was_sent_or_believed(moved, other, identity)
    with pytest.raises(AnotherService, match="got one that has no proofs at this path, as a service of an older ver"):
        moved.pull()


def as_json(body: bytes, *, status: int = 200, media_type: str = routes.JSON_MEDIA_TYPE) -> Response:
    return Response(body, status, mimetype=media_type)


def proof_of(proof: bytes) -> bytes:
    return ProofReply(proof).encode()


def nonce() -> bytes:
    return ProofRequest.parse(request.get_data()).nonce


def right_proof(*, token: str = TOKEN, device: str = "d" * 16) -> bytes:
    return ProofKey.of(token, device=device).prove(ProofRequest(nonce())).encode()


LIES: dict[str, Callable[[], Response]] = {
    "echoes the nonce as its proof": lambda: as_json(proof_of(nonce())),
    "echoes the request": lambda: as_json(request.get_data()),
    "says a constant": lambda: as_json(proof_of(bytes(32))),
    "proves with the device's id": lambda: as_json(right_proof(token="d" * 16)),
    "proves with nothing": lambda: as_json(right_proof(token="")),
    "proves to another device": lambda: as_json(right_proof(device="e" * 16)),
    "says a part of the right proof": lambda: as_json(
        encode_json({"proof": encode_base64(ProofReply.parse(right_proof()).proof[:31])})
    ),
    "says the right proof and a byte": lambda: as_json(
        encode_json({"proof": encode_base64(ProofReply.parse(right_proof()).proof + b"\0")})
    ),
    "says an empty proof": lambda: as_json(b'{"proof":""}'),
    "says no proof": lambda: as_json(b"{}"),
    "says true": lambda: as_json(b'{"proof":true}'),
    "says nothing": lambda: as_json(b""),
    "says too much": lambda: as_json(right_proof() + b" " * MAX_PROOF_DOCUMENT_BYTES),
    "has a page for everything": lambda: Response("<h1>Welcome, please log in</h1>"),
    "says the right proof as a page": lambda: as_json(right_proof(), media_type="text/html"),
    "creates": lambda: as_json(right_proof(), status=201),
    "has no content": lambda: Response(status=204),
    "has changed nothing": lambda: Response(status=304),
    "redirects": lambda: Response(status=307, headers={"Location": "https://evil.example\x7f/"}),
    "has nothing anywhere": lambda: refuse(Problem.NOT_FOUND),
    "knows no tokens": lambda: refuse(Problem.UNAUTHENTICATED),
    "finds it malformed": lambda: refuse(Problem.MALFORMED),
    "finds it forbidden": lambda: refuse(Problem.FORBIDDEN),
    "finds it too large": lambda: refuse(Problem.TOO_LARGE),
    "is a portal that lets nobody in": lambda: Response("<h1>511</h1>", 511),
    "is a web server without this page": lambda: Response("<h1>not found</h1>", 404),
    "is a web server that takes no POST": lambda: Response("<h1>unsupported method</h1>", 501),
    "is a proxy that finds it too large": lambda: Response("<h1>413</h1>", 413),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_service_that_lies_gets_neither_token_nor_features_and_its_answers_do_not_count(
    moved: Device, other: StubService, identity: Identity, lie: Callable[[], Response]
) -> None:
    """It claims to know everything that it is asked for; but what it is asked for first, it cannot make."""
    other.token = TOKEN
    other.faults["/v1/devices"] = lie
    check_nothing_was_sent_or_believed(moved, other, identity)


def test_a_proof_that_was_heard_cannot_be_shown_again(
    device: Device, moved: Device, service: StubService, other: StubService, identity: Identity
) -> None:
    heard: list[bytes] = []

    def listen() -> None:
        heard.append(right_proof())

    service.faults[routes.proof_path(identity.device)] = listen
    assert here(device, service).client(identity).is_known()
    other.faults["/v1/devices"] = lambda: as_json(heard[0])
    check_nothing_was_sent_or_believed(moved, other, identity)


def test_each_proof_is_asked_for_with_another_nonce(moved: Device, other: StubService, identity: Identity) -> None:
    nonces: list[bytes] = []

    def note() -> None:
        nonces.append(nonce())

    other.faults["/v1/devices"] = note
    client = moved.client(identity)
    for _ in range(8):
        with pytest.raises(AnotherService):
            client.is_known()
    assert len(set(nonces)) == 8


@pytest.mark.parametrize("problem", [Problem.UNAVAILABLE, Problem.TOO_MANY_REQUESTS, Problem.INTERNAL])
def test_a_new_address_that_cannot_prove_itself_now_is_asked_later(
    device: Device, service: StubService, identity: Identity, problem: Problem
) -> None:
    elsewhere = here(device, service)
    service.tokens.clear()
    service.faults["/v1/devices"] = lambda: refuse(problem)
    assert isinstance(elsewhere.push().problem, TryLater)
    with pytest.raises(TryLater):
        enrol_at_its_url(elsewhere)
    assert service.tokens == {None}
    service.faults.clear()
    assert elsewhere.push().samples == 2


def enrol_at_its_url(device: Device) -> Enrolment:
    return device.enroller().enrol(device.settings.require_url(), code=CODE)


def test_a_service_that_was_another_one_is_asked_again_by_the_same_client(
    moved: Device, other: StubService, identity: Identity
) -> None:
    """As `fedex-device run` does, for days, while somebody repairs the name that FEDEX_URL has."""
    rounds = moved.rounds()
    assert isinstance(rounds.push().problem, AnotherService)
    other.token = TOKEN
    assert rounds.push().samples == 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.upload(b"body", space="a" * 64, upload="b" * 64),
        lambda client: client.release(space="a" * 64, channel="best", etag=""),
        lambda client: client.object(FileRef("b" * 64, 100), begin=0),
        lambda client: client.is_known(),
    ],
    ids=["upload", "release", "object", "is-known"],
)
def test_whatever_is_asked_first_a_proof_is_asked_before(
    moved: Device, other: StubService, identity: Identity, ask: Callable[[Client], object]
) -> None:
    other.releases["best"] = b"{}"
    with pytest.raises(AnotherService):
        ask(moved.client(identity))
    assert (other.asked, other.tokens) == ([PROOF], {None})


def test_netrc_gives_no_password_to_a_service_that_is_not_proven(
    moved: Device, other: StubService, identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setattr("device.service.client.is_loopback_url", lambda url: False)  # netrc is for other machines
    client = Client(other.url, token=TOKEN, proof_key=identity.proof_key, plain_http=True)
    with pytest.raises(AnotherService):
        client.is_known()
    assert other.tokens == {None}


def test_no_secret_is_in_what_a_client_shows_of_itself(identity: Identity, other: StubService) -> None:
    client = Client(other.url, token=TOKEN, proof_key=identity.proof_key)
    shown = repr(vars(client)) + repr(identity.proof_key)
    assert TOKEN not in shown
    assert repr(identity.proof_key.key) not in shown


def test_an_identity_may_be_given_up_for_another_service_all_the_same(
    device: Device, moved: Device, service: StubService, other: StubService, identity: Identity
) -> None:
    assert device.push().samples == 2
    other.device = "e" * 16
    after = enrol_at(other, moved, again=True).identity
    assert (after.device, after.token) == ("e" * 16, OTHER_TOKEN)
    assert other.tokens == {None}
    assert after.origin != identity.origin
