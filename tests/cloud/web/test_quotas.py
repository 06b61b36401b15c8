"""Quotas as clients meet them: 429, when to come again, and nobody else pays."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import pytest
import requests

from cloud.admin.bundles import register as register_bundle
from cloud.store import keys, open_store
from contract.bundle import BaseSamples, TrainingBundle, TrainingBundleParts, write_training_bundle
from contract.codecs import Codec
from contract.problems import Problem, ProblemDocument
from contract.upload import UPLOAD_MEDIA_TYPE, Upload, encode_upload, upload_id
from tests.cloud.conftest import HOME_CODE, SELF_TEST, SPACE, WORK_CODE

LARGE_SPACE = "7" * 64
LARGE_SHAPE = (8, 8, 896)
"""Of the cut freeze4."""

StartService = Callable[..., AbstractContextManager[str]]
MakeUpload = Callable[..., bytes]


@dataclass(frozen=True)
class Service:
    """A service with small quotas, of two processes."""

    url: str

    def enrol(self, code: str = HOME_CODE, *, address: str = "192.0.2.1") -> requests.Response:
        headers = {"X-Forwarded-For": address}
        return requests.post(f"{self.url}/v1/devices", json={"code": code}, headers=headers, timeout=20)

    def token(self, *, address: str) -> str:
        return str(self.enrol(address=address).json()["token"])

    def put(self, token: str, body: bytes, *, space: str = SPACE) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": UPLOAD_MEDIA_TYPE}
        url = f"{self.url}/v1/spaces/{space}/uploads/{upload_id(body)}"
        return requests.put(url, data=body, headers=headers, timeout=20)

    def get(self, token: str) -> requests.Response:
        return requests.get(f"{self.url}/v1/spaces", headers={"Authorization": f"Bearer {token}"}, timeout=20)


@pytest.fixture(scope="module")
def large_bundle(training_bundle: TrainingBundle, tmp_path_factory: pytest.TempPathFactory) -> TrainingBundle:
    """A space of large features."""
    folder = training_bundle.directory
    assert folder is not None
    facts = dataclasses.replace(training_bundle.facts, space=LARGE_SPACE, feature_shape=LARGE_SHAPE)
    parts = TrainingBundleParts(
        facts=facts,
        head=(folder / "head.keras").read_bytes(),
        labels=("Ada", "Ben"),
        golden=np.zeros(LARGE_SHAPE, np.float32),
        base=BaseSamples(
            features=np.zeros((2, *LARGE_SHAPE), np.float32),
            labels=np.array([0, 1], np.uint32),
            sample_ids=np.arange(32, dtype=np.uint8).reshape(2, 16),
            splits=np.zeros(2, np.uint8),
        ),
    )
    return write_training_bundle(tmp_path_factory.mktemp("large") / "training", parts)


@pytest.fixture(scope="module")
def service(
    start_service: StartService,
    training_bundle: TrainingBundle,
    large_bundle: TrainingBundle,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("quotas")
    store = open_store(f"dir:{folder / 'store'}")
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    for bundle in (training_bundle, large_bundle):
        assert bundle.directory is not None
        register_bundle(store, bundle.directory)
    quotas = {
        "FEDEX_DEVICE_REQUESTS": "40",
        "FEDEX_DEVICE_MIB": "64",
        "FEDEX_DEVICE_SAMPLES": "300",
        "FEDEX_DEVICE_LABELS": "256",
        "FEDEX_CODE_ENROLMENTS": "20",
        "FEDEX_ADDRESS_ENROLMENTS": "3",
        "FEDEX_ADDRESS_GUESSES": "4",
    }
    with start_service(folder, FEDEX_STORE=f"dir:{folder / 'store'}", FEDEX_STALL_S="20", **quotas) as url:
        yield Service(url)


def check_refused(answer: requests.Response, expected: str) -> None:
    document = ProblemDocument.parse(answer.content)
    assert (answer.status_code, document.problem, document.where) == (429, Problem.TOO_MANY_REQUESTS, "quota")
    assert document.expected == expected
    assert 1 <= int(answer.headers["Retry-After"]) <= 3600


def test_a_device_that_asks_too_often_is_told_to_come_later_by_every_process(service: Service) -> None:
    token = service.token(address="192.0.2.10")
    assert [service.get(token).status_code for _ in range(40)] == [404] * 40
    for _ in range(8):
        check_refused(service.get(token), "at most 40 requests of a device a day")
    assert service.get(service.token(address="192.0.2.10")).status_code == 404


def test_samples_and_labels_of_a_device_are_bounded_and_what_is_sent_again_is_free(
    service: Service, make_upload: MakeUpload
) -> None:
    token = service.token(address="192.0.2.20")
    body = make_upload([f"label {number}" for number in range(200)])
    assert [service.put(token, body).status_code for _ in range(4)] == [201, 200, 200, 200]
    more = [f"another {number}" for number in range(57)]
    check_refused(service.put(token, make_upload(more)), "at most 256 different labels of a device a day")
    known = ["Label 1"] * 101
    names = [f"known {number}" for number in range(101)]
    check_refused(service.put(token, make_upload(known, names=names)), "at most 300 samples of a device a day")
    assert service.put(token, make_upload(known[1:], names=names[1:])).status_code == 201
    assert service.put(service.token(address="192.0.2.20"), make_upload(more)).status_code == 201


def test_a_small_upload_that_is_large_when_decoded_counts_as_what_it_is(service: Service) -> None:
    """13 kB became 58 MB in the dataset, as often as a device liked."""
    token = service.token(address="192.0.2.30")
    first, second = nothing_much(0), nothing_much(1)
    assert len(first) < 1 << 16
    assert service.put(token, first, space=LARGE_SPACE).status_code == 201
    answer = service.put(token, second, space=LARGE_SPACE)
    check_refused(answer, f"at most {64 << 20} bytes of features, decoded, of a device a day")
    assert service.put(service.token(address="192.0.2.30"), second, space=LARGE_SPACE).status_code == 201


def nothing_much(number: int) -> bytes:
    ids = [hashlib.sha256(f"{number} {place}".encode()).digest()[:16] for place in range(200)]
    upload = Upload(
        space=LARGE_SPACE,
        self_test=SELF_TEST,
        features=np.zeros((len(ids), *LARGE_SHAPE), np.float32),
        labels=("Ada",) * len(ids),
        sample_ids=np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16),
        revisions=np.zeros(len(ids), np.uint32),
    )
    return encode_upload(upload, codec=Codec.INT4)


def test_an_address_enrols_so_many_and_another_one_its_own(service: Service) -> None:
    assert [service.enrol(address="192.0.2.40").status_code for _ in range(3)] == [201] * 3
    for _ in range(4):
        check_refused(service.enrol(address="192.0.2.40"), "at most 3 enrolments of an address a day")
    assert service.enrol(address="192.0.2.41").status_code == 201


def test_all_addresses_of_a_network_of_ipv6_are_one(service: Service) -> None:
    assert [service.enrol(address=f"2001:db8::{number}").status_code for number in range(3)] == [201] * 3
    check_refused(service.enrol(address="2001:db8::ffff:1"), "at most 3 enrolments of an address a day")
    assert service.enrol(address="2001:db8:0:1::1").status_code == 201


def test_who_guesses_codes_is_slowed_down_and_learns_nothing_more(service: Service) -> None:
    guessing = "192.0.2.50"
    assert [service.enrol(f"a-guess-{number}", address=guessing).status_code for number in range(4)] == [403] * 4
    refused = service.enrol("another-guess", address=guessing)
    check_refused(refused, "at most 4 wrong codes of an address in 10 minutes")
    assert service.enrol(HOME_CODE, address=guessing).content == refused.content
    assert service.enrol(HOME_CODE, address="192.0.2.51").status_code == 201


def test_one_code_makes_so_many_devices_from_wherever(service: Service) -> None:
    """One code made 3,964 devices in five seconds."""
    answers = [service.enrol(WORK_CODE, address=f"198.51.100.{number}") for number in range(21)]
    assert [answer.status_code for answer in answers[:20]] == [201] * 20
    check_refused(answers[20], "at most 20 enrolments by a code a day")
