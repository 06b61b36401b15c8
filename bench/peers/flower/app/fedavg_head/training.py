"""What a device does in a round: full-batch gradient descent on softmax, of one layer, in numpy alone."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def descend(
    kernel: Floats, bias: Floats, embeddings: Floats, labels: NDArray[np.int64], *, epochs: int, rate: float
) -> tuple[Floats, Floats]:
    """Return the layer (d, classes), (classes,) after so many steps on embeddings (n, d) with labels (n,)."""
    wanted = np.eye(kernel.shape[1], dtype=np.float32)[labels]
    for _ in range(epochs):
        logits = embeddings @ kernel + bias
        answers = np.exp(logits - logits.max(axis=1, keepdims=True))
        answers /= answers.sum(axis=1, keepdims=True)
        gradient = (answers - wanted) / np.float32(len(labels))
        kernel = kernel - np.float32(rate) * (embeddings.T @ gradient)
        bias = bias - np.float32(rate) * gradient.sum(axis=0)
    return kernel, bias
