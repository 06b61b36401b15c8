"""The only home of how a trained head becomes a release.

::

    1  weights, head files and label list    objects/<group>/<sha256>
    2  one release for each channel          registry/<pool>/releases/<sha256>
    3  the registry's pointer                with signed manifests, and what was trained

Killed before 3, nothing points at what was written, and the next worker trains again; after 3 everything is there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cloud.logs import fields
from cloud.releases import registry
from cloud.releases.registry import Registry, Release, Trained
from cloud.releases.signing import SigningKey
from cloud.store import keys
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.bundle import TrainingBundle
from contract.callbacks import ignore
from contract.documents import Json
from contract.envelope import Envelope
from contract.files import FileRef
from contract.labels import encode_labels
from contract.manifest import Channel, HeadFile, Manifest, Precision

logger = logging.getLogger(__name__)


class PublishStep(StrEnum):
    """A point in a publication that was just passed."""

    OBJECT_WRITTEN = "object written"
    RELEASE_WRITTEN = "release written"
    HEAD_SWAPPED = "registry swapped"


AtStep = Callable[[PublishStep], None]


@dataclass(frozen=True, slots=True, eq=False)
class TrainedHead:
    """What a training cycle made."""

    labels: tuple[str, ...]
    weights: bytes
    heads: Mapping[Precision, bytes]
    logits: Mapping[Precision, NDArray[np.float32]]
    """(classes,): what each file answers to the golden sample."""
    temperature: float
    threshold: float
    accuracy: float | None
    held_out: int
    samples: int
    """How many of the pool's samples there were."""
    report: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Publisher:
    """What publishing takes besides the product."""

    store: ObjectStore
    key: SigningKey
    life_s: float
    at: AtStep = ignore


def publish(
    press: Publisher,
    pool: Pool,
    product: TrainedHead,
    *,
    bundle: TrainingBundle,
    previous: Registry,
    channels: Sequence[Channel],
    trained: Trained,
    now: int,
) -> Registry:
    """Release a product on some channels, at `now` in Unix seconds.

    Times of issue never go back: a device takes the newest one it has seen for the time if its own clock is behind
    that, and would find everything expired that a clock set right again has issued.

    Raises:
        LostRace: the registry has moved; nothing points at what was written.
        StoreError: as for ``registry.publish``.
    """
    labels = _put(press, pool, encode_labels(product.labels))
    weights = _put(press, pool, product.weights)
    heads = {
        precision: HeadFile(_put(press, pool, content), product.logits[precision])
        for precision, content in product.heads.items()
    }
    issued = _time_of_issue(pool, previous, now)
    envelopes: dict[Channel, Envelope] = {}
    for channel in channels:
        current = previous.channels.get(channel)
        manifest = Manifest(
            group=pool.group,
            space=pool.space,
            channel=channel,
            serial=previous.next_serial(channel),
            issued=issued,
            expires=issued + int(press.life_s),
            cut=bundle.cut,
            feature_shape=bundle.feature_shape,
            labels=labels,
            label_count=len(product.labels),
            heads=heads,
            golden_sha256=bundle.golden_sha256,
            temperature=product.temperature,
            threshold=product.threshold,
            validation_accuracy=product.accuracy,
            validation_samples=product.held_out,
            parent=current.release if current else None,
        )
        release = Release(manifest.encode(), manifest.parent, product.report, weights, product.samples)
        registry.put_release(press.store, pool, release)
        press.at(PublishStep.RELEASE_WRITTEN)
        envelopes[channel] = press.key.sign(release.payload)
    published = registry.publish(press.store, pool, previous=previous, envelopes=envelopes, trained=trained)
    press.at(PublishStep.HEAD_SWAPPED)
    return published


def _time_of_issue(pool: Pool, previous: Registry, now: int) -> int:
    if now < previous.newest_issue:
        ahead = fields(pool=pool.path, seconds=previous.newest_issue - now)
        logger.warning("clock: behind the newest release, whose time of issue is used again", extra=ahead)
    return max(now, previous.newest_issue)


def _put(press: Publisher, pool: Pool, content: bytes) -> FileRef:
    """Content is put again even if it is there, so that nothing that looks for leftovers can take it away meanwhile."""
    ref = FileRef.of(content)
    press.store.put(keys.shared_object(pool.group, ref.sha256), content)
    press.at(PublishStep.OBJECT_WRITTEN)
    return ref
