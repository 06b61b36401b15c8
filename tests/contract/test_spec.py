"""SPEC.md says what the code does: its bounds, patterns, problems, paths and golden files are compared with it."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import contract
from cloud.identity import limits, tokens
from cloud.settings import Settings
from cloud.web import bodies, server
from contract import (
    boxes,
    bundle_files,
    cadence,
    codecs,
    cuts,
    device_bundle,
    documents,
    envelope,
    face_parameters,
    faces,
    formats,
    history,
    holdout,
    inputs,
    invitation,
    key_chain,
    labels,
    manifest,
    patterns,
    problems,
    proof,
    rollout,
    routes,
    space_list,
    tensors,
    training_bundle,
    trial,
    upload,
    validity,
    withdrawals,
)
from device.service import tokens as device_tokens

SPEC = (Path(contract.__file__).parent / "SPEC.md").read_text(encoding="utf-8")
GOLDEN = Path(__file__).parent / "golden"

BOUNDS = {
    "upload, bytes": upload.LIMITS.max_bytes,
    "upload, samples": upload.LIMITS.max_samples,
    "upload, header bytes": upload.LIMITS.max_header_bytes,
    "upload, data section inflated, bytes; also count × elements × 4": upload.LIMITS.max_inflated_bytes,
    "input, elements": inputs.MAX_INPUT_ELEMENTS,
    "input that is a tensor, sizes": inputs.MAX_INPUT_RANK,
    "detector, rows": faces.MAX_ANCHORS,
    "faces of one photo": faces.MAX_FACES,
    "feature, sizes": cuts.MAX_FEATURE_RANK,
    "feature, elements": cuts.MAX_FEATURE_ELEMENTS,
    "feature, magnitude of a value, as decoded from an upload": upload.MAX_MAGNITUDE,
    "label, code points": labels.MAX_LABEL_CODE_POINTS,
    "label as typed, code points": labels.MAX_TYPED_CODE_POINTS,
    "label list, labels": labels.MAX_LABELS,
    "label list, bytes": labels.MAX_LABELS_BYTES,
    "tensor file, header bytes (other than uploads)": tensors.MAX_HEADER_BYTES,
    "tensor file, tensors": tensors.MAX_TENSORS,
    "tensor file, dimensions of a tensor": tensors.MAX_RANK,
    "tensor file, bytes of a tensor, its sizes of 0 counted as 1": tensors.MAX_TENSOR_BYTES,
    "JSON, levels of objects and arrays": documents.MAX_DEPTH,
    "JSON, integer": documents.MAX_INTEGER,
    "JSON, characters of a string where nothing else is said": documents.MAX_TEXT_CHARACTERS,
    "envelope, bytes": envelope.MAX_ENVELOPE_BYTES,
    "envelope, signatures": envelope.MAX_SIGNATURES,
    "spaces, envelope, bytes": space_list.MAX_SPACES_BYTES,
    "spaces, listed": space_list.MAX_SPACES,
    "manifest, runs of withdrawn serials": withdrawals.MAX_RANGES,
    "`Fedex-Formats`, characters": formats.MAX_FORMATS_CHARACTERS,
    "head, bytes": cuts.MAX_MODEL_BYTES,
    "bundle, `bundle.json`, bytes": bundle_files.MAX_DOCUMENT_BYTES,
    "bundle, each model, bytes": cuts.MAX_MODEL_BYTES,
    "bundle, `golden.tensors` and `golden-feature.tensors`, bytes of each": bundle_files.MAX_GOLDEN_BYTES,
    "bundle, golden input, bytes": device_bundle.MAX_GOLDEN_INPUT_BYTES,
    "bundle, `base.tensors`, bytes": training_bundle.MAX_BASE_BYTES,
    "chain of keys, links": key_chain.MAX_LINKS,
    "chain of keys, bytes": key_chain.MAX_KEY_CHAIN_BYTES,
    "link between keys, bytes of the payload": key_chain.MAX_LINK_BYTES,
    "invitation, characters": invitation.MAX_INVITATION_CHARACTERS,
    "token, reply, bytes": routes.MAX_TOKEN_REPLY_BYTES,
    "enrolment, request or reply, bytes": routes.MAX_ENROLMENT_BYTES,
    "proof, request or reply, bytes": proof.MAX_PROOF_DOCUMENT_BYTES,
    "acknowledgement of an upload, bytes": routes.MAX_ACKNOWLEDGEMENT_BYTES,
    "erasure, reply, bytes": routes.MAX_ERASURE_REPLY_BYTES,
    "problem document, bytes": problems.MAX_PROBLEM_BYTES,
    "history, releases": history.MAX_HISTORY,
    "history, bytes": history.MAX_HISTORY_BYTES,
}


def section(number: int) -> str:
    return SPEC.split(f"\n## {number}. ")[1].split("\n## ")[0]


def test_every_bound_is_stated_as_it_is() -> None:
    rows = re.findall(r"^\| (.+) \| ([\d,]+) \|$", section(11), re.MULTILINE)
    assert {name: int(value.replace(",", "")) for name, value in rows} == BOUNDS


def test_every_problem_is_stated_with_its_status() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", section(10), re.MULTILINE)
    stated = {f"urn:fedex:problem:{name}": int(status) for name, status in rows}
    assert stated == {problem.value: problem.status.value for problem in problems.Problem}


def test_how_long_a_token_that_was_replaced_may_still_count_is_stated() -> None:
    text = " ".join(section(10).split())
    assert f"within {tokens.REMEMBERED_S:.0f} seconds" in text
    assert f"token is {device_tokens.TOKEN_LIFE_S // 86_400} days old" in text


def test_the_least_rate_is_stated_and_is_one_for_both_sides() -> None:
    """The service gave up bodies four times as fast as those that the device still took for slow."""
    connections = " ".join(section(10).split())
    stall_s = f"{Settings(store='').stall_s:.0f}"
    assert f"each side bears {routes.MIN_BYTES_PER_S:,} bytes a second" in connections
    assert f"for each {bodies.BLOCK_BYTES:,} bytes of a body, {stall_s} seconds" in connections
    assert f"has taken nothing for {stall_s} seconds" in connections


def test_how_many_bodies_a_device_may_have_and_how_long_headers_may_take_is_stated() -> None:
    connections = " ".join(section(10).split())
    assert f"must have come {server.KEEP_ALIVE_S} seconds after" in connections
    assert limits.MAX_AT_ONCE == 2
    assert "A device may have two bodies under way at once" in connections


@pytest.mark.parametrize(
    "pattern",
    [
        patterns.HEX64_PATTERN,
        patterns.KEY_ID_PATTERN,
        patterns.FINGERPRINT_PATTERN,
        patterns.GROUP_PATTERN,
        patterns.DEVICE_PATTERN,
        patterns.TOKEN_PATTERN,
    ],
)
def test_every_pattern_is_stated_as_it_is(pattern: re.Pattern[str]) -> None:
    assert f"`{pattern.pattern}`" in section(1)


@pytest.mark.parametrize(
    "path",
    [
        routes.DEVICES,
        routes.PROOF,
        routes.TOKEN,
        routes.SAMPLES,
        routes.KEYS,
        routes.UPLOAD,
        routes.SPACES,
        routes.RELEASE,
        routes.RELEASES,
        routes.OBJECT,
        routes.HEALTHZ,
        routes.READYZ,
        routes.METRICS,
    ],
)
def test_every_route_is_stated(path: str) -> None:
    assert re.search(rf"(GET|PUT|POST|DELETE) {re.escape(path)}[\s,`]", section(10))


@pytest.mark.parametrize(
    "media_type",
    [
        upload.UPLOAD_MEDIA_TYPE,
        envelope.ENVELOPE_MEDIA_TYPE,
        manifest.MANIFEST_PAYLOAD_TYPE,
        key_chain.KEY_LINK_PAYLOAD_TYPE,
        space_list.SPACES_PAYLOAD_TYPE,
        problems.PROBLEM_MEDIA_TYPE,
        routes.JSON_MEDIA_TYPE,
        routes.OBJECT_MEDIA_TYPE,
        routes.IMMUTABLE,
    ],
)
def test_every_media_type_is_stated(media_type: str) -> None:
    assert f"{media_type}" in SPEC


def test_every_kind_of_input_fit_and_dtype_is_stated() -> None:
    kinds = [f'"kind": "{kind}"' for kind in (inputs.PHOTO_KIND, inputs.TENSOR_KIND)]
    for name in (*kinds, *(f"`{fit}`" for fit in inputs.Fit), *(f"`{dtype}`" for dtype in inputs.TensorType)):
        assert name in section(2), name


def test_the_parameters_of_faces_are_stated_as_the_reference_bundle_has_them() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([\d., ]+) \|", section(2), re.MULTILINE)
    stated = {key: [float(one) for one in values.split(", ")] for key, values in rows}
    middle = list(face_parameters.BACK.middle)
    assert stated == {
        key: middle if key == "middle" else [value] for key, value in sorted(face_parameters.BACK.document().items())
    }


def test_what_faces_are_bounded_by_is_stated() -> None:
    text = " ".join(section(2).split())
    assert (faces.SMALLEST, faces.FARTHEST) == (2.0**-10, 16)
    assert f"at most {faces.MAX_ANCHORS:,}" in text
    assert f"at most {faces.MAX_FACES} are kept" in text
    assert boxes.SAME_FACE == 0.5
    assert "intersection over union is at least 0.5" in section(4)


def test_the_codecs_and_their_scales_are_stated() -> None:
    assert re.findall(r"^\| `(\w+)` \|", section(6), re.MULTILINE) == [codec.value for codec in codecs.Codec]
    assert (codecs.MIN_SCALE, codecs.MAX_SCALE) == (2.0**-126, 2.0**119)
    assert f"The default is `{codecs.DEFAULT_CODEC}`" in section(6)


def test_what_a_client_decides_by_itself_is_stated_in_numbers() -> None:
    text = " ".join(SPEC.split())
    assert f"max(2 × I, {cadence.LONGEST_SPAN_S:.0f})" in text
    assert f"last = `expires` + {validity.GRACE_S:,} seconds" in text
    assert f"place × {rollout.PARTS:,} < share × 2^32" in text
    assert trial.TOLERANCES == {"float32": 0.001, "float16": 0.001, "dynamic": 0.02}
    assert "`tolerance` is 0.001 for `float32` and `float16`, 0.02 for `dynamic`" in text
    assert trial.MAGNITUDE_SHARE == 1 / 1024
    assert "max |expected| / 1024)" in text
    assert f"the order {', '.join(f'`{precision}`' for precision in manifest.Precision)}:" in text


WORDS = (
    *(codecs.Codec, inputs.Fit, inputs.TensorType, manifest.Channel, manifest.Precision, problems.Problem),
    *(space_list.SpaceState, holdout.Split, validity.Validity),
)


@pytest.mark.parametrize("words", WORDS, ids=lambda words: str(words.__name__))
def test_every_word_that_a_client_reads_or_writes_is_in_a_golden_file(words: Iterable[str]) -> None:
    golden = "".join(path.read_text(encoding="utf-8") for path in GOLDEN.rglob("*.json")).replace('\\"', '"')
    assert [word for word in words if f'"{word}"' not in golden] == []


def test_every_golden_file_is_listed() -> None:
    listed = section(12)
    for path in GOLDEN.rglob("*"):
        assert path.is_dir() or f"{path.name}`" in listed, path.name


def test_the_header_length_of_the_worked_example_is_right() -> None:
    data = (GOLDEN / "upload-int4.bin").read_bytes()
    assert data[:8].hex(" ") in section(7)
    assert f"{int.from_bytes(data[:8], 'little')} bytes" in section(7)
