"""What a user has set Keras to for other programs changes nothing here."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from export.keras_environment import keras_environment
from tests.hostile_keras import hostile_environment

SHOW = """
from export.quiet import import_quietly
config = import_quietly("keras").config
print(config.backend(), config.floatx(), config.image_data_format(), config.epsilon(), config.max_epochs())
"""
STRICT = {"PYTHONPATH": os.pathsep.join(sys.path), "TF_CPP_MIN_LOG_LEVEL": "3"}


def test_keras_variables_are_replaced_and_all_others_kept(tmp_path: Path) -> None:
    hostile = hostile_environment(tmp_path)
    ours = keras_environment({**hostile, "OMP_NUM_THREADS": "1"}, backend="jax")
    assert {name: value for name, value in ours.items() if name not in ("KERAS_BACKEND", "KERAS_HOME")} == {
        "HOME": hostile["HOME"],
        "OMP_NUM_THREADS": "1",
    }
    assert ours["KERAS_BACKEND"] == "jax"
    assert not Path(ours["KERAS_HOME"]).exists()


@pytest.mark.parametrize("only", ["HOME", "KERAS_HOME", "KERAS_BACKEND", "KERAS_MAX_EPOCHS"])
def test_nothing_that_keras_reads_leaks_in(tmp_path: Path, only: str) -> None:
    """A backend of another program ended in "No module named 'jax'", another layout in wrong answers."""
    hostile = hostile_environment(tmp_path)
    clean = {name: value for name, value in os.environ.items() if name not in hostile}
    environment = {**clean, "HOME": str(tmp_path), **STRICT, only: hostile[only]}
    done = subprocess.run([sys.executable, "-c", SHOW], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["tensorflow", "float32", "channels_last", "1e-07", "None"]
    assert not (tmp_path / ".keras").exists(), "Keras has written a configuration that the user did not ask for"


def test_an_export_gives_the_same_bytes_whatever_the_user_has_set_keras_to(
    tiny_network: keras.Model, faces: Path, tmp_path: Path
) -> None:
    model, script = tmp_path / "tiny.keras", "from export.cli import main; main()"
    tiny_network.save(model)
    written = []
    for name, hostile in {"clean": {}, "hostile": hostile_environment(tmp_path)}.items():
        out = tmp_path / name
        options = [
            "--model",
            model,
            "--standardize",
            "facenet",
            "--layer",
            "bottleneck",
            "--faces",
            faces,
            "--out",
            out,
        ]
        command = [sys.executable, "-c", script, "bundle", *map(str, options)]
        subprocess.run(command, env={**os.environ, **STRICT, **hostile}, capture_output=True, check=True)
        files = sorted(path for path in out.rglob("*") if path.is_file() and path.suffix != ".keras")
        written.append({str(path.relative_to(out)): path.read_bytes() for path in files})
    assert written[0].keys() == written[1].keys()
    changed = {name for name in written[0] if written[0][name] != written[1][name]}
    assert changed <= {"training/bundle.json"}, "that of the .keras file's hash, a zip with the time in it"
