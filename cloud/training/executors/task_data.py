"""What tasks carry, in and out: a document and named arrays, in memory, as bytes, or as a folder of files.

::

    bytes     a tensor file (`contract.tensors`): the document is its metadata, its tensors are the arrays
    folder    header      that file's header
              <name>      one file for each array (`cloud.training.executors.arrays`)

A folder's files one after another, in the order of the header, are the bytes. On one machine arrays travel as files
that are mapped and linked, never copied; between machines as the bytes, or as the folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cloud.training.executors.arrays import Array, Bytes, Floats, Integers, place_array, read_array
from contract.documents import Fields, Json
from contract.errors import Malformed
from contract.tensors import DTYPES, decode_tensors, encode_header, encode_tensors, parse_header

HEADER_FILE = "header"


@dataclass(frozen=True, slots=True, eq=False)
class TaskData:
    """A value that goes into a task, or comes out of one."""

    document: Mapping[str, Json]
    arrays: Mapping[str, Array]
    """By names that are safe as names of files."""

    @property
    def fields(self) -> Fields:
        """The document, to be read field by field."""
        return Fields(self.document, where="task")

    def floats(self, name: str) -> Floats:
        """Return a float32 array by its name.

        Raises:
            Malformed: there is no such array.
        """
        return self._array(name, np.float32)

    def integers(self, name: str) -> Integers:
        """Return an int64 array by its name. Raises as `floats` does."""
        return self._array(name, np.int64)

    def binary(self, name: str) -> Bytes:
        """Return the bytes of a file by their name. Raises as `floats` does."""
        return self._array(name, np.uint8)

    def encode(self) -> bytes:
        """Write everything as bytes, which are in memory: for arrays that may be too large there are folders."""
        return encode_tensors(self.arrays, self.document)

    @classmethod
    def decode(cls, data: bytes | memoryview) -> TaskData:
        """Read what `encode` wrote; arrays are views of `data`.

        Raises:
            ContractError: the bytes are not a tensor file.
        """
        file = decode_tensors(data)
        return cls(file.metadata, file.tensors)

    def save(self, folder: Path) -> None:
        """Write everything to a folder, made if it is not there; arrays that are mapped files are linked.

        Raises:
            OSError: the disk is full.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in self.arrays.items():
            place_array(folder / name, array)
        (folder / HEADER_FILE).write_bytes(encode_header(self.arrays, self.document))

    @classmethod
    def load(cls, folder: Path) -> TaskData:
        """Read what `save` wrote; large arrays are mapped.

        Raises:
            OSError: a file is missing.
            ContractError: the header is not one.
        """
        header = parse_header((folder / HEADER_FILE).read_bytes())
        arrays = {
            name: read_array(folder / name, dtype=DTYPES[field.dtype], shape=field.shape)
            for name, field in header.fields.items()
        }
        return cls(header.metadata, arrays)

    def _array(self, name: str, dtype: type[np.generic]) -> Array:
        array = self.arrays.get(name)
        if array is None or array.dtype != dtype:
            got = "nothing" if array is None else str(array.dtype)
            raise Malformed(f"task.{name}", expected=f"an array of {np.dtype(dtype).name}", got=got)
        return array
