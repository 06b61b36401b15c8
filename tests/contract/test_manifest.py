"""Manifests and envelopes are strict documents: exact bytes in, right values or a typed refusal out."""

import base64
import hashlib
import json
import re
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from contract.documents import Json, encode_json
from contract.envelope import Envelope, Signature, key_id, pae
from contract.errors import ContractError, Impossible, Malformed, TooLarge, UnsupportedVersion
from contract.files import FileRef
from contract.labels import MAX_LABELS
from contract.manifest import MANIFEST_PAYLOAD_TYPE, Channel, HeadFile, Manifest, Precision

MakeManifest = Callable[..., Manifest]


def hex64() -> st.SearchStrategy[str]:
    return st.binary(min_size=32, max_size=32).map(bytes.hex)


def file_refs() -> st.SearchStrategy[FileRef]:
    return st.builds(FileRef, hex64(), st.integers(1, 1 << 20))


def manifests() -> st.SearchStrategy[Manifest]:
    return st.integers(1, 4).flatmap(_manifests)


def _manifests(classes: int) -> st.SearchStrategy[Manifest]:
    logits = npst.arrays(np.float32, classes, elements=st.floats(-1e6, 1e6, width=32))
    heads = st.dictionaries(st.sampled_from(Precision), st.builds(HeadFile.of, file_refs(), logits), min_size=1)
    return st.builds(
        Manifest,
        group=st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True),
        space=hex64(),
        channel=st.sampled_from(Channel),
        serial=st.integers(1, 2**53 - 1),
        issued=st.integers(0, 2**40),
        expires=st.integers(2**40 + 1, 2**53 - 1),
        cut=st.text("abcXYZ_/ 019", min_size=1, max_size=128),
        feature_shape=st.lists(st.integers(1, 40), min_size=1, max_size=4).map(tuple),
        labels=file_refs(),
        label_count=st.just(classes),
        heads=heads,
        golden_sample_sha256=hex64(),
        temperature=st.floats(1e-3, 1e3),
        threshold=st.floats(0, 1),
        validation_accuracy=st.none() | st.floats(0, 1),
        validation_samples=st.integers(0, 2**53 - 1),
        parent=st.none() | hex64(),
    )


@given(manifests())
def test_a_manifest_is_read_back(manifest: Manifest) -> None:
    data = manifest.encode()
    read = Manifest.parse(data)
    assert read.encode() == data
    assert read.heads.keys() == manifest.heads.keys()
    for precision, head in manifest.heads.items():
        assert read.heads[precision].file == head.file
        assert np.array_equal(read.heads[precision].logits, head.logits)
    for name in ("group", "serial", "channel", "feature_shape", "temperature", "threshold", "validation_accuracy"):
        assert getattr(read, name) == getattr(manifest, name)


def test_unknown_keys_are_ignored(make_manifest: MakeManifest) -> None:
    document = json.loads(make_manifest().encode())
    document["colour"] = "blue"
    document["heads"]["int2"] = {"of": "another time"}
    assert Manifest.parse(encode_json(document)).encode() == make_manifest().encode()


def test_a_manifest_that_could_not_be_read_is_not_written(make_manifest: MakeManifest) -> None:
    with pytest.raises(Impossible, match=r"manifest\.expires"):
        make_manifest(expires=1_760_000_000).encode()
    with pytest.raises(Impossible, match="finite numbers"):
        make_manifest(temperature=np.nan).encode()
    with pytest.raises(Impossible, match="finite logits"):
        make_manifest(
            heads={Precision.FLOAT32: HeadFile.of(FileRef("2b" * 32, 9), np.array([np.nan, 0], np.float32))}
        ).encode()


