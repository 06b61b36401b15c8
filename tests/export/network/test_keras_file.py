"""Reading `.keras` files: what is refused is one line that tells, and precision is float32 whatever was saved."""

import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from export.errors import ExportError, HeadError, RequestError, WeightsError
from export.network import archive
from export.network.keras_errors import telling_line
from export.network.keras_file import read_network
from export.network.network import network_of, prepared

Edit = Callable[[Any], Any]
ENDS = "logits, a softmax over the classes, or a sigmoid of one unit"


def saved(folder: Path, *stack: Any, shape: tuple[int | None, ...] = (8, 8, 3), name: str = "network.keras") -> Path:
    path = folder / name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras, of networks that are not built
        keras.Sequential([keras.Input(shape), *stack]).save(path)
    return path


def small() -> list[Any]:
    return [layers.Conv2D(4, 3, name="conv"), layers.Flatten(), layers.Dense(3, name="dense")]


def edited(path: Path, edit: Edit = lambda config: config, *, version: str | None = None, without: str = "") -> Path:
    """Write the file again with another configuration, or without one of its parts."""
    copy = path.with_name("edited.keras")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                content = json.dumps(edit(json.loads(content))).encode()
            elif name == "metadata.json" and version:
                content = json.dumps({"keras_version": version}).encode()
            if name != without:
                target.writestr(name, content)
    return copy


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(ExportError) as refused:
        read_network(path, **options)
    text = str(refused.value)
    assert "\n" not in text
    assert text.isprintable()
    return text.replace(str(path), "FILE")


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_file_cut_short_says_so(tmp_path: Path, share: float) -> None:
    path = saved(tmp_path, *small())
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert refusal(path) == "network FILE: expected a whole .keras file, got one that is cut short or damaged"


def test_damaged_weights_say_which_part(tmp_path: Path) -> None:
    path = saved(tmp_path, *small())
    content = bytearray(path.read_bytes())
    place = content.index(b"\x89HDF") + 600
    content[place : place + 8] = b"damaged!"
    path.write_bytes(content)
    assert "cut short or damaged (BadZipFile: Bad CRC-32 for file 'model.weights.h5'" in refusal(path)


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "an empty file"),
        (b"a picture", "a file of another kind"),
        (b"\x89HDF\r\n", "an HDF5 file under that name"),
    ],
)
def test_a_file_that_is_no_archive_is_called_what_it_is(tmp_path: Path, content: bytes, got: str) -> None:
    path = tmp_path / "network.keras"
    path.write_bytes(content)
    assert refusal(path).startswith(f"network FILE: expected a whole .keras file, got {got}")


def test_other_formats_are_told_how_to_become_one(tmp_path: Path) -> None:
    old, folder = tmp_path / "network.h5", tmp_path / "saved"
    old.write_bytes(b"\x89HDF")
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"")
    assert refusal(old).endswith("then model.save('NAME.keras'), got .h5")
    assert refusal(folder).endswith("got a folder, perhaps a SavedModel")
    assert refusal(tmp_path / "none.keras").endswith("got none of that name")


def test_a_file_of_another_version_of_keras_names_it_with_what_is_unknown(tmp_path: Path) -> None:
    def add_argument(config: Any) -> Any:
        config["config"]["layers"][1]["config"]["sparkle"] = True
        return config

    text = refusal(edited(saved(tmp_path, *small()), add_argument, version="3.99.0"))
    assert text.endswith(
        "got one saved by Keras 3.99.0: Unrecognized keyword arguments passed to Conv2D: {'sparkle': True}"
    )


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda config: [config], "config.json: expected a network as Keras writes it, got list"),
        (lambda config: {**config, "config": None}, "can load, got "),
        (
            lambda config: {**config, "module": "os", "class_name": "system"},
            "the class 'system', which is not known here",
        ),
    ],
)
def test_a_configuration_that_is_no_network_is_refused(tmp_path: Path, edit: Edit, message: str) -> None:
    assert message in refusal(edited(saved(tmp_path, *small()), edit))


