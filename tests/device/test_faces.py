"""A device with a bundle of faces: every face is answered, corrected and uploaded; that there is none is an answer."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contract.bundle import DeviceBundle, read_device_bundle
from contract.samples import face_sample_id, photo_sample_id
from contract.upload import decode_upload
from device.assembly import Device
from device.drawing import OTHER, SUBJECT
from device.errors import ModelRefused
from device.recognise.image import load_photo
from device.recognise.models import load_detector
from device.recognise.recognizer import Recognizer
from device.recognise.tflite import TFLiteRuntime
from tests.contract.drawn import draw
from tests.device.conftest import WriteBundle
from tests.device.photos import FACES
from tests.device.serving import StubService
from tests.device.test_cli import Run, fails
from tests.device.test_cli import run as run

THREE = draw(1280, 960, [(300, 300, 24), (700, 500, 30), (1050, 650, 20)])
PLACES = [(609, 427, 795, 613), (226, 240, 374, 388), (987, 602, 1110, 726)]


@pytest.fixture
def bundle_folder(faces_folder: Path) -> Path:
    """What a device of these tests came with."""
    return faces_folder


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A photo of three people."""
    return save(tmp_path / "three.png", THREE)


@pytest.fixture
def nobody(tmp_path: Path) -> Path:
    """A photo of nobody."""
    return save(tmp_path / "nobody.png", draw(640, 480, []))


def save(path: Path, pixels: np.ndarray) -> Path:  # type: ignore[type-arg]  # uint8 (height, width, 3)
    Image.fromarray(pixels).save(path)
    return path


def test_every_face_is_answered_the_widest_first_and_the_subject_marked(run: Run, three: Path) -> None:
    rows = run("infer", three, "--json").rows
    assert [row["box"] for row in rows] == [list(place) for place in PLACES]
    assert [row["subject"] for row in rows] == [True, False, False]
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert all(row["photo"] == str(three) and row["label"] and len(row["results"]) == 3 for row in rows)
    lines = run("infer", three).out.splitlines()
    assert lines[0].startswith(f"{three} #4 (face at 609,427, 186x186, the subject): ")
    assert lines[1].startswith(f"{three} #5 (face at 226,240, 148x148): ")


def test_a_photo_without_a_face_is_an_answer_and_the_batch_goes_on(
    run: Run, device: Device, three: Path, nobody: Path
) -> None:
    done = run("infer", nobody, three, nobody)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == lines[4] == f"{nobody}: no face"
    assert len(lines) == 5
    [row] = run("infer", nobody, "--json").rows
    assert row == {
        "photo": str(nobody),
        "id": None,
        "label": None,
        "unknown": False,
        "results": [],
        "box": None,
        "subject": False,
    }
    with device.open_cache() as cache:
        assert cache.inferences.count() == 3


def test_the_boxes_are_drawn_into_a_copy_of_the_photo(run: Run, three: Path, nobody: Path, tmp_path: Path) -> None:
    before = three.read_bytes()
    assert run("infer", three, nobody, "--draw", tmp_path / "copies").code == 0
    assert three.read_bytes() == before
    with Image.open(tmp_path / "copies" / "three.png.png") as drawn:
        pixels = np.asarray(drawn).astype(int)
    assert pixels.shape == THREE.shape
    changed = np.abs(pixels - THREE).max(axis=-1) > 0
    for (left, top, right, bottom), colour in zip(PLACES, [SUBJECT, OTHER, OTHER], strict=True):
        assert (pixels[top + 20 : bottom - 20, left] == colour).all()
        assert (pixels[top + 20 : bottom - 20, right] == colour).all()
        assert not changed[top + 20 : bottom - 20, left + 20 : right - 20].any()
        assert changed[top - 30 : top, left : left + 60].mean() > 0.5  # what the device said of it
    with Image.open(tmp_path / "copies" / "nobody.png.png") as drawn:
        assert (np.asarray(drawn) == draw(640, 480, [])).all()


def test_a_copy_that_cannot_be_written_is_told_and_the_answers_are_there(run: Run, three: Path, tmp_path: Path) -> None:
    """It was a bare [Errno]."""
    (tmp_path / "file").touch()
    done = run("infer", three, "--draw", tmp_path / "file")
    fails(done, f"{three}: answered, but not drawn: {tmp_path / 'file'}: ", "(is there room, and may this user write")
    assert "Errno" not in done.err
    assert len(done.out.splitlines()) == 3


