"""The rows of a cycle: what was kept of them is taken, what is new is embedded and kept.

Features are decoded where they are asked for, and nowhere else: of rows that are new to a body, of the few on which
files are compared with Keras, and of all rows once a trial fine-tunes the body.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cloud.dataset.row_names import Names
from cloud.training.cycle_folder import CycleFolder
from cloud.training.executors.arrays import Floats, Integers, read_array
from cloud.training.inputs import CycleInputs
from cloud.training.kept_embeddings import KeptBody, KeptEmbeddings, NewRows
from cloud.training.known_rows import KnownRows
from cloud.training.values import DeeperLayers, EmbeddingInputs, EmbeddingOutcome

UINT8 = np.dtype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class CycleRows:
    """The rows (n,) of one cycle."""

    to_embed: EmbeddingInputs
    """What the first operation takes, mapped."""
    _inputs: CycleInputs
    _folder: CycleFolder
    _names: Names
    _bodies: tuple[KeptBody, ...]
    """What was kept through best's body, and the bundle's where that is another."""

    @classmethod
    def read(cls, inputs: CycleInputs, folder: CycleFolder, *, kept: KeptEmbeddings, state: Path) -> CycleRows:
        """Read what was kept, and write features of what is new to the cycle's folder.

        Raises:
            OSError: the disk has no room for it.
        """
        bundles, erasure = np.zeros(0, np.float32), inputs.registry.erasure
        own = inputs.best.body if inputs.best else bundles
        bodies = tuple(
            kept.read(state, inputs.pool, inputs.bundle, weights=weights, erasure=erasure)
            for weights in ((own, bundles) if len(own) else (bundles,))
        )
        names = inputs.examples.names(inputs.bundle.base_file, inputs.dataset)
        known, *others = (body.known(names) for body in bodies)
        new = np.flatnonzero(np.any([one.new for one in (known, *others)], axis=0))
        chunks = inputs.examples.features(inputs.bundle.base, inputs.dataset, rows=new)
        to_embed = EmbeddingInputs(
            features=folder.write_features(chunks, shape=(len(new), *inputs.bundle.feature_shape)),
            head_file=read_array(inputs.head_file, dtype=UINT8, shape=(inputs.head_file.stat().st_size,)),
            best=folder.write_best(inputs.best) if inputs.best else None,
            temperatures=inputs.temperatures,
            known=known,
            known_to_first=others[0] if others else None,
        )
        return cls(to_embed, inputs, folder, names, bodies)

    def __len__(self) -> int:
        return len(self._names)

    def keep(self, outcome: EmbeddingOutcome, *, kept: KeptEmbeddings, state: Path) -> None:
        """Keep what was new for the cycles to come.

        Raises:
            OSError: the disk has no room for it.
        """
        best, *first = self._bodies
        through_best = np.flatnonzero(self.to_embed.known.new)
        news = [self._new(best, self.to_embed.known, outcome.embeddings, through_best)]
        if first and self.to_embed.known_to_first is not None and outcome.new_to_first is not None:
            through_first = np.arange(len(outcome.new_to_first))
            news.append(self._new(first[0], self.to_embed.known_to_first, outcome.new_to_first, through_first))
        kept.keep(state, self._inputs.pool, news)

    def features(self, rows: Integers) -> Floats:
        """Return the features (k, *shape) of some rows, in memory."""
        chunks = self._inputs.examples.features(self._inputs.bundle.base, self._inputs.dataset, rows=rows)
        return np.concatenate(list(chunks))

    def for_deeper_layers(self) -> DeeperLayers:
        """Return what trials need of the rows to train the body; features of all of them are decoded the first time.

        Raises:
            OSError: the disk has no room for them.
        """
        features = self.to_embed.features
        if len(features) < len(self):
            chunks = self._inputs.examples.features(self._inputs.bundle.base, self._inputs.dataset)
            features = self._folder.all_features(chunks, shape=(len(self), *self._inputs.bundle.feature_shape))
        return DeeperLayers(self.to_embed.head_file, features)

    def _new(self, body: KeptBody, known: KnownRows, embeddings: Floats, places: Integers) -> NewRows:
        """Return the rows that are new to a body, whose embeddings are at some places (k,) among others."""
        return NewRows(
            body,
            self._names[known.new],
            self._inputs.examples.of_base[known.new],
            embeddings.shape[1],
            lambda rows: embeddings[places[rows]],
        )
