"""A `.keras` file as an archive: opened within bounds, its configuration checked and put into float32, and built.

Keras itself reads the result, which is written beside a copy of the weights: nothing else knows all that it may hold.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras

from export.errors import WeightsError
from export.network.graph import deep_graphs
from export.network.keras_errors import telling_line
from export.network.network_file import MAX_FILE_BYTES, SUFFIX, WHOLE, check_network_file, damage
from export.network.saved_config import as_float32, check_config
from export.quiet import silence

MAX_CONFIG_BYTES = 64 << 20
"""The largest of keras.applications has less than two million."""
_OF_FUNCTIONS = (keras.activations, keras.initializers, keras.constraints, keras.regularizers)
"""Where Keras looks for a function by its name alone."""
_CONFIG, _METADATA = "config.json", "metadata.json"
_DAMAGE = (zipfile.BadZipFile, OSError, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError)


def load_float32(path: Path, *, where: str) -> keras.Model:
    """Load the network of a `.keras` file, not compiled and with every layer in float32; `where` names it in errors.

    Raises:
        WeightsError: no such file, or one that is not whole, too large, or that `check_config` or Keras refuses.
    """
    check_network_file(path, where=where)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"network{SUFFIX}"
        saved_by = _rewrite(path, copy, where)
        return _load(copy, where, saved_by)


def _rewrite(path: Path, copy: Path, where: str) -> str:
    """Write the archive again with its configuration as it is read here; return the Keras version that saved it."""
    try:
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w") as target:
            config = _parsed(_member(source, _CONFIG, where), where)
            check_config(config, where=where, is_registered=_is_registered)
            target.writestr(_CONFIG, json.dumps(as_float32(config)))
            _check_size(source, where)
            for member in source.infolist():
                if member.filename != _CONFIG:
                    _copy(source, member, target)
            return _version(source, where)
    except WeightsError:
        raise
    except _DAMAGE as error:
        raise WeightsError(where, expected=WHOLE, got=damage(path, error)) from error


def _member(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    if name not in archive.namelist():
        raise WeightsError(where, expected=f"{name} in the archive, as Keras 3 saves it", got="none of that name")
    if archive.getinfo(name).file_size > MAX_CONFIG_BYTES:
        size = archive.getinfo(name).file_size
        raise WeightsError(f"{where}, {name}", expected=f"at most {MAX_CONFIG_BYTES} bytes", got=str(size))
    return archive.read(name)


def _check_size(archive: zipfile.ZipFile, where: str) -> None:
    size = sum(member.file_size for member in archive.infolist())
    if size > MAX_FILE_BYTES:
        raise WeightsError(where, expected=f"at most {MAX_FILE_BYTES} bytes in the archive", got=str(size))


def _copy(source: zipfile.ZipFile, member: zipfile.ZipInfo, target: zipfile.ZipFile) -> None:
    with source.open(member) as read, target.open(member.filename, "w", force_zip64=True) as written:
        shutil.copyfileobj(read, written, 1 << 20)


def _parsed(content: bytes, where: str) -> dict[str, Any]:
    try:
        config = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{where}, {_CONFIG}", expected="JSON", got=str(error)) from error
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise WeightsError(f"{where}, {_CONFIG}", expected="a network as Keras writes it", got=type(config).__name__)
    return config


def _version(archive: zipfile.ZipFile, where: str) -> str:
    if _METADATA not in archive.namelist():
        return ""
    try:
        metadata = json.loads(_member(archive, _METADATA, where))
    except ValueError:
        return ""
    found = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) else ""


def _is_registered(name: str) -> bool:
    return keras.saving.get_registered_object(name) is not None or any(
        hasattr(module, name) for module in _OF_FUNCTIONS
    )


def _load(path: Path, where: str, saved_by: str) -> keras.Model:
    try:
        with silence(), deep_graphs():
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever the layers of the file raise
        raise WeightsError(
            where, expected=f"a network that Keras {keras.__version__} can load", got=_refusal(error, saved_by)
        ) from error
    if not isinstance(model, keras.Model):
        raise WeightsError(where, expected="a network", got=type(model).__name__)
    return model


def _refusal(error: Exception, saved_by: str) -> str:
    other = saved_by and saved_by != keras.__version__
    return f"one saved by Keras {saved_by}: {telling_line(error)}" if other else telling_line(error)
