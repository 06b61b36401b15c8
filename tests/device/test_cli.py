"""The commands as people and scripts meet them: one line for each failure, and status 1."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Response
from numpy.typing import NDArray

from contract.bundle import DeviceBundle
from contract.problems import Problem
from contract.upload import decode_upload
from device.cli import run_command
from device.heads.store import HeadStore
from device.recognise.tflite import Model
from tests.device.conftest import POINTS
from tests.device.serving import StubService, refuse

MakePhoto = Callable[..., Path]
Run = Callable[..., "Done"]


class Done:
    """What one command left behind."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The JSON objects that were printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def run(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs one command in this process."""
    for name in [name for name in os.environ if name.startswith("FEDEX_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: object, **changes: str) -> Done:
        for name, value in changes.items():
            monkeypatch.setenv(name, value)
        capfd.readouterr()
        code = run_command([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Done(code, out, err)

    return run


def process(arguments: Sequence[object], environment: dict[str, str], **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "device.cli", *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def fails(done: Done, *words: str) -> None:
    """One line on standard error, status 1."""
    assert done.code == 1
    assert len(done.err.splitlines()) == 1, done.err
    assert done.err.startswith("fedex-device: ")
    assert all(word in done.err for word in words), done.err


def test_a_photo_from_end_to_end(run: Run, make_photo: MakePhoto, service: StubService, tiny_models: Path) -> None:
    [enrolled] = run("enrol", "--json").rows
    assert (enrolled["device"], enrolled["group"], enrolled["url"]) == ("d" * 16, "family", service.url)
    assert [enrolled["new"], run("enrol", "--json").rows[0]["new"]] == [True, False]
    known, new = run("infer", make_photo(1), make_photo(3), "--json").rows
    assert (known["label"], known["unknown"], known["head"]) == ("Ben", False, 0)
    assert (new["label"], new["unknown"]) == (None, True)
    assert known["results"][0]["label"] == "Ben"
    assert run("feedback", known["id"], "--right", "--json").rows == [
        {"id": known["id"], "label": "Ben", "revision": 1}
    ]
    assert run("feedback", new["id"], "--label", " Zoe ", "--json").rows[0]["label"] == "Zoe"
    [pushed] = run("push", "--json").rows
    assert (pushed["uploads"], pushed["samples"], pushed["refused"], pushed["left_out"]) == (1, 2, 0, 0)
    assert decode_upload(service.uploads[0][2]).labels == ("Ben", "Zoe")
    service.publish((tiny_models / "four.tflite").read_bytes(), serial=1, labels=("Ada", "Ben", "Cleo", "Zoe"))
    [pulled] = run("pull", "--json").rows
    assert (pulled["outcome"], pulled["serial"]) == ("installed", 1)
    assert run("pull", "--json").rows[0] == {"outcome": "unchanged", "serial": 1, "bytes": 0}
    [after] = run("infer", make_photo(3, shade=9), "--json").rows
    assert (after["label"], after["head"]) == ("Zoe", 1)
    [status] = run("status", "--json").rows
    assert (status["head"], status["inferences"], status["samples_waiting"]) == (1, 3, 0)
    assert (status["samples_acknowledged"], status["uploads"]) == (2, [])


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_work_goes_on_with_standard_streams_closed(
    environment: dict[str, str], make_photo: MakePhoto, service: StubService, closed: str
) -> None:
    """All that came of `2>&-` was: no TFLite runtime works here, 'NoneType' object has no attribute 'flush'."""
    for command in (["enrol"], ["infer", str(make_photo(1))], ["feedback", "1", "--right"], ["push"], ["status"]):
        shell = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "device", *command]
        done = subprocess.run(shell, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, ""), command
    assert len(service.uploads) == 1
    with sqlite3.connect(Path(environment["FEDEX_HOME"]) / "cache.sqlite3") as cache:
        assert cache.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_people_read_one_line_a_photo(run: Run, make_photo: MakePhoto) -> None:
    done = run("infer", make_photo(0), make_photo(7))
    assert done.code == 0
    first, second = done.out.splitlines()
    assert first.startswith(f"{make_photo(0)} #1: Ada 100.0%, ")
    assert " #2: unknown (" in second
    assert done.err == ""


def test_the_number_of_an_answer_is_taken_as_it_is_shown(run: Run, make_photo: MakePhoto) -> None:
    """`infer` shows #1, and `feedback '#1'` was no number."""
    run("infer", make_photo(0), make_photo(1))
    assert [row["id"] for row in run("feedback", "#1", 2, "--right", "--json").rows] == [1, 2]
    fails(run("feedback", "##1", "--right"), "'#1' is not a valid number of an inference")


def test_status_counts_samples_and_not_each_feedback(run: Run, make_photo: MakePhoto, service: StubService) -> None:
    """Feedback given three times on two photos read "3 to upload"; sealed samples were not counted at all."""
    run("enrol")
    run("infer", make_photo(0), make_photo(1))
    run("feedback", 1, 2, "--right")
    run("feedback", 1, "--label", "Zoe")
    assert "samples    2 to upload, 0 acknowledged" in run("status").out
    service.faults["/v1/spaces"] = lambda: refuse(Problem.UNAVAILABLE)
    run("push")
    assert "samples    2 to upload, 0 acknowledged" in run("status").out
    service.faults.clear()
    assert run("push").out.startswith("pushed 2 samples in 1 upload, ")
    assert "samples    0 to upload, 2 acknowledged" in run("status").out
    assert run("push").out == "nothing to push\n"


def test_feedback_given_in_another_group_does_not_count_as_to_upload(
    run: Run, make_photo: MakePhoto, service: StubService
) -> None:
    run("enrol")
    run("infer", make_photo(0))
    run("feedback", 1, "--right")
    service.device, service.group = "e" * 16, "others"
    run("enrol", "--again")
    assert "samples    0 to upload" in run("status").out


@pytest.mark.parametrize("answer", [refuse(Problem.UNAVAILABLE), Response("no", 403), Response(b"", 201)], ids=str)
def test_a_push_that_fails_says_why_and_nothing_else(
    run: Run, make_photo: MakePhoto, service: StubService, answer: Response
) -> None:
    """It printed "pushed 0 samples in 0 uploads" before its error."""
    run("enrol")
    run("infer", make_photo(0))
    run("feedback", 1, "--right")
    service.faults["/v1/spaces"] = lambda: answer
    done = run("push")
    fails(done, "fedex-device: PUT /v1/spaces/")
    assert done.out == ""
    assert "samples    1 to upload" in run("status").out


ODD_NAME = "\x1b[2J\x9b31m\u202e\nAda.png"


def test_a_name_that_a_terminal_would_obey_is_escaped(run: Run, make_photo: MakePhoto, tmp_path: Path) -> None:
    """A name could clear the screen, or write an answer of its own; as JSON it stays what it is."""
    odd = make_photo(0).rename(tmp_path / ODD_NAME)
    bad = tmp_path / f"{ODD_NAME}.jpg"
    bad.write_text("this is no photo")
    done = run("infer", odd, bad)
    assert done.out.startswith(f"{tmp_path}/\\u001b[2J\\u009b31m\\u202e\\nAda.png #1: Ada ")
    assert "\\u001b[2J" in done.err
    done_json = run("infer", odd, bad, "--json")
    assert done_json.rows[0]["photo"] == str(odd)
    for text in (done.out, done.err, done_json.out, done_json.err):
        assert all(line.isprintable() for line in text.splitlines())
        assert len(text.splitlines()) == 1


def test_a_pipe_is_not_a_photo(run: Run, tmp_path: Path) -> None:
    """Nobody writes to it, and `infer` waited for ever."""
    os.mkfifo(tmp_path / "photo.jpg")
    fails(run("infer", tmp_path / "photo.jpg"), "photo.jpg: expected a file, got a pipe")


def test_a_feature_that_no_service_would_take_is_answered_and_not_kept(
    run: Run, make_photo: MakePhoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Feedback on it had the whole upload refused, with the good samples in it."""
    run_model = Model.run

    def steeper(model: Model, array: NDArray[Any]) -> NDArray[np.float32]:
        return run_model(model, array) * np.float32(1e6 if model.signature == "prefix" else 1)

    monkeypatch.setattr(Model, "run", steeper)
    done = run("infer", make_photo(0), "--json")
    fails(done, "answered, but not stored", "feature[0]: expected a number from -60000 to 60000, got ")
    assert (done.rows[0]["label"], done.rows[0]["id"]) == ("Ada", None)
    assert run("status", "--json").rows[0]["inferences"] == 0


def test_one_bad_photo_does_not_keep_the_others_from_their_answer(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_text("this is no photo")
    done = run("infer", bad, make_photo(0), tmp_path / "missing.jpg")
    assert done.code == 1
    assert len(done.out.splitlines()) == 1
    assert [line.split(":")[1].strip() for line in done.err.splitlines()] == [str(bad), str(tmp_path / "missing.jpg")]


def test_inferring_needs_no_network_and_no_enrolment(
    environment: dict[str, str], make_photo: MakePhoto, tmp_path: Path
) -> None:
    """Neither URL nor code are set, and no socket may be made."""
    alone = {name: value for name, value in environment.items() if name not in ("FEDEX_URL", "FEDEX_ENROLMENT_CODE")}
    program = tmp_path / "sitecustomize.py"
    program.write_text(
        "import socket\ndef refuse(*a, **k): raise AssertionError('network')\nsocket.socket.connect = refuse\n"
    )
    with process(["infer", make_photo(0)], alone | {"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"}) as running:
        out, err = running.communicate()
    assert (running.returncode, err) == (0, "")
    assert "Ada" in out


@pytest.mark.parametrize("home", ["/proc/fedex", "/dev/null"])
def test_an_unwritable_cache_is_told_in_one_line_and_the_photo_is_answered(
    run: Run, make_photo: MakePhoto, home: str
) -> None:
    done = run("infer", make_photo(0), "--json", FEDEX_HOME=home)
    fails(done, "answered, but not stored", home)
    assert (done.rows[0]["label"], done.rows[0]["id"]) == ("Ada", None)


@pytest.mark.parametrize("damage", ["garbled", "newer", "folder"])
def test_a_cache_that_cannot_be_used_does_not_keep_the_device_from_inferring(
    run: Run, make_photo: MakePhoto, tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "home" / "cache.sqlite3"
    path.parent.mkdir()
    match damage:
        case "garbled":
            path.write_bytes(b"garbage" * 1000)
        case "newer":
            sqlite3.connect(path).execute("PRAGMA user_version = 99")
        case "folder":
            path.mkdir()
    done = run("infer", make_photo(0), "--json")
    fails(done, "answered, but not stored", "cache.sqlite3")
    assert done.rows[0]["label"] == "Ada"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["feedback", "7", "--right"], ["inference 7: expected one that is in the cache"]),
        (["feedback", "0", "--right"], ["0"]),
        (["feedback", "9" * 30, "--right"], ["9"]),
        (["feedback", "seven", "--right"], ["seven"]),
        (["feedback", "7"], ["expected either --right or --label"]),
        (["feedback", "7", "--right", "--label", "Ada"], ["expected either --right or --label"]),
        (["push"], ["identity.json: expected an enrolled device", "fedex-device enrol"]),
        (["pull"], ["identity.json: expected an enrolled device"]),
        (["run", "--once"], ["identity.json: expected an enrolled device"]),
        (["infer"], ["FILE"]),
        (["dance"], ["dance"]),
        (["push", "--what"], ["--what"]),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_a_mistake_is_one_line_and_status_one(run: Run, arguments: list[str], words: list[str]) -> None:
    fails(run(*arguments), *words)


@pytest.mark.parametrize("label", ["", "x" * 10_000, "a\x07b", "a\x1bb", "\u202e", "unknown", " UNKNOWN "])
def test_a_text_that_is_not_a_label_is_one_line_and_keeps_nothing(run: Run, make_photo: MakePhoto, label: str) -> None:
    run("infer", make_photo(0))
    done = run("feedback", 1, "--label", label)
    fails(done, "label: expected")
    assert done.err.rstrip("\n").isprintable()
    assert len(done.err) < 300
    assert run("status", "--json").rows[0]["samples_waiting"] == 0


def test_several_answers_are_corrected_in_one_call(run: Run, make_photo: MakePhoto) -> None:
    run("infer", make_photo(0), make_photo(1), make_photo(7))
    rights = run("feedback", 1, 2, "--right", "--json").rows
    assert [(row["id"], row["label"], row["revision"]) for row in rights] == [(1, "Ada", 1), (2, "Ben", 2)]
    assert run("feedback", "--json", 1, 3, "--label", "Zoe").rows[1] == {"id": 3, "label": "Zoe", "revision": 4}


def test_one_answer_that_cannot_be_meant_does_not_keep_the_others_from_their_feedback(
    run: Run, make_photo: MakePhoto
) -> None:
    run("infer", make_photo(0), make_photo(7), make_photo(1))
    done = run("feedback", 1, 2, 99, 3, "--right", "--json")
    assert (done.code, [row["id"] for row in done.rows]) == (1, [1, 3])
    assert [line.split(":")[1].strip() for line in done.err.splitlines()] == ["inference 2", "inference 99"]


def test_right_of_an_unknown_answer_is_refused(run: Run, make_photo: MakePhoto) -> None:
    run("infer", make_photo(7))
    fails(run("feedback", 1, "--right"), "expected a label, as the answer was unknown")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("FEDEX_BUNDLE", "", ["FEDEX_BUNDLE: expected the folder of a device bundle, got nothing"]),
        ("FEDEX_BUNDLE", "/nowhere", ["bundle /nowhere"]),
        ("FEDEX_THREADS", "many", ["FEDEX_THREADS: expected a whole number"]),
        ("FEDEX_RUNTIME", "torch", ["FEDEX_RUNTIME: expected one of"]),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_one_line(
    run: Run, make_photo: MakePhoto, variable: str, value: str, words: list[str]
) -> None:
    fails(run("infer", make_photo(0), **{variable: value}), *words)


@pytest.mark.parametrize("missing", ["FEDEX_URL", "FEDEX_ENROLMENT_CODE"])
def test_enrolling_without_a_setting_is_one_line(run: Run, missing: str) -> None:
    fails(run("enrol", **{missing: ""}), f"{missing}: expected")


@pytest.mark.parametrize("name", ["prefix.tflite", "head.tflite", "labels.json", "golden.tensors", "bundle.json"])
@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-1], lambda data: data + b"x"])
def test_a_corrupt_bundle_is_one_line(
    run: Run, make_photo: MakePhoto, bundle_folder: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    path = bundle_folder / name
    path.write_bytes(damage(path.read_bytes()))
    fails(run("infer", make_photo(0)), "bundle", "expected")


@pytest.mark.parametrize("command", ["enrol", "push", "pull"])
def test_an_unreachable_service_is_one_line_and_loses_nothing(run: Run, make_photo: MakePhoto, command: str) -> None:
    run("enrol")
    run("infer", make_photo(0))
    run("feedback", 1, "--right")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    fails(run(command, FEDEX_URL=f"http://127.0.0.1:{port}"), "Connection refused")
    assert run("status", "--json").rows[0]["samples_acknowledged"] == 0


def test_a_service_that_does_not_know_the_device_is_one_line_with_advice(run: Run, service: StubService) -> None:
    run("enrol")
    service.faults["/v1/spaces"] = lambda: refuse(Problem.UNAUTHENTICATED)
    fails(run("pull"), "401", "fedex-device enrol)")


def test_giving_up_an_identity_that_is_still_needed_is_one_line_with_advice(
    run: Run, make_photo: MakePhoto, service: StubService
) -> None:
    run("enrol")
    run("infer", make_photo(0))
    run("feedback", 1, "--right")
    service.faults["/v1/spaces"] = lambda: refuse(Problem.UNAVAILABLE)
    run("push")
    fails(run("enrol", "--again"), "sealed uploads on their way", "fedex-device push first")
    service.token, service.device = "u" * 43, "e" * 16
    service.device_of.clear()
    assert run("enrol").out.startswith(f"enrolled at {service.url} as {'e' * 16}")
    assert f"waiting as the former device {'d' * 16}" in run("status").out


def test_enrolling_says_whether_a_new_token_was_taken(run: Run, service: StubService) -> None:
    """After its token was spoilt it was said to be enrolled already."""
    assert run("enrol").out.startswith(f"enrolled at {service.url} as ")
    assert run("enrol").out.startswith(f"already enrolled at {service.url} as ")
    assert run("enrol", "--json").rows[0]["new_token"] is False
    service.token = "u" * 43
    assert run("enrol").out.startswith(f"enrolled again, as the same device, at {service.url} as {'d' * 16}, ")
    service.token = "v" * 43
    [row] = run("enrol", "--json").rows
    assert (row["new"], row["new_token"], row["device"]) == (False, True, "d" * 16)


def test_a_refused_upload_is_one_line_and_stays_in_the_status(
    run: Run, make_photo: MakePhoto, service: StubService
) -> None:
    run("enrol")
    run("infer", make_photo(0))
    run("feedback", 1, "--right")
    service.faults["/v1/spaces"] = lambda: refuse(Problem.WRONG_SPACE)
    done = run("push")
    fails(done, "422", "expected this, got that")
    again = "to send again once the cause is mended: fedex-device push --refused"
    assert done.out == f"refused and kept: 1 upload; {again}\n"
    assert "refused: PUT /v1/spaces/" in run("status").out
    assert f"(kept; {again})" in run("status").out
    assert "samples    0 to upload" in run("status").out
    assert run("push", "--json").rows[0]["uploads"] == 0
    service.faults.clear()
    assert run("push", "--refused", "--json").rows[0]["samples"] == 1


def test_a_damaged_head_is_told_and_the_one_before_answers(
    run: Run, make_photo: MakePhoto, service: StubService, tiny_models: Path, tmp_path: Path
) -> None:
    run("enrol")
    head = (tiny_models / "four.tflite").read_bytes()
    service.publish(head, serial=1, labels=("Ada", "Ben", "Cleo", "Zoe"))
    run("pull")
    for path in (tmp_path / "home" / "heads" / "objects").iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    done = run("infer", make_photo(0), "--json")
    assert (done.code, done.rows[0]["label"], done.rows[0]["head"]) == (0, "Ada", 0)
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith("fedex-device: warning: installed")


@pytest.fixture
def two_heads(run: Run, service: StubService, tiny_models: Path, tmp_path: Path) -> HeadStore:
    """A device that has installed head 1 of three labels, then head 2 of four."""
    labels, now = ("Ada", "Ben", "Cleo", "Zoe"), int(time.time())
    run("enrol")
    for serial, name in enumerate(("three", "four"), start=1):
        head = (tiny_models / f"{name}.tflite").read_bytes()
        service.publish(head, serial=serial, labels=labels[: serial + 2], issued=now, expires=now + 1000)
        run("pull", FEDEX_HEAD="float32")
    return HeadStore(tmp_path / "home" / "heads")


def test_status_shows_the_head_that_answers_and_what_was_stepped_over(
    run: Run, make_photo: MakePhoto, two_heads: HeadStore
) -> None:
    newest, before = two_heads.entries()
    two_heads.object_path(two_heads.load(newest).file.file.sha256).unlink()
    done, answered = run("status", "--json"), run("infer", make_photo(0), "--json")
    assert (done.code, done.rows[0]["head"], answered.rows[0]["head"]) == (0, 1, 1)
    assert "installed head 2" in done.rows[0]["problems"][0]
    assert done.err == answered.err
    two_heads.object_path(before.envelope).unlink()
    done, answered = run("status", "--json"), run("infer", make_photo(0), "--json")
    assert (done.code, done.rows[0]["head"], answered.rows[0]["head"]) == (0, 0, 0)
    assert len(done.rows[0]["problems"]) == 2


def test_the_choice_of_unknown_is_shown_and_counts_at_once_and_without_a_new_head(
    run: Run, make_photo: MakePhoto, write_bundle: Callable[..., DeviceBundle], tmp_path: Path
) -> None:
    photo, bundle = make_photo(7), str(write_bundle(tmp_path / "points", points=POINTS).directory)
    status = run("status", FEDEX_BUNDLE=bundle).out.splitlines()
    assert status[status.index("head       of the bundle") + 1 :][:2] == [
        "unknown    balanced, as the operator chose: below 0.500, named are 95.7% of the known and 2.5% of strangers",
        "           or strict 90.0% of the known and 1.0% of strangers; friendly 5.0% of strangers",
    ]
    [before] = run("infer", photo, "--json").rows
    [after] = run("infer", photo, "--json", FEDEX_UNKNOWN="friendly").rows
    assert (before["unknown"], after["unknown"], before.keys()) == (True, False, after.keys())
    assert "unknown    friendly, chosen here: below 0.250, named are 5.0% of strangers\n" in run("status").out
    [shown] = run("status", "--json").rows
    assert shown["unknown"] == {
        "threshold": 0.25,
        "point": "friendly",
        "chosen_here": True,
        "points": {
            "strict": {"threshold": 0.9999, "known_ppm": 900_000, "strangers_ppm": 10_000},
            "balanced": {"threshold": 0.5, "known_ppm": 957_000, "strangers_ppm": 25_000},
            "friendly": {"threshold": 0.25, "known_ppm": None, "strangers_ppm": 50_000},
        },
    }


def test_a_choice_that_a_head_has_not_is_said_once_and_its_threshold_counts(run: Run, make_photo: MakePhoto) -> None:
    done = run("infer", make_photo(7), make_photo(8), "--json", FEDEX_UNKNOWN="friendly")
    assert [row["unknown"] for row in done.rows] == [True, True]
    assert (done.code, done.err.count("expected a head with the point friendly, got one without points")) == (0, 1)
    status = run("status")
    assert (status.code, status.err) == (0, done.err)
    assert "unknown    below 0.500; this head has no points to choose from\n" in status.out


def test_a_damaged_head_that_is_not_in_use_is_no_matter(run: Run, make_photo: MakePhoto, two_heads: HeadStore) -> None:
    two_heads.object_path(two_heads.entries()[1].envelope).unlink()
    done = run("status", "--json")
    assert (done.code, done.err, done.rows[0]["head"], done.rows[0]["problems"]) == (0, "", 2, [])
    assert run("infer", make_photo(3), "--json").rows[0]["head"] == 2


def test_status_is_one_where_nothing_can_be_recognised(run: Run, bundle_folder: Path) -> None:
    (bundle_folder / "prefix.tflite").unlink()
    done = run("status", "--json")
    fails(done, "prefix.tflite")
    assert done.rows[0]["head"] is None


def test_status_tells_what_is_broken_and_shows_the_rest(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "heads").mkdir(parents=True)
    (home / "heads" / "current").write_text("garbage")
    (home / "identity.json").write_text("garbage")
    done = run("status", "--json")
    assert done.code == 1
    assert len(done.err.splitlines()) == 2
    assert (done.rows[0]["device"], done.rows[0]["head"], done.rows[0]["inferences"]) == (None, 0, 0)
    assert len(done.rows[0]["problems"]) == 2


def test_a_file_name_that_is_not_text_can_be_recognised(environment: dict[str, str], make_photo: MakePhoto) -> None:
    photo = make_photo(0)
    odd = photo.rename(os.fsdecode(os.fsencode(photo.parent) + b"/\xff.png"))
    with process(["infer", odd], environment) as running:
        out, err = running.communicate()
    assert (running.returncode, err) == (0, "")
    assert "Ada" in out


def test_help_and_no_command_are_not_errors(run: Run) -> None:
    for arguments in ([], ["--help"], ["infer", "--help"]):
        done = run(*arguments)
        assert done.code == 0
        assert "Usage: fedex-device" in done.out


def test_help_says_what_the_lesser_options_are_for(run: Run) -> None:
    for command, option in (("run", "--once"), ("enrol", "--again"), ("push", "--refused")):
        assert f"{command} {option}" in " ".join(run("--help").out.split())
        assert f"With {option} it" in " ".join(run(command, "--help").out.split())


@pytest.mark.parametrize("command", ["enrol", "infer", "feedback", "push", "pull", "status", "run"])
def test_help_is_there_whatever_the_settings_are(run: Run, command: str) -> None:
    done = run(command, "--help", FEDEX_THREADS="many")
    assert (done.code, done.err) == (0, "")
    assert f"Usage: fedex-device {command}" in done.out
    fails(run("status"), "FEDEX_THREADS: expected a whole number")


def available(environment: dict[str, str], **changes: str) -> dict[str, str]:
    needs = {f"FEDEX_NEED_{name}": "0" for name in ("CHARGING", "IDLE", "UNMETERED")}
    return environment | needs | {"FEDEX_INTERVAL_S": "0.1"} | changes


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_pushes_and_pulls_by_itself_and_ends_cleanly(
    run: Run,
    make_photo: MakePhoto,
    service: StubService,
    tiny_models: Path,
    environment: dict[str, str],
    number: signal.Signals,
) -> None:
    run("enrol")
    run("infer", make_photo(0))
    run("feedback", 1, "--right")
    now = int(time.time())
    head = (tiny_models / "four.tflite").read_bytes()
    service.publish(head, serial=4, labels=("Ada", "Ben", "Cleo", "Zoe"), issued=now, expires=now + 1000)
    with process(["run", "--json"], available(environment)) as running:
        assert running.stdout is not None
        first, second = json.loads(running.stdout.readline()), json.loads(running.stdout.readline())
        running.send_signal(number)
        _, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (0, "")
    assert (first["push"]["samples"], first["pull"]["outcome"], first["pull"]["serial"]) == (1, "installed", 4)
    assert (second["push"]["samples"], second["pull"]["outcome"]) == (0, "unchanged")


def test_run_goes_on_while_the_service_is_away(run: Run, service: StubService, environment: dict[str, str]) -> None:
    run("enrol")
    service.faults["/v1/spaces"] = lambda: refuse(Problem.INTERNAL)
    with process(["run", "--json"], available(environment)) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert "500" in running.stderr.readline()
        service.faults.clear()
        rows = (json.loads(line) for line in running.stdout)
        assert next(row for row in rows if row["pull"])["pull"]["outcome"] == "no_release"
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
    assert running.returncode == 0


def test_run_says_why_it_does_nothing_once(run: Run, environment: dict[str, str]) -> None:
    run("enrol")
    never_idle = available(environment, FEDEX_NEED_IDLE="1", FEDEX_IDLE_LOAD="0")
    with process(["run", "--json"], never_idle) as running:
        assert running.stdout is not None
        assert json.loads(running.stdout.readline())["missing"] == ["idle"]
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (0, "", "")
