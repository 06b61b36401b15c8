"""Uploads: a sealed batch of samples as bytes.

    8 bytes       length of the header, uint64 little-endian
    header        plain JSON: `contract.upload_header`
    data section  features and their codec's parameters, then a row for each sample: its id, revision, label index;
                  deflated as a whole (zlib, RFC 1950) only where that makes it smaller

An upload never changes; its id is the sha256 of its bytes.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract import tensors
from contract.arrays import check_below, check_finite, check_magnitude, require_array
from contract.codecs import DEFAULT_CODEC, Codec, EncodedFeatures, decode_features, encode_features, encoded_layout
from contract.cuts import check_feature_shape
from contract.documents import Json
from contract.errors import Impossible, Malformed, TooLarge, WrongSpace, shown
from contract.files import sha256_hex
from contract.labels import check_label
from contract.patterns import HEX64_PATTERN, check_name
from contract.samples import SAMPLE_ID_BYTES
from contract.self_test import SelfTest
from contract.upload_header import LIMITS as LIMITS
from contract.upload_header import SAMPLE_ROW, SAMPLES, UPLOAD_FORMAT, UploadHeader
from contract.upload_header import UploadLimits as UploadLimits
from contract.upload_header import peek_upload_header as peek_upload_header

UPLOAD_MEDIA_TYPE = "application/vnd.fedex.upload"
DEFLATE_LEVEL = 9
MAX_MAGNITUDE = 65_504
"""Of a value of a feature. Float16's largest: networks stay far below it, every codec reaches it, and the sums and
squares that training makes of such values stay finite in float32."""
SAFE_MAGNITUDE = 60_000
"""A feature within this decodes within `MAX_MAGNITUDE` in every codec: half a step of int4 is a fifteenth of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """Samples of one device in one space, right by construction.

    Raises:
        Impossible, Malformed, TooLarge: a value that no upload can carry.
    """

    space: str
    self_test: SelfTest
    """Of what computed the features."""
    features: NDArray[np.float32]
    """(n, *shape), finite; n of at least 1."""
    labels: tuple[str, ...]
    """One for each sample."""
    sample_ids: NDArray[np.uint8]
    """(n, 16), no two the same."""
    revisions: NDArray[np.uint32]
    """(n,): of one sample, the highest revision counts."""

    def __post_init__(self) -> None:
        """Check everything but the bounds, which encoding and decoding check."""
        check_name(self.space, HEX64_PATTERN, where="upload.space")
        if self.features.ndim < 2 or not len(self.features):
            raise Impossible("features", expected="at least one sample", got=f"shape {list(self.features.shape)}")
        check_feature_shape(self.feature_shape, where="upload.shape")
        check_finite(self.features, where="features")
        if len(self.labels) != self.count:
            raise Impossible("upload.labels", expected=f"{self.count} labels", got=str(len(self.labels)))
        for label in set(self.labels):
            check_label(label, where="upload.labels")
        require_array(self.sample_ids, np.uint8, shape=(self.count, SAMPLE_ID_BYTES), where="sample_ids")
        require_array(self.revisions, np.uint32, shape=(self.count,), where="revisions")
        _check_each_once(self.sample_ids)

    @property
    def count(self) -> int:
        """The number of samples."""
        return len(self.features)

    @property
    def feature_shape(self) -> tuple[int, ...]:
        """The shape of one feature."""
        return self.features.shape[1:]


def encode_upload(upload: Upload, *, codec: Codec = DEFAULT_CODEC, limits: UploadLimits = LIMITS) -> bytes:
    """Seal an upload: the same samples in the same order give the same bytes, as far as zlib does.

    Raises:
        Impossible: a feature that `codec` cannot hold.
        TooLarge: the upload would pass a bound of `limits`; split it.
    """
    if upload.count > limits.max_samples:
        raise TooLarge("upload", expected=f"at most {limits.max_samples} samples", got=str(upload.count))
    table = tuple(dict.fromkeys(upload.labels))
    columns = {**encode_features(upload.features, codec), SAMPLES: _encode_rows(upload, table)}
    section = tensors.encode_section(columns)
    stored = _deflate(section)
    metadata: dict[str, Json] = {
        "format": UPLOAD_FORMAT,
        "space": upload.space,
        "self_test": upload.self_test.document(),
        "codec": codec.value,
        "count": upload.count,
        "shape": upload.feature_shape,
        "labels": table,
        "size": len(section),
        "stored": len(stored),
    }
    data = tensors.encode_header(columns, metadata) + stored
    peek_upload_header(data, limits=limits)
    return data


def decode_upload(data: bytes | memoryview, *, limits: UploadLimits = LIMITS) -> Upload:
    """Open an upload, every bound first; memory stays within a small multiple of `limits.max_inflated_bytes`.

    Raises:
        Malformed: not the format; `UnsupportedVersion`: another major version.
        TooLarge: over a bound of `limits`.
        Impossible: well-formed, but it cannot be right: NaN, a shape, a label, an index, a sample id twice.
    """
    return _decode(data, limits)[0]


