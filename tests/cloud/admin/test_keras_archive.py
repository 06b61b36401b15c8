"""What cannot be a Keras file is told from what may be one, without Keras."""

import io
import zipfile
from collections.abc import Callable

import pytest

from cloud.admin import keras_archive
from cloud.admin.keras_archive import check_keras_archive
from contract.errors import Malformed, TooLarge

GOOD = {"config.json": b"{}", "metadata.json": b"{}", "model.weights.h5": b"\x89HDF\r\n\x1a\n and so on"}


def archive(compression: int = zipfile.ZIP_STORED, /, **changed: bytes | None) -> bytes:
    members = GOOD | {name.replace("_json", ".json").replace("_h5", ".weights.h5"): it for name, it in changed.items()}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as made:
        for name, member in members.items():
            if member is not None:
                made.writestr(name, member)
    return content.getvalue()


def damaged() -> bytes:
    return archive().replace(b"and so on", b"and so up")


def damaged_where_packed(compression: int) -> bytes:
    """The first bytes of its weights, as they are packed, are others."""
    data = bytearray(archive(compression, model_h5=GOOD["model.weights.h5"] + bytes(range(256))))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as whole:
        begin = whole.getinfo("model.weights.h5").header_offset + 30 + len("model.weights.h5")
    data[begin : begin + 60] = b"\xff" * 60
    return bytes(data)


def encrypted() -> bytes:
    return archive().replace(b"\x14\x00\x00\x00\x00\x00", b"\x14\x00\x01\x00\x00\x00")


def test_what_a_saved_network_looks_like_passes(make_head: Callable[[bytes], bytes]) -> None:
    check_keras_archive(archive(), where="head")
    check_keras_archive(make_head(b"any"), where="head")
    check_keras_archive(archive(zipfile.ZIP_DEFLATED), where="head")


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_what_keras_does_not_pack_with_is_not_unpacked(compression: int) -> None:
    """A damaged member of this kind was a traceback, as the library that unpacks it has errors of its own."""
    for data in (archive(compression), damaged_where_packed(compression)):
        with pytest.raises(Malformed, match=r"^head\.config\.json: expected a member that is stored or deflated"):
            check_keras_archive(data, where="head")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "head: expected a Keras archive"),
        (b"\x89HDF\r\n\x1a\n", "head: expected a Keras archive"),
        (bytes(range(256)) * 100, "head: expected a Keras archive"),
        (archive()[:-30], "head: expected a Keras archive"),
        (damaged(), "head: expected a Keras archive, got .*CRC"),
        (damaged_where_packed(zipfile.ZIP_DEFLATED), "head: expected a Keras archive, got .*decompress"),
        (encrypted(), "head: expected a Keras archive, got .*encrypted"),
        (archive(config_json=None), "head.config.json: expected a member"),
        (archive(metadata_json=None), "head.metadata.json: expected a member"),
        (archive(model_h5=None), "head.model.weights.h5: expected a member"),
        (archive(config_json=b"{"), "head.config.json: expected JSON"),
        (archive(config_json=b"[" * 100_000), "head.config.json: expected JSON"),
        (archive(config_json=b"[]"), "head.config.json: expected a JSON object"),
        (archive(config_json=b"\xff"), "head.config.json: expected JSON"),
        (archive(model_h5=b"not HDF5"), "head.model.weights.h5: expected an HDF5 file"),
    ],
)
def test_what_cannot_be_one_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(Malformed, match=f"^{said}"):
        check_keras_archive(data, where="head")


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(keras_archive.MAX_BYTES, "config.json", 100)
    with pytest.raises(TooLarge, match=r"head\.config\.json: expected at most 100 bytes"):
        check_keras_archive(archive(config_json=b" " * 101), where="head")
