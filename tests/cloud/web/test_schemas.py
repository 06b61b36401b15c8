"""The schemas of the OpenAPI document: they allow what the parsers take, and nothing that these refuse."""

import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import assume, given, settings
from schemathesis import GenerationMode

from cloud.admin.bundles import register as register_bundle
from cloud.identity import operators
from cloud.releases.requests import MAX_REQUEST_BYTES
from cloud.settings import Settings
from cloud.store import keys, open_store
from cloud.web.app import create_app
from cloud.web.schemas import schemas
from contract.bundle import TrainingBundle
from contract.envelope import Envelope
from contract.history import parse_history
from contract.problems import ProblemDocument
from contract.proof import MAX_PROOF_DOCUMENT_BYTES, ProofReply, ProofRequest
from contract.routes import (
    DEVICES,
    MAX_ENROLMENT_BYTES,
    PIN,
    PROMOTION,
    PROOF,
    Acknowledgement,
    EnrolmentReply,
    EnrolmentRequest,
    ErasureReply,
    TokenReply,
)
from contract.text import controls
from tests.cloud.conftest import DEVICE, SPACE
from tests.cloud.web.drawn import DRAWN, AnyCase, closed, encoded, plain
from tests.cloud.web.test_http import publish

GOLDEN = Path(__file__).resolve().parents[2] / "contract" / "golden"
OF_GOLDEN = {
    "enrolment-request.json": "enrolment-request",
    "enrolment-reply.json": "enrolment-reply",
    "proof-request.json": "proof-request",
    "proof-reply.json": "proof-reply",
    "token-reply.json": "token-reply",
    "erasure-reply.json": "erasure-reply",
    "acknowledgement.json": "acknowledgement",
    "history.json": "history",
    "envelope.json": "release",
    "spaces-envelope.json": "spaces",
    "keys.json": "keys",
    "problem.json": "problem-422",
    "problem-unknown-path.json": "problem-404",
    "problem-samples.json": "problem-413",
    "problem-self-test.json": "problem-422",
}
REQUESTS = [
    ("enrolment-request", "POST", DEVICES, MAX_ENROLMENT_BYTES),
    ("proof-request", "POST", PROOF.format(device=DEVICE), MAX_PROOF_DOCUMENT_BYTES),
    ("promotion", "POST", PROMOTION.format(space=SPACE, serial=1), MAX_REQUEST_BYTES),
    ("pin", "PUT", PIN.format(space=SPACE), MAX_REQUEST_BYTES),
]
"""Schemas of requests, where they are sent, and how many bytes may be."""
REFUSED = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
PARSERS: dict[str, Callable[[bytes], object]] = {
    "enrolment-request": EnrolmentRequest.parse,
    "enrolment-reply": EnrolmentReply.parse,
    "token-reply": TokenReply.parse,
    "proof-request": ProofRequest.parse,
    "proof-reply": ProofReply.parse,
    "acknowledgement": Acknowledgement.parse,
    "erasure-reply": ErasureReply.parse,
    "history": parse_history,
    "release": Envelope.parse,
    "problem-404": ProblemDocument.parse,
}


def patterns_in(value: object) -> Iterator[str]:
    """All patterns of a schema."""
    if isinstance(value, dict):
        yield from [value["pattern"]] if isinstance(value.get("pattern"), str) else ()
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from patterns_in(inner)


def drawn_from(schema: str, mode: GenerationMode) -> Any:
    """What fits a schema, or what does not, as the cases of an operation that takes it."""
    all_schemas = plain(schemas())
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "one", "version": "1"},
        "paths": {"/": {"post": {"requestBody": body, "responses": {"200": {"description": "taken"}}}}},
        "components": {"schemas": closed(all_schemas, any_object=True) if mode.is_positive else all_schemas},
    }
    return schemathesis.openapi.from_dict(plain(document))["/"]["POST"].as_strategy(mode)


@pytest.mark.parametrize("file", OF_GOLDEN)
def test_a_golden_file_fits_its_schema(file: str) -> None:
    jsonschema_rs.validate(plain(schemas()[OF_GOLDEN[file]]), json.loads((GOLDEN / file).read_text()))


@pytest.mark.parametrize("schema", PARSERS)
def test_what_is_drawn_from_a_schema_its_parser_takes(schema: str) -> None:
    @settings(DRAWN, max_examples=30)
    @given(drawn_from(schema, GenerationMode.POSITIVE))
    def check(case: AnyCase) -> None:
        PARSERS[schema](encoded(case.body))

    check()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, training_bundle: TrainingBundle) -> FlaskClient:
    """A service that is asked as an operator of group `office`, to which something was released."""
    store = open_store(f"dir:{tmp_path_factory.mktemp('schemas') / 'store'}")
    store.prepare()
    store.put(keys.VERIFY, bytes(32))
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    publish(store, 1, None, "office")
    _, token = operators.add(store, "ada", group="office", now=0)
    unbounded = Settings(store="dir:unused", address_enrolments=999_999, address_guesses=999_999)
    client = create_app(unbounded, store=store).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("schema", "method", "path", "max_bytes"), REQUESTS)
def test_a_request_is_refused_for_what_it_says_where_it_does_not_fit_its_schema_and_nowhere_else(
    client: FlaskClient, schema: str, method: str, path: str, max_bytes: int, mode: GenerationMode
) -> None:
    @settings(DRAWN, max_examples=30)
    @given(drawn_from(schema, mode))
    def check(case: AnyCase) -> None:
        body = encoded(case.body)
        answer = client.open(path, method=method, data=body, content_type="application/json")
        assume(len(body) <= max_bytes)
        assert (answer.status_code in REFUSED) == mode.is_negative, (case.body, answer.text)

    check()


def test_a_line_of_an_operator_is_a_line_to_its_schema() -> None:
    """The schema spells out what Python's table of Unicode tells; code points that are not assigned say nothing."""
    validator = jsonschema_rs.validator_for(plain(schemas()["pin"]))
    for number in (*range(0xD800), *range(0xE000, sys.maxunicode + 1)):
        letter = chr(number)
        if unicodedata.category(letter) != "Cn":
            assert validator.is_valid({"serial": 1, "why": f"a{letter}"}) != controls(letter), hex(number)


def test_patterns_mean_something_to_python_too() -> None:
    for pattern in patterns_in(plain(schemas())):
        assert re.compile(pattern)
