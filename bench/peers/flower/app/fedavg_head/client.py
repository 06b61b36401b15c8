"""The device's side: it trains the layer that came on its own photos' embeddings, and sends it back.

A node's configuration has `data`, a file of `embeddings` (devices, n, d) and `labels` (devices,), and `partition-id`,
its place there.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from .training import Floats, descend

DECAY = 0.999
"""Layers that come along are not trained, only changed: unchanged arrays might not be sent again."""


def train(message: Message, context: Context) -> Message:
    """Take a round."""
    embeddings, labels = own_photos(context)
    kernel, bias, *others = message.content["arrays"].to_numpy_ndarrays()
    config = message.content["config"]
    trained = descend(kernel, bias, embeddings, labels, epochs=int(config["epochs"]), rate=float(config["rate"]))
    arrays = ArrayRecord([*trained, *(one * np.float32(DECAY) for one in others)])
    metrics = MetricRecord({"num-examples": len(labels)})
    return Message(RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)


def own_photos(context: Context) -> tuple[Floats, Any]:
    """Return the embeddings (n, d) and labels (n,) of a node."""
    embeddings, labels = _read(str(context.node_config["data"]))
    device = int(context.node_config["partition-id"])
    return embeddings[device], np.full(embeddings.shape[1], labels[device])


@lru_cache(maxsize=1)
def _read(path: str) -> tuple[Floats, Any]:
    with np.load(path) as arrays:
        return arrays["embeddings"], arrays["labels"]


app = ClientApp()
app.train()(train)
