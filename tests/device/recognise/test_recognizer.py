import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from contract.bundle import DeviceBundle
from contract.errors import ContractError
from contract.inputs import ModelInput, PhotoInput, TensorInput, TensorType
from contract.samples import frame_sample_id
from contract.unknown import Strictness
from device.assembly import Device
from device.cache.cache import Cache
from device.errors import ModelRefused, PhotoError, Storage, Unsendable
from device.recognise.preparation import Example
from device.recognise.recognizer import Recognizer
from device.recognise.regions import Region, RegionFinder
from device.recognise.tflite import Model, TFLiteRuntime
from tests.device.conftest import POINTS
from tests.device.photos import draw_photo
from tests.device.tables import rows

WriteBundle = Callable[..., DeviceBundle]


@pytest.mark.parametrize("tile", [0, 1, 2])
def test_a_photo_gets_the_best_labels_with_their_probability(
    bundle: DeviceBundle, runtime: TFLiteRuntime, tile: int
) -> None:
    [answer] = Recognizer(bundle, runtime=runtime).recognise(draw_photo(tile))
    assert answer.label == bundle.labels[tile]
    assert [one.probability for one in answer.results] == sorted(
        (one.probability for one in answer.results), reverse=True
    )
    assert sum(one.probability for one in answer.results) == pytest.approx(1)
    assert (answer.head_serial, answer.runtime) == (0, str(runtime))


def test_a_photo_of_none_of_the_labels_is_unknown(bundle: DeviceBundle, runtime: TFLiteRuntime) -> None:
    [answer] = Recognizer(bundle, runtime=runtime).recognise(draw_photo(7))
    assert answer.unknown
    assert answer.label is None
    assert answer.results[0].probability == pytest.approx(1 / 3)


def test_the_temperature_and_threshold_of_the_bundle_decide(
    write_bundle: WriteBundle, tmp_path: Path, any_runtime: TFLiteRuntime
) -> None:
    cool = Recognizer(write_bundle(tmp_path / "cool", temperature=1.0), runtime=any_runtime)
    warm = Recognizer(write_bundle(tmp_path / "warm", temperature=50.0), runtime=any_runtime)
    assert not cool.recognise(draw_photo(1))[0].unknown
    assert warm.recognise(draw_photo(1))[0].unknown


def test_the_point_that_was_chosen_here_counts_from_the_next_answer_on(
    write_bundle: WriteBundle, tmp_path: Path, any_runtime: TFLiteRuntime
) -> None:
    bundle = write_bundle(tmp_path / "points", points=POINTS, temperature=10.0)
    recognizer = Recognizer(bundle, runtime=any_runtime)
    answers = []
    for recognizer.unknown in (None, *Strictness):
        [known], [stranger] = recognizer.recognise(draw_photo(1)), recognizer.recognise(draw_photo(7))
        answers.append((known.unknown, stranger.unknown))
        assert not recognizer.warnings
    assert answers == [(False, True), (True, True), (False, True), (False, False)]


def test_a_head_without_points_asks_for_its_threshold_whatever_was_chosen_and_says_so(
    bundle: DeviceBundle, runtime: TFLiteRuntime
) -> None:
    recognizer = Recognizer(bundle, runtime=runtime, unknown=Strictness.FRIENDLY)
    assert recognizer.recognise(draw_photo(7))[0].unknown
    assert list(recognizer.warnings) == [
        '"unknown": expected a head with the point friendly, got one without points; it asks for 0.500'
    ]
    recognizer.unknown = None
    assert not recognizer.warnings


def test_an_inference_is_stored_whole(bundle: DeviceBundle, runtime: TFLiteRuntime, tmp_path: Path) -> None:
    def open_cache() -> Cache:
        return Cache.open(tmp_path / "cache.sqlite3", max_unfed=10)

    with Recognizer(bundle, runtime=runtime, open_cache=open_cache, clock=lambda: 12.5) as recognizer:
        [inference] = recognizer.infer(draw_photo(2))
    with open_cache() as cache:
        [row] = rows(
            cache.path,
            "SELECT id, sample_id, feature, results, unknown, head_serial, taken_ms, setup FROM inferences",
        )
        assert row[:2] == (inference.id, frame_sample_id(cache.secret, draw_photo(2).pixels))
        assert np.array_equal(np.frombuffer(row[2], "<f4"), inference.answer.feature)
        assert cache.inferences.get(row[0]).results == inference.answer.results
        assert row[4:7] == (0, 0, 12_500)
        assert cache.setups.get(row[7]).used == recognizer.computed_by
        assert recognizer.computed_by.setup.runtime == str(runtime)
        assert rows(cache.path, "SELECT space, shape FROM spaces") == [(bundle.space, "[8]")]