def test_two_photos_of_one_name_are_not_drawn_into_one_copy(run: Run, three: Path, tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()
    other = save(tmp_path / "others" / three.name, THREE)
    fails(run("infer", three, other, "--draw", tmp_path / "copies"), "--draw: expected files with names of their own")
    assert not (tmp_path / "copies").exists()


def test_feedback_names_a_face_and_only_that_one_is_uploaded(
    run: Run, device: Device, service: StubService, three: Path
) -> None:
    run("enrol")
    run("infer", three)
    run("feedback", 2, "--label", "Zoe")
    assert run("push", "--json").rows[0]["samples"] == 1
    upload = decode_upload(service.uploads[0][2])
    assert upload.labels == ("Zoe",)
    with device.open_cache() as cache:
        photo = photo_sample_id(cache.secret, load_photo(three).file_sha256 or b"")
        assert upload.sample_ids[0].tobytes() == face_sample_id(cache.secret, photo, PLACES[1])


def test_a_photo_seen_again_is_of_the_same_samples(run: Run, device: Device, service: StubService, three: Path) -> None:
    """As another runtime or a later detector may see it: boxes are a few pixels elsewhere."""
    run("enrol")
    run("infer", three)
    run("feedback", 1, 2, 3, "--label", "Ada")
    run("push")
    with device.open_cache() as cache, sqlite3.connect(cache.path) as rows:
        for name, box in rows.execute("SELECT sample_id, box FROM faces").fetchall():
            moved = [edge + 3 for edge in json.loads(box)]
            rows.execute("UPDATE faces SET box = ? WHERE sample_id = ?", (json.dumps(moved), name))
    again = run("infer", three, "--json").rows
    run("feedback", *(row["id"] for row in again), "--label", "Ben")
    assert run("push").code == 0
    first, second = (decode_upload(body) for _, _, body in service.uploads)
    assert sorted(map(bytes, first.sample_ids)) == sorted(map(bytes, second.sample_ids))
    assert first.revisions.max() < second.revisions.min()


def test_the_frame_of_a_camera_has_its_faces_too(device: Device) -> None:
    with device.recognizer() as recognizer:
        first, second = recognizer.infer(THREE), recognizer.infer(THREE)
        assert [one.box for one in first] == [one.box for one in second] == PLACES
        assert [one.is_subject for one in first] == [True, False, False]
        assert recognizer.infer(np.zeros((1, 1, 3), np.uint8)) == ()
    with device.open_cache() as cache, sqlite3.connect(cache.path) as rows:
        assert rows.execute("SELECT count(*), count(DISTINCT sample_id) FROM inferences").fetchone() == (6, 3)


def test_recognising_stores_nothing(device: Device) -> None:
    with device.recognizer() as recognizer:
        assert len(recognizer.recognise(THREE)) == 3
        assert recognizer.recognise(np.zeros((9, 9, 3), np.uint8)) == ()
    assert not (device.settings.home / "cache.sqlite3").exists()


def test_status_names_the_faces(run: Run) -> None:
    assert "takes      photo uint8 (160, 160, 3), faces\n" in run("status").out
    assert run("status", "--json").rows[0]["input"]["faces"]["side"] == 1.35


@pytest.mark.parametrize("content", [b"", b"x" * 100])
def test_a_detector_that_is_damaged_is_one_line(run: Run, three: Path, faces_folder: Path, content: bytes) -> None:
    (faces_folder / "detector.tflite").write_bytes(content)
    fails(run("infer", three), "detector.tflite", "expected")


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        ("prefix.tflite", r"expected signature 'detector', got \['prefix'\]"),
        ("head.tflite", "expected b'TFL3'"),
    ],
)
def test_a_detector_that_is_none_is_refused_at_load(
    write_bundle: WriteBundle, tiny_models: Path, tmp_path: Path, any_runtime: TFLiteRuntime, model: str, complaint: str
) -> None:
    content = (tiny_models / model).read_bytes() if (tiny_models / model).is_file() else b"no model at all"
    bundle = write_bundle(tmp_path / "odd", input=FACES, detector=content)
    with pytest.raises(ModelRefused, match=rf"detector\.tflite: .*{complaint}"):
        Recognizer(bundle, runtime=any_runtime)


def test_a_detector_of_another_input_is_refused_at_load(
    write_bundle: WriteBundle, detector: bytes, tmp_path: Path, any_runtime: TFLiteRuntime
) -> None:
    assert FACES.faces is not None
    other = replace(FACES, faces=replace(FACES.faces, input=128))
    bundle: DeviceBundle = write_bundle(tmp_path / "odd", input=other, detector=detector)
    with pytest.raises(ModelRefused, match=r"detector input: expected photo uint8 \[1, 128, 128, 3\], got photo"):
        load_detector(bundle, runtime=any_runtime, threads=1)


def test_a_bundle_of_other_photos_has_no_detector(
    write_bundle: WriteBundle, tmp_path: Path, any_runtime: TFLiteRuntime
) -> None:
    bundle = read_device_bundle(write_bundle(tmp_path / "plain").directory)
    assert bundle.detector is None
    assert load_detector(bundle, runtime=any_runtime, threads=1) is None
