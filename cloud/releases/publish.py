"""Publishing: how a trained head becomes a release.

::

    1  the registry's pointer                if there is none: it says that there is no release yet
    2  weights, head files and label list    objects/<group>/<sha256>/<space>.<publication>
    3  one release for each channel          registry/<pool>/releases/<sha256>
    4  the registry's pointer                with signed manifests, what was trained, and the publication

Killed before 4, nothing points at what was written, nor ever will: the next worker trains again, and this is swept
(`cloud.worker.tidying`). After 4 everything is there.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cloud.logs import fields
from cloud.releases import objects, registry, stored
from cloud.releases.registry import Registry, TrainedDataset
from cloud.releases.signing import SigningKey
from cloud.releases.stored import Release, claim_rows
from cloud.store.keys import Pool
from cloud.store.store import ObjectStore
from contract.bundle import TrainingBundle
from contract.callbacks import ignore
from contract.documents import Json, encode_json
from contract.envelope import Envelope
from contract.files import FileRef, sha256_hex
from contract.labels import encode_labels
from contract.manifest import Channel, HeadFile, Manifest, Precision
from contract.rollout import PARTS, Rollout
from contract.unknown import Points, Strictness, threshold_at
from contract.withdrawals import Withdrawals

PUBLICATION_BYTES = 8

logger = logging.getLogger(__name__)


class PublishStep(StrEnum):
    """A point in a publication that was just passed."""

    OBJECT_WRITTEN = "object written"
    RELEASE_WRITTEN = "release written"
    POINTER_SWAPPED = "pointer swapped"


AtPublishStep = Callable[[PublishStep], None]


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
    """What decides where there are no points."""
    accuracy: float | None
    held_out: int
    rows: int
    """How many rows the pool had."""
    report: Mapping[str, Json]
    points: Points = field(default_factory=dict)
    """The thresholds that were measured; none where nothing was fitted."""
    left_out: tuple[int, ...] = ()
    """Which samples of the pool, by their places, it was not trained on."""


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of one publication."""

    store: ObjectStore
    pool: Pool
    publication: str
    at: AtPublishStep

    def put(self, content: bytes) -> FileRef:
        """Write one, whatever copies others have written."""
        reference = objects.put(self.store, self.pool, content, publication=self.publication)
        self.at(PublishStep.OBJECT_WRITTEN)
        return reference


@dataclass(frozen=True, slots=True)
class Publisher:
    """Makes releases of trained heads, signed with the worker's key."""

    store: ObjectStore
    key: SigningKey
    life_s: float
    """For how long a manifest counts as news."""
    at: AtPublishStep = ignore
    share: int = PARTS
    """For how many parts of all devices a release is at first."""
    point: Strictness = Strictness.BALANCED
    """Which of a head's points is its threshold."""
    fence: int = 0
    """Of the worker that holds the pool."""

    def publish(
        self,
        pool: Pool,
        head: TrainedHead,
        *,
        bundle: TrainingBundle,
        previous: Registry,
        channels: Sequence[Channel],
        trained: TrainedDataset,
        now: int,
    ) -> Registry:
        """Release a head on some channels, at `now` in Unix seconds; what was withdrawn from one stays so.

        Raises:
            LostRace: the registry has moved, or is another worker's; nothing points at what was written.
            StoreError: as for `registry.publish`.
        """
        if previous.pointer is None:
            previous = registry.begin(self.store, pool, fence=self.fence)
        files = _Files(self.store, pool, secrets.token_hex(PUBLICATION_BYTES), self.at)
        manifest_of = self._describe(files, head, bundle, issued=time_of_issue(pool, previous, now))
        weights = files.put(head.weights)
        envelopes: dict[Channel, Envelope] = {}
        for channel in channels:
            current = previous.channels.get(channel)
            parent = current.release if current else None
            manifest = manifest_of(
                channel=channel,
                serial=previous.next_serial(channel),
                parent=parent,
                withdraws=current.manifest.withdraws if current else Withdrawals(),
            )
            rows, left_out = claim_rows(head.rows, head.left_out)
            release = Release(manifest.encode(), parent, head.report, weights, rows, left_out, files.publication)
            envelopes[channel] = self._keep(pool, release)
        published = registry.publish(
            self.store,
            pool,
            previous=previous,
            envelopes=envelopes,
            trained=trained,
            publication=files.publication,
            fence=self.fence,
        )
        self.at(PublishStep.POINTER_SWAPPED)
        return published

    def _describe(
        self, files: _Files, head: TrainedHead, bundle: TrainingBundle, *, issued: int
    ) -> Callable[..., Manifest]:
        """Write the files that devices fetch; return a manifest of them that lacks channel, serial and parent."""
        heads = {
            precision: HeadFile.of(files.put(content), head.logits[precision])
            for precision, content in head.heads.items()
        }
        labels = files.put(encode_labels(head.labels))
        return partial(
            Manifest,
            group=files.pool.group,
            space=files.pool.space,
            issued=issued,
            expires=issued + int(self.life_s),
            cut=bundle.cut,
            feature_shape=bundle.feature_shape,
            labels=labels,
            label_count=len(head.labels),
            heads=heads,
            golden_sample_sha256=bundle.golden_sample_sha256,
            temperature=head.temperature,
            threshold=threshold_at(self.point, threshold=head.threshold, points=head.points),
            points=head.points,
            validation_accuracy=head.accuracy,
            validation_samples=head.held_out,
            rollout=Rollout(rollout_id(labels, heads), self.share),
        )

    def _keep(self, pool: Pool, release: Release) -> Envelope:
        stored.put_release(self.store, pool, release)
        self.at(PublishStep.RELEASE_WRITTEN)
        return self.key.sign(release.payload)


def rollout_id(labels: FileRef, heads: Mapping[Precision, HeadFile]) -> str:
    """Name what is rolled out by what it is made of: signed anew, or for more devices, it is the same."""
    files = {precision.value: head.file.sha256 for precision, head in heads.items()}
    return sha256_hex(encode_json({"labels": labels.sha256, "heads": files}))


def time_of_issue(pool: Pool, previous: Registry, now: int) -> int:
    """Return the time that a release says it was issued at: `now`, but never before the newest one.

    A device takes the newest time of issue it has seen for the time if its own clock is behind that, and would find
    everything expired that a clock set right again has issued.
    """
    if now < previous.newest_issue:
        ahead = fields(pool=pool.path, seconds=previous.newest_issue - now)
        logger.warning("clock: behind the newest release, whose time of issue is used again", extra=ahead)
    return max(now, previous.newest_issue)
