"""What a cycle works with: a folder that is gone afterwards, and processes that each see what is theirs."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.errors import SettingError, StateFull
from contract.bundle import TrainingBundle
from tests.cloud.training.conftest import TrainingSite
from tests.cloud.worker.running import all_gone, processes_of, trainers_of, wait_for

MakeSite = Callable[[TrainingBundle], TrainingSite]


def test_whatever_the_machine_refuses_in_a_cycle_is_told_as_lack_of_room(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    context = make_site(vector_bundle).context()
    with (
        pytest.raises(StateFull, match=r"expected room for a training cycle, got .*No space left"),
        context.folder("c"),
    ):
        raise OSError(28, "No space left on device")
    assert not (context.settings.state / "cycles").exists()


def test_what_processes_of_a_cycle_write_anywhere_goes_with_the_cycle(
    make_site: MakeSite, vector_bundle: TrainingBundle
) -> None:
    """A trainer that was killed left its files in /tmp."""
    context = make_site(vector_bundle).context()
    with context.folder("c") as folder, context.processes(folder):
        places = {variables_of(process)["TMPDIR"] for process in processes_of(os.getpid())}
        assert places == {str(folder.temporary)}
        assert folder.temporary.is_dir()
    assert not folder.temporary.exists()


def test_a_cycle_deletes_nothing_behind_a_link(
    make_site: MakeSite, vector_bundle: TrainingBundle, tmp_path: Path
) -> None:
    context = make_site(vector_bundle).context()
    somebodys = tmp_path / "elsewhere" / "file"
    somebodys.parent.mkdir()
    somebodys.touch()
    context.settings.state.mkdir(exist_ok=True)
    (context.settings.state / "cycles").symlink_to(somebodys.parent)
    with pytest.raises(SettingError, match="got a link"), context.folder("c"):
        pass
    assert somebodys.exists()


def test_accelerators_are_the_trainers_alone(make_site: MakeSite, vector_bundle: TrainingBundle) -> None:
    """The converter saw the first trainer's, and kept memory of it for as long as that trained."""
    site = make_site(vector_bundle)
    context = site.context(replace(site.settings, accelerators=("4", "7")))
    with context.folder("c") as folder, context.processes(folder):
        trainers, processes = trainers_of(os.getpid()), processes_of(os.getpid())
        seen = {process: device_of(process) for process in processes}
    assert sorted(seen[process] for process in trainers) == ["4", "7"]
    assert [seen[process] for process in processes if process not in trainers] == ["-1"]
    wait_for(lambda: all_gone(processes))


def test_processes_of_a_cycle_inherit_no_secret_of_the_workers(
    make_site: MakeSite, vector_bundle: TrainingBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDEX_ENROLMENT", "a-code-that-is-secret=home")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-key-that-is-secret")
    context = make_site(vector_bundle).context()
    with context.folder("c") as folder, context.processes(folder):
        seen = [variables_of(process) for process in processes_of(os.getpid())]
    assert len(seen) >= 2
    assert all("PATH" in variables for variables in seen)
    assert not [variables for variables in seen if "that-is-secret" in str(variables)]


def device_of(pid: int) -> str:
    """The CUDA devices that a process sees."""
    return variables_of(pid)["CUDA_VISIBLE_DEVICES"]


def variables_of(pid: int) -> dict[str, str]:
    variables = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(one.split("=", 1) for one in variables if "=" in one)
