"""Raw images never leave the device: everything it says to the service is recorded and searched for the photos."""

import re
import urllib.error
import urllib.request
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from contract.bundle import read_device_bundle
from contract.upload import decode_upload, peek_upload_header
from demo.roles import Person
from device.recognise.image import load_photo
from device.recognise.models import load_detector
from device.recognise.regions import RegionFinder
from device.recognise.tflite import open_runtime
from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployment import NEVER, TEST_TIMEOUT_S, Deployment, correct, uploads
from tests.end_to_end.wire import tapped

pytestmark = pytest.mark.timeout(TEST_TIMEOUT_S)
PIECE_BYTES = 24
LEAST_DIFFERENT_BYTES = 8
"""Pieces of one colour could be anything."""
UPLOAD = re.compile(rb"PUT /v1/spaces/\w+/uploads/\w+ HTTP/1\.1\r\n.*?Content-Length: (\d+).*?\r\n\r\n", re.S)


@pytest.mark.parametrize(("cut", "codec"), [("freeze6", "int4"), ("freeze4", "float32")])
def test_no_piece_of_a_photo_passes_the_wire(cut: str, codec: str, people: tuple[Person, ...], deploy: Deploy) -> None:
    """Neither of the file, nor of its pixels, nor of the prepared pixels; inflated uploads are searched as well."""
    photos = uploads(people)[:6]
    service = deploy(cut, min_new=NEVER)
    with tapped("127.0.0.1", service.service.port) as wire:
        device = service.device("device", url=wire.url, FEDEX_CODEC=codec)
        device.enrol()
        correct(device, photos)
        device.push()
        device.pull()
    sent = sent_uploads(bytes(wire.sent))  # as many as the bound on an upload's bytes makes of six samples
    assert sum(decode_upload(upload).count for upload in sent) == len(photos)
    heard = bytes(wire.sent) + b"".join(map(inflated, sent))
    assert common_pieces(photos, heard, finder=finder_of(service)) == set()


def test_the_search_finds_a_photo_that_is_sent_and_the_service_refuses_it(
    people: tuple[Person, ...], deploy: Deploy
) -> None:
    [photo] = uploads(people)[:1]
    service = deploy("freeze6", min_new=NEVER)
    with tapped("127.0.0.1", service.service.port) as wire:
        post = urllib.request.Request(f"{wire.url}/v1/devices", data=photo.read_bytes(), method="POST")
        with pytest.raises(urllib.error.HTTPError, match="HTTP Error 4"):
            urllib.request.urlopen(post, timeout=10)
    assert common_pieces([photo], bytes(wire.sent), finder=finder_of(service))


def finder_of(service: Deployment) -> RegionFinder:
    """What prepares photos for the prefix of the devices."""
    bundle = read_device_bundle(service.exported / "device")
    detector = load_detector(bundle, runtime=open_runtime(), threads=1)
    return RegionFinder(bundle.input, detector.run if detector else None)


def sent_uploads(sent: bytes) -> list[bytes]:
    """The bodies of all uploads in what a device said."""
    return [sent[match.end() : match.end() + int(match[1])] for match in UPLOAD.finditer(sent)]


def inflated(upload: bytes) -> bytes:
    """An upload's data section as it was before it was deflated, if it was."""
    header = peek_upload_header(upload)
    section = upload[header.layout.data_start :]
    return zlib.decompress(section) if header.stored < header.size else section


def common_pieces(photos: Sequence[Path], heard: bytes, *, finder: RegionFinder) -> set[bytes]:
    """Which pieces of the photos, in any of the forms that a device has them in, were heard."""
    pieces = {piece for photo in photos for form in forms(photo, finder) for piece in cut_up(form)}
    windows = (heard[start : start + PIECE_BYTES] for start in range(len(heard)))
    return {window for window in windows if window in pieces}


def forms(photo: Path, finder: RegionFinder) -> list[bytes]:
    """A photo as its file, as its pixels, and as the prefix takes it, face by face."""
    loaded = load_photo(photo)
    regions = finder.find(loaded)
    assert regions
    return [photo.read_bytes(), loaded.pixels.tobytes(), *(region.values.tobytes() for region in regions)]


def cut_up(data: bytes) -> list[bytes]:
    """Pieces that say something."""
    pieces = [data[start : start + PIECE_BYTES] for start in range(0, len(data) - PIECE_BYTES, PIECE_BYTES)]
    return [piece for piece in pieces if len(set(piece)) >= LEAST_DIFFERENT_BYTES]
