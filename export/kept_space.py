"""A space that is kept: the device bundle that its samples come from, and whether a new bundle can go on with it.

Of that bundle the new one takes the space and the golden sample, which releases name: what is released is for devices
with either. What both must have in common is looked at here; that their prefixes are of one network is measured
(`export.comparison`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contract.bundle import DeviceBundle, read_device_bundle
from contract.errors import ContractError, shown
from contract.inputs import ModelInput, PhotoInput
from export.errors import RequestError
from export.tflite.quantize import Quantize


def read_kept_space(directory: Path) -> DeviceBundle:
    """Read the bundle whose space is kept; of crops of faces, or with a detector of its own.

    Raises:
        RequestError: no device bundle is there, or one that this version cannot convert anew.
        OSError: it cannot be read.
    """
    try:
        kept = read_device_bundle(directory)
    except ContractError as error:
        raise RequestError(_where(directory), expected="a device bundle", got=str(error)) from error
    if kept.quantize not in list(Quantize):
        raise RequestError(_where(directory), expected=f"one of {', '.join(Quantize)}", got=shown(kept.quantize))
    return kept


def check_kept_input(kept: DeviceBundle, *, cut: str, model_input: ModelInput) -> None:
    """Refuse to keep a space of another cut, or of photos of another size: no device would take its releases. Pure.

    Raises:
        RequestError: it is.
    """
    if kept.cut != cut:
        raise RequestError(kept_where(kept), expected=f"a bundle cut at {cut}", got=f"one cut at {kept.cut}")
    if not isinstance(kept.input, PhotoInput) or kept.input.shape != model_input.shape:
        expected = f"a bundle of photos {list(model_input.shape)}"
        raise RequestError(kept_where(kept), expected=expected, got=str(kept.input))


def check_kept_features(kept: DeviceBundle, *, shape: tuple[int, ...], labels: Sequence[str]) -> None:
    """Refuse to keep a space whose features have another shape, or whose first labels are others. Pure.

    The classes of all that was released begin with the first labels, and base samples name theirs by number.

    Raises:
        RequestError: one of them is another.
    """
    if kept.feature_shape != shape:
        expected = f"a bundle with features of shape {list(shape)}"
        raise RequestError(kept_where(kept), expected=expected, got=str(list(kept.feature_shape)))
    if kept.labels != tuple(labels):
        differing = [pair for pair in zip(kept.labels, labels, strict=False) if pair[0] != pair[1]]
        got = f"{shown(differing[0][1])} in place of {shown(differing[0][0])}" if differing else f"{len(labels)} labels"
        expected = f"samples of that bundle's {len(kept.labels)} labels, in its order"
        raise RequestError(kept_where(kept), expected=expected, got=got)


def kept_where(kept: DeviceBundle) -> str:
    """Name the bundle in an error."""
    return _where(kept.directory)


def _where(directory: Path) -> str:
    return f"--space {directory}"