@pytest.mark.parametrize("part", ["config.json", "model.weights.h5"])
def test_a_missing_part_is_named(tmp_path: Path, part: str) -> None:
    assert part in refusal(edited(saved(tmp_path, *small()), without=part))


def test_nested_json_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", '{"class_name":"Sequential","config":' + "[" * 100_000 + "]" * 100_000 + "}")
    assert "config.json: expected JSON" in refusal(path)


@pytest.mark.parametrize("bound", ["MAX_FILE_BYTES", "MAX_CONFIG_BYTES"])
def test_what_is_too_large_is_not_read(tmp_path: Path, bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, bound, 1000)
    assert "expected at most 1000 bytes" in refusal(saved(tmp_path, *small()))


def test_a_lambda_is_never_run(tmp_path: Path) -> None:
    path = saved(tmp_path, layers.Lambda(lambda pixels: pixels / 255, name="scale"), *small())
    assert "layer 'scale': expected no code in the file" in refusal(path)


class Unregistered(layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """A layer of the user's own."""

    def call(self, inputs: Any) -> Any:
        """Change nothing."""
        return inputs


def unregistered(values: Any) -> Any:
    return values


def test_code_that_is_not_registered_is_named_with_its_layer(tmp_path: Path) -> None:
    assert "layer 'mine': " in refusal(saved(tmp_path, Unregistered(name="mine"), *small()))
    text = refusal(saved(tmp_path, layers.Dense(3, activation=unregistered, name="odd"), *small()))
    assert "layer 'odd': " in text
    assert "the function 'unregistered', which is not known here" in text


def test_what_a_network_was_trained_with_is_of_no_account(tmp_path: Path) -> None:
    path = tmp_path / "compiled.keras"
    network = keras.Sequential([keras.Input((8,)), layers.Dense(3)])
    network.compile(loss=unregistered, metrics=[unregistered])
    network.save(path)
    assert read_network(path).input_shape == (8,)


def test_weights_that_are_quantized_already_are_refused(tmp_path: Path) -> None:
    network = keras.Sequential([keras.Input((8,)), layers.Dense(8, name="first"), layers.Dense(3)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras, of its own input layer
        network.quantize("int8")
    network.save(tmp_path / "int8.keras")
    assert "layer 'first': expected the network as it was before quantize()" in refusal(tmp_path / "int8.keras")


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    broken = layers.Dense(3, bias_initializer=keras.initializers.Constant(np.nan), name="broken")
    assert refusal(saved(tmp_path, layers.Flatten(), broken)).endswith(
        "broken: expected finite weights, got NaN or infinity"
    )


def test_a_network_that_was_never_built_is_told_to_be(tmp_path: Path) -> None:
    path = tmp_path / "unbuilt.keras"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keras.Sequential([layers.Dense(3)]).save(path)
    assert "expected a network that was built: give it keras.Input(shape)" in refusal(path)


def test_channels_that_come_first_are_refused(tmp_path: Path) -> None:
    path = saved(
        tmp_path, layers.Conv2D(4, 1, data_format="channels_first", name="first"), layers.Flatten(), layers.Dense(3)
    )
    assert "layer 'first': expected images with their channels last" in refusal(path)


@pytest.mark.parametrize(
    ("end", "got"),
    [
        ([layers.Flatten(), layers.Dense(3, "relu")], "relu of 3 units"),
        ([layers.Flatten(), layers.Dense(3), layers.Activation("tanh")], "tanh of 3 units"),
        ([layers.Flatten(), layers.Dense(3, "sigmoid")], "a sigmoid of 3 units"),
        ([layers.Flatten(), layers.Dense(3, "softmax"), layers.Softmax()], "softmax after softmax"),
        ([layers.Flatten(), layers.Dense(3), layers.LayerNormalization()], "LayerNormalization"),
        ([layers.Flatten(), layers.Dense(1)], "one number, which names no class"),
        ([layers.Flatten()], "neither after its input"),
        ([layers.Conv2D(3, 1, activation="softmax")], "softmax at each of 64 positions"),
        ([layers.Conv2D(3, 1)], "an answer for each of 8x8"),
        ([layers.Conv2D(3, 1), layers.GlobalMaxPooling2D()], "GlobalMaxPooling2D"),
        ([layers.Conv2D(3, 1), layers.Flatten()], "Flatten"),
        ([layers.Conv2D(3, 3), layers.GlobalAveragePooling2D()], "a kernel of 3x3 over 8x8"),
        ([layers.Flatten(), layers.Dense(70_000, use_bias=False)], "70000"),
    ],
)
def test_an_output_that_names_no_class_is_refused_with_what_it_is(tmp_path: Path, end: list[Any], got: str) -> None:
    assert refusal(saved(tmp_path, *(type(layer).from_config(layer.get_config()) for layer in end))).endswith(
        f"got {got}"
    )


def test_several_inputs_or_outputs_are_refused_with_what_to_do() -> None:
    one, two = keras.Input((4,)), keras.Input((4,))
    net = layers.Dense(3)(one + two)
    with pytest.raises(HeadError, match=r"save keras.Model\(INPUT, OUTPUT\) .* got 2 inputs and 1 outputs"):
        network_of(keras.Model([one, two], net))
    with pytest.raises(HeadError, match=r"got 1 inputs and 2 outputs"):
        network_of(keras.Model(one, [layers.Dense(3)(one), layers.Dense(2)(one)]))
    with pytest.raises(HeadError, match="got Argmax"):
        network_of(keras.Model(one, ops.argmax(layers.Dense(3)(one), axis=-1)))


def test_an_input_that_no_bundle_can_say_is_refused() -> None:
    inputs = keras.Input((4,), dtype="bool")
    with pytest.raises(WeightsError, match=r"expected an input of dense float32, .* got 'bool'"):
        network_of(keras.Model(inputs, layers.Dense(3)(inputs)))


def test_sizes_that_are_left_open_are_those_of_the_reference_network_or_as_asked(tmp_path: Path) -> None:
    path = saved(tmp_path, layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(3), shape=(None, None, 3))
    assert read_network(path).input_shape == (160, 160, 3)
    assert read_network(path, size=(48, 32)).input_shape == (48, 32, 3)
    assert "input 2x2x3: expected sizes that its layers can take, got Computed output size" in refusal(
        path, size=(2, 2)
    )


def test_a_size_that_contradicts_the_network_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, *small())
    assert read_network(path, size=(8, 8)).input_shape == (8, 8, 3)
    with pytest.raises(RequestError, match=r"--size: expected 8x8, which network .* takes, got 9x9"):
        read_network(path, size=(9, 9))


def test_an_open_axis_of_a_tensor_needs_a_size(tmp_path: Path) -> None:
    path = saved(tmp_path, layers.LSTM(4), layers.Dense(3), shape=(None, 6))
    assert "expected a fixed size: --size N for the axis that is left open, got an input of shape ?x6" in refusal(path)
    assert read_network(path, size=(20, 20)).input_shape == (20, 6)


@pytest.mark.parametrize("shape", [(6,), (8, 6), (8, 6, 2), (3, 8, 8, 3)])
def test_a_size_is_refused_where_a_tensor_leaves_none_open(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = saved(tmp_path, layers.Flatten(), layers.Dense(3), shape=shape)
    assert "--size: expected no size for network FILE, whose input leaves none open, got 99x99 beside " in refusal(
        path, size=(99, 99)
    )


def test_an_open_axis_of_one_channel_has_no_size_of_its_own(tmp_path: Path) -> None:
    """It may be a spectrogram."""
    path = saved(tmp_path, layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(3), shape=(None, 64, 1))
    assert "expected --size HEIGHTxWIDTH for what is left open: " in refusal(path)
    assert refusal(path).endswith("got an input of shape ?x64x1")
    assert read_network(path, size=(30, 64)).input_shape == (30, 64, 1)
    assert "--size: expected ?x64, which network FILE takes, got 30x30" in refusal(path, size=(30, 30))


def test_one_number_names_no_class_in_memory_either() -> None:
    inputs = keras.Input((4,))
    one = keras.Model(inputs, layers.Dense(1)(inputs))
    with pytest.raises(HeadError, match="got one number, which names no class"):
        network_of(one)
    assert prepared(one, where="the reference network", one_class=True).input_shape == (4,)


def test_a_class_of_keras_hub_is_none_of_keras(tmp_path: Path) -> None:
    def moved(config: Any) -> Any:
        layer = config["config"]["layers"][1]
        layer["module"], layer["registered_name"] = "keras_hub.layers", "keras_hub>Backbone"
        return config

    assert "got the class 'Backbone', which is not known here" in refusal(edited(saved(tmp_path, *small()), moved))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64"])
def test_every_precision_is_loaded_as_float32(tmp_path: Path, policy: str) -> None:
    def inner() -> keras.Model:
        stack = [layers.Conv2D(4, 3, dtype=policy), layers.BatchNormalization(dtype=policy), layers.ReLU(dtype=policy)]
        return keras.Sequential([keras.Input((8, 8, 3)), *stack], name="inner")

    inputs = keras.Input((8, 8, 3), dtype="float16")
    net = layers.TimeDistributed(layers.Dense(4, dtype=policy), dtype=policy)(inner()(inputs))
    net = ops.cast(layers.Flatten(dtype=policy)(net), "float16") * 0.5
    model = keras.Model(inputs, layers.Dense(3, "softmax", dtype="float32")(net))
    model.save(tmp_path / "mixed.keras")
    network = read_network(tmp_path / "mixed.keras")
    photos = np.random.default_rng(0).uniform(size=(2, 8, 8, 3)).astype(np.float32)
    assert {layer.compute_dtype for layer in network.flat.layers} == {"float32"}
    assert {weight.dtype for weight in network.flat.weights} == {"float32"}
    np.testing.assert_allclose(network.flat(photos), np.asarray(model(photos), np.float32), atol=0.02)


def test_a_network_in_memory_is_not_changed() -> None:
    inputs = keras.Input((8, 8, 3))
    base = keras.Sequential([layers.Conv2D(4, 3, name="größe"), layers.Flatten()], name="base")
    model = keras.Model(inputs, layers.Dense(3, name="my layer", trainable=False)(base(inputs)))
    before = model.get_config(), [len(layer._inbound_nodes) for layer in model._flatten_layers()]
    network_of(model)
    assert (model.get_config(), [len(layer._inbound_nodes) for layer in model._flatten_layers()]) == before


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError(""), "ValueError"),
        (ValueError("\n\n  the reason\nand more"), "the reason"),
        (KeyError("config.json"), "KeyError: 'config.json'"),
        (
            TypeError("X could not be deserialized.\n\nconfig={}.\n\nException encountered: no such unit"),
            "no such unit",
        ),
        (
            ValueError("Exception encountered when calling A.call().\n\n\x1b[1mToo small.\x1b[0m\n\nArguments: x"),
            "Too small.",
        ),
        (
            ValueError("1 object could not be loaded. Example of <Dense>:\n\nshapes differ"),
            "1 object could not be loaded. Example of <Dense>: shapes differ",
        ),
        (ValueError("long " * 200), ("long " * 200)[:297] + "..."),
    ],
)
def test_what_keras_says_is_told_in_one_line(error: Exception, told: str) -> None:
    assert telling_line(error) == told
