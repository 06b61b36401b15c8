"""The whole network as its user feeds it, raw photos scaled as stated, or tensors: all else is judged by it.

It is run as it came, before any cut or conversion, so that what is refused here costs no one a broken bundle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from contract.inputs import COLOUR, PhotoInput, TensorInput
from export.accuracy import Classes, Floats, check_same_answers, check_scale, enough_better, right
from export.errors import NetworkError
from export.network.classifier import HeadParts, OutputKind, class_answers, put_together
from export.network.graph import nodes_behind
from export.network.network import Network
from export.network.split import SplitModel
from export.network.standardization import Standardization, standardized

BATCH = 32
MOST_FOR_SCALES = 64
"""Photos on which other scales are tried: one that is clearly better shows on fewer."""


def run_eagerly(model: keras.Model, inputs: NDArray[Any]) -> Floats:
    """Return what a model answers to inputs (n, *shape); not compiled, which would take longer than running it once."""
    batches = (inputs[start : start + BATCH] for start in range(0, len(inputs), BATCH))
    return np.concatenate([_as_floats(model(batch, training=False)) for batch in batches])


def check_indices(network: Network, inputs: NDArray[Any]) -> None:
    """Refuse integers that an Embedding of the network has no row for: some runtimes take another row in silence.

    Raises:
        NetworkError: naming the layer, its rows and the integer.
    """
    for layer, indices in _embeddings(network.flat):
        values = run_eagerly(keras.Model(network.flat.inputs[0], indices), inputs)
        for worst in (values.min(), values.max()):
            if not 0 <= worst < layer.input_dim:
                expected = f"indices from 0 to {layer.input_dim - 1}"
                raise NetworkError(f"inputs of the Embedding {layer.name}", expected=expected, got=str(int(worst)))


def has_answers(network: Network, inputs: NDArray[Any]) -> bool:
    """Tell whether all answers to inputs (n, *input shape), fed as they are, are finite."""
    return bool(np.isfinite(run_eagerly(network.whole, inputs)).all())


@dataclass(frozen=True, slots=True, eq=False)
class WholeNetwork:
    """A network and how it is fed."""

    network: Network
    model_input: PhotoInput | TensorInput
    standardization: Standardization
    output: OutputKind

    def answer(self, inputs: NDArray[Any], mode: Standardization | None = None) -> Floats:
        """Return the probabilities (n, classes) of inputs (n, *input shape); under another scale where one is given.

        Raises:
            NetworkError: an answer is no number, or the inputs cannot be computed.
        """
        values = run_eagerly(self.network.whole, standardized(inputs, mode or self.standardization))
        bad = int((~np.isfinite(values.reshape(len(values), -1)).all(axis=1)).sum())
        if bad:
            got = f"NaN or infinity on {bad} of {len(values)} inputs"
            raise NetworkError(f"network {self.network.flat.name}", expected="finite answers", got=got)
        return class_answers(values, self.output)

    @property
    def says_its_scale(self) -> bool:
        """Whether the network itself says the scale that it is run under, and not its user alone."""
        return self.network.standardization is self.standardization

    def check_scale(
        self, inputs: NDArray[Any], classes: Classes, answers: Floats, *, prove: bool = False
    ) -> dict[Standardization, float]:
        """Refuse a scale that labelled photos show to be the wrong one; return what each scale gets right of them.

        Other scales are tried where the chosen one leaves room for a clearly better one; and to `prove` it in any case,
        for photos that are as right under another one do not tell.

        Raises:
            RequestError: another scale is clearly better; it is named.
        """
        some = slice(None, None, max(1, -(-len(inputs) // MOST_FOR_SCALES)))
        photos, truth = inputs[some], classes[some]
        rights = {self.standardization: right(answers[some], truth)}
        has_room = len(truth) - rights[self.standardization] >= enough_better(len(truth))
        if isinstance(self.model_input, PhotoInput) and (has_room or prove):
            for mode in self._modes():
                if mode not in rights:
                    rights[mode] = self._right_under(mode, photos, truth)
        check_scale(rights, self.standardization, truth)
        return {mode: count / len(truth) for mode, count in rights.items()}

    def _modes(self) -> list[Standardization]:
        """Return the scales that the network could be meant for."""
        if self.network.input_dtype != "float32":
            return [Standardization.NONE]
        coloured = self.model_input.shape[-1] == COLOUR
        return [mode for mode in Standardization if coloured or not mode.needs_colours]

    def _right_under(self, mode: Standardization, photos: NDArray[Any], truth: Classes) -> int:
        """Count what another scale gets right: nothing where the network has no answer to photos on it."""
        try:
            return right(self.answer(photos, mode), truth)
        except NetworkError:
            return 0

    def check_parts(self, parts: SplitModel, head: HeadParts, features: Floats, answers: Floats) -> None:
        """Refuse a prefix and a head whose answers in a row are not the whole network's.

        `features` (n, *shape) are the prefix's, `answers` (n, classes) the whole network's, of the same inputs.

        Raises:
            ParityError: naming the difference.
        """
        logits = run_eagerly(put_together(head.body, head.kernel, head.bias), features)
        where = f"prefix and head of {self.network.flat.name} in Keras"
        check_same_answers(answers, class_answers(logits, OutputKind.LOGITS), where=where)


def _embeddings(model: keras.Model) -> list[tuple[Any, Any]]:
    """Find the Embedding layers of a flat network, each with the tensor of indices that it reads."""
    nodes = nodes_behind(model.outputs)
    return [
        (node.operation, node.input_tensors[0])
        for node in nodes
        if isinstance(node.operation, keras.layers.Embedding) and node.input_tensors
    ]


def _as_floats(values: Any) -> Floats:
    return np.asarray(keras.ops.convert_to_numpy(values), np.float32)
