"""Golden files: the bytes that every client reads and writes. SPEC.md says what each is for.

FEDEX_WRITE_GOLDEN=1 writes them anew; do so only together with a change of SPEC.md.
"""

import dataclasses
import hashlib
import itertools
import json
import os
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contract.bundle import (
    BaseSamples,
    BundleFacts,
    DeviceBundleParts,
    TrainingBundleParts,
    read_device_bundle,
    read_training_bundle,
    write_device_bundle,
    write_training_bundle,
)
from contract.codecs import Codec
from contract.device_bundle import golden_input_file
from contract.device_id import device_id
from contract.documents import Fields, Json, encode_base64, encode_json, parse_json
from contract.envelope import Envelope, Signature, key_id, pae
from contract.face_parameters import BACK
from contract.files import FileRef
from contract.fitting import Rectangle, fit_photo
from contract.history import ReleaseSummary, encode_history, parse_history
from contract.holdout import assign_split
from contract.inputs import Fit, ModelInput, PhotoInput, TensorInput, TensorType, finds_faces
from contract.key_chain import KeyChain
from contract.manifest import MANIFEST_PAYLOAD_TYPE, Channel, HeadFile, Manifest, Precision
from contract.problems import Problem, ProblemDocument
from contract.proof import ProofKey, ProofReply, ProofRequest
from contract.rollout import Rollout
from contract.routes import Acknowledgement, EnrolmentReply, EnrolmentRequest, ErasureReply, TokenReply
from contract.samples import face_sample_id, frame_sample_id, photo_sample_id, tensor_sample_id
from contract.self_test import cosine_ppm
from contract.space_list import SPACES_PAYLOAD_TYPE, SpaceList
from contract.unknown import parse_points, points_document
from contract.upload import Upload, decode_upload, encode_upload, peek_upload_header, upload_id
from contract.withdrawals import Withdrawals
from tests.contract.client_vectors import POINTS, cadence, clocks, formats, head_trials, shares, unknown, withdrawals
from tests.contract.codec_vectors import codec_vectors
from tests.contract.conftest import SELF_TEST
from tests.contract.forgery import Forgery
from tests.contract.golden_faces import golden_faces, golden_samples
from tests.contract.golden_inputs import golden_input
from tests.contract.key_vectors import (
    chain_vectors,
    device_id_vectors,
    fingerprint_vectors,
    golden_chain,
    invitation_vectors,
)
from tests.contract.label_vectors import ENTERED, code_points, entered_label, label_keys, label_lists
from tests.contract.manifest_vectors import REFUSED, TAKEN, manifest_vectors
from tests.contract.tensor_vectors import read_tensor_files
from tests.contract.upload_bounds import upload_bounds

GOLDEN = Path(__file__).parent / "golden"
MAX_GOLDEN_BYTES = 80_000
FILE = b"the bytes of a photo's file, whatever is in it"

