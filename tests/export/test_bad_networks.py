"""Networks and inputs that no bundle can be made of: one line, before anything is converted."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from contract.bundle import read_device_bundle
from contract.callbacks import ignore
from contract.inputs import PhotoInput, TensorInput, TensorType
from export.bundle import BundleSpec, export_bundles
from export.comparison import ExportInputs
from export.errors import ExamplesError, ExportError, NetworkError, ParityError, RequestError
from export.inputs import gather_inputs
from export.network.classifier import OutputKind
from export.network.network import network_of
from export.network.standardization import Standardization
from export.request import Request
from export.tflite.quantize import Quantize
from export.whole_network import WholeNetwork
from tests.export.kinds import KINDS, build, write_examples

TENSORS = TensorInput(TensorType.FLOAT32, (4,))
INPUTS = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)


def dense_network(*, middle: Any, bias: float = 0.0) -> keras.Model:
    """Four numbers, a layer "feature", two classes."""
    given = keras.Input((4,))
    feature = keras.layers.Dense(3, name="feature")
    net = feature(given)
    network = keras.Model(given, keras.layers.Dense(2, name="Logits")(middle(net)), name="four_numbers")
    feature.set_weights([np.ones((4, 3), np.float32), np.full(3, bias, np.float32)])
    return network


def refusal(network: keras.Model, folder: Path, *, given: bool = True) -> str:
    """What an export says of a network, having written nothing."""
    spec = BundleSpec("feature", "feature", TENSORS, Standardization.NONE, Quantize.DYNAMIC, folder / "out")
    with pytest.raises(ExportError) as caught:
        export_bundles(network_of(network), spec, ExportInputs(INPUTS, ("a", "b"), given=given))
    assert not (folder / "out").exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_answers_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    """The logarithm of what may be negative: features are numbers, answers are not."""
    said = refusal(dense_network(middle=keras.ops.log), tmp_path)
    assert said.startswith("network four_numbers: expected finite answers, got NaN or infinity on ")
    assert said.endswith(" of 8 inputs")


def test_answers_to_drawn_inputs_that_are_no_numbers_are_told_as_such(tmp_path: Path) -> None:
    said = refusal(dense_network(middle=keras.ops.log), tmp_path, given=False)
    assert said.endswith(" inputs, which were drawn: give --samples or --photos, of the range that it takes")


@pytest.mark.parametrize(
    "begin",
    [keras.ops.log, keras.ops.sqrt, lambda x: keras.ops.log(1 - x) - keras.ops.log(x)],
    ids=["log", "sqrt", "logit"],
)
def test_a_network_of_positive_numbers_is_exported_without_examples(tmp_path: Path, begin: Any) -> None:
    """Neither what is compared nor the golden sample may be drawn where it has no answers."""
    given = keras.Input((4,))
    net = keras.layers.Dense(3, name="feature", activation="tanh")(begin(given))
    keras.Model(given, keras.layers.Dense(2)(net)).save(tmp_path / "network.keras")
    request = Request(model=tmp_path / "network.keras", layer="feature", out=tmp_path / "out")
    export_bundles(*gather_inputs(request, at_step=ignore))
    assert np.isfinite(read_device_bundle(tmp_path / "out" / "device").golden).all()


def test_a_network_with_an_answer_to_nothing_drawn_is_refused(tmp_path: Path) -> None:
    given = keras.Input((4,))
    net = keras.layers.Dense(3, name="feature", activation="tanh")(keras.ops.log(given - 5))
    inputs = ExportInputs(INPUTS + 10, ("a", "b"), given=True)
    spec = BundleSpec("feature", "feature", TENSORS, Standardization.NONE, Quantize.DYNAMIC, tmp_path / "out")
    with pytest.raises(NetworkError, match="golden sample, of a drawn input: expected finite answers to"):
        export_bundles(network_of(keras.Model(given, keras.layers.Dense(2)(net))), spec, inputs)


def test_a_scale_that_gives_no_answers_is_right_on_nothing() -> None:
    """The logarithm of x + 1: of pixels as they are a number, of scaled ones none."""
    given = keras.Input((8, 8, 3))
    net = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(keras.ops.log(given + 1)))
    network = network_of(keras.Model(given, net))
    whole = WholeNetwork(network, PhotoInput(8, 8), Standardization.NONE, OutputKind.LOGITS)
    photos = np.random.default_rng(0).integers(0, 9, (12, 8, 8, 3), np.uint8)
    answers = whole.answer(photos)
    classes = 1 - answers.argmax(axis=1)  # all wrong, so that the others are tried
    assert whole.check_scale(photos, classes, answers)[Standardization.CAFFE] == 0


def test_photos_that_are_as_right_under_another_scale_do_not_prove_the_one_that_a_user_states() -> None:
    """A network of averages without a bias is right however its photos are scaled by a factor."""
    given = keras.Input((8, 8, 3))
    net = keras.layers.Dense(2, use_bias=False)(keras.layers.GlobalAveragePooling2D()(given))
    network = network_of(keras.Model(given, net))
    whole = WholeNetwork(network, PhotoInput(8, 8), Standardization.NONE, OutputKind.LOGITS)
    photos = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), np.uint8)
    answers = whole.answer(photos)
    classes = answers.argmax(axis=1)
    assert not whole.says_its_scale
    assert whole.check_scale(photos, classes, answers) == {Standardization.NONE: 1.0}
    assert whole.check_scale(photos, classes, answers, prove=True)[Standardization.UNIT] == 1.0


def test_features_that_no_device_may_send_are_refused(tmp_path: Path) -> None:
    said = refusal(dense_network(bias=70_000, middle=keras.layers.LayerNormalization()), tmp_path)
    assert "expected numbers from -60000 to 60000; cut after another layer, as after a normalisation, got 7" in said


@pytest.fixture
def embedding(tmp_path: Path) -> Path:
    build(KINDS["indices of an Embedding"]).save(tmp_path / "network.keras")
    return tmp_path / "network.keras"


@pytest.mark.parametrize("worst", [30, -1, 2**31 - 1])
def test_integers_beyond_the_rows_of_an_embedding_are_refused(embedding: Path, tmp_path: Path, worst: int) -> None:
    """TensorFlow compiled takes the last row instead, and TFLite what lies behind the table."""
    inputs = np.zeros((8, 12), np.int32)
    inputs[3, 4] = worst
    np.savez(tmp_path / "inputs.npz", inputs=inputs)
    request = Request(layer="embedding", model=embedding, photos=tmp_path / "inputs.npz", out=tmp_path / "out")
    with pytest.raises(NetworkError, match=r"Embedding rows: expected indices from 0 to 29, got "):
        export_bundles(*gather_inputs(request, at_step=ignore))
    assert not (tmp_path / "out").exists()


def test_tensors_of_another_dtype_are_refused(embedding: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "inputs.npz", inputs=np.zeros((8, 12), np.int64))
    request = Request(layer="embedding", model=embedding, photos=tmp_path / "inputs.npz")
    with pytest.raises(ExamplesError, match=r"inputs: expected int32 \(n, 12\), as the network takes them, got int64"):
        gather_inputs(request, at_step=ignore)


def test_photos_for_a_network_of_tensors_are_refused(embedding: Path, tmp_path: Path) -> None:
    request = Request(layer="embedding", model=embedding, photos=tmp_path)
    with pytest.raises(ExamplesError, match=r"expected a .npz file of arrays, int32 \(n, 12\), got a folder"):
        gather_inputs(request, at_step=ignore)


WRONG_SCALE = "--standardize unit: expected none, under which 100.0% of 24 labelled photos are right"


def scaled_twice(folder: Path, told: list[str], source: str) -> None:
    """Export a network that scales photos by itself as if it did not."""
    kind = KINDS["with its own Normalization"]
    build(kind).save(folder / "network.keras")
    given: dict[str, Any] = {source: write_examples(kind, folder, seed=8)}
    request = Request(
        layer="embedding",
        model=folder / "network.keras",
        standardization=Standardization.UNIT,
        out=folder / "out",
        **given,
    )

    def at_step(step: str, _done: int, _total: int) -> None:
        told.append(step)

    export_bundles(*gather_inputs(request, at_step=at_step), at_step=at_step)


def test_a_wrong_scale_is_refused_by_what_labelled_photos_show(tmp_path: Path) -> None:
    """Scaled twice, a network that was right on 108 of 108 photos was right on 6 of them."""
    told: list[str] = []
    with pytest.raises(RequestError, match=WRONG_SCALE):
        scaled_twice(tmp_path, told, "photos")
    assert any("warning: the network scales photos by itself" in line for line in told)
    assert not (tmp_path / "out").exists()


def test_a_wrong_scale_is_warned_of_by_what_samples_show(tmp_path: Path) -> None:
    """They may be of other labels than the network's classes, however many they are.

    Scaled twice, features hardly differ, and a rounded prefix is not the same network any more.
    """
    told: list[str] = []
    with pytest.raises(ParityError):
        scaled_twice(tmp_path, told, "samples")
    assert any(line.startswith(f"warning: {WRONG_SCALE}") for line in told)
