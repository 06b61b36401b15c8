"""Manifests: what a release says of itself, before it is signed and after it is verified."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from contract.arrays import FLOAT32_BYTES
from contract.cuts import MAX_MODEL_BYTES, parse_feature_shape
from contract.documents import MAX_INTEGER, Fields, Json, encode_base64, encode_json, parse_document
from contract.envelope import MAX_ENVELOPE_BYTES as MAX_ENVELOPE_BYTES
from contract.errors import Impossible, shown
from contract.files import FileRef
from contract.labels import MAX_LABELS, MAX_LABELS_BYTES
from contract.patterns import GROUP_PATTERN, HEX64_PATTERN, NAME_PATTERN
from contract.rollout import Rollout
from contract.unknown import Points, parse_points, points_document
from contract.withdrawals import MAX_RANGES, Withdrawals

MANIFEST_PAYLOAD_TYPE = "application/vnd.fedex.manifest+json"
MANIFEST_FORMAT = 1
MIN_TEMPERATURE, MAX_TEMPERATURE = 1e-3, 1e3


class Channel(StrEnum):
    """A line of releases that a device may follow."""

    BEST = "best"
    LATEST = "latest"


class Precision(StrEnum):
    """How the weights of a head are stored; in the order in which others than the wanted one are tried."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    DYNAMIC = "dynamic"


