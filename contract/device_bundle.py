"""Device bundles: the directory that a device starts with. No one's samples are in it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.bundle_files import (
    BUNDLE_FILE,
    BUNDLE_FORMAT,
    GOLDEN_FILE,
    LABELS_FILE,
    MAX_DOCUMENT_BYTES,
    BundleFacts,
    CheckedBundle,
    encode_golden,
    parse_bundle_document,
    parse_bundle_labels,
    parse_golden,
    parse_golden_reference,
    parse_labels_reference,
    parse_reference,
    write_bundle,
)
from contract.cuts import MAX_MODEL_BYTES
from contract.documents import Fields, Json
from contract.errors import Impossible
from contract.files import FileRef, check_file, check_is_file, check_size, read_bounded, read_checked, sha256_hex
from contract.inputs import ModelInput, PhotoInput, finds_faces
from contract.labels import encode_new_labels
from contract.manifest import encode_logits, parse_logits
from contract.patterns import NAME_PATTERN

KIND = "device"
PREFIX_FILE = "prefix.tflite"
HEAD_FILE = "head.tflite"
DETECTOR_FILE = "detector.tflite"
GOLDEN_PHOTO_FILE, GOLDEN_TENSOR_FILE = "golden-input.png", "golden-input.npy"
GOLDEN_FEATURE_FILE = "golden-feature.tensors"
MAX_GOLDEN_INPUT_BYTES = 129 << 20
"""A tensor of 16,777,216 elements of 8 bytes, and the file's header."""


@dataclass(frozen=True, slots=True, eq=False)
class DeviceBundleParts:
    """What a device bundle is written from."""

    facts: BundleFacts
    prefix: bytes
    head: bytes
    labels: tuple[str, ...]
    golden_input: bytes
    """The file of a photo, PNG, or of a tensor, NPY, whichever the prefix takes."""
    golden: NDArray[np.float32]
    """The golden sample: what heads of the space are tried on."""
    logits: NDArray[np.float32]
    """(classes,): what `head` answers to the golden sample."""
    quantize: str
    """How the prefix was converted."""
    detector: bytes | None = None
    """What finds faces; there if the input is of faces, and only then."""
    golden_feature: NDArray[np.float32] | None = None
    """The feature of the golden input; None: it is the golden sample."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DeviceBundle(CheckedBundle):
    """A device bundle whose every file has been checked against its document."""

    directory: Path
    sha256: str
    """Of bundle.json, which names every other file by its hash."""
    prefix: FileRef
    head: FileRef
    labels_file: FileRef
    golden_input: FileRef
    golden_feature: NDArray[np.float32]
    """What the prefix makes of the golden input."""
    logits: NDArray[np.float32]
    """(classes,): what `head` answers to the golden sample."""
    quantize: str
    """How the prefix was converted."""
    detector: FileRef | None
    """There if the input is of faces."""

    @property
    def detector_path(self) -> Path:
        """Where the detector lies, where there is one."""
        return self.directory / DETECTOR_FILE

    @property
    def prefix_path(self) -> Path:
        """Where the prefix lies."""
        return self.directory / PREFIX_FILE

    @property
    def golden_input_path(self) -> Path:
        """Where the golden input lies."""
        return self.directory / golden_input_file(self.input)

    @property
    def head_path(self) -> Path:
        """Where the first head lies."""
        return self.directory / HEAD_FILE


def read_device_bundle(directory: Path, *, is_to_run: bool = True) -> DeviceBundle:
    """Read a device bundle and check every size, hash, shape and bound. The models are hashed, not loaded.

    Args:
        directory: the bundle.
        is_to_run: whether its prefix and detector are to run. Where they are not, they are the largest part by far,
            and only their sizes are looked at.

    Raises:
        Malformed: no bundle, or a part of it missing or garbled; `UnsupportedVersion`: of another major version.
        TooLarge: over a bound.
        Impossible: a part that is not the one its document names.
    """
    check_is_file(directory / BUNDLE_FILE)
    document = read_bounded(directory / BUNDLE_FILE, MAX_DOCUMENT_BYTES)
    fields = parse_bundle_document(document, kind=KIND)
    facts = BundleFacts.parse(fields)
    prefix = parse_reference(fields, "prefix", max_bytes=MAX_MODEL_BYTES)
    head = parse_reference(fields, "head", max_bytes=MAX_MODEL_BYTES)
    labels_file = parse_labels_reference(fields)
    labels = parse_bundle_labels(read_checked(directory / LABELS_FILE, labels_file))
    golden = parse_golden(
        read_checked(directory / GOLDEN_FILE, parse_golden_reference(fields)), shape=facts.feature_shape
    )
    check_model = check_file if is_to_run else check_size
    check_model(directory / PREFIX_FILE, prefix)
    check_file(directory / HEAD_FILE, head)
    golden_input = parse_reference(fields, "golden_input", max_bytes=MAX_GOLDEN_INPUT_BYTES)
    check_file(directory / golden_input_file(facts.input), golden_input)
    golden_feature = parse_golden(
        read_checked(directory / GOLDEN_FEATURE_FILE, parse_golden_reference(fields, "golden_feature")),
        shape=facts.feature_shape,
        name=GOLDEN_FEATURE_FILE,
    )
    detector = _parse_detector(fields, facts)
    if detector is not None:
        check_model(directory / DETECTOR_FILE, detector)
    return DeviceBundle(
        directory=directory,
        sha256=sha256_hex(document),
        facts=facts,
        prefix=prefix,
        head=head,
        labels=labels,
        labels_file=labels_file,
        golden=golden,
        golden_input=golden_input,
        golden_feature=golden_feature,
        logits=parse_logits(fields, "logits", classes=len(labels)),
        quantize=fields.name("quantize", NAME_PATTERN),
        detector=detector,
    )


def golden_input_file(model_input: ModelInput) -> str:
    """Name the file of a bundle's golden input."""
    return GOLDEN_PHOTO_FILE if isinstance(model_input, PhotoInput) else GOLDEN_TENSOR_FILE