MISSING = object()
HOSTILE = [
    ("format", 2, UnsupportedVersion, "manifest.format: expected 1, got 2"),
    ("format", True, Malformed, "manifest.format: expected an integer, got True"),
    ("format", MISSING, Malformed, "manifest.format: expected an integer, got nothing"),
    ("group", "Home", Malformed, "manifest.group: expected text like"),
    ("group", "a/../b", Malformed, "manifest.group: expected text like"),
    ("group", "a" * 64, Malformed, "manifest.group: expected text like"),
    ("space", "5b", Malformed, "manifest.space: expected text like"),
    ("channel", "beta", Malformed, "manifest.channel: expected one of best, latest, got 'beta'"),
    ("channel", None, Malformed, "manifest.channel: expected a string, got None"),
    ("serial", 0, Impossible, "manifest.serial: expected an integer from 1"),
    ("serial", True, Malformed, "manifest.serial: expected an integer, got True"),
    ("serial", 7.0, Malformed, "manifest.serial: expected an integer, got 7.0"),
    ("serial", "7", Malformed, "manifest.serial: expected an integer, got '7'"),
    ("issued", -1, Impossible, "manifest.issued: expected an integer from 0"),
    ("expires", 1_760_000_000, Impossible, "manifest.expires: expected an integer from 1760000001"),
    ("cut", "", Malformed, "manifest.cut: expected text like"),
    ("cut", "freeze6\n", Malformed, "manifest.cut: expected text like"),
    ("shape", [0], Impossible, "manifest.shape: expected 1 to 4 sizes of at least 1"),
    ("shape", [2**30, 2**30], TooLarge, "manifest.shape: expected at most 4194304 elements"),
    ("labels", [], Malformed, "manifest.labels: expected an object, got []"),
    ("labels.size", 5 << 20, TooLarge, "manifest.labels.size: expected at most 4194304 bytes"),
    ("labels.size", 0, Impossible, "manifest.labels.size: expected an integer from 1"),
    ("labels.sha256", "../../etc/passwd", Malformed, "manifest.labels.sha256: expected text like"),
    ("labels.count", 0, Impossible, "manifest.labels.count: expected an integer from 1 to 65536"),
    ("labels.count", 65_537, Impossible, "manifest.labels.count: expected an integer from 1 to 65536"),
    ("labels.count", 3, Impossible, "manifest.heads.float32.logits: expected 3 float32, got 8 bytes"),
    ("rollout", {"id": "7f" * 32}, Malformed, "manifest.rollout.share: expected an integer, got nothing"),
    ("rollout", {"id": "7f", "share": 1}, Malformed, "manifest.rollout.id: expected text like"),
    ("rollout", {"id": "7f" * 32, "share": 10_001}, Impossible, "share: expected an integer from 0 to 10000"),
    ("rollout", 5000, Malformed, "manifest.rollout: expected an object, got 5000"),
    ("withdraws", 3, Malformed, "manifest.withdraws: expected a list, got 3"),
    ("withdraws", [3], Malformed, "expected an object, got 3"),
    ("withdraws", [{"first": 3}], Malformed, "last: expected an integer, got nothing"),
    ("withdraws", [{"first": 0, "last": 1}], Impossible, "first: expected an integer from 1 to 6, got 0"),
    ("withdraws", [{"first": 3, "last": 7}], Impossible, "last: expected an integer from 3 to 6, got 7"),
    ("withdraws", [{"first": 3, "last": 2}], Impossible, "last: expected an integer from 3 to 6, got 2"),
    ("withdraws", [{"first": 2, "last": 3}, {"first": 3, "last": 4}], Impossible, "from 4 to 6, got 3"),
    ("withdraws", [{"first": 1, "last": 1}] * 65, TooLarge, "manifest.withdraws: expected at most 64 items, got 65"),
    ("heads", {"int2": {}}, Impossible, "got ['int2']"),
    ("heads.float32", 5, Malformed, "manifest.heads.float32: expected an object, got 5"),
    ("heads.float32.size", 1 << 30, TooLarge, "manifest.heads.float32.size: expected at most 536870912 bytes"),
    ("heads.float32.logits", "AAAA", Impossible, "manifest.heads.float32.logits: expected 2 float32, got 3 bytes"),
    ("heads.float32.logits", "A" * 99, TooLarge, "manifest.heads.float32.logits: expected base64 of 8 bytes at most"),
    ("heads.float32.logits", "AAAAAAAAwH8=", Impossible, "expected finite logits, got NaN or infinity"),
    ("heads.float32.logits", "not base64!!", Malformed, "standard base64 with padding"),
    ("golden_sample", "4d", Malformed, "manifest.golden_sample: expected text like"),
    ("temperature", 0, Impossible, "manifest.temperature: expected a number from 0.001 to 1000.0, got 0.0"),
    ("temperature", "1", Malformed, "manifest.temperature: expected a number, got '1'"),
    ("temperature", False, Malformed, "manifest.temperature: expected a number, got False"),
    ("threshold", 1.01, Impossible, "manifest.threshold: expected a number from 0.0 to 1.0, got 1.01"),
    ("points", 3, Malformed, "manifest.points: expected an object, got 3"),
    ("points", {}, Malformed, "manifest.points.strict: expected an object, got nothing"),
    ("validation", None, Malformed, "manifest.validation: expected an object, got None"),
    ("validation.accuracy", 1.5, Impossible, "manifest.validation.accuracy: expected a number from 0.0 to 1.0"),
    ("validation.samples", -1, Impossible, "manifest.validation.samples: expected an integer from 0"),
    ("parent", "6e", Malformed, "manifest.parent: expected text like"),
]


