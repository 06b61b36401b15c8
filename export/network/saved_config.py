"""The configuration in a `.keras` file, as it is read here: checked before Keras builds anything, and in float32.

Keras writes a network as JSON: objects with `class_name`, `module`, `registered_name` and `config`, within one another.
What a file asks for in another precision (a policy such as mixed_float16, a dtype of one layer) is asked for in float32
instead: it is the same function, better rounded, and what TFLite and the gate's comparisons are made for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from contract.errors import shown
from export.errors import WeightsError

FLOAT32 = "float32"
_OTHER_FLOATS = frozenset({"float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"})
_QUANTIZED = ("int8", "int4", "float8", "gptq", "awq")
_OF_KERAS = ("keras", "keras.", "builtins")
_NAMES = frozenset(
    {"name", "class_name", "module", "registered_name", "keras_history", "input_layers", "output_layers"}
)
"""Keys under which a text is a name, whatever it looks like."""

Registered = Callable[[str], bool]
Json = Any
"""What `json.loads` gives; a file of a stranger may hold anything."""


def check_config(config: Json, *, where: str, is_registered: Registered) -> None:
    """Refuse what Keras would not build, or what cannot be served, by the name of the layer.

    Raises:
        WeightsError: a Python lambda, a class that is not registered, weights that are quantized already, a layer that
            keeps its state from call to call, or images whose channels come first.
    """
    for layer, found in _objects(config):
        place = f"{where}, layer {shown(layer)}" if layer else where
        _check_code(found, place, is_registered)
        _check_served(found, place)


def as_float32(config: Json) -> Json:
    """Return the configuration in float32, for any batch, without an optimizer, and with nothing held back from training.

    What stands after the cut is trained as a whole, whatever its author froze while training the rest.
    """
    if isinstance(config, list):
        return [as_float32(value) for value in config]
    if not isinstance(config, dict):
        return FLOAT32 if isinstance(config, str) and config in _OTHER_FLOATS else config
    edited = {key: value if key in _NAMES else _edited(key, value) for key, value in config.items()}
    if _is_policy(config):
        edited["config"] = {**edited["config"], "name": FLOAT32}
    return edited


def _edited(key: str, value: Json) -> Json:
    if key == "compile_config":
        return None
    if key == "trainable" and value is False:
        return True
    if key in ("batch_shape", "batch_input_shape") and isinstance(value, list) and value:
        return [None, *value[1:]]
    return as_float32(value)


def _is_policy(found: Json) -> bool:
    return (
        found.get("class_name") in ("DTypePolicy", "FloatDTypePolicy")
        and isinstance(found.get("config"), dict)
        and found["config"].get("name") in _OTHER_FLOATS
    )


def _objects(config: Json, layer: str = "") -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield every object of the configuration with the name of the innermost layer that it belongs to."""
    waiting = [(layer, config)]
    while waiting:
        layer, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(layer, item) for item in reversed(value)]
        elif isinstance(value, dict):
            inner = value.get("config")
            if isinstance(value.get("class_name"), str):
                if (
                    isinstance(inner, dict)
                    and isinstance(inner.get("name"), str)
                    and "Policy" not in value["class_name"]
                ):
                    layer = inner["name"]
                yield layer, value
            waiting += [(layer, item) for item in reversed(value.values())]


def _check_code(found: dict[str, Json], place: str, is_registered: Registered) -> None:
    kind = found["class_name"]
    if kind == "__lambda__":
        raise WeightsError(
            place,
            expected="no code in the file, which is never run: keras.ops, layers of Keras or a registered layer instead",
            got="a Python lambda",
        )
    if kind == "TFSMLayer":
        raise WeightsError(place, expected="layers of Keras, not a SavedModel in one", got=kind)
    module = found.get("module", "keras")
    if kind.startswith("__") or (isinstance(module, str) and module.startswith(_OF_KERAS)):
        return
    registered = found.get("registered_name")
    if not is_registered(registered if isinstance(registered, str) else kind):
        raise WeightsError(
            place,
            expected="layers of Keras, or classes registered with keras.saving.register_keras_serializable and imported",
            got=f"the class {shown(kind)}, which is not known here",
        )


def _check_served(found: dict[str, Json], place: str) -> None:
    inner = found.get("config")
    if not isinstance(inner, dict):
        return
    name = inner.get("name") if "Policy" in found["class_name"] else None
    if isinstance(name, str) and name.startswith(_QUANTIZED):
        raise WeightsError(
            place, expected="the network as it was before quantize(); use --quantize", got=f"weights in {name}"
        )
    if inner.get("stateful") is True:
        raise WeightsError(place, expected="stateful=False: each inference stands alone", got="stateful=True")
    if inner.get("data_format") == "channels_first":
        raise WeightsError(
            place, expected="images with their channels last, which is what TFLite computes", got="channels_first"
        )
