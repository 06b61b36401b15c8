"""Faults of single samples: which samples of a refused upload it would be right without.

A client leaves these out and sends the others at once, instead of looking for them by halves.
"""

from collections.abc import Callable, Mapping

from contract.arrays import check_magnitude
from contract.codecs import decode_features, encoded_layout
from contract.errors import ContractError
from contract.labels import check_label
from contract.samples import SAMPLE_ID_BYTES
from contract.tensors import Tensor, Tensors
from contract.upload_header import SAMPLE_ROW, SAMPLES, UploadHeader, peek_upload_header

Admit = Callable[[UploadHeader], None]
"""Looks at what a header announces; what it raises refuses the upload."""


def admit_all(header: UploadHeader) -> None:
    """Refuse nothing."""


def samples_at_fault(
    data: bytes | memoryview,
    *,
    most: float,
    inflate: Callable[[memoryview, int], bytes | None],
    admit: Admit = admit_all,
) -> tuple[int, ...]:
    """Return the places of the samples that an upload is refused for, in order; none where that is for another reason.

    A sample is at fault for its feature, for its label, and where it came before in the same upload.

    Args:
        data: an upload that was refused.
        most: how far a value may be from zero.
        inflate: inflates the data section to a size; None where it does not have that size.
        admit: is asked before anything is inflated or decoded; its labels may be wrong.
    """
    bad_labels: set[int] = set()
    try:
        header = peek_upload_header(data, check=_noting(bad_labels))
    except ContractError:
        return ()
    admit(header)
    stored = memoryview(data)[header.layout.data_start :]
    section = stored if header.stored == header.size else inflate(stored, header.size)
    if section is None:
        return ()
    columns = Tensors(header.layout, section)
    at_fault = _with_bad_features(columns, header, most) | _with_bad_rows(columns[SAMPLES], header, bad_labels)
    return tuple(sorted(at_fault))


def _noting(bad: set[int]) -> Callable[..., str]:
    """Return a check of labels that notes the places of bad ones, and calls each of them something else."""
    seen = iter(range(1 << 30))

    def check(value: object, /, *, where: str) -> str:
        place = next(seen)
        try:
            return check_label(value, where=where)
        except ContractError:
            bad.add(place)
            return f"\0{place}"  # no label, and the only one of this name

    return check


def _with_bad_features(columns: Mapping[str, Tensor], header: UploadHeader, most: float) -> set[int]:
    names = encoded_layout(header.codec, count=header.count, shape=header.feature_shape)
    parts = ({name: columns[name][place : place + 1] for name in names} for place in range(header.count))
    return {place for place, alone in enumerate(parts) if not _is_right(alone, header, most)}


def _is_right(parts: Mapping[str, Tensor], header: UploadHeader, most: float) -> bool:
    try:
        check_magnitude(decode_features(parts, header.codec, header.feature_shape), most, where="features")
    except ContractError:
        return False
    return True


def _with_bad_rows(rows: Tensor, header: UploadHeader, bad_labels: set[int]) -> set[int]:
    labels = rows.view(SAMPLE_ROW)[:, 0]["label"].tolist()
    raw = rows.tobytes()
    first: dict[bytes, int] = {}
    at_fault = {place for place, label in enumerate(labels) if label >= len(header.labels) or label in bad_labels}
    for place in range(header.count):
        begin = place * SAMPLE_ROW.itemsize
        if first.setdefault(raw[begin : begin + SAMPLE_ID_BYTES], place) != place:
            at_fault.add(place)
    return at_fault
