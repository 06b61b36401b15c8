"""A full disk, for real: a file system without room where this user may mount one, and a limit on files elsewhere."""

import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.assembly import Device
from device.errors import Storage
from device.service.identity import Identity, keep_identity
from device.settings import Settings
from tests.device.photos import draw_photo
from tests.device.serving import TOKEN, StubService
from tests.device.tables import rows

MakePhoto = Callable[..., Path]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "fedex-test", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a file system needs root; the limit on files is tested all the same")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(place: Path) -> Path:
    """Leave no room."""
    path = place / "filling"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return path


def test_a_full_disk_is_told_and_the_device_goes_on_inferring(
    device: Device, environment: dict[str, str], small_disk: Path
) -> None:
    home = small_disk / "home"
    full = Device(Settings.from_environment(environment | {"FEDEX_HOME": str(home)}))
    with full.recognizer() as recognizer:
        [first] = recognizer.infer(draw_photo(0))
        assert first.id == 1
        filling = fill(small_disk)
        answers = [recognizer.infer(draw_photo(1, shade=shade))[0] for shade in range(40)]
        assert {one.answer.label for one in answers} == {"Ben"}
        assert answers[-1].id is None
        assert "full" in str(answers[-1].not_stored)
        filling.unlink()
        [again] = recognizer.infer(draw_photo(2))
        assert again.id is not None
    with full.open_cache() as cache:
        assert rows(cache.path, "PRAGMA integrity_check") == [("ok",)]
        assert cache.inferences.get(1).results == first.answer.results


def test_a_disk_that_is_full_from_the_beginning_is_told(
    environment: dict[str, str], small_disk: Path, make_photo: MakePhoto
) -> None:
    fill(small_disk)
    command = [sys.executable, "-m", "device.cli", "infer", str(make_photo(0))]
    place = {"FEDEX_HOME": str(small_disk / "home")}
    done = subprocess.run(command, env=environment | place, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Ada" in done.stdout
    assert len(done.stderr.splitlines()) == 1
    assert "not stored" in done.stderr


def test_a_disk_that_became_read_only_is_told_and_the_installed_head_serves(
    environment: dict[str, str], small_disk: Path, service: StubService, tiny_models: Path
) -> None:
    """What a board does with a worn-out card. The mount is read-only for root too."""
    worn = Device(Settings.from_environment(environment | {"FEDEX_HOME": str(small_disk / "home")}))
    identity = Identity(service.url, "d" * 16, TOKEN, "family", service.public_key)
    keep_identity(worn.settings.home, identity)
    now = int(time.time())
    head = (tiny_models / "four.tflite").read_bytes()
    service.publish(head, serial=1, labels=("Ada", "Ben", "Cleo", "Zoe"), issued=now, expires=now + 1000)
    worn.updater(worn.client(identity), identity).pull()
    with worn.recognizer() as recognizer:
        assert recognizer.infer(draw_photo(3))[0].id == 1
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with worn.recognizer() as recognizer:
        [inference] = recognizer.infer(draw_photo(3))
    assert (inference.answer.label, inference.answer.head_serial, inference.id) == ("Zoe", 1, None)
    assert "cache.sqlite3" in str(inference.not_stored)
    with pytest.raises(Storage, match="Read-only file system"):
        worn.updater(worn.client(identity), identity).pull()


def test_a_head_that_finds_no_room_leaves_no_half_and_the_old_one_serving(
    environment: dict[str, str], small_disk: Path, service: StubService, tiny_models: Path
) -> None:
    full = Device(Settings.from_environment(environment | {"FEDEX_HOME": str(small_disk / "home")}))
    identity = Identity(service.url, "d" * 16, TOKEN, "family", service.public_key)
    keep_identity(full.settings.home, identity)
    head = (tiny_models / "four.tflite").read_bytes() + bytes(2 << 20)
    service.publish(head, serial=1, labels=("Ada", "Ben", "Cleo", "Zoe"))
    with pytest.raises(Storage, match="No space left"):
        full.updater(full.client(identity), identity).pull()
    assert not any(path.stat().st_size > 4096 for path in full.heads.directory.rglob("*"))
    with full.recognizer() as recognizer:
        assert recognizer.infer(draw_photo(0))[0].answer.head_serial == 0


def limit_files() -> None:
    """No file may grow beyond 20 kB: what a quota does."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_a_quota_is_told_in_one_line_and_the_photo_is_answered(
    environment: dict[str, str], make_photo: MakePhoto
) -> None:
    command = [sys.executable, "-m", "device.cli", "infer", str(make_photo(0)), str(make_photo(1))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, preexec_fn=limit_files)
    assert done.returncode == 1
    assert [line.split(":")[-1].split("%")[0].strip() for line in done.stdout.splitlines()] == [
        "Ada 100.0",
        "Ben 100.0",
    ]
    assert len(done.stderr.splitlines()) == 2
    assert done.stderr.count("answered, but not stored") == 2
