"""Trained weights as bytes: a head's classifier, and its body where that was trained too.

A tensor file (`contract.tensors`)::

    metadata    format
    kernel      F32 (d, classes)
    bias        F32 (classes,)
    body        F32 (k,), all arrays of the body one after another, as Keras lists them for the bundle's head

A head whose body is the bundle's has an empty `body`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.documents import Fields
from contract.errors import Malformed
from contract.tensors import TensorFile, decode_tensors, encode_tensors

WEIGHTS_FORMAT = 1

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class HeadWeights:
    """The weights of a head."""

    kernel: Floats
    """(d, classes) of the classifier."""
    bias: Floats
    """(classes,)."""
    body: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    """(k,): all that the body has, in one row; empty if it is the bundle's."""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the three arrays by their names."""
        return {"kernel": self.kernel, "bias": self.bias, "body": self.body}

    def is_finite(self) -> bool:
        """Tell whether every weight is a finite number: training did not diverge."""
        return all(bool(np.isfinite(array).all()) for array in self.arrays().values())


def encode_weights(weights: HeadWeights) -> bytes:
    """Write weights; the same weights give the same bytes."""
    return encode_tensors(weights.arrays(), {"format": WEIGHTS_FORMAT})


def decode_weights(data: bytes) -> HeadWeights:
    """Read weights; arrays are views of `data`.

    Raises:
        Malformed, Impossible: the bytes are not those of weights.
    """
    file = decode_tensors(data)
    Fields(file.metadata, where="weights").check_format(WEIGHTS_FORMAT)
    kernel = _array(file, "kernel", rank=2)
    return HeadWeights(kernel, _array(file, "bias", shape=kernel.shape[1:]), _array(file, "body", rank=1))


def _array(file: TensorFile, name: str, *, rank: int = 1, shape: tuple[int, ...] | None = None) -> Floats:
    array = file.tensors.get(name)
    if array is None or array.dtype != np.float32 or array.ndim != rank or (shape and array.shape != shape):
        got = "nothing" if array is None else f"{array.dtype} {array.shape}"
        raise Malformed(f"weights.{name}", expected=f"float32 {shape or f'of {rank} dimensions'}", got=got)
    return array.view(np.float32)
