"""Golden refusals: what no service or device may take. FEDEX_WRITE_GOLDEN=1 writes them anew, as test_golden says."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.documents import Json, encode_json, parse_document
from contract.envelope import Envelope
from contract.errors import ContractError
from contract.manifest import MANIFEST_PAYLOAD_TYPE, Manifest
from contract.tensors import decode_tensors
from contract.upload import Upload
from tests.contract.golden_hostile import hostile_bundles, hostile_documents, hostile_uploads
from tests.contract.golden_refusals import (
    judged,
    refused_envelopes,
    refused_json,
    refused_points,
    refused_uploads,
)
from tests.contract.tensor_vectors import refused_tensor_files
from tests.contract.test_golden import GOLDEN, by_key, compact

FOLDER = GOLDEN / "refusals"


def golden(name: str) -> list[Any]:
    """The vectors of one file; none yet where they are about to be written."""
    path = FOLDER / name
    return json.loads(path.read_bytes()) if path.exists() else []


def ids(vector: dict[str, Any]) -> str:
    return str(vector["why"])


@pytest.mark.parametrize("name", ["uploads.json", "json.json", "tensor-files.json", "envelopes.json", "points.json"])
def test_golden_refusals_are_what_is_written(name: str, make_upload: Callable[..., Upload]) -> None:
    vectors: dict[str, Callable[[], Json]] = {
        "uploads.json": lambda: refused_uploads(make_upload),
        "json.json": refused_json,
        "tensor-files.json": refused_tensor_files,
        "envelopes.json": lambda: refused_envelopes((GOLDEN / "envelope.json").read_bytes()),
        "points.json": refused_points,
    }
    fresh = compact(vectors[name]())
    if os.environ.get("FEDEX_WRITE_GOLDEN") == "1":
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / name).write_bytes(fresh)
    assert (FOLDER / name).read_bytes() == fresh


def test_the_golden_hostile_tables_are_what_is_written(make_upload: Callable[..., Upload], tmp_path: Path) -> None:
    """Each of their vectors was refused, for the reason beside it, as it was written just now."""
    fresh = {
        "hostile-uploads.json": by_key(hostile_uploads(make_upload)),
        "hostile-documents.json": compact(hostile_documents()),
        "hostile-bundles.json": compact(hostile_bundles(tmp_path / "bundle")),
    }
    for name, data in fresh.items():
        if os.environ.get("FEDEX_WRITE_GOLDEN") == "1":
            (FOLDER / name).write_bytes(data)
        assert (FOLDER / name).read_bytes() == data


@pytest.mark.parametrize("vector", golden("uploads.json"), ids=ids)
def test_the_door_refuses_an_upload_with_this_problem(vector: dict[str, Any]) -> None:
    problem = judged(bytes.fromhex(vector["upload"]))
    assert problem is not None
    assert (problem.problem, list(problem.samples)) == (vector["problem"], vector.get("samples", []))


@pytest.mark.parametrize("vector", golden("json.json"), ids=ids)
def test_the_service_refuses_this_json(vector: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        parse_document(bytes.fromhex(vector["json"]), where="body", max_bytes=1 << 20)


@pytest.mark.parametrize("vector", golden("tensor-files.json"), ids=ids)
def test_nobody_takes_this_tensor_file(vector: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        decode_tensors(bytes.fromhex(vector["file"]))


@pytest.mark.parametrize("vector", golden("points.json"), ids=ids)
def test_no_device_takes_a_manifest_with_these_points(vector: dict[str, Any]) -> None:
    manifest = json.loads((GOLDEN / "manifest.json").read_bytes())
    with pytest.raises(ContractError, match=r"manifest\.(threshold|points)"):
        Manifest.parse(encode_json({**manifest, "threshold": vector["threshold"], "points": vector["points"]}))


@pytest.mark.parametrize("vector", golden("envelopes.json"), ids=ids)
def test_no_device_believes_this_envelope(vector: dict[str, Any]) -> None:
    key = json.loads((GOLDEN / "key.json").read_bytes())
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["public"]))
    with pytest.raises((ContractError, InvalidSignature, AssertionError)):
        envelope = Envelope.parse(encode_json(vector["envelope"]))
        assert envelope.payload_type == MANIFEST_PAYLOAD_TYPE
        [signature] = [one.signature for one in envelope.signatures if one.key_id == key["key_id"]] or [bytes(64)]
        public.verify(signature, envelope.signed_bytes())
