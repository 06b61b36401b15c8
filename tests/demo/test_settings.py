"""What the demo takes from the environment."""

from pathlib import Path

import pytest

from demo.errors import DemoError
from demo.networks.catalogue import NETWORKS
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


def test_people_stand_in_scenes_where_faces_are_found_unless_their_photos_are_whole_ones(tmp_path: Path) -> None:
    own = {"MODEL": str(tmp_path / "my.keras"), "SAMPLES": str(tmp_path)}
    (tmp_path / "my.keras").touch()
    asked = [
        {},
        {"SCENES": "0"},
        {"DETECTOR": "none"},
        own,
        own | {"DETECTOR": "back"},
    ]
    settings = [Settings.from_environment(environment) for environment in asked]
    assert [one.finds_faces for one in settings] == [True, True, False, False, True]
    assert [one.has_scenes for one in settings] == [True, False, False, False, True]


def test_a_network_is_given_by_name_or_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "my.keras").touch()
    own = Settings.from_environment({"MODEL": str(tmp_path / "my.keras"), "SAMPLES": str(tmp_path)})
    assert (own.model, own.shares.least_photos) == ((tmp_path / "my.keras").resolve(), 10)
    voices = Settings.from_environment({"MODEL": "voices"})
    assert (voices.model, voices.shares) == (NETWORKS["voices"], NETWORKS["voices"].shares)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"MODEL": "resnet"},
            "MODEL: expected one of mobilenetv2, efficientnetb0, voices, or a .keras file that there is",
        ),
        ({"MODEL": "HERE/my.keras"}, "expected SAMPLES"),
        ({"MODEL": "HERE/my.keras", "SAMPLES": "HERE", "WEIGHTS": "HERE"}, "WEIGHTS: expected none"),
        ({"MODEL": "voices", "WEIGHTS": "HERE"}, "WEIGHTS: expected none"),
        ({"MODEL": "mobilenetv2", "FACES": "HERE"}, "expected WEIGHTS beside"),
        ({"LAYER": "pooling"}, "expected MODEL beside them"),
        (
            {"MODEL": "voices", "CUT": "freeze4"},
            "CUT: expected none beside MODEL, which is cut at a LAYER, got freeze4",
        ),
        ({"SAMPLES": "HERE", "FACES": "HERE"}, "FACES: expected none beside SAMPLES"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, given: dict[str, str], message: str) -> None:
    (tmp_path / "my.keras").touch()
    with pytest.raises(DemoError, match=message):
        Settings.from_environment({name: value.replace("HERE", str(tmp_path)) for name, value in given.items()})
