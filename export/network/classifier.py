"""A head as two parts, the body and the final classifier: taken apart and put together.

A head goes from a cut to logits. Its last layer is a Dense, the classifier; all before it is the body, which turns a
feature into an embedding and may be no more than one layer without parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from export.errors import HeadError
from export.network.inception_resnet_v1 import CLASSIFIER_NAME

HEAD_NAME = "head"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class HeadParts:
    """The body and the classifier of a head."""

    body: keras.Model
    """From feature (n, *shape) to embedding (n, d)."""
    kernel: Floats
    """(d, classes)."""
    bias: Floats
    """(classes,)."""


def take_apart(head: keras.Model) -> HeadParts:
    """Take a head apart; the body shares the head's layers and weights, a softmax of the classifier is dropped.

    Raises:
        HeadError: the network has several inputs or outputs, or does not end in a Dense.
    """
    classifier, embedding = _classifier(head)
    inputs = head.inputs[0]
    if embedding is inputs:  # the cut is right before the classifier
        embedding = keras.layers.Identity(name="Embedding")(inputs)
    kernel = _array(classifier.kernel)
    bias = _array(classifier.bias) if classifier.use_bias else np.zeros(kernel.shape[1], np.float32)
    return HeadParts(keras.Model(inputs, embedding, name="body"), kernel, bias)


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
    classifier = keras.layers.Dense(kernel.shape[1], name=CLASSIFIER_NAME)
    head = keras.Model(body.inputs[0], classifier(body.outputs[0]), name=HEAD_NAME)
    classifier.set_weights([kernel, bias])
    return head


def _classifier(head: keras.Model) -> tuple[Any, Any]:
    """Find the last layer, and the tensor that it reads in this head: a layer may be called in other networks too."""
    if len(head.inputs) != 1 or len(head.outputs) != 1:
        got = f"{len(head.inputs)} inputs and {len(head.outputs)} outputs"
        raise HeadError(f"head {head.name}", expected="one input and one output", got=got)
    last, call, _ = head.outputs[0]._keras_history
    if not isinstance(last, keras.layers.Dense):
        raise HeadError(f"head {head.name}", expected="a Dense as its last layer", got=type(last).__name__)
    return last, last._inbound_nodes[call].input_tensors[0]


def _array(variable: Any) -> Floats:
    return np.asarray(keras.ops.convert_to_numpy(variable), np.float32)
