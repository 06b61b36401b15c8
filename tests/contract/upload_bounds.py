"""What an upload may say of itself at the bounds, and just beyond them: the golden file's vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contract.codecs import Codec
from contract.documents import Json
from contract.errors import ContractError
from contract.tensors import DTYPES, LENGTH_BYTES, encode_header
from contract.upload_header import LIMITS, peek_upload_header, upload_layout
from tests.contract.conftest import SELF_TEST

SPACE = "5b" * 32
FULL, MAX_HEADER = LIMITS.max_bytes, LIMITS.max_header_bytes


@dataclass(frozen=True)
class Facts:
    """What an upload says of itself; not stated, it has one label, and few bytes that stand for deflated ones."""

    codec: Codec
    count: int
    shape: tuple[int, ...]
    labels: int = 1
    header_bytes: int | None = None
    total_bytes: int | None = None

    def encode(self) -> bytes:
        """Write header and section; nobody inflates it."""
        layout = upload_layout(self.codec, count=self.count, shape=self.shape)
        columns = {name: np.broadcast_to(np.zeros((), DTYPES[kind]), shape) for name, (kind, shape) in layout.items()}
        size = sum(column.nbytes for column in columns.values())
        header = encode_header(columns, self._metadata(size, stored=min(size, 9)))
        if self.total_bytes is not None:
            stored = self.total_bytes - len(encode_header(columns, self._metadata(size, stored=self.total_bytes)))
            return encode_header(columns, self._metadata(size, stored=stored)) + bytes(stored)
        if self.header_bytes is not None:
            header = self.header_bytes.to_bytes(LENGTH_BYTES, "little") + header[LENGTH_BYTES:]
            header = header.ljust(LENGTH_BYTES + self.header_bytes)
        return header + bytes(min(size, 9))

    def _metadata(self, size: int, *, stored: int) -> Mapping[str, Json]:
        return {
            "format": 1,
            "space": SPACE,
            "self_test": SELF_TEST.document(),
            "codec": self.codec.value,
            "count": self.count,
            "shape": self.shape,
            "labels": [str(number) for number in range(self.labels)],
            "size": size,
            "stored": stored,
        }


BOUNDS: Sequence[Facts] = [
    *(Facts(Codec.INT4, count, (4,)) for count in (0, 1, 256, 257)),
    *(Facts(Codec.INT4, count, (38, 38, 64)) for count in (181, 182)),
    *(Facts(Codec.INT4, 256, (elements,)) for elements in (65_536, 65_537)),
    *(Facts(Codec.FLOAT32, 256, (elements,)) for elements in (65_530, 65_531)),
    *(Facts(Codec.FLOAT16, 16, (elements,)) for elements in (2**20, 2**20 + 1)),
    *(Facts(Codec.INT8, 1, (elements,)) for elements in (2**22, 2**22 + 1)),
    *(Facts(Codec.INT8, 2, shape) for shape in [(1, 1, 1, 1), (1, 1, 1, 1, 1), (2, 0), ()]),
    *(Facts(Codec.INT8, 2, (4,), labels=labels) for labels in (0, 256, 257)),
    *(Facts(Codec.INT8, 2, (4,), header_bytes=size) for size in (MAX_HEADER, MAX_HEADER + 1)),
    *(Facts(Codec.FLOAT32, 256, (65_530,), total_bytes=size) for size in (FULL, FULL + 1)),
]


def upload_bounds() -> Json:
    return [bound(facts) for facts in BOUNDS]


def bound(facts: Facts) -> Json:
    stated: dict[str, Json] = {
        "codec": facts.codec.value,
        "count": facts.count,
        "shape": facts.shape,
        "labels": facts.labels,
        **({} if facts.header_bytes is None else {"header_bytes": facts.header_bytes}),
        **({} if facts.total_bytes is None else {"bytes": facts.total_bytes}),
    }
    try:
        return {**stated, "size": peek_upload_header(facts.encode()).size}
    except ContractError as error:
        return {**stated, "refused": type(error).__name__}
