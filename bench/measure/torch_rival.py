"""A last layer trained by PyTorch: `python -m bench.measure.torch_rival <photos>` prints the runs as JSON.

It runs in a Python that has PyTorch and numpy, and need have nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.measure.rival_runs import BATCHES, RATES, Photos, Run, run


def train_each(photos: Photos) -> Iterator[Run]:
    """Train at each rate and batch size."""
    import torch

    features, owners, asked = (torch.from_numpy(array) for array in (photos.features, photos.owners, photos.asked))
    for rate, batch in product(RATES, BATCHES):
        torch.manual_seed(0)
        layer = torch.nn.Linear(features.shape[1], photos.people)
        optimizer = torch.optim.Adam(layer.parameters(), lr=rate)
        loss = torch.nn.CrossEntropyLoss()

        def epoch(layer: Any = layer, optimizer: Any = optimizer, loss: Any = loss, batch: int = batch) -> None:
            for rows in torch.randperm(len(features)).split(batch):
                optimizer.zero_grad()
                loss(layer(features[rows]), owners[rows]).backward()
                optimizer.step()

        def answers(layer: Any = layer) -> NDArray[np.int64]:
            with torch.no_grad():
                classes: NDArray[np.int64] = layer(asked).argmax(dim=1).numpy()
            return classes

        yield run(photos, epoch, answers)


if __name__ == "__main__":
    print(json.dumps([asdict(run) for run in train_each(Photos.load(Path(sys.argv[1])))]))
