"""Whole exhibits at toy size start services, exports and TensorFlow: on a busy machine that takes minutes."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
TIMEOUT_S = 1200


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))