UPLOADS = ("upload-float32.bin", "upload-float16.bin", "upload-int8.bin", "upload-int4.bin")
DEFLATED, EXTRA = "upload-int4-deflated.bin", "upload-extra.bin"
DETECTED = "drawn-faces.json"
"""Written and checked where there is a detector: tests/device/recognise/test_faces.py."""
REFUSALS = "refusals/"
"""Written and checked in test_refusals.py; photos, in tests/device/recognise/test_golden_photos.py."""
PHOTOS = ("photos.json", "fitted.json")
ANSWERS = "upload-answers.json"
"""Written and checked in tests/device/push/test_golden_answers.py."""
DOCUMENTS = (
    "uploads.json",
    "upload-bounds.json",
    "tensor-files.json",
    "codecs.json",
    "label-rules.json",
    "label-keys.json",
    "label-code-points.json",
    "label-lists.json",
    "fits.json",
    "faces.json",
    "face-samples.json",
    "luma.json",
    "sample-ids.json",
    "tensor-sample-ids.json",
    "splits.json",
    "self-tests.json",
    "clocks.json",
    "cadence.json",
    "head-trials.json",
    "shares.json",
    "manifest-withdrawal.json",
    "withdrawals.json",
    "unknown.json",
    "formats.json",
    "spaces.json",
    "spaces-extra.json",
    "spaces-envelope.json",
    "manifest.json",
    "manifest-extra.json",
    "manifests.json",
    "manifest.pae",
    "envelope.json",
    "envelope-signatures.json",
    "key.json",
    "keys.json",
    "key-chains.json",
    "fingerprints.json",
    "invitations.json",
    "device-ids.json",
    "enrolment-request.json",
    "enrolment-reply.json",
    "proofs.json",
    "proof-request.json",
    "proof-reply.json",
    "token-reply.json",
    "erasure-reply.json",
    "acknowledgement.json",
    "problem.json",
    "problem-unknown-path.json",
    "problem-samples.json",
    "problem-self-test.json",
    "history.json",
)
DEVICE_FILES = (
    "bundle.json",
    "prefix.tflite",
    "head.tflite",
    "labels.json",
    "golden.tensors",
    "golden-feature.tensors",
)
TRAINING_FILES = ("bundle.json", "head.keras", "labels.json", "golden.tensors", "base.tensors")
FACES = PhotoInput(160, 160, fit=Fit.FACES, faces=BACK)
INPUTS: Mapping[str, ModelInput] = {
    "": PhotoInput(160, 160),
    "-faces": FACES,
    "-tensor": TensorInput(TensorType.INT16, (4000, 1)),
}
"""What the prefixes of the golden bundles take, by what ends their names."""
QUANTIZED = {"": "dynamic", "-faces": "float16", "-tensor": "none"}
"""How their prefixes were converted."""
GOLDEN_INPUTS = tuple(f"device-bundle{ending}/{golden_input_file(INPUTS[ending])}" for ending in INPUTS)
BUNDLES = tuple(
    f"{kind}-bundle{ending}/{name}"
    for ending in INPUTS
    for kind, names in (("device", DEVICE_FILES), ("training", TRAINING_FILES))
    for name in names
)
NAMES = (*UPLOADS, EXTRA, *DOCUMENTS, *BUNDLES, *GOLDEN_INPUTS, "device-bundle-faces/detector.tflite")

SEED = bytes(range(32))
SPACES = SpaceList(
    "home", 3, 1_760_000_000, 1_762_592_000, current=frozenset({"5b" * 32, "6c" * 32}), retired=frozenset({"4a" * 32})
)
FEATURE = np.array([0.5, -1.25, 3.0, 0.0], np.float32)
FEATURE_OF_FACES = np.array([0.25, -1.0, 2.5, 0.0], np.float32)
"""Of the golden input of the bundle of faces, which keeps a space of crops with its golden sample."""
LOGITS = np.array([2.0, -0.5], np.float32)
BAD_SAMPLES = ProblemDocument(
    Problem.TOO_LARGE,
    where="upload.labels[2]",
    expected="a label: at most 64 code points",
    got="65",
    samples=(2, 17, 255),
)
SELF_TEST_FAILED = ProblemDocument(
    Problem.SELF_TEST_FAILED,
    where="upload.self_test",
    expected="a self-test at cosine 0.990000 at least",
    got="0.712345 (an app 1.0, LiteRT 2.3.0, GPU, Android 15)",
)
UNKNOWN_PATH = ProblemDocument(
    Problem.UNKNOWN_PATH, where="request", expected="a request of version 1", got="'GET' '/fedex/v1/devices'"
)


def jsonl(value: Json) -> bytes:
    """JSON for people to read as well: indented, sorted, ASCII."""
    return json.dumps(value, indent=1, sort_keys=True).encode() + b"\n"


def compact(values: Json) -> bytes:
    """The same, one value a line."""
    assert isinstance(values, list)
    return b"[\n" + b",\n".join(json.dumps(value, sort_keys=True).encode() for value in values) + b"\n]\n"


def by_key(value: Json) -> bytes:
    """The same of an object of lists and objects, one vector of them a line."""
    assert isinstance(value, dict)
    return b"{\n" + b",\n".join(line(key) + b": " + vectors(part) for key, part in sorted(value.items())) + b"\n}\n"


def vectors(part: Json) -> bytes:
    if isinstance(part, dict):
        return b"{\n" + b",\n".join(line(key) + b": " + line(value) for key, value in sorted(part.items())) + b"\n}"
    return compact(part).rstrip() if isinstance(part, list) else line(part)


