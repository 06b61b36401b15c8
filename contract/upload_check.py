"""The check of a sealed upload at the door: whether it is right, told without decoding its features.

Codes of an integer codec are right whatever they are if their parameters are; floats are compared where they lie. What
is not surely right is decoded after all: `contract.upload.open_upload` has the last word on every upload, so that
nothing passes here that does not open there, and there is one way of saying what is wrong.
"""

import math
import zlib
from collections.abc import Callable
from typing import Any

from contract.codecs import are_surely_within
from contract.errors import ContractError, SelfTestFailed, UnsupportedVersion, WrongSpace
from contract.self_test import PPM, check_self_test
from contract.tensors import Tensor, Tensors
from contract.upload import MAX_MAGNITUDE, check_upload, open_upload
from contract.upload_faults import Admit, admit_all, samples_at_fault
from contract.upload_header import LIMITS, SAMPLE_ROW_STRUCT, SAMPLES, UploadHeader, peek_upload_header

Inflate = Callable[[memoryview, int], bytes | None]
"""Inflates one whole zlib stream to exactly so many bytes, in no more memory than that; None for all else."""


def inflate_exactly(stored: memoryview, size: int, *, library: Any = zlib) -> bytes | None:
    """Inflate with a library that is called as `zlib` is."""
    inflater = library.decompressobj()
    try:
        section: bytes = inflater.decompress(stored, size + 1)
    except library.error:
        return None
    return section if inflater.eof and not inflater.unused_data and len(section) == size else None


def check_sealed_upload(
    data: bytes | memoryview,
    *,
    space: str,
    feature_shape: tuple[int, ...],
    least_cosine_ppm: int = -PPM,
    inflate: Inflate = inflate_exactly,
    admit: Admit = admit_all,
) -> None:
    """Refuse what `open_upload` refuses, with the same error, and a device whose self-test failed; nothing else.

    Args:
        data: the upload as it came.
        space: that it must be of.
        feature_shape: of that space.
        least_cosine_ppm: that a device must reach there; by default it may be any.
        inflate: may be a faster one than the standard library's, if it takes no stream that this does not take.
        admit: is asked once, before anything is inflated: by a header that is right but for its labels, maybe.

    Raises:
        SelfTestFailed: the features are right as such, but not of what they should be.
        Others as `open_upload`; the error names the samples that are at fault, if it is theirs.
    """
    ask = admit
    try:
        header = peek_upload_header(data, limits=LIMITS)
        check_upload(header, space=space, feature_shape=feature_shape)
        check_self_test(header.self_test, least_cosine_ppm=least_cosine_ppm, where="upload.self_test")
        ask(header)
        ask = admit_all
        _check_contents(data, header, inflate)
    except (WrongSpace, SelfTestFailed, UnsupportedVersion):
        raise
    except ContractError as error:
        error.samples = samples_at_fault(data, most=MAX_MAGNITUDE, inflate=inflate, admit=ask)
        raise


def _check_contents(data: bytes | memoryview, header: UploadHeader, inflate: Inflate) -> None:
    section: bytes | memoryview | None = memoryview(data)[header.layout.data_start :]
    if header.stored < header.size:
        section = inflate(memoryview(data)[header.layout.data_start :], header.size)
    if section is None or not _is_surely_right(header, Tensors(header.layout, section)):
        open_upload(data, space=header.space, feature_shape=header.feature_shape)


def _is_surely_right(header: UploadHeader, columns: Tensors) -> bool:
    elements = math.prod(header.feature_shape)
    return are_surely_within(columns, header.codec, elements=elements, most=MAX_MAGNITUDE) and _are_rows_right(
        columns[SAMPLES], labels=len(header.labels)
    )


def _are_rows_right(rows: Tensor, *, labels: int) -> bool:
    """Tell whether each row names a label that there is, and a sample of its own."""
    ids, _, indexes = zip(*SAMPLE_ROW_STRUCT.iter_unpack(rows.tobytes()), strict=True)
    return len(set(ids)) == len(ids) and max(indexes) < labels
