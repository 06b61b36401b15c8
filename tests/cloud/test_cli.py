"""The command line: one clear line and status 1 for whatever is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract.bundle import TrainingBundle


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FEDEX_")}
    command = [sys.executable, "-m", "cloud.cli", *arguments]
    return subprocess.run(command, env=inherited | environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("command", [("serve",), ("worker",), ("bundle", "add", "nowhere"), ("status",)])
def test_without_a_store_every_command_says_so(command: tuple[str, ...]) -> None:
    ended = run(*command)
    assert ended.returncode == 1
    assert (
        ended.stderr
        == "error: FEDEX_STORE is not set: where everything is kept: dir:PATH or s3://BUCKET[?endpoint=URL]\n"
    )
    assert ended.stdout == ""


def test_serving_without_a_code_is_refused(tmp_path: Path) -> None:
    ended = run("serve", FEDEX_STORE=f"dir:{tmp_path}")
    assert (ended.returncode, ended.stderr) == (
        1,
        "error: FEDEX_ENROLMENT is not set: without a code no device can enrol\n",
    )


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (("serve", "--bind", "127.0.0.1:99999"), {}),
        (("serve",), {"FEDEX_BIND": "somewhere"}),
        (("worker",), {"FEDEX_TRIALS": "9" * 5000}),
        (("status",), {"FEDEX_STORE": "s3://[x"}),
        (("status",), {"FEDEX_STORE": "s3://bucket?endpoint=http://a b"}),
        (("status",), {"FEDEX_STORE": "dir:" + "x" * 5000}),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    settings = {"FEDEX_STORE": f"dir:{tmp_path}", "FEDEX_ENROLMENT": "secret-code=home"} | environment
    ended = run(*arguments, **settings)
    assert (ended.returncode, ended.stderr[:7], ended.stderr.count("\n")) == (1, "error: ", 1)
    assert len(ended.stderr) < 300


def test_a_store_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run("serve", FEDEX_STORE=f"dir:{tmp_path / 'file/store'}", FEDEX_ENROLMENT="secret-code=home")
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: dir:")
    assert ended.stderr.count("\n") == 1
    assert "secret-code" not in ended.stderr


def test_a_bundle_is_added_and_shown(training_bundle: TrainingBundle, tmp_path: Path) -> None:
    store = f"dir:{tmp_path / 'store'}"
    added = run("bundle", "add", str(training_bundle.directory), FEDEX_STORE=store)
    assert (added.returncode, added.stdout) == (0, f"registered space {training_bundle.space} (freeze6, 2 labels)\n")
    assert run("status", FEDEX_STORE=store).stdout == f"space {training_bundle.space}\n"


def test_a_folder_that_is_no_bundle_is_one_line(tmp_path: Path) -> None:
    ended = run("bundle", "add", str(tmp_path), FEDEX_STORE=f"dir:{tmp_path / 'store'}")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: {tmp_path}: ")
    assert ended.stderr.count("\n") == 1


def test_the_web_side_loads_no_tensorflow() -> None:
    script = "import sys, cloud.app, cloud.server, cloud.cli; print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
