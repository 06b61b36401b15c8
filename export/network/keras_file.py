"""A `.keras` file as a network that can be cut."""

from __future__ import annotations

from pathlib import Path

from export.network.archive import load_float32
from export.network.network import Network, Size, prepared


def read_network(path: Path, *, size: Size | None = None) -> Network:
    """Read a network that Keras has saved; code that the file may hold is never run.

    `size`, (height, width), is that of photos where the network leaves it open; the reference network's by default.

    Raises:
        WeightsError: not a whole `.keras` file of layers that are known here, or one that cannot be served: weights
            that are quantized already, layers that keep state, channels first, an input that no bundle can say.
        HeadError: not one input and one output that names a class.
        RequestError: `size` contradicts the network, is missing, or its layers cannot take it.
    """
    where = f"network {path}"
    return prepared(load_float32(path, where=where), where=where, size=size)
