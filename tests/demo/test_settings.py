"""What the demo takes from the environment."""

from pathlib import Path

import pytest

from demo.errors import DemoError
from demo.settings import Settings, StoreKind, read_settings


def test_empty_variables_are_missing_ones() -> None:
    assert read_settings({"WEIGHTS": "", "FACES": "", "STORE": ""}) == Settings()


def test_paths_and_store_are_taken(tmp_path: Path) -> None:
    settings = read_settings({"FACES": str(tmp_path), "STORE": "minio"})
    assert (settings.faces, settings.store) == (tmp_path.resolve(), StoreKind.MINIO)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("WEIGHTS", "/no/such/file", "WEIGHTS: expected a path that exists, got /no/such/file"),
        ("STORE", "floppy", "STORE: expected directory or minio, got 'floppy'"),
        ("DEVICES", "many", "DEVICES: expected a whole number from 1 on, got 'many'"),
        ("DEVICES", "0", "DEVICES: expected a whole number from 1 on, got '0'"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(name: str, value: str, message: str) -> None:
    with pytest.raises(DemoError, match=message):
        read_settings({name: value})
