"""Quotas as clients meet them: 429, when to come again, and nobody else pays."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
import requests

from cloud.admin.bundles import register as register_bundle
from cloud.store import keys, open_store
from contract.bundle import TrainingBundle
from contract.codecs import Codec
from contract.problems import Problem, ProblemDocument
from contract.routes import SAMPLES, TOKEN, TokenReply
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id
from tests.cloud.conftest import HOME_CODE, SPACE, WORK_CODE
from tests.cloud.web.conftest import LARGE_SPACE, large_upload

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

    def get(self, token: str, *, address: str = "192.0.2.1") -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
        return requests.get(f"{self.url}/v1/spaces", headers=headers, timeout=20)

    def ask(self, method: str, path: str, token: str) -> requests.Response:
        return requests.request(method, self.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=20)


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
        "FEDEX_DEVICE_ERASURES": "2",
        "FEDEX_DEVICE_TOKENS": "3",
        "FEDEX_CODE_ENROLMENTS": "24",
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
    first, second = (large_upload(f"{number}", samples=200, codec=Codec.INT4) for number in range(2))
    assert len(first) < 1 << 16
    assert service.put(token, first, space=LARGE_SPACE).status_code == 201
    answer = service.put(token, second, space=LARGE_SPACE)
    check_refused(answer, f"at most {64 << 20} bytes of features, decoded, of a device a day")
    assert service.put(service.token(address="192.0.2.30"), second, space=LARGE_SPACE).status_code == 201


def test_an_upload_that_is_refused_for_what_it_holds_counts_by_its_bytes_as_they_are_decoded(service: Service) -> None:
    """62 kB with one bad row took 0.4 s of a process that answers nobody else meanwhile, as often as a device liked."""
    right = large_upload("right", samples=200, codec=Codec.INT4)
    twice = large_upload("twice", samples=200, codec=Codec.INT4, repeat_last=True)
    for address, bad in ("192.0.2.90", twice), ("192.0.2.91", right.replace(b'["Ada"]', b'[" da"]')):
        token = service.token(address=address)
        first = service.put(token, bad, space=LARGE_SPACE)
        assert (first.status_code, ProblemDocument.parse(first.content).samples[-1:]) == (422, (199,))
        for body in (bad, right):
            answer = service.put(token, body, space=LARGE_SPACE)
            check_refused(answer, f"at most {64 << 20} bytes of features, decoded, of a device a day")


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
    answers = [service.enrol(WORK_CODE, address=f"198.51.100.{number}") for number in range(25)]
    assert [answer.status_code for answer in answers[:24]] == [201] * 24
    check_refused(answers[24], "at most 24 enrolments by a code a day")


def test_who_makes_up_tokens_is_slowed_down_and_devices_behind_the_same_address_are_not(service: Service) -> None:
    """As behind the NAT of a carrier; also those that no process has seen yet."""
    address = "192.0.2.60"
    token = service.token(address="192.0.2.61")
    device, _, secret = token.partition(".")
    made_up = [f"{number:032x}.{'s' * 54}" for number in range(3)] + [f"{device}.{secret[::-1]}"]
    assert [service.get(one, address=address).status_code for one in made_up] == [401] * 4
    for one in (*made_up, f"{'e' * 32}.{'s' * 54}", "no token"):
        check_refused(service.get(one, address=address), "at most 4 wrong tokens in 10 minutes")
    assert [service.get(token, address=address).status_code for _ in range(8)] == [404] * 8
    assert service.enrol(address=address).status_code == 201


def test_who_guesses_operators_tokens_in_the_form_is_slowed_down_too(service: Service) -> None:
    def log_in() -> requests.Response:
        form, headers = {"token": f"operator-{'0' * 16}.{'s' * 54}"}, {"X-Forwarded-For": "192.0.2.65"}
        return requests.post(f"{service.url}/login", data=form, headers=headers, timeout=20)

    assert [log_in().status_code for _ in range(4)] == [403] * 4
    refused = log_in()
    assert (refused.status_code, refused.headers["Content-Type"]) == (429, "text/html; charset=utf-8")
    assert 1 <= int(refused.headers["Retry-After"]) <= 600


def test_a_token_that_counts_no_more_is_looked_up_a_few_times_and_others_pay_nothing(service: Service) -> None:
    address = "192.0.2.70"
    old = service.token(address=address)
    new = TokenReply.parse(service.ask("POST", TOKEN, old).content).token
    assert service.get(new, address=address).status_code == 404
    shown = [service.get(old, address=address) for _ in range(16)]
    ended = [answer.status_code for answer in shown if answer.status_code != 404]  # a process remembers it for a while
    assert {*ended} <= {401, 429}
    assert ended.count(401) <= 4
    assert service.get(f"{'f' * 32}.{'s' * 54}", address=address).status_code == 401
    assert service.get(new, address=address).status_code == 404


def test_a_device_asks_for_so_many_erasures_and_tokens_a_day(service: Service) -> None:
    """Each erasure has a whole group trained anew from the bundle's head."""
    token = service.token(address="192.0.2.80")
    assert [service.ask("DELETE", SAMPLES, token).status_code for _ in range(2)] == [202] * 2
    check_refused(service.ask("DELETE", SAMPLES, token), "at most 2 erasures of a device a day")
    assert [service.ask("POST", TOKEN, token).status_code for _ in range(3)] == [200] * 3
    check_refused(service.ask("POST", TOKEN, token), "at most 3 new tokens of a device a day")
    assert service.get(token).status_code == 404
