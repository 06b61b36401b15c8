"""The rule which row of a sample counts. Pure: rows in, decisions out.

A sample is one photo of one device: (device, sample id). Its first row decides the split for good; of its rows, the one
with the highest revision says the label and the feature; a row that is not higher than what is there is not taken.
Devices choose the ids of their samples, so a secret has its say in the split: nobody can send samples that only judge
heads. Two spellings of one label (`contract.labels.label_key`) are one label, shown as it was first spelled, the
bundle's labels before all others.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cloud.dataset.columns import Columns
from contract.holdout import SPLITS, Split, assign_split
from contract.labels import label_key
from contract.samples import SAMPLE_ID_BYTES

SampleKey = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The row that counts of one sample."""

    revision: int
    split: Split
    label: str
    """The label's key, not its spelling."""


@dataclass(slots=True)
class Ledger:
    """Every sample of a pool with the row that counts, and how many photos each label has."""

    rows: dict[SampleKey, LedgerRow] = field(default_factory=dict)
    photos: Counter[str] = field(default_factory=Counter)

    def absorb(self, columns: Columns) -> None:
        """Add the rows of a shard, whose splits are decided."""
        label_keys = [label_key(label) for label in columns.labels]
        ids = columns.sample_ids.tobytes()
        for place, (revision, split, label, device) in enumerate(
            zip(
                columns.revisions.tolist(),
                columns.splits.tolist(),
                columns.label_index.tolist(),
                columns.device_index.tolist(),
                strict=True,
            )
        ):
            sample = (columns.devices[device], ids[SAMPLE_ID_BYTES * place : SAMPLE_ID_BYTES * (place + 1)])
            row = LedgerRow(revision, SPLITS[split], label_keys[label])
            _keep(self, sample, row, present=self.rows.get(sample))


@dataclass(slots=True)
class LedgerDraft:
    """Decisions on rows that are to be merged. The ledger below stays as it is until they are."""

    below: Ledger
    salt: bytes = field(default=b"", repr=False)
    """A secret of at most 64 bytes; without one, ids are believed."""
    own: Ledger = field(default_factory=Ledger)

    def take(self, sample: SampleKey, *, revision: int, label: str) -> Split | None:
        """Decide on a row: return its split, or None if the ledger has one at least as new."""
        key = label_key(label)
        present = self.own.rows.get(sample) or self.below.rows.get(sample)
        if present is not None and revision <= present.revision:
            return None
        before = self.below.photos[key] + self.own.photos[key]
        split = present.split if present else assign_split(self._drawn(sample[1]), before)
        _keep(self.own, sample, LedgerRow(revision, split, key), present=present)
        return split

    def _drawn(self, sample_id: bytes) -> bytes:
        if not self.salt:
            return sample_id
        return hashlib.blake2b(sample_id, key=self.salt, digest_size=SAMPLE_ID_BYTES).digest()

    @property
    def new_samples(self) -> int:
        """How many samples were taken that the ledger does not have."""
        return sum(sample not in self.below.rows for sample in self.own.rows)


def base_ledger(labels: Sequence[str], photos: Sequence[int]) -> Ledger:
    """Make a ledger that holds nothing but the photos of the training bundle: so many of each label."""
    return Ledger(photos=Counter({label_key(label): count for label, count in zip(labels, photos, strict=True)}))


def spell(labels: Iterable[str]) -> dict[str, str]:
    """Map the key of each label to its first spelling, in order of appearance."""
    spellings: dict[str, str] = {}
    for label in labels:
        spellings.setdefault(label_key(label), label)
    return spellings


def _keep(ledger: Ledger, sample: SampleKey, row: LedgerRow, *, present: LedgerRow | None) -> None:
    """Let a row count; `present` is the row that counted before, here or below."""
    if present is not None:
        if row.revision <= present.revision:
            return
        ledger.photos[present.label] -= 1
        row = LedgerRow(row.revision, present.split, row.label)
    ledger.rows[sample] = row
    ledger.photos[row.label] += 1