@pytest.mark.parametrize(("path", "value", "error", "message"), HOSTILE)
def test_a_hostile_manifest_is_refused_by_name(
    make_manifest: MakeManifest, path: str, value: Any, error: type[ContractError], message: str
) -> None:
    document = json.loads(make_manifest().encode())
    *outer, key = path.split(".")
    place = document
    for name in outer:
        place = place[name]
    place.pop(key) if value is MISSING else place.update({key: value})
    with pytest.raises(error, match=re.escape(message)):
        Manifest.parse(encode_json(document))


@pytest.mark.parametrize("key", ["group", "space", "channel", "serial", "issued", "expires", "heads", "validation"])
def test_a_manifest_with_a_key_missing_is_refused(make_manifest: MakeManifest, key: str) -> None:
    document = json.loads(make_manifest().encode())
    del document[key]
    with pytest.raises(Malformed, match=rf"manifest\.{key}: expected .*, got nothing"):
        Manifest.parse(encode_json(document))


def test_a_manifest_truncated_at_any_byte_is_refused(make_manifest: MakeManifest) -> None:
    data = make_manifest().encode()
    for length in range(len(data)):
        with pytest.raises(Malformed):
            Manifest.parse(data[:length])


def test_the_bytes_to_sign_are_those_of_the_dsse_specification() -> None:
    """The example of the DSSE specification, protocol.md."""
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_key_is_named_by_its_hash() -> None:
    assert key_id(bytes(32)) == hashlib.sha256(bytes(32)).hexdigest()[:16]


@given(st.binary(max_size=50), st.lists(st.binary(min_size=64, max_size=64), min_size=1, max_size=3))
def test_an_envelope_is_read_back(payload: bytes, signatures: list[bytes]) -> None:
    signed = tuple(Signature(key_id(one), one) for one in signatures)
    envelope = Envelope(payload, MANIFEST_PAYLOAD_TYPE, signed)
    assert Envelope.parse(envelope.encode()) == envelope
    assert envelope.signed_bytes() == pae(MANIFEST_PAYLOAD_TYPE, payload)


