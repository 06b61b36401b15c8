"""The hostile tables of this package's tests as vectors, so that every client refuses the same for the same reason.

An upload is told as what is changed of one that is right; a document as what is put into, or taken out of, a golden
one.
"""

import json
import shutil
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from contract.bundle import read_device_bundle
from contract.codecs import Codec
from contract.documents import Json, encode_json
from contract.envelope import Envelope
from contract.errors import ContractError
from contract.files import FileRef
from contract.history import parse_history
from contract.manifest import Manifest
from contract.problems import ProblemDocument
from contract.proof import ProofReply
from contract.routes import Acknowledgement, EnrolmentReply, ErasureReply, TokenReply
from contract.space_list import SpaceList
from contract.upload import Upload, decode_upload, encode_upload
from tests.contract import test_bundle, test_inputs, test_manifest, test_proof, test_routes, test_space_list
from tests.contract.forgery import Forgery
from tests.contract.test_upload_hostile import HOSTILE, HOSTILE_HEADERS, HOSTILE_LENGTHS

GOLDEN = Path(__file__).parent / "golden"
BUNDLE = "device-bundle/bundle.json"
LONGEST_HEADER = 2_000
"""Longer ones say no more, and clients can make them by themselves."""

READERS: Mapping[str, Callable[[bytes], object]] = {
    "manifest.json": Manifest.parse,
    "envelope.json": Envelope.parse,
    "spaces.json": SpaceList.parse,
    "enrolment-reply.json": EnrolmentReply.parse,
    "token-reply.json": TokenReply.parse,
    "proof-reply.json": ProofReply.parse,
    "erasure-reply.json": ErasureReply.parse,
    "acknowledgement.json": Acknowledgement.parse,
    "problem.json": ProblemDocument.parse,
    "history.json": parse_history,
}
OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("proof-reply.json", {"next": [""]}),
    ("proof-reply.json", {"next": [7]}),
    ("proof-reply.json", {"next": [""] * 17}),
    *(("token-reply.json", {"token": token}) for token in ("short", "with space in it, long", 7, None, "x" * 257)),
    *(("acknowledgement.json", {"upload": upload}) for upload in (None, "ok", "A" * 64)),
    *(("erasure-reply.json", {"erasure": erasure}) for erasure in (None, "3c", "3C" * 16)),
    *(("problem.json", {"samples": samples}) for samples in ([], [1, 0], [0, 0], [-1], [0.5], [True], [0] * 257)),
    *(("problem.json", {"type": kind}) for kind in ("urn:fedex:problem:colour", "about:blank", 7, "x" * 1_025)),
    ("problem.json", {"where": 7}),
    ("history.json", {"releases": {}}),
    ("history.json", {"releases": [1]}),
    ("history.json", {"releases": [1] * 101}),
]


def hostile_uploads(make_upload: Callable[..., Upload]) -> Json:
    """An upload that is right, and what it becomes by each attack of `test_upload_hostile`."""
    right = Forgery(encode_upload(make_upload(10, shape=(16,)), codec=Codec.INT4)).seal()
    changes = [_upload_vector(name, right, change) for name, change, _, _ in HOSTILE]
    files = [_file_vector("a header length that lies", struct.pack("<Q", one) + right[8:16]) for one in HOSTILE_LENGTHS]
    headers = [struct.pack("<Q", len(header)) + header for header in HOSTILE_HEADERS if len(header) < LONGEST_HEADER]
    files += [_file_vector("a header that is no strict JSON", file) for file in headers]
    return {"upload": right.hex(), "changes": changes, "files": files}


def _upload_vector(name: str, right: bytes, change: Callable[[Forgery], object]) -> Json:
    forgery = Forgery(right)
    change(forgery)
    wrong = forgery.seal()
    vector: dict[str, Json] = {"why": name, "refused": refusal(lambda: decode_upload(wrong))}
    for part, before, after in zip(("header", "section"), _parts(right), _parts(wrong), strict=True):
        if before != after:
            vector[part] = _difference(before, after)
    return vector


def _file_vector(name: str, wrong: bytes) -> Json:
    return {"why": name, "refused": refusal(lambda: decode_upload(wrong)), "file": wrong.hex()}


