"""Requests that schemathesis draws from the OpenAPI document, to a service that runs: it answers as the document says.

Each answer's status, media type, headers and body must be described, and be right by their schemas; what fits the
document is taken, what does not fit it is refused, and without its token none of it is answered.
"""

import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, BaseSchema, GenerationMode

from cloud.identity import operators
from cloud.releases import objects
from cloud.releases import requests as kept
from cloud.releases.decisions import Decision
from cloud.releases.requests import OperatorRequest, RequestKind
from cloud.releases.signing import rotate
from cloud.releases.space_lists import SpaceLister
from contract.files import sha256_hex
from contract.manifest import Channel
from contract.routes import DEVICES, METRICS, OPENAPI, UPLOAD
from contract.routes import OBJECT as OBJECT_PATH
from contract.upload import UPLOAD_MEDIA_TYPE, upload_id
from tests.cloud.conftest import HOME_CODE
from tests.cloud.overview.conftest import lived_in_once  # noqa: F401  # pytest finds fixtures by their names here
from tests.cloud.overview.lived_in import LIFE_S, LivedIn
from tests.cloud.web.crowds import wait_until
from tests.cloud.web.drawn import DRAWN, AnyCase, closed, whole
from tests.cloud.web.test_fuzzed_requests import MAX_GROWTH_BYTES, OBJECT, PROCESSES, QUOTAS

SHORT, LONG = 2000, 100_000
"""Requests in all; those that schemathesis sends again without their token count too."""
CONFIGURATION = schemathesis.Config.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": [
                    "2xx",
                    "304",
                    "401",
                    "403",
                    "404",
                    "406",
                    "416",
                ]  # other formats, ranges beyond the end
            },
            "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "405", "413", "415", "422"]},
            "missing_required_header": {"enabled": False},  # `ignored_auth` looks at the only one, with all else right
        },
        # A body that is named by its media type may be anything.
        "operations": [
            {
                "include-path": UPLOAD,
                "checks": {
                    "positive_data_acceptance": {"enabled": False},
                    "negative_data_rejection": {"enabled": False},
                },
            }
        ],
    }
)

AnyOperation = APIOperation[Any, Any, Any, Any]
StartService = Callable[..., AbstractContextManager[str]]
MakeUpload = Callable[..., bytes]


