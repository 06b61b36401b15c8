"""Which head answers: the newest that works, whatever becomes of the files meanwhile."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.bundle import DeviceBundle
from contract.errors import ContractError
from contract.labels import encode_labels
from contract.manifest import Precision
from device.assembly import Device
from device.heads.store import HeadEntry, HeadStore
from device.recognise.serving_head import ServingHead
from device.recognise.tflite import TFLiteRuntime
from tests.device.serving import StubService

FOUR = ("Ada", "Ben", "Cleo", "Zoe")

Install = Callable[..., HeadEntry]


@pytest.fixture
def install(device: Device, service: StubService, tiny_models: Path) -> Install:
    """Installs a signed head, as a pull does."""

    def install(serial: int, name: str = "four", **changes: object) -> HeadEntry:
        head, labels = (tiny_models / f"{name}.tflite").read_bytes(), FOUR[: 4 if name == "four" else 3]
        envelope = service.sign(service.manifest(head, serial=serial, labels=labels, **changes))
        with device.heads.installing():
            for part in (head, encode_labels(labels)):
                device.heads.add_object(part)
            entry = HeadEntry(device.heads.add_object(envelope), Precision.FLOAT32, "", Precision.FLOAT32)
            device.heads.swap(entry)
        return entry

    return install


@pytest.fixture
def open_serving(bundle: DeviceBundle, any_runtime: TFLiteRuntime) -> Callable[[HeadStore | None], ServingHead]:
    return lambda heads: ServingHead(bundle, runtime=any_runtime, heads=heads)


def test_without_installed_heads_the_bundles_serves(
    device: Device, open_serving: Callable[..., ServingHead], bundle: DeviceBundle
) -> None:
    for heads in (None, device.heads):
        serving = open_serving(heads)
        serving.refresh()
        assert (serving.head.serial, serving.head.labels, serving.warnings) == (0, bundle.labels, ())


def test_a_swap_is_noticed_by_the_next_refresh_and_not_before(
    device: Device, open_serving: Callable[..., ServingHead], install: Install
) -> None:
    serving = open_serving(device.heads)
    install(1)
    assert serving.head.serial == 0
    serving.refresh()
    assert (serving.head.serial, serving.head.labels) == (1, FOUR)
    loaded = serving.head
    serving.refresh()
    assert serving.head is loaded


def test_damaged_heads_are_stepped_over_one_by_one(
    device: Device, open_serving: Callable[..., ServingHead], install: Install
) -> None:
    older, newer = install(1, "three"), install(2)
    device.heads.object_path(newer.envelope).write_bytes(b"{")
    serving = open_serving(device.heads)
    assert (serving.head.serial, len(serving.warnings)) == (1, 1)
    device.heads.object_path(older.envelope).unlink()
    serving = open_serving(device.heads)
    assert (serving.head.serial, len(serving.warnings)) == (0, 2)


def test_a_head_of_another_space_is_passed_over_without_a_warning(
    device: Device, open_serving: Callable[..., ServingHead], install: Install
) -> None:
    install(1)
    install(2, space="9" * 64)
    serving = open_serving(device.heads)
    assert (serving.head.serial, serving.warnings) == (1, ())


def test_where_no_head_can_be_loaded_any_more_the_one_in_use_stays(
    device: Device, bundle: DeviceBundle, open_serving: Callable[..., ServingHead], install: Install
) -> None:
    """The bundle's folder may be on a card that was pulled out."""
    serving = open_serving(device.heads)
    in_use, content = serving.head, bundle.head_path.read_bytes()
    device.heads.object_path(install(1).envelope).unlink()
    bundle.head_path.unlink()
    serving.refresh()
    assert serving.head is in_use
    damaged, stays = serving.warnings
    assert damaged.startswith("installed manifest: ")
    assert stays.startswith("the head in use stays: ")
    bundle.head_path.write_bytes(content)
    install(2)
    serving.refresh()
    assert (serving.head.serial, serving.warnings) == (2, ())


def test_without_any_head_there_is_nothing_to_open(
    bundle: DeviceBundle, open_serving: Callable[..., ServingHead]
) -> None:
    bundle.head_path.write_bytes(b"TFL3")
    with pytest.raises(ContractError, match=r"head\.tflite"):
        open_serving(None)
