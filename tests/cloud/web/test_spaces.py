"""Spaces over HTTP: the signed list, a retired space's 410, and the formats that a client reads. Real gunicorn."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import requests

from cloud.admin.bundles import register as register_bundle
from cloud.releases.signing import load_or_create
from cloud.releases.space_lists import SpaceLister
from cloud.spaces.bundles import registered
from cloud.store import ObjectStore, open_store
from contract.bundle import TrainingBundle
from contract.envelope import ENVELOPE_MEDIA_TYPE, Envelope
from contract.formats import FORMATS
from contract.problems import Problem, ProblemDocument
from contract.space_list import SPACES_PAYLOAD_TYPE, SpaceList
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id
from tests.cloud.conftest import HOME_CODE, SPACE, WORK_CODE

NOW = 1_800_000_000


class Place:
    """A service with one space, which is retired for group `work`."""

    def __init__(self, url: str, store: ObjectStore, lister: SpaceLister) -> None:
        self.url, self.store, self.lister = url, store, lister
        self.tokens = {group: self._enrol(code) for group, code in (("home", HOME_CODE), ("work", WORK_CODE))}

    def _enrol(self, code: str) -> str:
        return str(requests.post(f"{self.url}/v1/devices", json={"code": code}, timeout=10).json()["token"])

    def ask(self, method: str, path: str, group: str, **options: object) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.tokens[group]}", **options.pop("headers", {})}  # type: ignore[dict-item]
        return requests.request(method, self.url + path, headers=headers, timeout=10, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def place(
    start_service: Callable[..., AbstractContextManager[str]],
    training_bundle: TrainingBundle,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("spaces")
    store = open_store(f"dir:{folder / 'store'}")
    store.prepare()
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    lister = SpaceLister(store, load_or_create(folder / "state", store), 3600)
    lister.retire("work", SPACE, registered=registered(store), now=NOW)
    with start_service(folder, FEDEX_STORE=f"dir:{folder / 'store'}") as url:
        yield Place(url, store, lister)


def problem(answer: requests.Response) -> Problem:
    document = ProblemDocument.parse(answer.content)
    assert document.problem.status == answer.status_code
    return document.problem


def test_each_group_gets_its_own_signed_list_by_tag(place: Place) -> None:
    assert problem(place.ask("GET", "/v1/spaces", "home")) is Problem.NOT_FOUND
    answer = place.ask("GET", "/v1/spaces", "work")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, ENVELOPE_MEDIA_TYPE)
    envelope = Envelope.parse(answer.content)
    assert place.lister.key.has_signed(envelope)
    assert envelope.payload_type == SPACES_PAYLOAD_TYPE
    assert SpaceList.parse(envelope.payload).retired == {SPACE}
    again = place.ask("GET", "/v1/spaces", "work", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_nobody_without_a_token_gets_a_list(place: Place) -> None:
    assert problem(requests.get(f"{place.url}/v1/spaces", timeout=10)) is Problem.UNAUTHENTICATED


def test_a_retired_space_takes_no_uploads_and_has_no_releases(place: Place, make_upload: Callable[..., bytes]) -> None:
    body = make_upload(["Ada"])
    upload = f"/v1/spaces/{SPACE}/uploads/{upload_id(body)}"
    media_type = {"Content-Type": UPLOAD_MEDIA_TYPE}
    assert problem(place.ask("PUT", upload, "work", data=body, headers=media_type)) is Problem.RETIRED_SPACE
    assert place.ask("HEAD", upload, "work").status_code == 410
    for path in (f"/v1/spaces/{SPACE}/releases/best", f"/v1/spaces/{SPACE}/releases"):
        assert problem(place.ask("GET", path, "work")) is Problem.RETIRED_SPACE
    assert place.ask("PUT", upload, "home", data=body, headers=media_type).status_code == 201
    assert problem(place.ask("GET", f"/v1/spaces/{SPACE}/releases/best", "home")) is Problem.NOT_FOUND


def test_a_list_of_formats_that_is_none_is_refused_whatever_is_asked_for(place: Place) -> None:
    for path in ("/v1/keys", "/v1/spaces", f"/v1/spaces/{SPACE}/releases/best"):
        assert problem(place.ask("GET", path, "home", headers={FORMATS: "x"})) is Problem.MALFORMED
        assert problem(place.ask("GET", path, "home", headers={FORMATS: "a" * 257})) is Problem.TOO_LARGE
    assert place.ask("GET", "/healthz", "home", headers={FORMATS: "manifest=2"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "document"), [("/v1/spaces", "spaces"), (f"/v1/spaces/{SPACE}/releases/best", "manifest")]
)
def test_a_client_that_reads_no_format_there_is_is_told_what_there_is(place: Place, path: str, document: str) -> None:
    refused = place.ask("GET", path, "home", headers={FORMATS: f"{document}=2, {document}=3"})
    assert problem(refused) is Problem.NOT_ACCEPTABLE
    assert refused.headers[FORMATS] == f"{document}=1"
    for reads in ({}, {FORMATS: f"{document}=1"}, {FORMATS: f"{document}=2,{document}=1"}, {FORMATS: "colour=9"}):
        assert problem(place.ask("GET", path, "home", headers=reads)) is Problem.NOT_FOUND
