"""What the demo takes from the environment."""

from pathlib import Path

import pytest

from demo.errors import DemoError
from demo.settings import Settings, StoreKind


def test_empty_variables_are_missing_ones() -> None:
    assert Settings.from_environment({"WEIGHTS": "", "FACES": "", "STORE": ""}) == Settings()


def test_paths_and_store_are_taken(tmp_path: Path) -> None:
    settings = Settings.from_environment({"FACES": str(tmp_path), "STORE": "minio"})
    assert (settings.faces, settings.store) == (tmp_path.resolve(), StoreKind.MINIO)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("WEIGHTS", "/no/such/file", "WEIGHTS: expected a path that exists, got '/no/such/file'"),
        ("STORE", "floppy", "STORE: expected one of directory, minio, got 'floppy'"),
        ("DEVICES", "many", "DEVICES: expected a whole number from 1 to 100, got 'many'"),
        ("DEVICES", "0", "DEVICES: expected a whole number from 1 to 100, got '0'"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(name: str, value: str, message: str) -> None:
    with pytest.raises(DemoError, match=message):
        Settings.from_environment({name: value})
