"""What can be checked of a Keras file without Keras: that it is whole, and bounded.

A `.keras` file is a zip archive of `config.json`, `metadata.json` and `model.weights.h5`. Whether Keras can make a
network of it only the worker finds out.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib

from contract.cuts import MAX_MODEL_BYTES
from contract.errors import ContractError, Malformed, TooLarge, shown

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MAX_BYTES = {CONFIG: 16 << 20, METADATA: 1 << 20, WEIGHTS: MAX_MODEL_BYTES}
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
"""What zipfile raises on bytes of another kind, damaged archives, and archives with a password."""

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What Keras writes, and all that is unpacked here."""


def check_keras_archive(data: bytes, *, where: str) -> None:
    """Refuse bytes that cannot be a saved Keras network.

    Raises:
        Malformed: they are not a zip archive, a member is missing or damaged, or is not what its name says.
        TooLarge: a member is over its bound when unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: _read(archive, name, where=f"{where}.{name}") for name in MAX_BYTES}
    except ContractError:
        raise
    except _BROKEN as error:
        raise Malformed(where, expected="a Keras archive", got=shown(str(error))) from error
    for name in (CONFIG, METADATA):
        _check_object(members[name], where=f"{where}.{name}")
    if not members[WEIGHTS].startswith(HDF5_MAGIC):
        raise Malformed(f"{where}.{WEIGHTS}", expected="an HDF5 file", got=shown(members[WEIGHTS][:8]))


def _read(archive: zipfile.ZipFile, name: str, *, where: str) -> bytes:
    """Read a member, whose checksum zipfile compares at its end."""
    if name not in archive.namelist():
        raise Malformed(where, expected="a member of the archive", got="none")
    compression = archive.getinfo(name).compress_type
    if compression not in _COMPRESSIONS:
        raise Malformed(where, expected="a member that is stored or deflated", got=f"compression {compression}")
    with archive.open(name) as member:
        content = member.read(MAX_BYTES[name] + 1)
    if len(content) > MAX_BYTES[name]:
        raise TooLarge(where, expected=f"at most {MAX_BYTES[name]} bytes", got="more")
    return content


def _check_object(content: bytes, *, where: str) -> None:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Malformed(where, expected="JSON", got=shown(str(error))) from error
    if not isinstance(document, dict):
        raise Malformed(where, expected="a JSON object", got=shown(document))
