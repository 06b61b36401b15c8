"""The only home of turning chosen feedback into the bytes of an upload, as the service's door will let them in.

What is sealed is opened again and checked as the service does it: one value that no network computes, or one label that
is none (any more), would have the good samples beside it refused. Such a sample is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.arrays import FLOAT32_BYTES
from contract.codecs import Codec
from contract.errors import ContractError, TooLarge
from contract.upload import LIMITS, Upload, encode_upload, open_upload, upload_id
from device.cache.database import Cache
from device.errors import SamplesLeftOut, Storage, Unsendable
from device.push.choice import Choice


@dataclass(frozen=True, slots=True)
class Sealed:
    """An upload that waits to be sent."""

    id: str
    space: str
    samples: int
    body: bytes


@dataclass(frozen=True, slots=True)
class _Space:
    """The feature space of an upload."""

    id: str
    feature_shape: tuple[int, ...]

    @property
    def feature_bytes(self) -> int:
        """Of one feature as float32."""
        return math.prod(self.feature_shape) * FLOAT32_BYTES


@dataclass(frozen=True, slots=True)
class _Row:
    """One word of feedback with its sample, as the cache has it."""

    revision: int
    inference: int
    sample_id: bytes
    label: str
    feature: bytes
    runtime: str


class Sealer:
    """Makes uploads of what is in one cache. ``codec``: how features are stored."""

    def __init__(self, cache: Cache, *, codec: Codec) -> None:
        self._cache = cache
        self._codec = codec

    def seal(self, choice: Choice) -> Sealed | None:
        """Make an upload; None if what was chosen is gone, as another process has sent it meanwhile.

        Raises:
            TooLarge: several samples are too large for one upload; choose fewer.
            SamplesLeftOut: some of them can be in no upload; choose without.
            Storage: the cache cannot be read, or does not hold what it should.
        """
        space = self._space_of(choice.revisions[0])
        if space is None:
            return None
        if len(choice.revisions) > 1:
            _check_size(len(choice.revisions), space)
        rows = self._rows(choice.revisions)
        if len(rows) < len(choice.revisions):
            return None
        try:
            return self._encode(rows, space)
        except ContractError as error:
            if isinstance(error, TooLarge) and len(rows) > 1:
                raise
            reasons = self._unsendable(rows, space)
            if not reasons:  # each is fine by itself: a bug that should be seen
                raise
            raise SamplesLeftOut(reasons) from error

    def _unsendable(self, rows: Sequence[_Row], space: _Space) -> dict[int, Unsendable]:
        """Try each sample by itself."""
        reasons: dict[int, Unsendable] = {}
        for row in rows:
            try:
                self._encode([row], space)
            except ContractError as error:
                reasons[row.revision] = Unsendable(f"inference {row.inference}: cannot be uploaded: {error}")
        return reasons

    def _encode(self, rows: Sequence[_Row], space: _Space) -> Sealed:
        upload = Upload(
            space=space.id,
            runtime=rows[0].runtime,
            features=self._stack([row.feature for row in rows], space),
            labels=tuple(row.label for row in rows),
            sample_ids=np.frombuffer(b"".join(row.sample_id for row in rows), np.uint8).reshape(len(rows), -1),
            revisions=np.array([row.revision for row in rows], np.uint32),
        )
        body = encode_upload(upload, codec=self._codec)
        open_upload(body, space=space.id, feature_shape=space.feature_shape)
        return Sealed(upload_id(body), space.id, upload.count, body)

    def _space_of(self, revision: int) -> _Space | None:
        rows = self._cache.read(
            "SELECT s.space, s.shape FROM feedback f JOIN inferences i ON i.id = f.inference"
            " JOIN spaces s ON s.id = i.space WHERE f.revision = ?",
            (revision,),
        )
        return _Space(rows[0][0], tuple(json.loads(rows[0][1]))) if rows else None

    def _rows(self, revisions: Sequence[int]) -> list[_Row]:
        """Read what was chosen, in the order of revisions."""
        rows = self._cache.read(
            "SELECT f.revision, i.id, i.sample_id, f.label, i.feature, i.runtime FROM feedback f"
            f" JOIN inferences i ON i.id = f.inference WHERE f.revision IN {marks_for(revisions)} ORDER BY f.revision",
            revisions,
        )
        return [_Row(*row) for row in rows]

    def _stack(self, features: Sequence[bytes], space: _Space) -> NDArray[np.float32]:
        for feature in features:
            if len(feature) != space.feature_bytes:
                expected = f"features of {space.feature_bytes} bytes"
                raise Storage(f"{self._cache.path}: expected {expected}, got {len(feature)}")
        stacked = np.frombuffer(b"".join(features), "<f4").reshape(len(features), *space.feature_shape)
        return stacked.astype(np.float32, copy=False)


def marks_for(values: Sequence[object]) -> str:
    """Write a place for each value, as SQL's IN wants them."""
    return f"({', '.join('?' * len(values))})"


def _check_size(samples: int, space: _Space) -> None:
    """Refuse, before the features are read, more than a reader would take. Raises `TooLarge`."""
    decoded = samples * space.feature_bytes
    if decoded > LIMITS.max_inflated_bytes:
        raise TooLarge("upload", expected=f"at most {LIMITS.max_inflated_bytes} bytes", got=str(decoded))