def line(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def upload_of(make_upload: Callable[..., Upload], name: str) -> bytes:
    codec = Codec(name.removeprefix("upload-").removesuffix(".bin").removesuffix("-deflated"))
    upload = sparse_upload(make_upload) if name == DEFLATED else make_upload(3, revisions=REVISIONS)
    return encode_upload(upload, codec=codec)


def sparse_upload(make_upload: Callable[..., Upload]) -> Upload:
    """Ten samples that deflate: after a ReLU half of a feature is zero."""
    return make_upload(10, features=np.maximum(make_upload(10, shape=(32,)).features, 0))


REVISIONS = np.array([0x01020304, 0xFFFFFFFF, 0xA1B2C3D4], np.uint32)


def what_it_opens_to(data: bytes) -> Json:
    upload = decode_upload(data)
    return {
        "upload": upload_id(data),
        "space": upload.space,
        "self_test": upload.self_test.document(),
        "codec": peek_upload_header(data).codec.value,
        "shape": upload.feature_shape,
        "labels": upload.labels,
        "sample_ids": [row.tobytes().hex() for row in upload.sample_ids],
        "revisions": upload.revisions.tolist(),
        "features": upload.features.reshape(upload.count, -1).tolist(),
    }


def sample_ids() -> Json:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    frame, photo = frame_sample_id(SEED, pixels), photo_sample_id(SEED, hashlib.sha256(FILE).digest())
    boxes = [(10, 20, 110, 140), (-5, -1, 60, 64)]
    return {
        "secret": SEED.hex(),
        "files": [{"file": FILE.hex(), "sample_id": photo.hex()}],
        "frames": [{"width": 3, "height": 2, "pixels": pixels.tobytes().hex(), "sample_id": frame.hex()}],
        "faces": [
            {"photo": name.hex(), "box": box, "sample_id": face_sample_id(SEED, name, box).hex()}
            for name, box in itertools.product((photo, frame), boxes)
        ],
    }


TENSORS: Sequence[tuple[TensorType, tuple[int, ...], list[float]]] = [
    (TensorType.FLOAT32, (3,), [0.5, -1.25, 1e-45]),
    (TensorType.FLOAT32, (1,), [0.0]),
    (TensorType.FLOAT32, (1,), [-0.0]),
    (TensorType.FLOAT32, (1, 1), [0.0]),
    (TensorType.FLOAT32, (2, 3), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
    (TensorType.FLOAT32, (3, 2), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
    (TensorType.UINT8, (2, 2), [0, 127, 128, 255]),
    (TensorType.INT8, (2, 2), [0, 127, -128, -1]),
    (TensorType.INT16, (2, 1), [-32768, 258]),
    (TensorType.INT32, (1, 1, 2), [-2, 16909060]),
    (TensorType.INT64, (1, 1, 1, 1, 1, 2), [-3, 2**53 - 1]),
]


def tensor_sample_ids() -> Json:
    return [
        {
            "secret": SEED.hex(),
            "dtype": dtype.value,
            "shape": shape,
            "values": np.array(values, np.dtype(dtype).newbyteorder("<")).tobytes().hex(),
            "sample_id": tensor_sample_id(SEED, np.array(values, dtype.value).reshape(shape)).hex(),
        }
        for dtype, shape, values in TENSORS
    ]


PHOTO_SIZES = [
    (160, 160),
    (250, 250),
    (92, 112),
    (4000, 3000),
    (3000, 4001),
    (161, 160),
    (1, 1),
    (10000, 1),
    (1, 10000),
]
INPUT_SIZES = [(160, 160), (224, 224), (96, 128), (481, 27)]


def fits() -> Json:
    return [
        fit_vector(*photo, photo_input=PhotoInput(height, width, fit=fit))
        for fit in (Fit.CROP, Fit.LETTERBOX, Fit.STRETCH)
        for width, height in INPUT_SIZES
        for photo in PHOTO_SIZES
    ]


def fit_vector(width: int, height: int, *, photo_input: PhotoInput) -> Json:
    placement = fit_photo(width, height, photo_input=photo_input)
    return {
        "photo": {"width": width, "height": height},
        "input": {"width": photo_input.width, "height": photo_input.height, "fit": photo_input.fit.value},
        "part": rectangle(placement.part),
        "place": rectangle(placement.place),
    }


def rectangle(one: Rectangle) -> Json:
    return dataclasses.astuple(one)


COLOURS = [
    *((0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (1, 0, 0), (0, 1, 0), (0, 0, 1)),
    *((1, 1, 1), (128, 128, 128), (200, 100, 50), (17, 230, 99), (2, 0, 0), (0, 0, 5), (0, 0, 4)),
]


def luma() -> Json:
    return [
        {"rgb": (red, green, blue), "luma": (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16}
        for red, green, blue in COLOURS
    ]


def splits() -> Json:
    ids = ("00" * 16, "33" * 16, "33" * 15 + "34", "ff" * 16)
    return [
        {"sample_id": name, "photos_before": before, "split": assign_split(bytes.fromhex(name), before).value}
        for name in ids
        for before in (0, 2, 3)
    ]


TOKENS = {"d-0123456789": "d-0123456789.0123456789abcdef", "0f" * 16: "x" * 43}
"""Devices and their tokens; the first is that of the golden enrolment."""


def given_out_tokens(device: str) -> list[str]:
    """Tokens of the golden device that were given out and not used yet; the last is that of `token-reply.json`."""
    return [f"{device}.{secret}" for secret in ("89abcdef01234567", "fedcba9876543210")]


def proof_vectors() -> Json:
    return [proof_vector(device, nonce) for device in TOKENS for nonce in (bytes(32), SEED)]


def proof_vector(device: str, nonce: bytes) -> Json:
    key = ProofKey.of(TOKENS[device], device=device)
    proof = key.prove(ProofRequest(nonce)).proof
    return {
        "device": device,
        "token": TOKENS[device],
        "key": key.key.hex(),
        "nonce": nonce.hex(),
        "proof": proof.hex(),
    }


def manifest_of(bundle: Path) -> Manifest:
    device = read_device_bundle(bundle)
    heads = {
        Precision.FLOAT32: HeadFile.of(device.head, LOGITS),
        Precision.DYNAMIC: HeadFile.of(FileRef.of(b"x"), LOGITS),
    }
    return Manifest(
        group="home",
        space=device.space,
        channel=Channel.BEST,
        serial=7,
        issued=1_760_000_000,
        expires=1_762_592_000,
        cut=device.cut,
        feature_shape=device.feature_shape,
        labels=device.labels_file,
        label_count=len(device.labels),
        heads=heads,
        golden_sample_sha256=device.golden_sample_sha256,
        temperature=device.temperature,
        threshold=device.threshold,
        validation_accuracy=0.9944,
        validation_samples=181,
        parent=None,
        rollout=Rollout("7f" * 32, 2500),
        points=device.points,
    )


def withdrawal_of(manifest: Manifest) -> Manifest:
    """The head of the bundle serves, and none of what was released does."""
    return dataclasses.replace(
        manifest,
        serial=8,
        heads={},
        rollout=None,
        withdraws=Withdrawals(((1, 7),)),
        validation_accuracy=None,
        validation_samples=0,
        parent=FileRef.of(manifest.encode()).sha256,
    )


def write_bundles(folder: Path) -> None:
    for ending, model_input in INPUTS.items():
        write_pair(folder, ending, model_input)


def write_pair(folder: Path, ending: str, model_input: ModelInput) -> None:
    facts = BundleFacts(
        "5b" * 32,
        "freeze6",
        "Bottleneck_BatchNorm",
        model_input,
        (4,),
        temperature=1.25,
        threshold=0.5,
        least_cosine_ppm=990_000,
        points={}
        if isinstance(model_input, TensorInput)
        else parse_points(Fields({"threshold": 0.5, "points": POINTS}, where="")),
    )
    labels = ("Ada Lovelace", "明子")
    prefix, head = b"bytes in place of a prefix", b"bytes in place of a head"
    detector = b"bytes in place of a detector" if finds_faces(model_input) else None
    write_device_bundle(
        folder / f"device-bundle{ending}",
        DeviceBundleParts(
            facts,
            prefix,
            head,
            labels,
            golden_input(model_input),
            FEATURE,
            LOGITS,
            quantize=QUANTIZED[ending],
            detector=detector,
            golden_feature=FEATURE_OF_FACES if finds_faces(model_input) else None,
        ),
    )
    base = BaseSamples(
        features=np.stack([FEATURE, -FEATURE]),
        labels=np.array([0, 1], np.uint32),
        sample_ids=np.arange(32, dtype=np.uint8).reshape(2, 16),
        splits=np.array([0, 1], np.uint8),
    )
    write_training_bundle(
        folder / f"training-bundle{ending}",
        TrainingBundleParts(facts, b"bytes in place of a Keras head", labels, FEATURE, base),
    )


def self_tests() -> Json:
    features = {
        "the same": [1.0, -2.0, 3.0, 4.0],
        "twice as long": [2.0, -4.0, 6.0, 8.0],
        "nearly": [1.0, -2.0, 3.0, 4.0625],
        "another": [1.0, 2.0, 3.0, 4.0],
        "the opposite": [-1.0, 2.0, -3.0, -4.0],
        "the smallest": [1e-45, -2.8e-45, 4.2e-45, 5.6e-45],
        "zeros": [0.0, 0.0, 0.0, 0.0],
    }
    golden = features["the same"]
    return [
        {"what": what, "golden": golden, "feature": got, "cosine_ppm": cosine_ppm(*np.array([golden, got], np.float32))}
        for what, got in features.items()
    ]


def documents(folder: Path, make_upload: Callable[..., Upload]) -> dict[str, bytes]:
    signer = Ed25519PrivateKey.from_private_bytes(SEED)
    public = signer.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    manifest = manifest_of(folder / "device-bundle")
    payload = manifest.encode()
    signed = pae(MANIFEST_PAYLOAD_TYPE, payload)
    envelope = Envelope(payload, MANIFEST_PAYLOAD_TYPE, (Signature(key_id(public), signer.sign(signed)),))
    release = ReleaseSummary.of(manifest, release=FileRef.of(payload).sha256, report={"old labels": "no worse"})
    device = device_id(SEED, group="home")
    reply = EnrolmentReply(device=device, token=f"{device}.0123456789abcdef", group="home", key=public)
    newest = dataclasses.replace(manifest, channel=Channel.LATEST, serial=3, parent=release.release)
    latest = ReleaseSummary.of(newest, release=FileRef.of(newest.encode()).sha256, report={})
    challenge = ProofRequest(SEED)
    proof = ProofKey.of(reply.token, device=reply.device).prove(challenge)
    given_out = [ProofKey.of(token, device=device).prove(challenge).proof for token in given_out_tokens(device)]
    proof = dataclasses.replace(proof, next=tuple(given_out))
    golden = GOLDEN / DEFLATED
    uploads = {name: upload_of(make_upload, name) for name in UPLOADS} | {DEFLATED: golden.read_bytes()}
    return {
        "uploads.json": jsonl({name: what_it_opens_to(data) for name, data in uploads.items()}),
        "upload-bounds.json": compact(upload_bounds()),
        "tensor-files.json": compact(read_tensor_files()),
        "codecs.json": by_key(codec_vectors()),
        "label-rules.json": jsonl([entered_label(entered) for entered in ENTERED]),
        "label-keys.json": jsonl(label_keys()),
        "label-code-points.json": code_points(),
        "label-lists.json": compact(label_lists()),
        "fits.json": compact(fits()),
        "faces.json": by_key(golden_faces()),
        "face-samples.json": by_key(golden_samples()),
        "luma.json": compact(luma()),
        "sample-ids.json": jsonl(sample_ids()),
        "tensor-sample-ids.json": jsonl(tensor_sample_ids()),
        "splits.json": jsonl(splits()),
        "self-tests.json": compact(self_tests()),
        "clocks.json": by_key(clocks()),
        "cadence.json": compact(cadence()),
        "head-trials.json": compact(head_trials()),
        "shares.json": compact(shares()),
        "manifest-withdrawal.json": withdrawal_of(manifest).encode(),
        "withdrawals.json": compact(withdrawals()),
        "unknown.json": compact(unknown()),
        "formats.json": compact(formats()),
        "spaces.json": SPACES.encode(),
        "spaces-extra.json": encode_json(with_unknown_states(json.loads(SPACES.encode()))),
        "spaces-envelope.json": Envelope(
            SPACES.encode(),
            SPACES_PAYLOAD_TYPE,
            (Signature(key_id(public), signer.sign(pae(SPACES_PAYLOAD_TYPE, SPACES.encode()))),),
        ).encode(),
        "manifest.json": payload,
        "manifests.json": compact(manifest_vectors(payload)),
        "manifest-extra.json": encode_json(with_unknown_precision(json.loads(payload))),
        "manifest.pae": signed,
        "envelope.json": envelope.encode(),
        "envelope-signatures.json": jsonl(with_other_signatures(envelope)),
        "key.json": jsonl({"private": SEED.hex(), "public": public.hex(), "key_id": key_id(public)}),
        "keys.json": golden_chain(),
        "key-chains.json": compact(chain_vectors()),
        "fingerprints.json": by_key(fingerprint_vectors()),
        "invitations.json": compact(invitation_vectors()),
        "device-ids.json": compact(device_id_vectors()),
        "enrolment-request.json": EnrolmentRequest(code="kitchen-42", secret=SEED).encode(),
        "enrolment-reply.json": reply.encode(),
        "proofs.json": jsonl(proof_vectors()),
        "proof-request.json": challenge.encode(),
        "proof-reply.json": proof.encode(),
        "token-reply.json": TokenReply(given_out_tokens(device)[-1]).encode(),
        "erasure-reply.json": ErasureReply("3c" * 16).encode(),
        "acknowledgement.json": Acknowledgement("1a" * 32).encode(),
        "problem.json": ProblemDocument(Problem.WRONG_HASH, where="upload", expected="a hash", got="another").encode(),
        "problem-unknown-path.json": UNKNOWN_PATH.encode(),
        "problem-samples.json": BAD_SAMPLES.encode(),
        "problem-self-test.json": SELF_TEST_FAILED.encode(),
        "history.json": encode_history([latest, release]),
    }


def with_other_signatures(envelope: Envelope) -> Json:
    """The same envelope, signed by others and in other ways as well: whoever reads it passes over these."""
    document = envelope.document()
    signatures = document["signatures"]
    assert isinstance(signatures, list)
    others: list[Json] = [
        {"keyid": "0" * 16, "sig": encode_base64(bytes(64))},
        {"keyid": "SHA256:another-kind-of-id", "sig": "AA=="},
        {"sig": encode_base64(bytes(3309))},
        "no object at all",
    ]
    return {**document, "signatures": [*others[:2], *signatures, *others[2:]]}


def with_unknown_precision(manifest: dict[str, Any]) -> Json:
    """A manifest with keys, and a head in a precision, that nobody knows."""
    head = {**manifest["heads"]["float32"], "sha256": "9c" * 32}
    validation = {**manifest["validation"], "by": "people"}
    heads = {**manifest["heads"], "float8": {**head, "scale": [0.5]}}
    return {**manifest, "heads": heads, "validation": validation, "colour": {"name": "blue"}}


def with_unknown_states(spaces: dict[str, Any]) -> Json:
    """A list of spaces with keys, and a space in a state, that nobody knows."""
    paused = {"space": "7d" * 32, "state": "paused", "until": 1_770_000_000}
    return {**spaces, "spaces": [*spaces["spaces"], paused], "colour": "blue"}


def with_unknown_parts(sealed: bytes) -> bytes:
    """An upload with a key and a tensor that no reader knows."""
    forgery = Forgery(sealed)
    end = len(forgery.section)
    forgery.metadata.update(colour="blue", size=end + 4, stored=end + 4)
    forgery.document["extra"] = {"dtype": "F32", "shape": [], "data_offsets": [end, end + 4], "note": "new"}
    forgery.section += bytes(4)
    return forgery.seal()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, make_upload: Callable[..., Upload]) -> dict[str, bytes]:
    """Every golden file but the deflated upload, as today's code writes it."""
    folder = tmp_path_factory.mktemp("golden")
    if os.environ.get("FEDEX_WRITE_GOLDEN") == "1":
        (GOLDEN / DEFLATED).write_bytes(upload_of(make_upload, DEFLATED))
    write_bundles(folder)
    files = {name: upload_of(make_upload, name) for name in UPLOADS}
    files[EXTRA] = with_unknown_parts(files["upload-int4.bin"])
    files |= {name: (folder / name).read_bytes() for name in NAMES if "bundle" in name}
    return files | documents(folder, make_upload)


@pytest.mark.parametrize("name", NAMES)
def test_golden_bytes_are_what_is_written(fresh: dict[str, bytes], name: str) -> None:
    if os.environ.get("FEDEX_WRITE_GOLDEN") == "1":
        (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
        (GOLDEN / name).write_bytes(fresh[name])
    assert (GOLDEN / name).read_bytes() == fresh[name]


def test_the_golden_files_are_these_and_small() -> None:
    files = {path.relative_to(GOLDEN).as_posix(): path for path in GOLDEN.rglob("*") if path.is_file()}
    assert {name for name in files if not name.startswith(REFUSALS)} == {*NAMES, DEFLATED, DETECTED, *PHOTOS, ANSWERS}
    assert max(path.stat().st_size for path in files.values()) < MAX_GOLDEN_BYTES


@pytest.mark.parametrize("name", UPLOADS)
def test_small_golden_uploads_are_stored_as_they_are(name: str) -> None:
    """So their bytes hang on no implementation of deflate."""
    header = peek_upload_header((GOLDEN / name).read_bytes())
    assert header.stored == header.size


def test_the_deflated_upload_differs_by_its_zlib_stream_only(make_upload: Callable[..., Upload]) -> None:
    golden, written = (GOLDEN / DEFLATED).read_bytes(), upload_of(make_upload, DEFLATED)
    assert peek_upload_header(golden).stored < peek_upload_header(golden).size
    assert _inflated(golden) == _inflated(written)


def test_the_golden_envelope_is_signed_by_the_golden_key() -> None:
    key = json.loads((GOLDEN / "key.json").read_bytes())
    envelope = Envelope.parse((GOLDEN / "envelope.json").read_bytes())
    assert envelope.signed_bytes() == (GOLDEN / "manifest.pae").read_bytes()
    assert envelope.signatures[0].key_id == key["key_id"]
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["public"]))
    public.verify(envelope.signatures[0].signature, envelope.signed_bytes())


def test_an_upload_with_parts_that_nobody_knows_opens_as_without_them() -> None:
    with_them, without = ((GOLDEN / name).read_bytes() for name in (EXTRA, "upload-int4.bin"))
    known = {key: value for key, value in dict(what_it_opens_to(without)).items() if key != "upload"}  # type: ignore[arg-type]
    assert known.items() <= dict(what_it_opens_to(with_them)).items()  # type: ignore[arg-type]


def test_of_the_golden_manifests_those_within_every_bound_are_read_and_no_other() -> None:
    vectors = json.loads((GOLDEN / "manifests.json").read_bytes())
    assert {one["what"] for one in vectors if one["refused"]} == set(REFUSED)
    assert {one["what"] for one in vectors if not one["refused"]} == set(TAKEN)


def test_documents_with_parts_that_nobody_knows_are_read_as_without_them() -> None:
    manifest = Manifest.parse((GOLDEN / "manifest-extra.json").read_bytes())
    assert manifest.encode() == (GOLDEN / "manifest.json").read_bytes()
    assert SpaceList.parse((GOLDEN / "spaces-extra.json").read_bytes()) == SPACES


def test_of_several_signatures_that_of_the_pinned_key_counts() -> None:
    envelope = Envelope.parse((GOLDEN / "envelope-signatures.json").read_bytes())
    key = json.loads((GOLDEN / "key.json").read_bytes())
    [good] = [one.signature for one in envelope.signatures if one.key_id == key["key_id"]]
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["public"])).verify(good, envelope.signed_bytes())


def test_golden_documents_are_read() -> None:
    manifest = Manifest.parse((GOLDEN / "manifest.json").read_bytes())
    assert (manifest.serial, points_document(manifest.points)) == (7, POINTS)
    assert Manifest.parse((GOLDEN / "manifest-withdrawal.json").read_bytes()).heads == {}
    assert SpaceList.parse((GOLDEN / "spaces.json").read_bytes()) == SPACES
    history = parse_history((GOLDEN / "history.json").read_bytes())
    assert [(one.channel, one.serial) for one in history] == [(Channel.LATEST, 3), (Channel.BEST, 7)]
    asked = EnrolmentRequest.parse((GOLDEN / "enrolment-request.json").read_bytes())
    enrolled = EnrolmentReply.parse((GOLDEN / "enrolment-reply.json").read_bytes())
    assert asked == EnrolmentRequest("kitchen-42", SEED)
    assert device_id(SEED, group=enrolled.group) == enrolled.device
    assert TokenReply.parse((GOLDEN / "token-reply.json").read_bytes()).token != enrolled.token
    assert ErasureReply.parse((GOLDEN / "erasure-reply.json").read_bytes()).erasure == "3c" * 16
    assert KeyChain.parse((GOLDEN / "keys.json").read_bytes()).keys[0] == enrolled.key
    assert ProblemDocument.parse((GOLDEN / "problem.json").read_bytes()).problem is Problem.WRONG_HASH
    assert ProblemDocument.parse((GOLDEN / "problem-unknown-path.json").read_bytes()) == UNKNOWN_PATH
    assert ProblemDocument.parse((GOLDEN / "problem-samples.json").read_bytes()) == BAD_SAMPLES
    assert ProblemDocument.parse((GOLDEN / "problem-self-test.json").read_bytes()) == SELF_TEST_FAILED


def test_the_golden_reply_is_the_proof_of_the_golden_enrolment() -> None:
    enrolled = EnrolmentReply.parse((GOLDEN / "enrolment-reply.json").read_bytes())
    key = ProofKey.of(enrolled.token, device=enrolled.device)
    request = ProofRequest.parse((GOLDEN / "proof-request.json").read_bytes())
    golden = ProofReply.parse((GOLDEN / "proof-reply.json").read_bytes())
    assert key.accepts(golden, request=request)
    for token in given_out_tokens(enrolled.device):
        assert ProofKey.of(token, device=enrolled.device).accepts(golden, request=request)
    assert not ProofKey.of(enrolled.token + "0", device=enrolled.device).accepts(golden, request=request)


@pytest.mark.parametrize("ending", INPUTS)
def test_golden_bundles_are_read(ending: str) -> None:
    device = read_device_bundle(GOLDEN / f"device-bundle{ending}")
    training = read_training_bundle(GOLDEN / f"training-bundle{ending}")
    assert device.golden_sample_sha256 == training.golden_sample_sha256
    assert device.labels == training.labels == ("Ada Lovelace", "明子")
    assert device.input == training.input == INPUTS[ending]
    assert device.facts.least_cosine_ppm == training.facts.least_cosine_ppm == 990_000
    assert points_document(device.points) == points_document(training.points)
    assert points_document(device.points) == (None if ending == "-tensor" else POINTS)
    assert device.golden_input_path.read_bytes() == golden_input(INPUTS[ending])
    assert device.golden_feature.tolist() == (FEATURE_OF_FACES if finds_faces(device.input) else FEATURE).tolist()


@pytest.mark.parametrize("name", [*UPLOADS, DEFLATED])
def test_golden_uploads_say_what_computed_them(name: str) -> None:
    assert peek_upload_header((GOLDEN / name).read_bytes()).self_test == SELF_TEST


def _inflated(data: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack_from("<Q", data)
    document = json.loads(data[8 : 8 + length])
    del document["__metadata__"]["stored"]
    return document, zlib.decompress(data[8 + length :])


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".json") and not name.startswith("label-")])
def test_a_platforms_parser_reads_what_is_signed_or_hashed_as_the_strict_one_does(name: str) -> None:
    """Strictness is the service's duty: it signs and names nothing that two parsers could read in two ways."""
    data = (GOLDEN / name).read_bytes()
    assert json.loads(data) == parse_json(data, where=name, max_bytes=len(data))
