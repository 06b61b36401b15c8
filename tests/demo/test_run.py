"""The demo as a command: what it leaves behind, and that nothing runs on after it, however it ends."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cloud.settings import Settings
from demo.album import Framing, cut_portrait
from demo.drawing.people import write_people

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, "-m", "demo.run"]
START_TIMEOUT_S = 120.0
CROP = Framing(kept=0.7, face=0.6)
"""As crops of faces are."""


def still_running(mark: str) -> list[str]:
    """The commands of all processes that have `mark` in their arguments or environment."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            arguments, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:  # no process, or gone meanwhile
            continue
        if mark.encode() in arguments + environment and process.name != str(os.getpid()):
            found.append(arguments.replace(b"\0", b" ").decode())
    return found


def settings(build: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "BUILD": str(build),
        "PEOPLE": "4",
        "DEVICES": "2",
        "WEIGHTS": "",
        "FACES": "",
        "SAMPLES": "",
        "MODEL": "",
        "DETECTOR": "",
        "SCENES": "",
        "STORE": "",
        **more,
    }


def worker_log(build: Path) -> str:
    return (build / "demo" / "logs" / "worker.log").read_text()


def wait_for(path: Path) -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while not path.exists() and time.monotonic() < give_up:
        time.sleep(0.05)
    assert path.exists()