def _parse_detector(fields: Fields, facts: BundleFacts) -> FileRef | None:
    """Read what the document says of the detector, which an input of faces needs and no other one has."""
    if not finds_faces(facts.input):
        if "detector" in fields:
            raise Impossible(fields.place("detector"), expected=f"none, as the input is a {facts.input}", got="one")
        return None
    return parse_reference(fields, "detector", max_bytes=MAX_MODEL_BYTES)


def write_device_bundle(directory: Path, parts: DeviceBundleParts) -> DeviceBundle:
    """Write a device bundle and read it back; the same parts give the same bytes.

    Raises:
        ContractError: a part that `read_device_bundle` would refuse.
        OSError: the directory holds no bundle now.
    """
    if finds_faces(parts.facts.input) != (parts.detector is not None):
        expected = f"one if, and only if, the input ({parts.facts.input}) is of faces"
        raise Impossible("detector", expected=expected, got="none" if parts.detector is None else "one")
    files = {
        PREFIX_FILE: parts.prefix,
        HEAD_FILE: parts.head,
        LABELS_FILE: encode_new_labels(parts.labels),
        GOLDEN_FILE: encode_golden(parts.golden),
        golden_input_file(parts.facts.input): parts.golden_input,
        GOLDEN_FEATURE_FILE: encode_golden(parts.golden if parts.golden_feature is None else parts.golden_feature),
    }
    document: dict[str, Json] = {
        "format": BUNDLE_FORMAT,
        "kind": KIND,
        **parts.facts.document(),
        "prefix": FileRef.of(parts.prefix).document(),
        "head": FileRef.of(parts.head).document(),
        "labels": FileRef.of(files[LABELS_FILE]).document(),
        "golden": FileRef.of(files[GOLDEN_FILE]).document(),
        "golden_input": FileRef.of(parts.golden_input).document(),
        "golden_feature": FileRef.of(files[GOLDEN_FEATURE_FILE]).document(),
        "logits": encode_logits(parts.logits),
        "quantize": parts.quantize,
    }
    if parts.detector is not None:
        files[DETECTOR_FILE] = parts.detector
        document["detector"] = FileRef.of(parts.detector).document()
    write_bundle(directory, document=document, files=files)
    return read_device_bundle(directory)
