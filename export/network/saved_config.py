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
_QUANTIZED = ("Quantized", "GPTQ", "AWQ")
"""Begin the names of the classes that say how weights were quantized."""
_OF_KERAS = frozenset({"keras", "builtins"})
"""Packages of Keras and Python; keras_hub, say, is another one."""
_TRAINED_WITH = "compile_config"
"""Optimizer, losses and metrics: never loaded, whatever they are."""
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
    """Return the configuration in float32, for any batch, without an optimizer, and with all of it open to training.

    What stands after the cut is trained as a whole, whatever its author froze while training the rest.
    """
    if isinstance(config, list):
        return [as_float32(value) for value in config]
    if not isinstance(config, dict):
        return FLOAT32 if isinstance(config, str) and config in _OTHER_FLOATS else config
    edited = {key: value if key in _NAMES else _edited(key, value) for key, value in config.items()}
    if _is_policy(config) and isinstance(edited.get("config"), dict) and edited["config"].get("name") in _OTHER_FLOATS:
        edited["config"]["name"] = FLOAT32
    return edited


def _edited(key: str, value: Json) -> Json:
    if key == _TRAINED_WITH:
        return None
    if key == "trainable" and value is False:
        return True
    if key in ("batch_shape", "batch_input_shape") and isinstance(value, list) and value:
        return [None, *value[1:]]
    return as_float32(value)


def _is_policy(found: Json) -> bool:
    return str(found.get("class_name")).endswith("DTypePolicy")


def _objects(config: Json, layer: str = "") -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield every object of the network with the name of the innermost layer that it belongs to."""
    waiting = [(layer, config)]
    while waiting:
        layer, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(layer, item) for item in reversed(value)]
        elif isinstance(value, dict):
            inner = value.get("config")
            if isinstance(value.get("class_name"), str):
                if isinstance(inner, dict) and isinstance(inner.get("name"), str) and not _is_policy(value):
                    layer = inner["name"]
                yield layer, value
            waiting += [(layer, item) for key, item in reversed(value.items()) if key != _TRAINED_WITH]


def _check_code(found: dict[str, Json], place: str, is_registered: Registered) -> None:
    kind = found["class_name"]
    if kind == "__lambda__":
        raise WeightsError(
            place,
            expected="no code in the file, which is never run: use keras.ops, layers of Keras or a registered layer",
            got="a Python lambda",
        )
    if kind == "TFSMLayer":
        raise WeightsError(place, expected="layers of Keras, not a SavedModel in one", got=kind)
    name = _name_to_look_up(found)
    if name is not None and not is_registered(name):
        what = f"the {'function' if kind == 'function' else 'class'} {shown(name.rpartition('>')[2])}"
        raise WeightsError(
            place,
            expected="layers and functions of Keras: those of one's own that keras.saving.register_keras_serializable "
            "registers are known only where they are imported",
            got=f"{what}, which is not known here",
        )


def _name_to_look_up(found: dict[str, Json]) -> str | None:
    """Return under which name an object must be known; None for one of Keras's own."""
    kind, module, inner = found["class_name"], found.get("module", "keras"), found.get("config")
    if kind == "function" and isinstance(inner, str) and module == "builtins":
        return inner
    if kind.startswith("__") or (isinstance(module, str) and module.partition(".")[0] in _OF_KERAS):
        return None
    registered = found.get("registered_name")
    return registered if isinstance(registered, str) else str(kind)


def _check_served(found: dict[str, Json], place: str) -> None:
    kind, inner = found["class_name"], found.get("config")
    if not isinstance(inner, dict):
        return
    if kind.startswith(_QUANTIZED) and kind.endswith("Policy"):
        raise WeightsError(
            place,
            expected="the network as it was before quantize(): the export quantizes by itself, see --quantize",
            got=f"weights in {shown(inner.get('mode'))}",
        )
    if inner.get("stateful") is True:
        raise WeightsError(place, expected="stateful=False: each inference stands alone", got="stateful=True")
    if inner.get("data_format") == "channels_first":
        raise WeightsError(
            place, expected="images with their channels last, which is what TFLite computes", got="channels_first"
        )
