"""Turns chosen feedback into the bytes of an upload that the service will accept.

What is sealed is opened again and checked as the service does it: one value that no network computes, or one text that
is not a label (any more), would have the good samples beside it refused. Such a sample is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contract.codecs import Codec
from contract.errors import ContractError, TooLarge
from contract.self_test import SelfTest
from contract.tensors import DTYPES
from contract.upload import LIMITS, Upload, encode_upload, open_upload, upload_id
from contract.upload_header import upload_layout
from device.cache.cache import Cache
from device.cache.feedback import FeatureSpace, LabelledSample
from device.cache.uploads import SealedUpload
from device.errors import SamplesLeftOut, Storage, Unsendable
from device.push.choice import Choice


class Sealer:
    """Makes uploads of what is in one cache.

    Args:
        cache: the open cache.
        codec: how features are stored.
    """

    def __init__(self, cache: Cache, *, codec: Codec) -> None:
        self._cache = cache
        self._codec = codec

    def seal(self, choice: Choice) -> SealedUpload | None:
        """Make an upload; None if what was chosen is gone, as another process has sent it meanwhile.

        Raises:
            TooLarge: several samples are too large for one upload; choose fewer.
            SamplesLeftOut: some of them cannot be uploaded; choose without them.
            Storage: the cache cannot be read, or does not hold what it should.
        """
        space = self._cache.feedback.space_of(choice.revisions[0])
        if space is None:
            return None
        if len(choice.revisions) > 1:
            _check_size(len(choice.revisions), space)
        samples = self._cache.feedback.samples(choice.revisions)
        if len(samples) < len(choice.revisions):
            return None
        try:
            return self._encode(samples, space)
        except ContractError as error:
            if isinstance(error, TooLarge) and len(samples) > 1:
                raise
            reasons = self._unsendable(samples, space)
            if not reasons:  # each is fine by itself: a bug that should be seen
                raise
            raise SamplesLeftOut(reasons) from error

    def likely_samples(self, choice: Choice, *, max_bytes: int) -> int:
        """Tell how many samples are likely to fit an upload of `max_bytes`, so that not all are read for nothing.

        Never too few, as long as features deflate to an eighth at best.
        """
        space = self._cache.feedback.space_of(choice.revisions[0])
        if space is None:
            return len(choice.revisions)
        plain = sum(
            math.prod(shape) * DTYPES[dtype].itemsize
            for dtype, shape in upload_layout(self._codec, count=1, shape=space.feature_shape).values()
        )
        return max(1, 8 * max_bytes // plain)

    def _unsendable(self, samples: Sequence[LabelledSample], space: FeatureSpace) -> dict[int, Unsendable]:
        """Try each sample by itself."""
        reasons: dict[int, Unsendable] = {}
        for sample in samples:
            try:
                self._encode([sample], space)
            except ContractError as error:
                reasons[sample.revision] = Unsendable(f"inference {sample.inference}: cannot be uploaded: {error}")
        return reasons

    def _encode(self, samples: Sequence[LabelledSample], space: FeatureSpace) -> SealedUpload:
        upload = Upload(
            space=space.id,
            self_test=self._self_test(samples[0].setup_key),
            features=self._stack([sample.feature for sample in samples], space),
            labels=tuple(sample.label for sample in samples),
            sample_ids=np.frombuffer(b"".join(sample.sample_id for sample in samples), np.uint8).reshape(
                len(samples), -1
            ),
            revisions=np.array([sample.revision for sample in samples], np.uint32),
        )
        body = encode_upload(upload, codec=self._codec)
        open_upload(body, space=space.id, feature_shape=space.feature_shape)
        return SealedUpload(upload_id(body), space.id, upload.count, body)

    def _self_test(self, setup_key: int) -> SelfTest:
        outcome = self._cache.setups.get(setup_key).outcome
        assert outcome is not None  # what was not tested is not chosen
        return outcome

    def _stack(self, features: Sequence[bytes], space: FeatureSpace) -> NDArray[np.float32]:
        for feature in features:
            if len(feature) != space.feature_bytes:
                expected = f"features of {space.feature_bytes} bytes"
                raise Storage(f"{self._cache.path}: expected {expected}, got {len(feature)}")
        stacked = np.frombuffer(b"".join(features), "<f4").reshape(len(features), *space.feature_shape)
        return stacked.astype(np.float32, copy=False)


def _check_size(samples: int, space: FeatureSpace) -> None:
    """Refuse, before the features are read, more than a reader would take. Raises `TooLarge`."""
    decoded = samples * space.feature_bytes
    if decoded > LIMITS.max_inflated_bytes:
        raise TooLarge("upload", expected=f"at most {LIMITS.max_inflated_bytes} bytes", got=str(decoded))


def fewer(sealed: SealedUpload, *, max_bytes: int) -> int:
    """Tell how many samples to try in place of those of an upload that has more than `max_bytes`."""
    return max(1, min(sealed.samples - 1, sealed.samples * max_bytes // len(sealed.body)))
