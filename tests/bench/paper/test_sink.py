"""The server that takes and gives any number of bytes."""

import pytest

from bench.evidence.line import line
from bench.paper.sink import get, put, sink


@pytest.mark.parametrize("size", [0, 1, 65536, 200_001])
def test_bodies_of_any_size_go_there_and_come_back(size: int) -> None:
    with sink() as port, line(port) as opened:
        put(opened.port, size)
        assert size < opened.up_bytes < size + 500
        opened.reset()
        get(opened.port, size)
        assert size < opened.down_bytes < size + 500
