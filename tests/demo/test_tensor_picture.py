"""What the demo's picture shows of a tensor."""

import numpy as np
import pytest

from demo.tensor_picture import draw_tensor


@pytest.mark.parametrize("shape", [(), (7,), (29, 12), (4, 3, 2), (2, 2, 2, 2)])
def test_a_tensor_of_any_shape_is_a_square(shape: tuple[int, ...]) -> None:
    assert draw_tensor(np.ones(shape, np.float32), side=50).size == (50, 50)


def test_time_goes_to_the_right_and_signs_have_colours() -> None:
    picture = np.asarray(draw_tensor(np.array([[-1.0, -1.0], [0.0, 0.0], [1.0, 1.0]]), side=30))
    left, middle, right = (picture[15, x].astype(int) for x in (5, 15, 25))
    assert left[2] > left[0] + 50
    assert right[0] > right[2] + 50
    assert middle.min() > 240


def test_a_tensor_of_zeros_is_blank() -> None:
    assert np.asarray(draw_tensor(np.zeros((3, 4)), side=10)).min() > 240
