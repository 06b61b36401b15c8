"""Flower's environment, where it is."""

import pytest

from bench.evidence.errors import CannotMeasure
from bench.peers.flower_environment import flower_command
from tests.conftest import missing


@pytest.fixture(scope="session")
def flower() -> str:
    """The Python that has Flower; without it tests are skipped, or fail where every part is required."""
    try:
        return flower_command("python")
    except CannotMeasure as error:
        missing(str(error))