def _decode(data: bytes | memoryview, limits: UploadLimits) -> tuple[Upload, EncodedFeatures]:
    header = peek_upload_header(data, limits=limits)
    section = memoryview(data)[header.layout.data_start :]
    if header.stored < header.size:
        section = memoryview(_inflate(section, header.size))
    columns = tensors.Tensors(header.layout, section)
    rows = columns[SAMPLES].view(SAMPLE_ROW)[:, 0]
    upload = Upload(
        space=header.space,
        self_test=header.self_test,
        features=decode_features(columns, header.codec, header.feature_shape),
        labels=_look_up(rows["label"], header.labels),
        sample_ids=rows["sample_id"].astype(np.uint8),
        revisions=rows["revision"].astype(np.uint32),
    )
    layout = encoded_layout(header.codec, count=header.count, shape=header.feature_shape)
    return upload, EncodedFeatures(header.codec, {name: columns[name] for name in layout})


def open_upload(data: bytes | memoryview, *, space: str, feature_shape: tuple[int, ...]) -> Upload:
    """Decode an upload of this space. Its header is checked first: an upload of another space costs no memory.

    Raises:
        as `check_upload` and `decode_upload`.
    """
    return open_encoded(data, space=space, feature_shape=feature_shape)[0]


def open_encoded(
    data: bytes | memoryview, *, space: str, feature_shape: tuple[int, ...]
) -> tuple[Upload, EncodedFeatures]:
    """Open an upload as `open_upload` does; return also its features as they came, which view its bytes."""
    check_upload(peek_upload_header(data, limits=LIMITS), space=space, feature_shape=feature_shape)
    upload, encoded = _decode(data, LIMITS)
    check_upload(upload, space=space, feature_shape=feature_shape)
    return upload, encoded


def upload_id(data: bytes | memoryview) -> str:
    """Name an upload by its bytes: their sha256."""
    return sha256_hex(data)


def check_upload(upload: Upload | UploadHeader, *, space: str, feature_shape: tuple[int, ...]) -> None:
    """Refuse an upload of another space, of another shape than the space has, or of values that no network computes.

    Values are checked as they were decoded, where the upload was; a header has none.

    Raises:
        WrongSpace: with what both sides have.
        Impossible: a value further from zero than `MAX_MAGNITUDE`, which could spoil the training of a whole pool.
    """
    if upload.space != space:
        raise WrongSpace("upload.space", expected=space, got=upload.space)
    if upload.feature_shape != feature_shape:
        raise WrongSpace("upload.shape", expected=shown(feature_shape), got=shown(upload.feature_shape))
    if isinstance(upload, Upload):
        check_magnitude(upload.features, MAX_MAGNITUDE, where="features")


def _deflate(section: bytes) -> bytes:
    deflated = zlib.compress(section, DEFLATE_LEVEL)
    return deflated if len(deflated) < len(section) else section


def _inflate(stored: memoryview, size: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        section = inflater.decompress(stored, size + 1)
    except zlib.error as error:
        raise Malformed("data section", expected="a zlib stream", got=str(error)) from error
    if len(section) > size:
        raise Malformed("data section", expected=f"{size} bytes inflated, as size says", got="more")
    if not inflater.eof:
        raise Malformed("data section", expected="a whole zlib stream", got=f"{len(section)} bytes, and no end")
    if inflater.unused_data:
        got = f"{len(inflater.unused_data)} bytes"
        raise Malformed("data section", expected="nothing after the zlib stream", got=got)
    if len(section) < size:
        raise Malformed("data section", expected=f"{size} bytes inflated, as size says", got=f"{len(section)} bytes")
    return section


def _encode_rows(upload: Upload, table: tuple[str, ...]) -> NDArray[np.uint8]:
    index = {label: place for place, label in enumerate(table)}
    rows = np.empty(upload.count, SAMPLE_ROW)
    rows["sample_id"] = upload.sample_ids
    rows["revision"] = upload.revisions
    rows["label"] = [index[label] for label in upload.labels]
    return rows.view(np.uint8).reshape(upload.count, SAMPLE_ROW.itemsize)


def _look_up(indexes: tensors.Tensor, labels: tuple[str, ...]) -> tuple[str, ...]:
    check_below(indexes, len(labels), where="samples.label")
    return tuple(labels[index] for index in indexes.tolist())


def _check_each_once(sample_ids: NDArray[np.uint8]) -> None:
    places: dict[bytes, int] = {}
    for index, row in enumerate(sample_ids):
        place = places.setdefault(row.tobytes(), index)
        if place != index:
            raise Impossible("sample_ids", expected="each sample once", got=f"{place} and {index} alike")
