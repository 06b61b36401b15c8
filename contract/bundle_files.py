"""What device and training bundle have in common: facts, file names, and how a whole bundle is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.arrays import check_finite, require_array
from contract.cuts import FEATURE_TENSOR, parse_feature_shape
from contract.documents import Fields, Json, encode_json, parse_document
from contract.errors import Impossible, Malformed, shown
from contract.files import FileRef, atomic_write, sha256_hex
from contract.inputs import ModelInput, parse_input
from contract.labels import MAX_LABELS_BYTES, parse_labels
from contract.manifest import MAX_TEMPERATURE, MIN_TEMPERATURE
from contract.patterns import HEX64_PATTERN, NAME_PATTERN
from contract.self_test import PPM
from contract.tensors import decode_tensors, encode_tensors
from contract.unknown import Points, parse_points, points_document

BUNDLE_FORMAT = 1
BUNDLE_FILE = "bundle.json"
LABELS_FILE = "labels.json"
GOLDEN_FILE = "golden.tensors"

MAX_DOCUMENT_BYTES = 1 << 20
MAX_GOLDEN_BYTES = 17 << 20
"""A feature of 4,194,304 elements as float32, and the file's header."""


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """What both bundles say of the space and of the first head."""

    space: str
    cut: str
    layer: str
    input: ModelInput
    """What the prefix takes."""
    feature_shape: tuple[int, ...]
    temperature: float
    threshold: float
    least_cosine_ppm: int
    """What a device's feature of the golden input must reach to the golden feature, in millionths; of a training bundle
    the least of all device bundles of its space."""
    points: Points = field(default_factory=dict)
    """The first head's thresholds that were measured, of which `threshold` is one; none where nothing was fitted."""

    @classmethod
    def parse(cls, fields: Fields) -> "BundleFacts":
        """Read the facts from a bundle's document. Raises a `ContractError`."""
        return cls(
            space=fields.name("space", HEX64_PATTERN),
            cut=fields.name("cut", NAME_PATTERN),
            layer=fields.name("layer", NAME_PATTERN),
            input=parse_input(fields),
            feature_shape=parse_feature_shape(fields),
            temperature=fields.number("temperature", low=MIN_TEMPERATURE, high=MAX_TEMPERATURE),
            threshold=fields.number("threshold", low=0.0, high=1.0),
            least_cosine_ppm=fields.integer("least_cosine_ppm", low=0, high=PPM),
            points=parse_points(fields),
        )

    def document(self) -> dict[str, Json]:
        """Write the facts as part of a bundle's document."""
        return {
            "space": self.space,
            "cut": self.cut,
            "layer": self.layer,
            "input": self.input.document(),
            "shape": self.feature_shape,
            "temperature": self.temperature,
            "threshold": self.threshold,
            "points": points_document(self.points),
            "least_cosine_ppm": self.least_cosine_ppm,
        }


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CheckedBundle:
    """What device and training bundle have in common, once every file was checked against the document."""

    facts: BundleFacts
    labels: tuple[str, ...]
    golden: NDArray[np.float32]
    """The golden sample, a feature: what heads of the space are tried on."""

    @property
    def space(self) -> str:
        """The feature space."""
        return self.facts.space

    @property
    def cut(self) -> str:
        """The cut's name."""
        return self.facts.cut

    @property
    def layer(self) -> str:
        """The last layer of the prefix."""
        return self.facts.layer

    @property
    def input(self) -> ModelInput:
        """What the prefix takes."""
        return self.facts.input

    @property
    def feature_shape(self) -> tuple[int, ...]:
        """The shape of one feature."""
        return self.facts.feature_shape

    @property
    def temperature(self) -> float:
        """What the first head's logits are divided by."""
        return self.facts.temperature

    @property
    def threshold(self) -> float:
        """The probability below which the first head answers "unknown"."""
        return self.facts.threshold

    @property
    def points(self) -> Points:
        """The first head's thresholds that were measured."""
        return self.facts.points

    @property
    def golden_sample_sha256(self) -> str:
        """The golden sample's name, as manifests give it."""
        return golden_sample_sha256(self.golden)


def golden_sample_sha256(golden: NDArray[np.float32]) -> str:
    """Name a golden sample by its values: the sha256 of its float32 little-endian bytes, C order."""
    return sha256_hex(golden.astype("<f4").tobytes())


def parse_bundle_document(data: bytes, *, kind: str) -> Fields:
    """Read bundle.json of the bundle `kind`, "device" or "training".

    Raises:
        Malformed, UnsupportedVersion, TooLarge: not such a document, or one of another kind.
    """
    fields = parse_document(data, where=BUNDLE_FILE, max_bytes=MAX_DOCUMENT_BYTES)
    fields.check_format(BUNDLE_FORMAT)
    got = fields.text("kind")
    if got != kind:
        raise Malformed(fields.place("kind"), expected=kind, got=shown(got))
    return fields


def parse_golden(data: bytes, *, shape: tuple[int, ...], name: str = GOLDEN_FILE) -> NDArray[np.float32]:
    """Read golden.tensors, or another file like it: one finite float32 feature of `shape`."""
    where = f"{name}.{FEATURE_TENSOR}"
    golden = require_array(decode_tensors(data).tensors.get(FEATURE_TENSOR), np.float32, shape=shape, where=where)
    check_finite(golden, where=where)
    return golden


def encode_golden(golden: NDArray[np.float32]) -> bytes:
    """Write golden.tensors, or another file like it."""
    check_finite(golden, where=FEATURE_TENSOR)
    return encode_tensors({FEATURE_TENSOR: golden}, {})


def parse_bundle_labels(data: bytes) -> tuple[str, ...]:
    """Read labels.json: at least one label."""
    labels = parse_labels(data, where=LABELS_FILE)
    if not labels:
        raise Impossible(LABELS_FILE, expected="at least one label", got="none")
    return labels


def parse_reference(fields: Fields, key: str, *, max_bytes: int) -> FileRef:
    """Read what a bundle's document says of one of its files."""
    return FileRef.parse(fields.document(key), max_bytes=max_bytes)


def parse_labels_reference(fields: Fields) -> FileRef:
    """Read what a bundle's document says of labels.json."""
    return parse_reference(fields, "labels", max_bytes=MAX_LABELS_BYTES)


def parse_golden_reference(fields: Fields, key: str = "golden") -> FileRef:
    """Read what a bundle's document says of golden.tensors, or of another file like it."""
    return parse_reference(fields, key, max_bytes=MAX_GOLDEN_BYTES)


def write_bundle(directory: Path, *, document: Mapping[str, Json], files: Mapping[str, bytes]) -> None:
    """Write the files of a bundle, and its document last; a reader finds the whole bundle or none.

    Raises:
        Impossible: the document cannot be written; the directory is as it was.
        OSError: the directory holds no bundle now.
    """
    last = encode_json(document)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / BUNDLE_FILE).unlink(missing_ok=True)
    for name, data in files.items():
        atomic_write(directory / name, data)
    atomic_write(directory / BUNDLE_FILE, last)
