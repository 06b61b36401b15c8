"""Photos are resized by the one filter of SPEC section 2, over the part that is kept and nothing beside it."""

import numpy as np
import pytest
from PIL import Image

from contract.fitting import fit_photo
from contract.inputs import Fit, PhotoInput
from device.recognise.preparation import prepare
from device.recognise.resizing import resize
from tests.contract.drawn import reduce_slowly

NOISE = np.random.default_rng(0).integers(0, 256, (300, 420, 3), np.uint8)


@pytest.mark.parametrize("reduction", [0.9, 0.5, 1 / 3, 0.1, 0.01])
def test_a_reduction_is_a_triangle_filter_as_wide_as_itself(reduction: float) -> None:
    """An average of blocks before it is off by 7 at a tenth; bytes between the two passes by less than 2."""
    slowly = reduce_slowly(reduce_slowly(NOISE.astype(float), reduction).swapaxes(0, 1), reduction).swapaxes(0, 1)
    height, width, _ = slowly.shape
    resized = np.asarray(resize(Image.fromarray(NOISE), width, height))
    assert np.abs(resized - slowly).max() < 2


@pytest.mark.parametrize("size", [(40, 40), (10, 90), (7, 3)], ids=str)
def test_a_crop_does_not_read_what_is_beside_it(size: tuple[int, int]) -> None:
    photo_input = PhotoInput(*size, fit=Fit.CROP)
    part = fit_photo(420, 300, photo_input=photo_input).part
    kept = (slice(part.top, part.top + part.height), slice(part.left, part.left + part.width))
    other = 255 - NOISE
    other[kept] = NOISE[kept]
    assert np.array_equal(prepare(NOISE, photo_input), prepare(other, photo_input))


def test_a_picture_of_its_size_stays_as_it_is() -> None:
    image = Image.fromarray(NOISE)
    assert resize(image, 420, 300) is image