@dataclass(frozen=True, slots=True)
class HeadFile:
    """One conversion of a release's head.

    Its logits stay as they came until they are asked for: those of 65,536 classes in three precisions would take more
    memory than all else of a manifest, and a device compares those of one precision at a time.
    """

    file: FileRef
    encoded_logits: str = field(repr=False)
    """base64; right by construction."""

    @classmethod
    def of(cls, file: FileRef, logits: NDArray[np.float32]) -> "HeadFile":
        """Describe a file that answers these logits (classes,) to the golden sample."""
        return cls(file, encode_logits(logits))

    @property
    def logits(self) -> NDArray[np.float32]:
        """(classes,): what this file answers to the golden sample. Decoded anew each time."""
        return np.frombuffer(base64.b64decode(self.encoded_logits), "<f4").astype(np.float32, copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """A release: which head is the newest of a pool and channel, and how to tell that it arrived whole."""

    group: str
    space: str
    channel: Channel
    serial: int
    """From 1 on, strictly increasing in one pool and channel."""
    issued: int
    expires: int
    """Unix seconds. Expiry refuses a new manifest only; a head in use keeps serving."""
    cut: str
    feature_shape: tuple[int, ...]
    labels: FileRef
    label_count: int
    heads: Mapping[Precision, HeadFile]
    """Empty: the head of the bundle serves, whose labels, temperature and threshold are named."""
    golden_sample_sha256: str
    """Of the golden sample's float32 little-endian bytes: `contract.bundle_files.golden_sample_sha256`."""
    temperature: float
    threshold: float
    """Below this calibrated probability the head answers "unknown"; one of the points', where there are points."""
    validation_accuracy: float | None
    """On the held-out samples; None where there were none."""
    validation_samples: int
    parent: str | None
    """The sha256 of the payload of the release before; None for the first."""
    rollout: Rollout | None = None
    """Which devices take it; None: all."""
    withdraws: Withdrawals = field(default_factory=Withdrawals)
    """The releases before that must not serve any more, those that earlier ones have withdrawn included."""
    points: Points = field(default_factory=dict)
    """The thresholds that were measured."""
    format: int = MANIFEST_FORMAT

    @classmethod
    def parse(cls, data: bytes, *, max_bytes: int = MAX_ENVELOPE_BYTES) -> "Manifest":
        """Read a manifest of at most `max_bytes`; keys that are not known are ignored.

        Raises:
            TooLarge, Malformed, UnsupportedVersion, Impossible: not a manifest, or one that cannot be right.
        """
        fields = parse_document(data, where="manifest", max_bytes=max_bytes)
        fields.check_format(MANIFEST_FORMAT)
        labels, validation = fields.document("labels"), fields.document("validation")
        label_count = labels.integer("count", low=1, high=MAX_LABELS)
        issued, serial = fields.integer("issued"), fields.integer("serial", low=1)
        samples = validation.integer("samples")
        return cls(
            group=fields.name("group", GROUP_PATTERN),
            space=fields.name("space", HEX64_PATTERN),
            channel=fields.choice("channel", Channel),
            serial=serial,
            issued=issued,
            expires=fields.integer("expires", low=min(issued + 1, MAX_INTEGER)),
            cut=fields.name("cut", NAME_PATTERN),
            feature_shape=parse_feature_shape(fields),
            labels=FileRef.parse(labels, max_bytes=MAX_LABELS_BYTES),
            label_count=label_count,
            heads=_parse_heads(fields.document("heads"), label_count),
            golden_sample_sha256=fields.name("golden_sample", HEX64_PATTERN),
            temperature=fields.number("temperature", low=MIN_TEMPERATURE, high=MAX_TEMPERATURE),
            threshold=fields.number("threshold", low=0.0, high=1.0),
            validation_accuracy=validation.number("accuracy", low=0.0, high=1.0) if "accuracy" in validation else None,
            validation_samples=samples,
            parent=fields.name("parent", HEX64_PATTERN) if "parent" in fields else None,
            rollout=Rollout.parse(fields.document("rollout")) if "rollout" in fields else None,
            withdraws=_parse_withdrawals(fields, serial),
            points=parse_points(fields),
        )

    def is_for(self, device: str) -> bool:
        """Tell whether the release is for a device, by its id."""
        return self.rollout is None or self.rollout.includes(device)

    def encode(self) -> bytes:
        """Write the manifest: the same manifest gives the same bytes.

        Raises:
            Malformed, TooLarge, Impossible: a value that `parse` would refuse.
        """
        data = encode_json(self._document())
        Manifest.parse(data)
        return data

    def _document(self) -> dict[str, Json]:
        return {
            "format": self.format,
            "group": self.group,
            "space": self.space,
            "channel": self.channel.value,
            "serial": self.serial,
            "issued": self.issued,
            "expires": self.expires,
            "cut": self.cut,
            "shape": self.feature_shape,
            "labels": {**self.labels.document(), "count": self.label_count},
            "heads": {precision.value: _head_document(head) for precision, head in self.heads.items()},
            "golden_sample": self.golden_sample_sha256,
            "temperature": self.temperature,
            "threshold": self.threshold,
            "points": points_document(self.points),
            "validation": {"accuracy": self.validation_accuracy, "samples": self.validation_samples},
            "parent": self.parent,
            "rollout": self.rollout.document() if self.rollout else None,
            "withdraws": self.withdraws.document() or None,
        }


def encode_logits(logits: NDArray[np.float32]) -> str:
    """Write logits as JSON carries them: base64 of float32, little-endian."""
    return encode_base64(logits.astype("<f4").tobytes())


def parse_logits(fields: Fields, key: str, *, classes: int) -> NDArray[np.float32]:
    """Read the logits of `classes` classes, all finite."""
    raw = fields.binary(key, max_bytes=FLOAT32_BYTES * classes)
    if len(raw) != FLOAT32_BYTES * classes:
        raise Impossible(fields.place(key), expected=f"{classes} float32", got=f"{len(raw)} bytes")
    logits = np.frombuffer(raw, "<f4").astype(np.float32, copy=False)
    if not np.isfinite(logits).all():
        raise Impossible(fields.place(key), expected="finite logits", got="NaN or infinity")
    return logits


def _parse_withdrawals(fields: Fields, serial: int) -> Withdrawals:
    if "withdraws" not in fields:
        return Withdrawals()
    return Withdrawals.parse(fields.documents("withdraws", max_items=MAX_RANGES), before=serial)


def _parse_heads(fields: Fields, classes: int) -> dict[Precision, HeadFile]:
    known = (precision for precision in Precision if precision in fields)
    heads = {precision: _parse_head(fields.document(precision), classes) for precision in known}
    if not heads and fields.keys():
        raise Impossible("manifest.heads", expected=f"one of {', '.join(Precision)}", got=shown(list(fields.keys())))
    return heads


def _parse_head(fields: Fields, classes: int) -> HeadFile:
    parse_logits(fields, "logits", classes=classes)  # checked, and let go of again
    encoded = fields.text("logits", max_characters=MAX_ENVELOPE_BYTES)
    return HeadFile(FileRef.parse(fields, max_bytes=MAX_MODEL_BYTES), encoded)


def _head_document(head: HeadFile) -> dict[str, Json]:
    return {**head.file.document(), "logits": head.encoded_logits}
