"""A head as two parts, the body and the final classifier: taken apart and put together.

A head goes from a cut to logits. Its last layer is a Dense, the classifier; all before it is the body, which turns a
feature into an embedding and may be no more than one layer without parameters. Networks end in other ways, too, with
the same answers: see `export.network.network_end`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count

import keras
import numpy as np
from numpy.typing import NDArray

from export.errors import HeadError
from export.network.graph import deep_graphs, nodes_behind
from export.network.inception_resnet_v1 import CLASSIFIER_NAME
from export.network.network_end import End, OutputKind, read_end

HEAD_NAME = "head"
EMBEDDING_NAME = "Embedding"

Floats = NDArray[np.float32]

__all__ = ["HeadParts", "OutputKind", "class_answers", "put_together", "take_apart"]


@dataclass(frozen=True, slots=True)
class HeadParts:
    """The body and the classifier of a head: logits are `body @ kernel + bias`."""

    body: keras.Model
    """From feature (n, *shape) to embedding (n, d)."""
    kernel: Floats
    """(d, classes)."""
    bias: Floats
    """(classes,)."""
    output: OutputKind = OutputKind.LOGITS
    """What the network that was taken apart makes of its logits."""


def take_apart(head: keras.Model) -> HeadParts:
    """Take a head apart; the body shares the head's layers and weights, the classifier is a copy.

    The logits' softmax are the answers of the head, whether it ends in logits, a softmax, or a sigmoid of one unit,
    which becomes two classes.

    Raises:
        HeadError: the network has several inputs or outputs, or ends in no classifier that can be a Dense.
    """
    if len(head.inputs) != 1 or len(head.outputs) != 1:
        got = f"{len(head.inputs)} inputs and {len(head.outputs)} outputs"
        raise HeadError(f"head {head.name}", expected="one input and one output", got=got)
    end = read_end(head, where=f"head {head.name}")
    kernel, bias = end.kernel, end.bias
    if end.output is OutputKind.SIGMOID:  # softmax of (0, z) is (1 - sigmoid(z), sigmoid(z))
        kernel = np.concatenate([np.zeros_like(kernel), kernel], axis=1)
        bias = np.concatenate([np.zeros_like(bias), bias])
    with deep_graphs():
        return HeadParts(_body(head, end), kernel, bias, end.output)


def put_together(body: keras.Model, kernel: Floats, bias: Floats) -> keras.Model:
    """Join a body and a classifier to a head, feature (n, *shape) to logits (n, classes); it shares the body's layers.

    Raises:
        HeadError: the kernel is not (d, classes) for the body's d, or the bias is not (classes,).
    """
    width = body.output_shape[-1]
    if kernel.ndim != 2 or kernel.shape[0] != width or bias.shape != kernel.shape[1:]:
        raise HeadError(
            "classifier",
            expected=f"a kernel ({width}, classes) and a bias (classes,)",
            got=f"shapes {kernel.shape} and {bias.shape}",
        )
    taken = {operation.name for operation in body.operations}
    classifier = keras.layers.Dense(kernel.shape[1], name=next(_free_names(CLASSIFIER_NAME, taken)))
    with deep_graphs():
        head = keras.Model(body.inputs[0], classifier(body.outputs[0]), name=HEAD_NAME)
    classifier.set_weights([kernel, bias])
    return head


def class_answers(values: Floats, output: OutputKind) -> Floats:
    """Return what a network answers, (n, classes) or of one unit (n, 1), as probabilities (n, classes)."""
    rows = np.asarray(values, np.float32).reshape(len(values), -1)
    if output is OutputKind.SIGMOID:
        return np.concatenate([1 - rows, rows], axis=1)
    if output is OutputKind.SOFTMAX:
        return rows
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    probabilities: Floats = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def _body(head: keras.Model, end: End) -> keras.Model:
    """Build what the classifier reads: an embedding (n, d), with what followed the classifier before it."""
    inputs, embedding = head.inputs[0], end.read
    names = _free_names(EMBEDDING_NAME, {node.operation.name for node in nodes_behind([embedding])})
    for move in end.moves:
        embedding = move(embedding, next(names))
    if len(embedding.shape) > 2:
        embedding = keras.layers.Flatten(name=next(names))(embedding)
    if embedding is inputs:  # the cut is right before the classifier
        embedding = keras.layers.Identity(name=next(names))(inputs)
    return keras.Model(inputs, embedding, name="body")


def _free_names(name: str, taken: set[str]) -> Iterator[str]:
    """Yield the name, then with numbers, but for those that a layer has."""
    return (free for free in chain([name], (f"{name}_{number}" for number in count(2))) if free not in taken)