def test_ctrl_c_stops_the_demo_and_everything_it_started(tmp_path: Path) -> None:
    with subprocess.Popen(
        DEMO, env=settings(tmp_path), stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as demo:
        wait_for(tmp_path / "demo" / "logs" / "export.log")
        demo.send_signal(signal.SIGINT)
        _, said = demo.communicate(timeout=30)
    assert demo.returncode == 130
    assert said.endswith("stopped, and everything that was started with it\n")
    assert still_running(str(tmp_path)) == []


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")
def test_what_ends_make_ends_the_demo(tmp_path: Path) -> None:
    """SIGTERM of make once ended a shell in between, and the demo went on without a parent."""
    installed = ["-o", ".venv/.installed", f"BIN={Path(sys.executable).parent}"]
    with subprocess.Popen(
        ["make", *installed, "demo"], cwd=ROOT, env=settings(tmp_path), stderr=subprocess.DEVNULL
    ) as make:
        wait_for(tmp_path / "demo" / "logs" / "export.log")
        make.send_signal(signal.SIGTERM)
        make.wait(30)
    assert still_running(str(tmp_path)) == []


def test_a_part_that_fails_is_shown_with_its_last_words(tmp_path: Path) -> None:
    weights = tmp_path / "weights.npz"
    weights.write_bytes(b"no weights")
    done = subprocess.run(
        DEMO, env=settings(tmp_path, WEIGHTS=str(weights)), capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 1
    assert "error: export: expected it to go on (or to end with 0), got exit status 1" in done.stderr
    assert "weights.npz" in done.stderr.splitlines()[-1]
    assert still_running(str(tmp_path)) == []


def test_a_store_that_there_is_not_is_refused_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(DEMO, env=settings(tmp_path, STORE="floppy"), capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stderr) == (1, "error: STORE: expected one of directory, minio, got 'floppy'\n")


def test_a_photo_in_two_folders_is_refused_in_one_line(tmp_path: Path) -> None:
    """The demo once went on, and waited for a sample that never came."""
    write_people(tmp_path / "faces", people=2, photos=2, seed=0)
    copy = shutil.copyfile(tmp_path / "faces/Ada Alder/01.png", tmp_path / "faces/Bo Birch/03.png")
    faces = settings(tmp_path, FACES=str(tmp_path / "faces"))
    done = subprocess.run(DEMO, env=faces, capture_output=True, text=True, timeout=240)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {copy}: expected a photo of one person")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_ctrl_c_stops_service_and_worker(tmp_path: Path) -> None:
    with subprocess.Popen(DEMO, env=settings(tmp_path), stderr=subprocess.DEVNULL, start_new_session=True) as demo:
        wait_for(tmp_path / "demo" / "logs" / "worker.log")
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 130
    assert still_running(str(tmp_path)) == []


@pytest.mark.slow
def test_nothing_runs_on_when_the_demo_is_killed(tmp_path: Path) -> None:
    """SIGKILL of the demo once left gunicorn, its workers, the worker and its trainers behind."""
    with subprocess.Popen(DEMO, env=settings(tmp_path), stderr=subprocess.DEVNULL, start_new_session=True) as demo:
        wait_for(tmp_path / "demo" / "logs" / "worker.log")
        demo.kill()
    give_up = time.monotonic() + 30
    while still_running(str(tmp_path)) and time.monotonic() < give_up:
        time.sleep(0.2)
    assert still_running(str(tmp_path)) == []


@pytest.mark.timeout(960)
def test_a_whole_demo_leaves_figures_a_picture_and_no_process(tmp_path: Path) -> None:
    """It takes most of a minute and is no slow test: nothing else runs the demo to its end.

    Photos of a person differ little, so that the gate has no reason to refuse a head that saw so few. One is of nobody:
    it costs one sample, and the demo goes on.
    """
    write_people(tmp_path / "faces", people=9, photos=10, seed=0, variation=0.3)
    for photo in (tmp_path / "faces").glob("*/*.png"):
        Image.fromarray(cut_portrait(photo, CROP)).save(photo)
    Image.new("RGB", (140, 140), (128, 128, 128)).save(tmp_path / "faces" / "Ada Alder" / "06.png")
    faces = settings(tmp_path, FACES=str(tmp_path / "faces"))
    done = subprocess.run(DEMO, env=faces, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    assert still_running(str(tmp_path)) == []
    figures = json.loads((tmp_path / "demo.json").read_text())
    [missed] = map(
        int, re.findall("faces that were not found, so that nothing is learned of them: ([0-9]+)", done.stderr)
    )
    assert (figures["people"], figures["new_people"], figures["photos_uploaded"] + missed) == (9, 2, 27)
    assert 1 <= missed <= 9  # some drawn faces are hard to find
    assert (figures["faces_tested"], figures["photos_tested"] < 25) == (45, True)
    assert 0.6 < figures["found_before"] == figures["found_after"]
    assert figures["accuracy_new_before"] == 0 < figures["accuracy_new_after"]
    assert figures["accuracy_before"] < figures["accuracy_after"] <= 1
    assert 0 < figures["bytes_per_sample"] < 512 * 4
    assert 0 < figures["seconds_to_new_head"] < figures["seconds"]
    assert figures["serial"] == 1
    assert f"right, everybody {100 * figures['accuracy_before']:.1f} % " in re.sub(" +", " ", done.stdout)
    with Image.open(tmp_path / "demo.png") as picture:
        picture.load()
    # The worker once looked at its inbox twice as often as a user's, which made the time to a new head look shorter.
    assert f'"poll_s": {Settings.from_environment({"FEDEX_STORE": "dir:any"}).poll_s}}}' in worker_log(tmp_path)


def run_network(tmp_path: Path, name: str) -> dict[str, Any]:
    """Run the demo of a network of the catalogue, and return its figures."""
    done = subprocess.run(DEMO, env=settings(tmp_path, MODEL=name), capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stderr
    assert still_running(str(tmp_path)) == []
    with Image.open(tmp_path / "demo.png") as picture:
        picture.load()
    figures: dict[str, Any] = json.loads((tmp_path / "demo.json").read_text())
    assert figures["accuracy_new_before"] == 0 < figures["accuracy_new_after"]
    assert figures["accuracy_before"] < figures["accuracy_after"] <= 1
    return figures


@pytest.mark.slow  # and where chance deals the held-out samples so, the gate holds its head back
def test_a_network_of_speech_learns_new_speakers_from_tensors(tmp_path: Path) -> None:
    figures = run_network(tmp_path, "voices")
    assert (figures["people"], figures["new_people"], figures["bytes_per_input"]) == (9, 3, 29 * 12 * 4)
    assert figures["accuracy_after"] > 0.8
    assert figures["bytes_per_sample"] < figures["bytes_per_input"] / 4


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["mobilenetv2", "efficientnetb0"])
def test_a_network_for_photos_learns_new_digits(tmp_path: Path, name: str) -> None:
    figures = run_network(tmp_path, name)
    assert (figures["people"], figures["new_people"], figures["bytes_per_input"]) == (10, 3, 224 * 224 * 3)
    assert figures["accuracy_after"] > 0.6