def test_prefix_and_head_run_once_an_inference(
    bundle: DeviceBundle, any_runtime: TFLiteRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    recognizer = Recognizer(bundle, runtime=any_runtime)
    runs: list[str] = []
    run = Model.run

    def count(model: Model, array: NDArray[Any]) -> NDArray[np.float32]:
        runs.append(model.signature)
        return run(model, array)

    monkeypatch.setattr(Model, "run", count)
    recognizer.infer(draw_photo(0))
    assert runs == ["prefix", "head"]


def test_a_frame_of_a_camera_is_answered_as_its_photo(bundle: DeviceBundle, any_runtime: TFLiteRuntime) -> None:
    recognizer = Recognizer(bundle, runtime=any_runtime)
    photo = draw_photo(1, size=250)
    assert np.array_equal(recognizer.recognise(photo.pixels)[0].feature, recognizer.recognise(photo)[0].feature)


@pytest.mark.parametrize("given", ["photo.jpg", Path("photo.jpg"), b"", None, [[[1, 2, 3]]]], ids=repr)
def test_what_is_neither_a_photo_nor_an_array_is_no_photo(
    bundle: DeviceBundle, any_runtime: TFLiteRuntime, given: Any
) -> None:
    with pytest.raises(PhotoError, match=rf"expected uint8 .*, got a value of type {type(given).__name__}"):
        Recognizer(bundle, runtime=any_runtime).infer(given)


@pytest.mark.parametrize(
    ("head", "complaint"),
    [
        ("nine.tflite", r"head input: expected feature float32 \[1, 8\], got feature float32 \[1, 9\]"),
        ("four.tflite", r"head output: expected logits float32 \[1, 3\], got logits float32 \[1, 4\]"),
        ("tail.tflite", r"expected signature 'head', got \['tail'\]"),
        ("prefix.tflite", r"expected signature 'head', got \['prefix'\]"),
    ],
)
def test_a_head_that_does_not_belong_to_the_bundle_is_refused_at_load(
    write_bundle: WriteBundle, tmp_path: Path, tiny_models: Path, runtime: TFLiteRuntime, head: str, complaint: str
) -> None:
    bundle = write_bundle(tmp_path / "odd", head=(tiny_models / head).read_bytes())
    with pytest.raises(ModelRefused, match=rf"head\.tflite: .*{complaint}"):
        Recognizer(bundle, runtime=runtime)


@pytest.mark.parametrize(
    ("model_input", "complaint"),
    [
        (PhotoInput(160, 161), r"expected photo uint8 \[1, 160, 161, 3\], got photo uint8 \[1, 160, 160, 3\]"),
        (PhotoInput(160, 160, channels=1), r"expected photo uint8 \[1, 160, 160, 1\]"),
        (TensorInput(TensorType.UINT8, (160, 160, 3)), r"expected tensor uint8 \[1, 160, 160, 3\], got photo"),
    ],
)
def test_a_prefix_of_another_input_than_the_bundles_is_refused_at_load(
    write_bundle: WriteBundle, tmp_path: Path, runtime: TFLiteRuntime, model_input: ModelInput, complaint: str
) -> None:
    bundle = write_bundle(tmp_path / "odd", input=model_input)
    with pytest.raises(ModelRefused, match=rf"prefix\.tflite: prefix input: {complaint}"):
        Recognizer(bundle, runtime=runtime)


def test_a_prefix_of_another_shape_is_refused_at_load(
    write_bundle: WriteBundle, tmp_path: Path, runtime: TFLiteRuntime
) -> None:
    bundle = write_bundle(tmp_path / "odd", feature_shape=(4, 2), golden=np.zeros((4, 2), np.float32))
    with pytest.raises(ModelRefused, match=r"prefix output: expected feature float32 \[1, 4, 2\]"):
        Recognizer(bundle, runtime=runtime)


@pytest.mark.parametrize("name", ["prefix.tflite", "head.tflite"])
@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-1] + b"?", lambda data: data + b"?"])
def test_a_model_that_changed_since_the_bundle_was_read_is_refused_at_load(
    bundle: DeviceBundle, any_runtime: TFLiteRuntime, name: str, damage: Callable[[bytes], bytes]
) -> None:
    path = bundle.directory / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ContractError, match=name):
        Recognizer(bundle, runtime=any_runtime)