SIGNATURE: dict[str, Json] = {"keyid": "0" * 16, "sig": base64.b64encode(bytes(64)).decode()}
ENVELOPE_ATTACKS: list[tuple[str, Any, type[ContractError], str]] = [
    ("payload", 5, Malformed, "envelope.payload: expected a string of base64, got 5"),
    ("payload", "a===", Malformed, "envelope.payload: expected standard base64"),
    ("payload", "AB==\n", Malformed, "envelope.payload: expected standard base64"),
    ("payloadType", "", Malformed, "envelope.payloadType: expected text like"),
    ("payloadType", "x" * 129, Malformed, "envelope.payloadType: expected text like"),
    ("payloadType", "x\x00", Malformed, "envelope.payloadType: expected text like"),
    ("signatures", [], Impossible, "envelope.signatures: expected a signature of 64 bytes with its key's id"),
    ("signatures", [SIGNATURE] * 17, TooLarge, "envelope.signatures: expected at most 16 items, got 17"),
    ("signatures", "x", Malformed, "envelope.signatures: expected a list, got 'x'"),
    ("signatures", [{**SIGNATURE, "sig": "AA=="}], Impossible, "expected a signature of 64 bytes with its key's id"),
]


@pytest.mark.parametrize(("key", "value", "error", "message"), ENVELOPE_ATTACKS)
def test_a_hostile_envelope_is_refused_by_name(key: str, value: Any, error: type[ContractError], message: str) -> None:
    document = {"payload": "", "payloadType": "type", "signatures": [SIGNATURE], key: value}
    with pytest.raises(error, match=re.escape(message)):
        Envelope.parse(encode_json(document))


UNKNOWN_SIGNATURES: list[Json] = [
    "x",
    {},
    {"sig": "AA=="},
    {**SIGNATURE, "sig": "AA=="},
    {**SIGNATURE, "sig": "A" * 4_412},
    {**SIGNATURE, "sig": "not base64!!"},
    {**SIGNATURE, "keyid": "0" * 15},
    {**SIGNATURE, "keyid": "SHA256:" + "A" * 43},
    {**SIGNATURE, "keyid": None},
]


@pytest.mark.parametrize("unknown", UNKNOWN_SIGNATURES)
def test_a_signature_of_another_kind_is_passed_over(unknown: Json) -> None:
    """A service that signs with a second algorithm, for devices of later, must not lock out those of today."""
    document: dict[str, Json] = {"payload": "", "payloadType": "type", "signatures": [unknown, SIGNATURE, unknown]}
    assert Envelope.parse(encode_json(document)).signatures == (Signature("0" * 16, bytes(64)),)
    with pytest.raises(Impossible, match=r"envelope\.signatures: expected a signature of 64 bytes"):
        Envelope.parse(encode_json({**document, "signatures": [unknown]}))


def test_an_envelope_over_its_bound_is_refused_unread() -> None:
    with pytest.raises(TooLarge, match="envelope: expected at most 4194304 bytes"):
        Envelope.parse(b"[" * ((4 << 20) + 1))


@given(st.binary(max_size=100))
def test_no_bytes_give_anything_but_a_typed_error(data: bytes) -> None:
    for parse in (Envelope.parse, Manifest.parse):
        with pytest.raises(ContractError):
            parse(data)


def test_the_logits_of_one_precision_at_a_time_are_in_memory(make_manifest: MakeManifest) -> None:
    """Those of 65,536 classes in three precisions were, in arrays, for as long as the manifest."""
    logits = np.arange(MAX_LABELS, dtype=np.float32)
    heads = {precision: HeadFile.of(FileRef("2b" * 32, 9), logits) for precision in Precision}
    manifest = Manifest.parse(make_manifest(heads=heads, label_count=MAX_LABELS).encode())
    tracemalloc.start()
    try:
        assert np.array_equal(manifest.heads[Precision.FLOAT16].logits, logits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert logits.nbytes <= peak < 2.5 * logits.nbytes


def test_a_release_without_heads_is_not_one_of_heads_that_nobody_knows(make_manifest: MakeManifest) -> None:
    assert Manifest.parse(make_manifest(heads={}).encode()).heads == {}
    document = json.loads(make_manifest().encode()) | {"heads": {"float8": {}}}
    with pytest.raises(Impossible, match=r"manifest\.heads: expected one of float32, float16, dynamic"):
        Manifest.parse(encode_json(document))
