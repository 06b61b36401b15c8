"""A worker that cannot train says so when it starts, whatever the user has set Keras to."""

import importlib.util
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.errors import SettingError
from cloud.settings import Backend, ExecutorKind, Settings
from cloud.store import ObjectStore
from cloud.training.context import TrainingContext
from cloud.training.cycle_folder import CycleFolder
from cloud.training.executors.local import LocalExecutor
from cloud.worker import start
from cloud.worker.start import run_worker
from cloud.worker.training_trial import backend_here, check_installed, training_tried
from cloud.worker.worker import Worker
from tests.hostile_keras import hostile_environment

ROOT = Path(__file__).parents[3]


def set_all(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def broken_keras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Keras that is installed, as far as anybody can see who does not load it."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "keras.py").write_text("raise ImportError('libcudart.so.12: cannot open shared object')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "broken"), str(ROOT), *sys.path]))


def test_what_the_user_has_set_keras_to_does_not_keep_a_worker_from_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, hostile_environment(tmp_path))
    with training_tried(Backend.TENSORFLOW) as trial:
        assert trial.succeeds(threading.Event())


def test_a_worker_that_cannot_load_keras_ends_at_its_start_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken_keras: None
) -> None:
    """It took uploads for ever, and each of its trials failed."""
    monkeypatch.setattr(Worker, "run", lambda self: pytest.fail("it works on"))
    monkeypatch.setattr(start, "_stop_on_signals", lambda stop: None)
    with pytest.raises(SettingError) as caught:
        run_worker(Settings(store=f"dir:{tmp_path / 'store'}", state=tmp_path / "state"))
    assert str(caught.value) == (
        "a worker trains with keras on tensorflow: expected it to load, "
        "got ImportError: libcudart.so.12: cannot open shared object"
    )


def test_a_worker_that_is_to_stop_does_not_wait_for_keras() -> None:
    stop = threading.Event()
    stop.set()
    with training_tried(Backend.TENSORFLOW) as trial:
        assert not trial.succeeds(stop)
    assert trial.process.returncode is not None


def test_a_backend_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "jax" else found(name))
    check_installed(Backend.TENSORFLOW)
    with pytest.raises(SettingError, match=r"^FEDEX_BACKEND: expected a backend that is installed, got jax$"):
        check_installed(Backend.JAX)


def test_an_executor_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ray" else found(name))
    with pytest.raises(
        SettingError, match=r"^FEDEX_EXECUTOR: expected one that is installed \(fedex\[ray\]\), got ray$"
    ):
        check_installed(Backend.TENSORFLOW, ExecutorKind.RAY)


def test_where_trials_run_elsewhere_their_backend_need_not_be_installed_here() -> None:
    settings = Settings(store="dir:store", backend=Backend.JAX, executor=ExecutorKind.RAY)
    assert backend_here(settings) is Backend.TENSORFLOW
    assert backend_here(replace(settings, executor=ExecutorKind.LOCAL)) is Backend.JAX


@pytest.mark.parametrize("backend", Backend)
def test_trainers_run_on_the_backend_of_the_settings_and_the_converter_on_tensorflow(
    directory_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: Backend
) -> None:
    set_all(monkeypatch, hostile_environment(tmp_path))
    monkeypatch.setattr(LocalExecutor, "warm_up", lambda self, count: None)
    settings = Settings(store="dir:any", state=tmp_path / "state", backend=backend)
    context = TrainingContext(directory_store, settings, key=None, stop=threading.Event())  # type: ignore[arg-type]  # nothing is signed
    with context.processes(CycleFolder(tmp_path / "cycle")) as executors:
        seen = [(one.environment["KERAS_BACKEND"], "KERAS_MAX_EPOCHS" in one.environment) for one in executors]  # type: ignore[attr-defined]  # both are local
    assert seen == [("tensorflow", False), (backend, False)]
