"""The comparison with class means, where no face is found."""

import numpy as np
import pytest

from demo.comparison import stack_found
from demo.errors import DemoError


def test_photos_without_any_face_are_said() -> None:
    with pytest.raises(DemoError, match="tests: expected a face that is found in one photo at least, got none"):
        stack_found([], where="tests")
    assert stack_found([np.ones(3, np.float32)], where="tests").shape == (1, 3)
