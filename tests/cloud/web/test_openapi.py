"""The OpenAPI document: what the service has, what SPEC names and what the document says are the same routes."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from cloud.settings import Settings
from cloud.store import ObjectStore
from cloud.web import openapi
from cloud.web.app import create_app
from cloud.web.routes import description
from contract.problems import PROBLEM_MEDIA_TYPE
from contract.routes import METRICS, OPENAPI, PIN, PROMOTION, REQUEST, UPLOAD
from contract.upload import UPLOAD_MEDIA_TYPE

SPEC = (Path(__file__).resolve().parents[3] / "contract" / "SPEC.md").read_text()
SAMPLES = {
    "space": "5" * 64,
    "upload": "0" * 64,
    "sha256": "0" * 64,
    "device": "d" * 32,
    "channel": "best",
    "serial": "7",
    "request": f"{'0' * 12}-{'0' * 16}",
}
"""What may stand in a path, by SPEC's table of names."""


@pytest.fixture
def app(directory_store: ObjectStore) -> Flask:
    return create_app(Settings(store="dir:unused"), store=directory_store)


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get(OPENAPI)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return dict(answer.get_json())


def test_the_document_is_made_once_for_each_app(directory_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody had milliseconds of a process at each request."""
    described: list[Flask] = []

    def describe(app: Flask) -> dict[str, Any]:
        described.append(app)
        return openapi.describe(app)

    monkeypatch.setattr(description, "describe", describe)
    apps = [create_app(Settings(store="dir:unused"), store=directory_store) for _ in range(2)]
    bodies = [app.test_client().get(OPENAPI).data for app in (*apps, *apps)]
    assert (len({*bodies}), len(described)) == (1, 2)


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def test_the_document_has_the_routes_that_spec_names_and_no_others(document: dict[str, Any]) -> None:
    named = set(re.findall(r"\b(GET|PUT|POST|DELETE) (/[a-z0-9{}/_.]*[a-z0-9}])", SPEC))
    described = set(operations(document)) - {("HEAD", "/v1/spaces/{space}/uploads/{upload}")}  # "HEAD on the same path"
    assert described == named
    assert len(named) > 15


def test_every_operation_says_what_it_is_and_no_name_comes_twice(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(document).values()]
    assert len(names) == len({*names})
    assert all(operation["summary"] for operation in operations(document).values())
    assert document["openapi"].startswith("3.1.")


def test_a_token_is_asked_for_where_the_document_says_so_and_nowhere_else(app: Flask, document: dict[str, Any]) -> None:
    client = app.test_client()
    for (method, path), operation in operations(document).items():
        answer = client.open(path.format(**SAMPLES), method=method)
        assert (answer.status_code == 401) == ("security" in operation), (method, path, answer.status_code)


def test_operators_tokens_open_what_operators_ask_for_and_devices_the_rest(document: dict[str, Any]) -> None:
    asked_by_operators = {
        key for key, operation in operations(document).items() if operation.get("security") == [{"operator": []}]
    }
    assert {path for _, path in asked_by_operators} == {PROMOTION, PIN, REQUEST, METRICS}
    assert set(document["components"]["securitySchemes"]) == {"device", "operator"}


def test_each_body_of_json_has_a_schema_that_is_there(document: dict[str, Any]) -> None:
    bodies = [
        content
        for operation in operations(document).values()
        for described in (operation.get("requestBody", {}), *operation["responses"].values())
        for media_type, content in described.get("content", {}).items()
        if "json" in media_type
    ]
    named = {body["schema"]["$ref"].removeprefix("#/components/schemas/") for body in bodies}
    assert len(bodies) > 15
    assert named <= set(document["components"]["schemas"])


def test_an_upload_is_named_by_its_media_type(document: dict[str, Any]) -> None:
    [(media_type, content)] = operations(document)["PUT", UPLOAD]["requestBody"]["content"].items()
    assert media_type == content["schema"]["contentMediaType"] == UPLOAD_MEDIA_TYPE


def test_what_may_stand_in_a_path_fits_its_pattern_and_another_path_is_none(
    app: Flask, document: dict[str, Any]
) -> None:
    for path, item in document["paths"].items():
        for parameter in (one for one in item["parameters"] if one.get("in") == "path"):
            name, pattern = parameter["name"], parameter["schema"]["pattern"]
            assert re.search(pattern, SAMPLES[name])
            assert not re.search(pattern, f"{SAMPLES[name]}!")
            wrong = app.test_client().get(path.format(**SAMPLES | {name: f"{SAMPLES[name]}!"}))
            assert (wrong.status_code, wrong.mimetype) == (404, PROBLEM_MEDIA_TYPE)


def test_a_method_that_a_path_has_not_is_refused_for_that_whatever_else_is_wrong(
    app: Flask, document: dict[str, Any]
) -> None:
    for path, item in document["paths"].items():
        answer = app.test_client().patch(path.format(**SAMPLES), headers={"Fedex-Formats": "no list"})
        allowed = {method.strip().lower() for method in answer.headers["Allow"].split(",")}
        assert (answer.status_code, allowed - {"head"}) == (405, {*item} - {"parameters", "head"})


def test_a_body_of_another_media_type_than_the_document_names_is_refused(app: Flask, document: dict[str, Any]) -> None:
    """Of the routes without a token: the others refuse the request before they look at its body."""
    taking = {key: one for key, one in operations(document).items() if "requestBody" in one}
    assert {path for method, path in taking if method == "PUT"} >= {"/v1/spaces/{space}/uploads/{upload}"}
    for (method, path), operation in taking.items():
        if "security" not in operation:
            answer = app.test_client().open(
                path.format(**SAMPLES), method=method, data=b"{}", content_type="text/plain"
            )
            assert answer.status_code == 415
            assert "text/plain" not in operation["requestBody"]["content"]
