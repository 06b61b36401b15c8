"""Arrays: checks that an array has the dtype, shape and range of values that its place needs."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from contract.errors import Impossible

FLOAT32_BYTES = 4
"""Of one value of a feature or of logits."""

Scalar = TypeVar("Scalar", bound=np.generic)


def require_array(
    values: NDArray[np.generic] | None, dtype: type[Scalar], *, shape: tuple[int, ...], where: str
) -> NDArray[Scalar]:
    """Return `values` as what they have to be, without a copy.

    Raises:
        Impossible: no array, or another dtype or shape.
    """
    expected = f"{np.dtype(dtype).name} {list(shape)}"
    if values is None:
        raise Impossible(where, expected=expected, got="nothing")
    if values.dtype != dtype or values.shape != shape:
        raise Impossible(where, expected=expected, got=f"{values.dtype} {list(values.shape)}")
    return values.astype(dtype, copy=False)


def check_finite(values: NDArray[np.generic], *, where: str) -> None:
    """Refuse what is not float32, and NaN and infinities.

    Raises:
        Impossible: with the place of the first such value.
    """
    if values.dtype != np.float32:
        raise Impossible(where, expected="float32", got=str(values.dtype))
    finite = np.isfinite(values)
    if not finite.all():
        place = np.unravel_index(int(np.argmin(finite)), values.shape)
        raise Impossible(
            f"{where}{[int(index) for index in place]}", expected="a finite number", got=str(values[place])
        )


def check_magnitude(values: NDArray[np.float32], most: float, *, where: str) -> None:
    """Refuse finite numbers further from zero than `most`; makes no copy.

    Raises:
        Impossible: with the place of the largest or the least.
    """
    for index in (int(values.argmax()), int(values.argmin())):
        place = np.unravel_index(index, values.shape)
        if abs(values[place]) > most:
            expected = f"a number from -{most:g} to {most:g}"
            raise Impossible(f"{where}{[int(each) for each in place]}", expected=expected, got=str(values[place]))


def check_below(values: NDArray[np.generic], bound: int, *, where: str) -> None:
    """Refuse unsigned integers of `bound` or more.

    Raises:
        Impossible: with the largest of them.
    """
    largest = int(values.max()) if values.size else -1
    if largest >= bound:
        raise Impossible(where, expected=f"integers below {bound}", got=str(largest))
