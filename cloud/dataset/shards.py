"""Shards: immutable pieces of a pool's dataset, each with a row for every sample that was merged at once.

A shard is a tensor file (`contract.tensors`) whose small columns come first, so that one or two ranged reads fetch all
of them and leave the features where they are::

    columns      as `cloud.dataset.columns` says
    block_rows, block_codecs, block_sizes      where each row's features are: `cloud.dataset.blocks`
    features     U8 (bytes,)                   the blocks, one after another

A shard is also the journal of the merge that wrote it: its arrivals are every upload of the merge, those too that
brought no row. Its key is the sha256 of its bytes; something random is among them, so that whoever wrote a shard which
no pointer came to name may delete it: nobody else has written the same.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloud.dataset.blocks import BlockFeatures, BlockIndex, BlockWriter, ReadBytes, in_file, in_memory
from cloud.dataset.columns import COLUMNS, Columns, encode_columns, parse_columns, parse_metadata
from cloud.errors import Damaged
from cloud.store import keys
from cloud.store.documents import reading
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from cloud.store.tensor_files import open_tensor_file
from contract.arrays import require_array
from contract.documents import Fields, Json
from contract.errors import Malformed
from contract.files import sha256_hex
from contract.patterns import HEX64_PATTERN
from contract.tensors import LENGTH_BYTES, Field, Header, encode_tensors, parse_header, parse_header_length, view_tensor

_FEATURES = "features"
_BLOCKS = ("block_rows", "block_codecs", "block_sizes")


@dataclass(frozen=True, slots=True)
class ShardRef:
    """A shard as a pointer names it."""

    sha256: str
    size: int
    """In bytes."""
    rows: int
    merged: int = 0
    """When the first of its rows was merged, Unix seconds, however often they were written anew since."""

    @classmethod
    def parse(cls, fields: Fields) -> ShardRef:
        """Read what `document` wrote. Raises a `ContractError`."""
        return cls(
            sha256=fields.name("sha256", HEX64_PATTERN),
            size=fields.integer("size"),
            rows=fields.integer("rows"),
            merged=fields.integer("merged"),
        )

    def document(self) -> dict[str, Json]:
        """Write the reference as part of the dataset's pointer."""
        return {"sha256": self.sha256, "size": self.size, "rows": self.rows, "merged": self.merged}


def encode_shard(columns: Columns, blocks: BlockWriter) -> bytes:
    """Encode a shard, each time as another one; the blocks have a row for each of the columns'."""
    tensors, metadata = encode_columns(columns)
    metadata |= {"random": secrets.token_hex(16)}
    index, stored = blocks.finish()
    tensors |= dict(zip(_BLOCKS, (index.rows, index.codecs, index.sizes), strict=True))
    tensors[_FEATURES] = np.frombuffer(stored, np.uint8)
    return encode_tensors(tensors, metadata)


def write(store: ObjectStore, pool: Pool, columns: Columns, blocks: BlockWriter) -> ShardRef:
    """Write a shard into the store, where nothing names it yet.

    Raises:
        Damaged: it could not be read again; nothing was written.
    """
    body = encode_shard(columns, blocks)
    parse_shard(body, where="a shard that is to be written")  # once a pointer names it, its uploads are gone
    ref = ShardRef(sha256_hex(body), len(body), len(columns), columns.oldest)
    store.put(keys.shard(pool, ref.sha256), body)
    return ref


def parse_shard(body: bytes, *, where: str) -> tuple[Columns, BlockFeatures]:
    """Read a shard that is in memory; `where` names it in messages.

    Raises:
        Damaged: it is not a shard.
    """
    with reading(where):
        header = parse_header(body)
        section = memoryview(body)[header.data_start :]
        features = _field(header, _FEATURES)
        return _view(header, section, in_memory(section[features.begin : features.end]), where=where)


def read_columns(store: ObjectStore, pool: Pool, ref: ShardRef) -> Columns:
    """Read a shard's columns, by ranged reads. The hash of the whole is not checked, which would mean reading it.

    Raises:
        NotFound: the shard is gone.
        Damaged: it is not a shard.
    """
    key = keys.shard(pool, ref.sha256)
    file = open_tensor_file(store, key)
    with reading(key):
        shape = parse_metadata(file.header.metadata)
        return parse_columns(shape, file.read(COLUMNS))


def read_whole(store: ObjectStore, pool: Pool, ref: ShardRef) -> tuple[Columns, BlockFeatures]:
    """Read a shard into memory, with its features as they are stored.

    Raises:
        NotFound: the shard is gone.
        Damaged: it is not what its name says.
    """
    key = keys.shard(pool, ref.sha256)
    body = store.get(key).body
    if sha256_hex(body) != ref.sha256:
        raise Damaged(f"{key}: expected sha256 {ref.sha256}, got {sha256_hex(body)}")
    return parse_shard(body, where=key)


def read_file(path: Path) -> tuple[Columns, BlockFeatures]:
    """Read the columns of a shard in a file, and where its features are.

    Raises:
        Damaged: it is not a shard.
    """
    with reading(str(path)):
        with path.open("rb") as file:
            beginning = file.read(LENGTH_BYTES)
            beginning += file.read(parse_header_length(beginning))
            header = parse_header(beginning)
            features = _field(header, _FEATURES)
            section = memoryview(file.read(features.begin))
        if path.stat().st_size != header.data_start + header.data_size:
            raise Damaged(f"{path}: expected {header.data_start + header.data_size} bytes, got {path.stat().st_size}")
        return _view(header, section, in_file(path, header.data_start + features.begin), where=str(path))


def _view(header: Header, section: memoryview, blocks: ReadBytes, *, where: str) -> tuple[Columns, BlockFeatures]:
    """Parse a data section that was read as far as the features, and look whether these fit."""
    fields = {name: _field(header, name) for name in (*COLUMNS, *_BLOCKS)}
    for name, field in fields.items():
        if field.end > len(section):
            raise Malformed(name, expected=f"a tensor before {_FEATURES}", got="one behind it")
    tensors = {name: view_tensor(field, section[field.begin : field.end]) for name, field in fields.items()}
    shape = parse_metadata(header.metadata)
    columns = parse_columns(shape, tensors)
    index = _parse_index(tensors)
    features = _field(header, _FEATURES)
    index.check(rows=len(columns), size=features.end - features.begin)
    return columns, BlockFeatures(index, shape, blocks, where)


def _parse_index(tensors: Mapping[str, NDArray[Any]]) -> BlockIndex:
    count = (len(tensors["block_rows"]),)
    return BlockIndex(
        require_array(tensors["block_rows"], np.uint32, shape=count, where="block_rows"),
        require_array(tensors["block_codecs"], np.uint8, shape=count, where="block_codecs"),
        require_array(tensors["block_sizes"], np.uint64, shape=count, where="block_sizes"),
    )


def _field(header: Header, name: str) -> Field:
    if name not in header.fields:
        raise Malformed("shard", expected=f"a tensor {name}", got=", ".join(header.fields) or "none")
    return header.fields[name]
