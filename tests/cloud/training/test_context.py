"""What a cycle works with: a folder that is gone afterwards, and processes that each see what is theirs."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.errors import StateFull
from contract.bundle import TrainingBundle
from tests.cloud.training.conftest import Shop
from tests.cloud.worker.running import all_gone, children_of, trainers_of, wait_for

OpenShop = Callable[[TrainingBundle], Shop]


def test_whatever_the_machine_refuses_in_a_cycle_is_told_as_lack_of_room(
    open_shop: OpenShop, vector_bundle: TrainingBundle
) -> None:
    workbench = open_shop(vector_bundle).workbench()
    with (
        pytest.raises(StateFull, match=r"expected room for a training cycle, got .*No space left"),
        workbench.folder("c"),
    ):
        raise OSError(28, "No space left on device")
    assert not (workbench.settings.state / "cycles").exists()


def test_accelerators_are_the_trainers_alone(open_shop: OpenShop, vector_bundle: TrainingBundle) -> None:
    """The workshop saw the first trainer's, and kept memory of it for as long as that trained."""
    shop = open_shop(vector_bundle)
    workbench = shop.workbench(replace(shop.settings, accelerators=("4", "7")))
    with workbench.folder("c") as folder, workbench.processes(folder):
        trainers, children = trainers_of(os.getpid()), children_of(os.getpid())
        seen = {child: device_of(child) for child in children}
    assert sorted(seen[child] for child in trainers) == ["4", "7"]
    assert [seen[child] for child in children if child not in trainers] == ["-1"]
    wait_for(lambda: all_gone(children))


def device_of(pid: int) -> str:
    """The CUDA devices that a process sees."""
    variables = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    [device] = [one.partition("=")[2] for one in variables if one.startswith("CUDA_VISIBLE_DEVICES=")]
    return device
