"""Loads what an inference is about from a file: a photo, or a tensor where the bundle takes tensors."""

from __future__ import annotations

from pathlib import Path

from contract.inputs import ModelInput, TensorInput
from device.recognise.image import load_photo
from device.recognise.preparation import Example
from device.recognise.tensor_file import load_tensor


def load_example(path: Path | str, model_input: ModelInput) -> Example:
    """Read one file of what `model_input`, the bundle's, says.

    Raises:
        PhotoError, TensorError: as `load_photo` and `load_tensor`.
    """
    return load_tensor(path, model_input) if isinstance(model_input, TensorInput) else load_photo(path)
