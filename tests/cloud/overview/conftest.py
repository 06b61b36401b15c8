"""A store that was lived in, for tests of what there is to see of it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.bundle import TrainingBundle
from tests.cloud.overview.lived_in import LivedIn, live_in


@pytest.fixture(scope="session")
def lived_in_once(
    tmp_path_factory: pytest.TempPathFactory, training_bundle: TrainingBundle, make_upload: Callable[..., bytes]
) -> LivedIn:
    """A store in which everything goes well, which no test changes."""
    return live_in(tmp_path_factory.mktemp("lived-in"), training_bundle, make_upload, now=int(time.time()))


@pytest.fixture
def lived_in(lived_in_once: LivedIn, tmp_path: Path) -> LivedIn:
    """A store in which everything goes well, of the test's own."""
    return lived_in_once.copied_to(tmp_path)