class CountingSession(requests.Session):
    """Counts what is sent, by whomever."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.trust_env = False  # to look for proxies takes longer than to answer

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        self.count += 1
        return super().send(request, **more)


@dataclass
class Conversation:
    """A service, what a request to it has to say, and what was answered so far."""

    url: str
    log: Path
    names: dict[str, str]
    """What is there, by the place in a path."""
    device: str
    of_group: str
    of_all: str
    """Tokens: of a device, of an operator of its group, and of one of all groups."""
    sealed: bytes
    """An upload that is right."""
    session: CountingSession = field(default_factory=CountingSession)
    statuses: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """By operation."""
    _tags: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def ask(self, case: AnyCase) -> None:
        """Send a request, and look at what is answered."""
        path, number = case.operation.path, next(self._numbers)
        if path in self._tags and number % 4 == 0:
            case.headers["If-None-Match"] = self._tags[path]
        if path == OBJECT_PATH and number % 4 == 1:
            case.headers["Range"] = "bytes=5-7"
        if case.meta is not None and case.meta.generation.mode.is_positive:
            case.body = whole(case.body)
            if path == DEVICES and isinstance(case.body, dict) and number % 4:
                case.body["code"] = HOME_CODE
            if path == UPLOAD and isinstance(case.body, bytes) and number % 8:
                case.path_parameters["upload"] = upload_id(case.body)
            if case.method == "HEAD" and number % 4:  # as samples of the device may have been erased
                self.upload()
        authorization = {"Authorization": f"Bearer {self._token(case)}"}
        answer = case.call_and_validate(self.url, self.session, authorization, timeout=60)
        self.statuses[case.operation.label].add(answer.status_code)
        if answer.status_code == HTTPStatus.OK and "etag" in answer.headers:
            self._tags[path] = answer.headers["etag"][0]

    def upload(self) -> None:
        """Send the upload that the names name."""
        headers = {"Authorization": f"Bearer {self.device}", "Content-Type": UPLOAD_MEDIA_TYPE}
        path = UPLOAD.format(space=self.names["space"], upload=self.names["upload"])
        assert self.session.put(self.url + path, data=self.sealed, headers=headers, timeout=60).ok

    def processes(self) -> list[psutil.Process]:
        port = f"127.0.0.1:{self.url.rpartition(':')[2]}"
        [master] = [one for one in psutil.Process().children() if port in one.cmdline()]
        return master.children()

    def _token(self, case: AnyCase) -> str:
        if case.operation.path == METRICS:
            return self.of_all
        asks = case.operation.definition.raw.get("security", [])
        return self.of_group if asks == [{"operator": []}] else self.device


@pytest.fixture(scope="module")
def conversation(
    start_service: StartService,
    lived_in_once: LivedIn,  # noqa: F811  # pytest's way to ask for a fixture
    tmp_path_factory: pytest.TempPathFactory,
    make_upload: MakeUpload,
) -> Iterator[Conversation]:
    """Of a service whose key was rotated, with releases, a list of spaces, and a request of an operator."""
    folder, now = tmp_path_factory.mktemp("described"), int(time.time())
    lived = lived_in_once.copied_to(folder)
    key = rotate(lived.state, lived.store, now=now)
    SpaceLister(lived.store, key, LIFE_S).renew("home", registered=[lived.pool.space], now=now)
    objects.put(lived.store, lived.pool, OBJECT, publication="0" * 16)
    asked = OperatorRequest(RequestKind.PIN, lived.pool, Decision("Ada", "an exam", now), serial=1)
    uploads = [make_upload(["Ada", "Ben"], names=[f"{number} a", f"{number} b"]) for number in range(4)]
    draw_uploads(uploads)
    names = {
        "space": lived.pool.space,
        "sha256": sha256_hex(OBJECT),
        "channel": Channel.BEST.value,
        "serial": "1",
        "request": kept.submit(lived.store, asked),
        "upload": upload_id(uploads[0]),
    }
    _, of_group = operators.add(lived.store, "Ben", group="home", now=now)
    _, of_all = operators.add(lived.store, "Cleo", group=None, now=now)
    unbounded = dict.fromkeys(QUOTAS, "999999999") | {"FEDEX_WEB_PROCESSES": f"{PROCESSES}", "FEDEX_STALL_S": "5"}
    with start_service(folder, FEDEX_STORE=lived.address, **unbounded) as url:
        enrolled = requests.post(f"{url}/v1/devices", json={"code": HOME_CODE}, timeout=10).json()
        names["device"] = enrolled["device"]
        with CountingSession() as session:
            tokens = (enrolled["token"], of_group, of_all)
            yield Conversation(url, folder / "log", names, *tokens, uploads[0], session)


def draw_uploads(uploads: list[bytes]) -> None:
    """Let bodies of uploads be these, with a byte changed, cut short, or anything."""
    whole = st.sampled_from(uploads)
    changed = st.builds(
        lambda body, at, byte: body[: at % len(body)] + bytes([byte]) + body[at % len(body) + 1 :],
        *(whole, st.integers(0, 1 << 20), st.integers(0, 255)),
    )
    cut = st.builds(lambda body, at: body[: at % len(body)], whole, st.integers(0, 1 << 20))
    schemathesis.openapi.media_type(UPLOAD_MEDIA_TYPE, whole | changed | cut | st.binary(max_size=300))


def drawn_from(operation: AnyOperation, mode: GenerationMode, names: dict[str, str]) -> st.SearchStrategy[AnyCase]:
    """Cases of an operation; most of them name what is there.

    None has a query parameter that the document does not name: a service ignores those, and schemathesis would have it
    refuse them.
    """
    there = {one.name: names[one.name] for one in operation.path_parameters if one.name in names}
    asked = {one.name for one in operation.query}
    anywhere = operation.as_strategy(mode)
    named = operation.as_strategy(mode, path_parameters=there) if there else anywhere
    drawn = st.integers(0, 3).flatmap(lambda number: named if number else anywhere)
    return drawn.filter(lambda case: {*(case.query or {})} <= asked)


def ask_drawn(conversation: Conversation, operation: AnyOperation, mode: GenerationMode, *, count: int) -> None:
    """Send so many requests of an operation."""

    @settings(DRAWN, max_examples=count)
    @given(drawn_from(operation, mode, conversation.names))
    def send(case: AnyCase) -> None:
        conversation.ask(case)

    send()


def covering(schema: BaseSchema, operation: AnyOperation, mode: GenerationMode) -> Iterator[AnyCase]:
    """Cases of every kind that schemathesis finds for an operation: each bound, each key left out, other methods."""
    generation = schema.config.generation_for(operation=operation, phase="coverage")
    yield from schema.iter_coverage_cases(operation, generation_modes=[mode], generation_config=generation)


def converse(conversation: Conversation, count: int) -> None:
    """Send some requests of each operation, those that schemathesis takes from its schemas and random ones."""
    document = conversation.session.get(f"{conversation.url}{OPENAPI}", timeout=10).json()
    described = {
        mode: schemathesis.openapi.from_dict(closed(document) if mode.is_positive else document, config=CONFIGURATION)
        for mode in GenerationMode
    }
    described[GenerationMode.NEGATIVE].validate()
    wait_until(lambda: len(conversation.processes()) == PROCESSES)
    before = [process.memory_info().rss for process in conversation.processes()]
    operations = [
        (mode, schema[path][method])
        for mode, schema in described.items()
        for path in schema
        for method in schema[path]
        if method != "parameters"
    ]
    for mode, operation in operations:
        for case in covering(described[mode], operation, mode):
            conversation.ask(case)
    drawn = min(1000, 3 * (count - conversation.session.count) // (4 * len(operations)))
    for mode, operation in itertools.cycle(operations):
        if conversation.session.count >= count:
            break
        ask_drawn(conversation, operation, mode, count=drawn)
    after = [process.memory_info().rss for process in conversation.processes()]
    for _, operation in operations:
        right = {int(one) for one in operation.responses.status_codes if int(one) < 400}
        assert right <= conversation.statuses[operation.label], operation.label
    assert all(now - then < MAX_GROWTH_BYTES for then, now in zip(before, after, strict=True))
    log = conversation.log.read_text()
    assert "raceback" not in log
    assert '"message": "bug' not in log


def test_a_service_answers_as_its_document_says(conversation: Conversation) -> None:
    converse(conversation, SHORT)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_service_answers_as_its_document_says_a_hundred_thousand_times(conversation: Conversation) -> None:
    converse(conversation, LONG)
