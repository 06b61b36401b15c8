"""Uploads put together wrong: a right one is taken apart, changed and sealed again."""

import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

from contract.upload import peek_upload_header


class Forgery:
    """A right upload taken apart, to be changed and put together wrong."""

    def __init__(self, data: bytes) -> None:
        header = peek_upload_header(data)
        start = header.layout.data_start
        self.document: dict[str, Any] = json.loads(data[8:start])
        self.metadata: dict[str, Any] = self.document["__metadata__"]
        self.section = data[start:] if header.stored == header.size else zlib.decompress(data[start:])
        self.metadata["stored"] = len(self.section)

    def seal(self) -> bytes:
        header = json.dumps(self.document, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return struct.pack("<Q", len(header)) + header + self.section


Change = Callable[[Forgery], object]


def metadata(**values: Any) -> Change:
    return lambda forgery: forgery.metadata.update(values)


def self_test(**values: Any) -> Change:
    return lambda forgery: forgery.metadata["self_test"].update(values)


def without(key: str) -> Change:
    return lambda forgery: forgery.metadata.pop(key)


def entry(name: str, **values: Any) -> Change:
    return lambda forgery: forgery.document[name].update(values)


def extra(**values: Any) -> Change:
    """Add a tensor that no reader knows to the table."""
    return lambda forgery: forgery.document.update(extra=values)


def patched(offset: int, raw: bytes) -> Change:
    """Overwrite the data section; the offset may count from its end."""

    def change(forgery: Forgery) -> None:
        section = bytearray(forgery.section)
        begin = offset % len(section)
        section[begin : begin + len(raw)] = raw
        forgery.section = bytes(section)

    return change


def stored_as(make: Callable[[bytes], bytes]) -> Change:
    """Replace what is stored of the data section, and say its length truly."""

    def change(forgery: Forgery) -> None:
        forgery.section = make(forgery.section)
        forgery.metadata["stored"] = len(forgery.section)

    return change


def deflated(section: bytes) -> bytes:
    return zlib.compress(section, 9)
