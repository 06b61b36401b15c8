"""Upload headers: what an upload says of itself, and the bounds that are checked by it.

    {"__metadata__": {"format": 1, "space": "<64 hex>", "self_test": {...}, "codec": "int4", "count": 10,
                      "shape": [512], "labels": ["Ada", "Ben"], "size": 2830, "stored": 2580},
     "features": {...}, "scales": {...}, "zeros": {...}, "samples": {...}}

`size` is the data section's bytes as the tensor table describes it, `stored` what it takes in the file: as it is when
the two are equal, deflated when `stored` is smaller. Keys and tensors that are not named here are ignored.
"""

import math
import struct
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from contract import tensors
from contract.arrays import FLOAT32_BYTES
from contract.codecs import Codec, Layout, encoded_layout
from contract.cuts import parse_feature_shape
from contract.documents import Fields, Json
from contract.errors import Impossible, Malformed, TooLarge, shown
from contract.labels import check_label
from contract.patterns import HEX64_PATTERN
from contract.samples import SAMPLE_ID_BYTES
from contract.self_test import SelfTest

UPLOAD_FORMAT = 1


class CheckLabel(Protocol):
    """Returns a label, or raises as `check_label` does."""

    def __call__(self, value: object, /, *, where: str) -> str:
        """Check one entry of the label table."""


SAMPLES = "samples"
SAMPLE_ROW = np.dtype([("sample_id", "u1", (SAMPLE_ID_BYTES,)), ("revision", "<u4"), ("label", "<u2")])
"""What the data section has of each sample beside its feature, in 22 bytes."""
SAMPLE_ROW_STRUCT = struct.Struct(f"<{SAMPLE_ID_BYTES}sIH")
"""The same, for a few rows."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What a reader of uploads accepts. A service may ask for less than the contract's bounds, never for more."""

    max_bytes: int = 32 << 20
    """Of the whole upload."""
    max_samples: int = 256
    max_header_bytes: int = 128 << 10
    """Room for 256 labels of 64 code points."""
    max_inflated_bytes: int = 64 << 20
    """Of the data section when inflated, and of the features when decoded to float32."""


LIMITS = UploadLimits()


@dataclass(frozen=True, slots=True)
class UploadHeader:
    """A checked header: its tensors are there, have the dtypes and shapes of its codec, and keep every bound."""

    format: int
    space: str
    codec: Codec
    self_test: SelfTest
    count: int
    feature_shape: tuple[int, ...]
    labels: tuple[str, ...]
    """The label table; samples refer to it by index."""
    size: int
    """Bytes of the data section, inflated."""
    stored: int
    """Bytes of the data section in the file; deflated if fewer than `size`."""
    layout: tensors.Header


def peek_upload_header(
    data: bytes | memoryview, *, limits: UploadLimits = LIMITS, check: CheckLabel = check_label
) -> UploadHeader:
    """Read and check the header of a whole upload, and that the data section has the length it says.

    Args:
        data: the upload.
        limits: its bounds.
        check: of each label; another one can find out which of them is refused.

    Raises:
        Malformed: not the format; `UnsupportedVersion`: another major version.
        TooLarge: over a bound of `limits`.
        Impossible: well-formed, but the table, a label or a count cannot be right.
    """
    if len(data) > limits.max_bytes:
        raise TooLarge("upload", expected=f"at most {limits.max_bytes} bytes", got=f"{len(data)} bytes")
    layout = tensors.parse_header(data, max_header_bytes=limits.max_header_bytes)
    header = _parse_metadata(layout, limits, check)
    _check_table(header)
    section = len(data) - layout.data_start
    if section != header.stored:
        raise Malformed("data section", expected=f"{header.stored} bytes, as stored says", got=f"{section} bytes")
    return header


def upload_layout(codec: Codec, *, count: int, shape: tuple[int, ...]) -> Layout:
    """Tell the dtype and shape of every tensor of an upload, in their order."""
    return {**encoded_layout(codec, count=count, shape=shape), SAMPLES: ("U8", (count, SAMPLE_ROW.itemsize))}


def _parse_metadata(layout: tensors.Header, limits: UploadLimits, check: CheckLabel) -> UploadHeader:
    fields = Fields(layout.metadata, where="upload")
    fields.check_format(UPLOAD_FORMAT)
    count = _bounded(fields, "count", limits.max_samples)
    shape = parse_feature_shape(fields)
    decoded = count * math.prod(shape) * FLOAT32_BYTES
    if decoded > limits.max_inflated_bytes:
        raise TooLarge("upload features", expected=f"at most {limits.max_inflated_bytes} bytes", got=f"{decoded} bytes")
    return UploadHeader(
        format=UPLOAD_FORMAT,
        space=fields.name("space", HEX64_PATTERN),
        codec=fields.choice("codec", Codec),
        self_test=SelfTest.parse(fields.document("self_test")),
        count=count,
        feature_shape=shape,
        labels=_parse_labels(fields.items("labels", max_items=limits.max_samples), check),
        size=_bounded(fields, "size", limits.max_inflated_bytes),
        stored=_bounded(fields, "stored", limits.max_bytes),
        layout=layout,
    )


def _bounded(fields: Fields, key: str, most: int) -> int:
    value = fields.integer(key, low=1)
    if value > most:
        raise TooLarge(fields.place(key), expected=f"at most {most}", got=str(value))
    return value


def _parse_labels(values: list[Json], check: CheckLabel) -> tuple[str, ...]:
    labels = tuple(check(value, where=f"upload.labels[{index}]") for index, value in enumerate(values))
    if not labels:
        raise Impossible("upload.labels", expected="at least one label", got="none")
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise Impossible("upload.labels", expected="each label once", got=f"{shown(twice)} twice")
    return labels


def _check_table(header: UploadHeader) -> None:
    taken = header.layout.data_size
    if header.size != taken:
        raise Impossible("upload.size", expected=f"{taken}, as the tensors take", got=str(header.size))
    if header.stored > header.size:
        raise Impossible("upload.stored", expected=f"at most size, {header.size}", got=str(header.stored))
    layout = upload_layout(header.codec, count=header.count, shape=header.feature_shape)
    for name, (dtype, shape) in layout.items():
        field = header.layout.fields.get(name)
        if field is None or (field.dtype, field.shape) != (dtype, shape):
            got = "nothing" if field is None else f"{field.dtype} {list(field.shape)}"
            raise Impossible(f"header.{name}", expected=f"{dtype} {list(shape)}", got=got)