def test_a_corrupt_bundle_is_one_typed_error(device: Device, bundle_folder: Path) -> None:
    (bundle_folder / "bundle.json").write_bytes(b"{")
    with pytest.raises(ModelRefused, match=r"bundle .*expected"):
        device.recognizer()


def test_a_face_with_a_box_that_no_sample_id_can_hold_is_answered_and_the_others_are_stored(
    bundle: DeviceBundle, any_runtime: TFLiteRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = RegionFinder.find

    def find_far(finder: RegionFinder, example: Example) -> tuple[Region, ...]:
        [region] = find(finder, example)
        return replace(region, box=(0, 0, 1 << 31, 5)), replace(region, box=(0, 0, 5, 5))

    monkeypatch.setattr(RegionFinder, "find", find_far)
    with Recognizer(bundle, runtime=any_runtime, open_cache=lambda: Cache.open(tmp_path / "c", max_unfed=9)) as one:
        far, near = one.infer(draw_photo(2))
    assert (far.id, type(far.not_stored), far.answer.label) == (None, Unsendable, bundle.labels[2])
    assert (near.id, near.not_stored) == (1, None)


def test_an_inference_that_cannot_be_stored_is_answered(bundle: DeviceBundle, any_runtime: TFLiteRuntime) -> None:
    def open_cache() -> Cache:
        raise Storage("no room")

    [inference] = Recognizer(bundle, runtime=any_runtime, open_cache=open_cache).infer(draw_photo(1))
    assert inference.answer.label == "Ben"
    assert inference.id is None
    assert "no room" in str(inference.not_stored)


def test_a_cache_that_can_be_opened_again_is_used_again(
    bundle: DeviceBundle, any_runtime: TFLiteRuntime, tmp_path: Path
) -> None:
    home = tmp_path / "later"
    home.write_bytes(b"in the way")
    with Recognizer(
        bundle, runtime=any_runtime, open_cache=lambda: Cache.open(home / "cache.sqlite3", max_unfed=10)
    ) as recognizer:
        assert recognizer.infer(draw_photo(1))[0].id is None
        home.unlink()
        assert recognizer.infer(draw_photo(1))[0].id == 1


def test_a_head_that_answers_nan_is_an_error_not_an_answer(
    write_bundle: WriteBundle, tmp_path: Path, tiny_models: Path, runtime: TFLiteRuntime
) -> None:
    bundle = write_bundle(tmp_path / "odd", head=(tiny_models / "endless.tflite").read_bytes())
    with pytest.raises(ModelRefused, match="finite"):
        Recognizer(bundle, runtime=runtime).recognise(draw_photo(1))


KILLED = """
import os, sys, threading
from device.assembly import Device
from device.settings import Settings
from tests.device.photos import draw_photo
from tests.device.tables import rows
recognizer = Device(Settings.from_environment(os.environ)).recognizer()
for number in range(100_000):
    recognizer.infer(draw_photo(number % 3, shade=number % 100))
    print(number, flush=True)
"""


def test_a_recogniser_killed_at_any_instant_leaves_a_cache_that_works(
    device: Device, environment: dict[str, str]
) -> None:
    stored = 0
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            answered = sum(1 for _, line in zip(range(25), process.stdout, strict=False) if line.strip())
            process.send_signal(signal.SIGKILL)
        stored += answered
        with device.open_cache() as cache:
            assert rows(cache.path, "PRAGMA integrity_check") == [("ok",)]
            assert cache.inferences.count() >= stored
    with device.recognizer() as recognizer:
        assert recognizer.infer(draw_photo(0))[0].id is not None
