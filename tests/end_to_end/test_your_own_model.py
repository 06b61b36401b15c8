"""docs/your-own-model.md: its commands, run as they stand with a tiny network, take a device from nothing to learning."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.running.commands import command
from demo.running.ports import free_port
from demo.running.processes import Processes, running
from tests.end_to_end.deployment import RELEASE_TIMEOUT_S, TEST_TIMEOUT_S

pytestmark = pytest.mark.timeout(TEST_TIMEOUT_S)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "your-own-model.md"
PAGES_PORT = "8000"
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
        pixels = np.array(colour) + random.normal(0, 15, 3) + random.normal(0, 20, (48, 48, 3))
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


def run_page(folder: Path, processes: Processes) -> dict[str, str]:
    """Run every command in order, in one environment that `export` adds to; return what each has printed."""
    environment, printed = environment_of(folder), {}
    port = environment["FEDEX_BIND"].rpartition(":")[2]

    def call(line: str) -> str:
        script = f"cd '{folder}' && {line}"
        return processes.call("page", ["bash", "-c", script], environment=environment, timeout_s=RELEASE_TIMEOUT_S)

    for line in commands_of(PAGE):
        here = line.replace(PAGES_PORT, port)
        if line.startswith("export "):
            environment |= dict(part.split("=", 1) for part in here.split()[1:])
        elif line in STAY:
            processes.start(line.split()[1], ["bash", "-c", f"cd '{folder}' && exec {here}"], environment=environment)
        elif line == "fedex-device enrol" or line.endswith(" fedex-device enrol"):
            processes.wait_until(lambda here=here: _done(here, folder, environment), what="to be enrolled", timeout_s=60)
        elif line == "fedex-device pull":
            processes.wait_until(
                lambda: json.loads(call("fedex-device pull --json"))["serial"] > 0,
                what="a head",
                timeout_s=RELEASE_TIMEOUT_S,
                every_s=1,
            )
        else:
            printed[line] = call(here)
    return printed


def _done(line: str, folder: Path, environment: dict[str, str]) -> bool:
    """Whether a command succeeds; the service may not be up yet."""
    done = subprocess.run(["bash", "-c", line], cwd=folder, env=os.environ | environment, capture_output=True)
    return done.returncode == 0


def test_the_pages_commands_make_a_device_learn(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", MAKE_FILES], cwd=tmp_path, check=True, capture_output=True)
    with running(tmp_path / "logs") as processes:
        printed = run_page(tmp_path, processes)
    assert "recommended" in printed["fedex-export layers my.keras"]
    before = next(text for line, text in printed.items() if line.startswith("fedex-device infer new/plum/1.jpg"))
    assert [line.split()[1] for line in before.splitlines()] == ["#1:", "#2:", "#3:", "#4:"]
    assert "plum" not in before.replace("new/plum", "")
    after = printed["fedex-device infer new/plum/5.jpg"].replace("new/plum", "")
    assert "plum" in after
    assert after.index("plum") < min(after.find(fruit) % 1000 for fruit in ("apple", "banana", "kiwi"))
    assert "walking" in next(text for line, text in printed.items() if line.endswith("infer walk.npy"))


def test_the_page_is_a_page() -> None:
    assert len(PAGE.read_text().splitlines()) <= 100
