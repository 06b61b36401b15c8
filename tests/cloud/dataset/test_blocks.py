"""Blocks: features as they came, in every codec, and no more bytes than they came in."""

import zlib

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud import deflate
from cloud.dataset.blocks import BLOCK_BYTES, CODECS, BlockFeatures, BlockWriter, in_memory, rows_of_block
from cloud.errors import Damaged
from contract.codecs import Codec, decode_features, encode_features
from contract.self_test import PPM, SelfTest, Setup
from contract.upload import Upload, encode_upload
from tests.cloud.dataset.shard_making import blocks_of, encoded

SHAPES = [(512,), (5,), (8, 8, 896), (3, 3, 7)]


def sparse(count: int, shape: tuple[int, ...], *, seed: int = 0) -> NDArray[np.float32]:
    """Features as networks compute them: most are zero where there is a map."""
    normal = np.random.default_rng(seed).normal(size=(count, *shape)).astype(np.float32)
    return normal if len(shape) == 1 else np.maximum(normal - 1, 0)


def written(writer: BlockWriter, shape: tuple[int, ...]) -> BlockFeatures:
    index, stored = writer.finish()
    return BlockFeatures(index, shape, in_memory(stored), "a test")


def decoded(features: NDArray[np.float32], codec: Codec) -> NDArray[np.float32]:
    return decode_features(encode_features(features, codec), codec, features.shape[1:])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("codec", Codec)
def test_what_is_read_is_what_the_codec_decodes_to_the_bit(codec: Codec, shape: tuple[int, ...]) -> None:
    features = sparse(9, shape)
    kept = written(blocks_of(encoded(features[:4], codec), encoded(features[4:], codec)), shape)
    expected = decoded(features, codec)
    assert kept.shape == features.shape
    for rows in ([0, 1, 2, 3, 4, 5, 6, 7, 8], [8, 0, 3, 3], [5], [2, 4], []):
        assert np.array_equal(kept.read(np.array(rows, np.int64)), expected[rows])


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_rows_of_several_codecs_lie_in_one_shard_in_their_order(shape: tuple[int, ...]) -> None:
    features = sparse(40, shape)
    parts = [(codec, features[10 * place : 10 * place + 10]) for place, codec in enumerate(CODECS)]
    kept = written(blocks_of(*(encoded(rows, codec) for codec, rows in parts)), shape)
    expected = np.concatenate([decoded(rows, codec) for codec, rows in parts])
    mixed = np.random.default_rng(1).permutation(40)
    assert np.array_equal(kept.read(mixed), expected[mixed])
    assert [CODECS[codec] for codec in kept.index.codecs] == list(CODECS)


@pytest.mark.parametrize("each", [1, 7, 100])
def test_small_uploads_share_blocks_and_large_ones_are_divided(each: int) -> None:
    features = sparse(1000, (512,))
    kept = written(blocks_of(*(encoded(features[at : at + each], Codec.INT4) for at in range(0, 1000, each))), (512,))
    full = rows_of_block(512 // 2 + 5)
    assert full == BLOCK_BYTES // 261
    assert set(kept.index.rows[:-1].tolist()) == {full}
    assert np.array_equal(kept.read(np.arange(1000)), decoded(features, Codec.INT4))


@pytest.mark.parametrize("shape", [(512,), (1792,), (8, 8, 896)])
@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("samples", [1, 10])
def test_features_take_at_most_the_bytes_that_they_came_in_and_a_little(
    codec: Codec, shape: tuple[int, ...], samples: int
) -> None:
    """A sample of freeze4 arrived as 7 kB and was kept as 229 kB."""
    uploads = [
        Upload(
            space="5" * 64,
            self_test=SelfTest(Setup("app 1", "runtime 1", "cpu, 1 thread", "Linux"), PPM),
            features=sparse(samples, shape, seed=number),
            labels=("Ada",) * samples,
            sample_ids=np.random.default_rng(number).integers(0, 256, (samples, 16), np.uint8),
            revisions=np.zeros(samples, np.uint32),
        )
        for number in range(4)
    ]
    came = sum(len(encode_upload(upload, codec=codec)) for upload in uploads)
    _, stored = blocks_of(*(encoded(upload.features, codec) for upload in uploads)).finish()
    assert len(stored) < 1.2 * came


@pytest.mark.parametrize("shape", [(512,), (8, 8, 896)])
def test_rows_of_other_shards_are_taken_with_their_bits(shape: tuple[int, ...]) -> None:
    features = sparse(600, shape) if len(shape) == 1 else sparse(8, shape)
    half = len(features) // 2 + 1
    shards = [written(blocks_of(encoded(part, Codec.INT4)), shape) for part in (features[:half], features[half:])]
    kept = np.arange(len(features)) % 5 > 0
    for chosen in (None, kept):
        writer = BlockWriter()
        for shard, flags in zip(shards, (kept[:half], kept[half:]), strict=True):
            writer.add_all(shard, kept=None if chosen is None else flags)
        joined = written(writer, shape)
        expected = decoded(features, Codec.INT4)[chosen if chosen is not None else slice(None)]
        assert np.array_equal(joined.read(np.arange(len(joined))), expected)


def test_small_blocks_of_many_shards_become_large_ones() -> None:
    features = sparse(700, (512,))
    writer = BlockWriter()
    for row in features:
        writer.add_all(written(blocks_of(encoded(row[np.newaxis], Codec.INT4)), (512,)))
    assert len(written(writer, (512,)).index) == 3


def test_a_block_that_is_no_stream_is_damaged() -> None:
    index, stored = blocks_of(encoded(sparse(2, (8, 8, 896)), Codec.INT4)).finish()
    for bad in (b"\0" * len(stored), stored[:-1]):
        with pytest.raises(Damaged, match="a shard: block 0: expected"):
            BlockFeatures(index, (8, 8, 896), in_memory(bad), "a shard").read(np.array([1]))


def test_without_zlib_ng_the_same_rows_come_out(monkeypatch: pytest.MonkeyPatch) -> None:
    features = sparse(3, (8, 8, 896))
    index, stored = blocks_of(encoded(features, Codec.INT4)).finish()
    monkeypatch.setattr(deflate, "library", zlib)
    plain = written(blocks_of(encoded(features, Codec.INT4)), (8, 8, 896))
    fast = BlockFeatures(index, (8, 8, 896), in_memory(stored), "a shard")
    assert np.array_equal(plain.read(np.arange(3)), fast.read(np.arange(3)))
