"""docs/your-own-model.md: its commands, run as they stand on a tiny network, take a device from nothing to learning."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from demo.running.commands import command
from demo.running.ports import free_port
from demo.running.processes import Processes, running
from tests.end_to_end.deployment import RELEASE_TIMEOUT_S, TEST_TIMEOUT_S

pytestmark = pytest.mark.timeout(TEST_TIMEOUT_S)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "your-own-model.md"
PAGES_PORT = "8000"
ENROL_TIMEOUT_S = 90.0
STAY = ("fedex-cloud serve", "fedex-cloud worker")
"""What the page runs in terminals of their own."""
MAKE_FILES = """
import keras
import numpy as np
from pathlib import Path
from PIL import Image

keras.utils.set_random_seed(0)
layers = keras.layers
last = [layers.GlobalAveragePooling2D(name="pooling"), layers.Dense(3, activation="softmax")]
first = [layers.Rescaling(1 / 255), layers.Conv2D(16, 3, strides=2, activation="relu")]
network = keras.Sequential([keras.Input((32, 32, 3)), *first, *last])
random = np.random.default_rng(0)
colours = {"apple": (200, 40, 40), "banana": (230, 220, 60), "kiwi": (60, 150, 40), "plum": (90, 40, 140)}
for fruit, colour in colours.items():
    folder = Path("new" if fruit == "plum" else "photos") / fruit
    folder.mkdir(parents=True)
    for number in range(1, 9):
        pixels = np.array(colour) + random.normal(0, 4, 3) + random.normal(0, 20, (48, 48, 3))
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / f"{number}.jpg")
photos = [np.asarray(Image.open(photo).resize((32, 32))) for photo in sorted(Path("photos").rglob("*.jpg"))]
network.compile(keras.optimizers.Adam(0.03), "sparse_categorical_crossentropy", jit_compile=False)
network.fit(np.stack(photos).astype(np.float32), np.repeat(np.arange(3), 8), epochs=60, batch_size=24, verbose=0)
network.save("my.keras")

last = [layers.GlobalMaxPooling1D(name="pooling"), layers.Dense(2, activation="softmax")]
keras.Sequential([keras.Input((40, 3)), layers.Conv1D(8, 5, activation="relu"), *last]).save("motion.keras")
steps = np.arange(40)[:, None] / np.array([3, 5, 7])
motions = [np.sin(steps * speed + random.normal(0, 1)) for speed in [1] * 8 + [3] * 8]
np.savez("motion.npz", inputs=np.array(motions, np.float32), labels=np.array(["walking"] * 8 + ["running"] * 8))
np.save("walk.npy", np.sin(steps + 0.5).astype(np.float32))
"""


def commands_of(page: Path) -> list[str]:
    """The commands of a page: its indented lines, without what they say of themselves."""
    lines = [line[4:] for line in page.read_text().splitlines() if line.startswith("    ")]
    return [line.partition("  #")[0].strip() for line in lines]


def environment_of(folder: Path) -> dict[str, str]:
    """What a shell in a folder of a new user has."""
    commands = str(Path(command("fedex-export")).parent)
    return {"HOME": str(folder), "PATH": f"{commands}:{os.environ['PATH']}", "FEDEX_BIND": f"127.0.0.1:{free_port()}"}


@dataclass(slots=True)
class Shell:
    """A user's shell in a folder, with the port of the page's service exchanged for a free one."""

    folder: Path
    processes: Processes
    environment: dict[str, str]
    printed: dict[str, str] = field(default_factory=dict)
    """By command, what it has printed."""
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By `infer` command, what it answers with --json on each file, at the same place of the page."""

    def run(self, line: str) -> None:
        """Run one line of the page; one that depends on others at work is tried until it succeeds."""
        here = line.replace(PAGES_PORT, self.environment["FEDEX_BIND"].rpartition(":")[2])
        if line.startswith("export "):
            self.environment |= dict(part.split("=", 1) for part in here.split()[1:])
        elif line in STAY:
            self.processes.start(line.split()[1], self._in_folder(f"exec {here}"), environment=self.environment)
        elif line.endswith("fedex-device enrol"):
            self.processes.wait_until(lambda: self.succeeds(here), what="an enrolment", timeout_s=ENROL_TIMEOUT_S)
        elif line == "fedex-device pull":
            self.processes.wait_until(self.has_head, what="a head", timeout_s=RELEASE_TIMEOUT_S, every_s=1)
        else:
            self.printed[line] = self.call(here)
        if "fedex-device infer " in line:
            self.answers[line] = [json.loads(row) for row in self.call(f"{here} --json").splitlines()]

    def call(self, line: str) -> str:
        """Return what a command prints."""
        return self.processes.call(
            "page", self._in_folder(line), environment=self.environment, timeout_s=RELEASE_TIMEOUT_S
        )

    def succeeds(self, line: str) -> bool:
        """Whether a command does; the service may not be up yet."""
        environment = os.environ | self.environment
        return subprocess.run(self._in_folder(line), env=environment, capture_output=True).returncode == 0

    def has_head(self) -> bool:
        """Whether a pull brings a head."""
        return bool(json.loads(self.call("fedex-device pull --json"))["serial"])

    def _in_folder(self, line: str) -> list[str]:
        return ["bash", "-c", f"cd '{self.folder}' && {line}"]


def labels_in(answer: dict[str, Any]) -> set[str]:
    """The labels that an answer gives a probability."""
    return {result["label"] for result in answer["results"]}


def test_the_pages_commands_make_a_device_learn(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", MAKE_FILES], cwd=tmp_path, check=True, capture_output=True)
    with running(tmp_path / "logs") as processes:
        shell = Shell(tmp_path, processes, environment_of(tmp_path))
        for line in commands_of(PAGE):
            shell.run(line)
    assert "recommended" in shell.printed["fedex-export layers my.keras"]
    before, after, motion = shell.answers
    shown = [
        line.removeprefix(f"new/plum/{number}.jpg #").partition(":")[0]
        for number, line in enumerate(shell.printed[before].splitlines(), 1)
    ]
    assert shown == ["1", "2", "3", "4"]  # what the page's feedback names
    assert not any(labels_in(answer) & {"plum"} for answer in shell.answers[before])
    [plum] = shell.answers[after]
    assert plum["results"][0]["label"] == "plum", plum  # sure or not: four photos may leave it below the threshold
    assert plum["head"] > 0
    [walk] = shell.answers[motion]
    assert walk["results"][0]["label"] == "walking"
    assert labels_in(walk) == {"walking", "running"}


def test_the_page_is_a_page() -> None:
    assert len(PAGE.read_text().splitlines()) <= 100
