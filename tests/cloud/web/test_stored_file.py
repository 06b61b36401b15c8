"""A stored object is a file for whoever reads files, over both stores."""

import io
import os

import pytest

from cloud.errors import NotFound
from cloud.store import ByteRange, ObjectStore, StoredObject
from cloud.web.stored_file import StoredFile

KEY = "objects/home/one"
BODY = bytes(range(256)) * 20


@pytest.fixture
def file(store: ObjectStore) -> StoredFile:
    store.put(KEY, BODY)
    return StoredFile(store, KEY, size=len(BODY))


@pytest.fixture
def read(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> list[ByteRange | None]:
    """What was read of the store."""
    ranges: list[ByteRange | None] = []
    get = type(store).get

    def note(self: ObjectStore, key: str, byte_range: ByteRange | None = None) -> StoredObject:
        ranges.append(byte_range)
        return get(self, key, byte_range)

    monkeypatch.setattr(type(store), "get", note)
    return ranges


def test_it_reads_as_a_file_of_these_bytes_does(file: StoredFile) -> None:
    model = io.BytesIO(BODY)
    for offset, whence, size in [(0, os.SEEK_SET, 7), (3, os.SEEK_CUR, 1000), (-5, os.SEEK_END, 100), (-9, 1, 2)]:
        assert (file.seek(offset, whence), file.tell()) == (model.seek(offset, whence), model.tell())
        assert (file.read(size), file.tell()) == (model.read(size), model.tell())
    assert file.seek(0) == 0
    assert file.read() == BODY
    assert file.read(1) == b""


def test_each_read_is_one_get_of_what_was_asked_for(file: StoredFile, read: list[ByteRange | None]) -> None:
    file.seek(10)
    assert read == []
    assert file.read(5) == BODY[10:15]
    file.seek(-5, os.SEEK_END)
    assert file.read(4096) == BODY[-5:]
    assert file.read(1) == b""
    assert read == [ByteRange(10, 15), ByteRange(len(BODY) - 5, len(BODY))]


def test_an_empty_object_is_never_read(store: ObjectStore, read: list[ByteRange | None]) -> None:
    assert StoredFile(store, KEY, size=0).read(100) == b""
    assert read == []


def test_an_object_that_is_gone_meanwhile_is_an_error(file: StoredFile, store: ObjectStore) -> None:
    store.delete(KEY)
    with pytest.raises(NotFound):
        file.read(1)