def _parts(data: bytes) -> tuple[bytes, bytes]:
    (length,) = struct.unpack_from("<Q", data)
    return data[8 : 8 + length], data[8 + length :]


def _difference(before: bytes, after: bytes) -> Json:
    """Tell how many bytes of the beginning stay, what comes then, and from where on the rest stays."""
    shorter = min(len(before), len(after))
    begin = next((place for place in range(shorter) if before[place] != after[place]), shorter)
    end = next((n for n in range(shorter - begin) if before[-1 - n] != after[-1 - n]), shorter - begin)
    return [begin, after[begin : len(after) - end].hex(), len(before) - end]


def hostile_documents() -> Json:
    """Golden documents with values that none may have."""
    return [_document_vector(name, put, out) for name, put, out in _changes()]


def _document_vector(name: str, put: dict[str, Any], out: list[str]) -> Json:
    refused = refusal(lambda: READERS[name](changed(name, put, out)))
    return {"document": name, "with": put, "without": list[Json](out), "refused": refused}


def _changes() -> Iterator[tuple[str, dict[str, Any], list[str]]]:
    for path, value, _, _ in test_manifest.HOSTILE:
        yield ("manifest.json", {}, [path]) if value is test_manifest.MISSING else ("manifest.json", {path: value}, [])
    for key, value, _, _ in test_manifest.ENVELOPE_ATTACKS:
        yield "envelope.json", {key: value}, []
    for change, _, _ in test_space_list.HOSTILE:
        yield "spaces.json", change, []
    for reply, _ in test_routes.HOSTILE_REPLIES:
        yield "enrolment-reply.json", dict(reply), []
    for proof, _ in test_proof.HOSTILE:
        yield "proof-reply.json", {"proof": proof}, []
    for name, other in OTHERS:
        yield name, other, []
    for name in READERS:
        for key in json.loads((GOLDEN / name).read_bytes()):
            if _is_needed(name, key):
                yield name, {}, [key]


def _is_needed(name: str, key: str) -> bool:
    try:
        READERS[name](changed(name, {}, [key]))
    except ContractError:
        return True
    return False


def hostile_bundles(folder: Path) -> Json:
    """The golden bundle with values, or with a part of its true hash, that none may have."""
    inputs = [{"input": value} for value, _, _ in test_inputs.HOSTILE]
    documents = [change for change, _, _ in test_bundle.HOSTILE_DOCUMENTS]
    parts = [(name, key, data) for name, key, data, _, _ in test_bundle.HOSTILE_PARTS]
    return [
        *(_bundle_vector(folder, put, {}) for put in (*documents, *inputs)),
        *(_bundle_vector(folder, {key: FileRef.of(data).document()}, {name: data}) for name, key, data in parts),
    ]


def _bundle_vector(folder: Path, put: Mapping[str, Any], parts: Mapping[str, bytes]) -> Json:
    files: dict[str, Json] = {name: data.hex() for name, data in parts.items()}
    return {"with": dict(put), "files": files, "refused": _bundle_refusal(folder, put, parts)}


def _bundle_refusal(folder: Path, put: Mapping[str, Any], parts: Mapping[str, bytes]) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree((GOLDEN / BUNDLE).parent, folder)
    (folder / "bundle.json").write_bytes(changed(BUNDLE, put, []))
    for name, data in parts.items():
        (folder / name).write_bytes(data)
    return refusal(lambda: read_device_bundle(folder))


def changed(name: str, put: Mapping[str, Any], out: list[str]) -> bytes:
    """Return a golden document with some values put in, and some keys taken out; `a.b` is b of a."""
    document = json.loads((GOLDEN / name).read_bytes())
    for path, value in put.items():
        _inner(document, path)[path.rpartition(".")[2]] = value
    for path in out:
        del _inner(document, path)[path.rpartition(".")[2]]
    return encode_json(document)


def _inner(document: dict[str, Any], path: str) -> dict[str, Any]:
    for key in path.split(".")[:-1]:
        document = document[key]
    return document


def refusal(read: Callable[[], object]) -> str:
    """Name the kind of a refusal, which must come."""
    try:
        read()
    except ContractError as error:
        return type(error).__name__
    raise AssertionError("it is taken")
