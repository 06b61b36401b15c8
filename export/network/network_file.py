"""A `.keras` file from outside: whether it can be one, told before Keras is loaded; what a damaged one looks like."""

from __future__ import annotations

import zipfile
from pathlib import Path

from export.errors import WeightsError
from export.network.keras_errors import telling_line

SUFFIX = ".keras"
MAX_FILE_BYTES = 4 << 30
"""Of the file, and of all that it holds: a TFLite file has at most half as many."""
WHOLE = "a whole .keras file"
_HDF5_MAGIC = b"\x89HDF"


def check_network_file(path: Path, *, where: str) -> None:
    """Refuse what cannot be a network that Keras has saved; `where` names it in errors.

    Raises:
        WeightsError: no file of that name and suffix, one that is too large, or no archive.
    """
    if path.is_dir():
        hint = "a folder, perhaps a SavedModel" if (path / "saved_model.pb").exists() else "a folder"
        raise WeightsError(where, expected="a .keras file, as model.save('NAME.keras') writes it", got=hint)
    if not path.is_file():
        raise WeightsError(where, expected="a .keras file", got="none of that name")
    if path.suffix != SUFFIX:
        raise WeightsError(
            where,
            expected="a .keras file: load it with Keras where it was made, then model.save('NAME.keras')",
            got=path.suffix or "a file without a suffix",
        )
    if path.stat().st_size > MAX_FILE_BYTES:
        raise WeightsError(where, expected=f"at most {MAX_FILE_BYTES} bytes", got=str(path.stat().st_size))
    if not zipfile.is_zipfile(path):
        raise WeightsError(where, expected=WHOLE, got=damage(path))


def damage(path: Path, error: Exception | None = None) -> str:
    """Say what a file is that cannot be read as an archive, or not to its end."""
    with path.open("rb") as file:
        start = file.read(len(_HDF5_MAGIC))
    if start == _HDF5_MAGIC:
        return "an HDF5 file under that name: load it with Keras as .h5, then model.save('NAME.keras')"
    if not start:
        return "an empty file"
    if not start.startswith(b"PK"):
        return "a file of another kind"
    told = error is not None and not (isinstance(error, zipfile.BadZipFile) and "CRC" not in str(error))
    return f"one that is cut short or damaged{f' ({telling_line(error)})' if error is not None and told else ''}"
