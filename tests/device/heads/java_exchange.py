"""Writes a folder of heads for the Android library's tests to open, and opens the one that they wrote.

    python -m tests.device.heads.java_exchange write DIR
    python -m tests.device.heads.java_exchange check DIR

    DIR/python/    as the Python device writes it
    DIR/java/      the same, call by call, as `fedexclient.heads` writes it (its test `HeadStory`)

`check` says which file differs, and where the Python device cannot go on with a folder of Java's.
"""

from __future__ import annotations

import base64
import shutil
import sys
import tempfile
from pathlib import Path

from contract.envelope import Envelope
from contract.files import sha256_hex
from contract.manifest import MANIFEST_PAYLOAD_TYPE, Manifest, Precision
from device.heads.floors import ReleaseLine
from device.heads.store import HeadEntry, HeadStore

GOLDEN = Path(__file__).parents[2] / "contract" / "golden"
ISSUED = 1_760_000_000
SPACE = "5b" * 32
ONE, TWO = b"\0\0\0\0TFL3one", b"\0\0\0\0TFL3two, longer"
CANARY = (
    f'{{"floors":[{{"channel":"canary","etag":"","group":"home","issued":{ISSUED},"passed":0,"serial":41,'
    f'"space":"{SPACE}"}}],"format":1}}'
)


def tell(folder: Path) -> None:
    """Write the heads."""
    heads = HeadStore(folder)
    with heads.installing():
        heads.floors_path.write_text(CANARY, encoding="utf-8")
        heads.swap(add(heads, 7, ONE))
        heads.swap(add(heads, 8, TWO))
        renewed = heads.add_object(envelope(9, TWO))
        heads.renew(HeadEntry(renewed, Precision.FLOAT32, "", wanted=Precision.DYNAMIC))
        heads.pass_over(manifest(12), etag='"zwölf"')
        heads.prune()


def add(heads: HeadStore, serial: int, head: bytes) -> HeadEntry:
    heads.add_object(head)
    heads.add_object((GOLDEN / "device-bundle" / "labels.json").read_bytes())
    signed = heads.add_object(envelope(serial, head))
    return HeadEntry(signed, Precision.FLOAT32, f'"tag {serial}"', wanted=Precision.DYNAMIC)


def envelope(serial: int, head: bytes) -> bytes:
    """Return the golden release of another serial and with another file; nobody has signed it."""
    before = (GOLDEN / "device-bundle" / "head.tflite").read_bytes()
    payload = (GOLDEN / "manifest.json").read_text(encoding="utf-8")
    payload = payload.replace(sha256_hex(before), sha256_hex(head))
    payload = payload.replace(f'"size":{len(before)}', f'"size":{len(head)}')
    payload = payload.replace('"serial":7', f'"serial":{serial}')
    text, zeros = base64.b64encode(payload.encode()).decode(), base64.b64encode(bytes(64)).decode()
    signatures = f'[{{"keyid":"{"0" * 16}","sig":"{zeros}"}}]'
    return f'{{"payload":"{text}","payloadType":"{MANIFEST_PAYLOAD_TYPE}","signatures":{signatures}}}'.encode()


def manifest(serial: int) -> Manifest:
    return Manifest.parse(Envelope.parse(envelope(serial, ONE)).payload)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def check(folder: Path) -> None:
    """Compare heads of Java's with those of this side, and go on with them."""
    with tempfile.TemporaryDirectory() as place:
        own, copy = Path(place, "own"), Path(place, "copy")
        shutil.copytree(folder, copy)
        tell(own)
        expected, got = contents(own), contents(copy)
        differing = {name for name in expected | got if expected.get(name) != got.get(name)}
        assert not differing, f"expected these files as this side writes them, got others: {sorted(differing)}"
        go_on(HeadStore(copy))


def go_on(heads: HeadStore) -> None:
    """Use them as the device does."""
    newest, before = heads.entries()
    assert (heads.load(newest).content, heads.load(before).content) == (TWO, ONE)
    line = ReleaseLine("home", SPACE, "best")
    assert (heads.floors()[line].serial, heads.floors()[line].passed, heads.floors()[line].issued) == (9, 12, ISSUED)
    assert heads.floors()[ReleaseLine("home", SPACE, "canary")].serial == 41
    with heads.installing():
        heads.swap(add(heads, 13, ONE))
        heads.prune()
    assert [heads.load(one).manifest.serial for one in heads.entries()] == [13, 9]
    assert heads.floors()[line].passed == 0


def main(action: str, folder: Path) -> None:
    """Write, or check."""
    if action == "write":
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        tell(folder / "python")
        return
    check(folder / "java")
    print(f"the Python device opens {folder}/java and goes on with it: every file is as it writes it")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
