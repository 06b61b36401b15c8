"""Bringing a better head home: what is new is judged, fetched, tried and swapped in; what is wrong leaves no trace."""

import errno
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Response, request

from contract.bundle import DeviceBundle
from contract.files import FileRef, sha256_hex
from contract.labels import encode_labels
from contract.manifest import Channel, HeadFile, Manifest, Precision
from contract.problems import Problem
from contract.unknown import Strictness
from device.assembly import Device
from device.errors import (
    DeviceError,
    Expired,
    Forged,
    HeadRefused,
    Misplaced,
    ProtocolViolation,
    Refused,
    Replayed,
    Storage,
    TryLater,
    Unreachable,
)
from device.heads.store import HeadStore
from device.pull import download
from device.pull.updater import PullOutcome, PullReport, Updater, UpdateStep
from device.recognise.recognizer import Recognizer
from device.recognise.strictness import UnknownStatus
from device.recognise.tflite import TFLiteRuntime
from device.service.identity import Identity, keep_identity, require_identity
from device.service.keys import follow_keys
from device.settings import Settings
from tests.device.conftest import POINTS
from tests.device.photos import draw_photo
from tests.device.serving import EXPIRES, ISSUED, TOKEN, StubService, refuse, sign

FOUR = ("Ada", "Ben", "Cleo", "Zoe")


@pytest.fixture
def four(tiny_models: Path) -> bytes:
    """A head that knows one more label."""
    return (tiny_models / "four.tflite").read_bytes()


@pytest.fixture
def updater(
    device: Device, bundle: DeviceBundle, service: StubService, any_runtime: TFLiteRuntime
) -> Iterator[Updater]:
    """The device is enrolled; its clock is right."""
    identity = Identity(service.url, "d" * 16, TOKEN, "family", service.public_key)
    keep_identity(device.settings.home, identity)
    client = device.client(identity)
    yield Updater(
        bundle=bundle,
        client=client,
        identity=identity,
        heads=device.heads,
        runtime=any_runtime,
        channel=device.settings.channel,
        precision=Precision.FLOAT32,
        now=lambda: ISSUED + 60.0,
        follow_keys=partial(follow_keys, device.settings.home, client),
        read_identity=partial(require_identity, device.settings.home),
    )
    client.close()


def files(heads: HeadStore) -> set[str]:
    return {path.name for path in heads.directory.rglob("*") if path.is_file()} - {"lock", "current", "floors"}


def test_a_better_head_is_installed_and_used_by_the_next_inference(
    updater: Updater, device: Device, service: StubService, four: bytes, runtime: TFLiteRuntime
) -> None:
    recognizer = Recognizer(updater.bundle, runtime=runtime, heads=device.heads)
    assert recognizer.recognise(draw_photo(3))[0].unknown
    manifest = service.publish(four, serial=1, labels=FOUR)
    report = updater.pull()
    assert report == PullReport(PullOutcome.INSTALLED, 1, len(four) + manifest.labels.size)
    [answer] = recognizer.recognise(draw_photo(3))
    assert (answer.label, answer.head_serial) == ("Zoe", 1)
    assert Recognizer(updater.bundle, runtime=runtime, heads=device.heads).head_serial == 1


def test_the_head_is_tried_on_both_runtimes(
    updater: Updater, service: StubService, four: bytes, runtime: TFLiteRuntime
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    assert replace(updater, runtime=runtime).pull().outcome is PullOutcome.INSTALLED


def test_nothing_new_is_asked_for_by_tag_and_downloads_nothing(
    updater: Updater, service: StubService, four: bytes
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    updater.pull()
    service.asked.clear()
    assert updater.pull() == PullReport(PullOutcome.UNCHANGED, 1)
    assert len(service.asked) == 1


def test_the_same_release_under_another_tag_is_nothing_new(updater: Updater, service: StubService, four: bytes) -> None:
    manifest = service.publish(four, serial=1, labels=FOUR)
    updater.pull()
    service.releases["best"] = service.sign(manifest) + b"\n"
    assert updater.pull() == PullReport(PullOutcome.UNCHANGED, 1)


def renew(manifest: Manifest, *, serial: int, **changes: object) -> Manifest:
    """What a worker signs at half of a life."""
    half = (manifest.expires - manifest.issued) // 2
    times = {"issued": manifest.issued + half, "expires": manifest.expires + half}
    return replace(manifest, serial=serial, **times, **changes)  # type: ignore[arg-type]  # a test names fields freely


def test_a_release_that_was_signed_anew_is_kept_and_nothing_is_downloaded_or_installed(
    updater: Updater, device: Device, service: StubService, four: bytes, tiny_models: Path
) -> None:
    service.publish((tiny_models / "three.tflite").read_bytes(), serial=1, labels=FOUR[:3])
    updater.pull()
    manifest = service.publish(four, serial=2, labels=FOUR)
    updater.pull()
    before = device.heads.entries()
    service.asked.clear()
    for serial in (3, 4):
        manifest = renew(manifest, serial=serial)
        service.releases["best"] = service.sign(manifest)
        assert updater.pull() == PullReport(PullOutcome.UNCHANGED, serial)
    assert len(service.asked) == 2
    assert updater.pull() == PullReport(PullOutcome.UNCHANGED, 4)
    newest, older = device.heads.entries()
    assert device.heads.manifest(newest).encode() == manifest.encode()
    assert older == before[1]
    assert len(files(device.heads)) == 6
    assert [(floor.serial, floor.issued) for floor in device.heads.floors().values()] == [(4, manifest.issued)]
    recognizer = Recognizer(updater.bundle, runtime=updater.runtime, heads=device.heads)
    assert (recognizer.head_serial, recognizer.recognise(draw_photo(3))[0].label) == (4, "Zoe")


def test_what_was_renewed_is_replayed_from_then_on(updater: Updater, service: StubService, four: bytes) -> None:
    manifest = service.publish(four, serial=1, labels=FOUR)
    first = service.releases["best"]
    updater.pull()
    service.releases["best"] = service.sign(renew(manifest, serial=2))
    updater.pull()
    service.releases["best"] = first
    with pytest.raises(Replayed, match="expected serial 2 or higher, got 1"):
        updater.pull()


def test_a_phone_that_enrols_when_the_last_improvement_is_long_ago_gets_what_was_renewed(
    updater: Updater, service: StubService, four: bytes
) -> None:
    manifest = service.publish(four, serial=1, labels=FOUR)
    late = replace(updater, now=lambda: EXPIRES + 2.0 * 86_400)
    with pytest.raises(Expired):
        late.pull()
    service.releases["best"] = service.sign(renew(manifest, serial=2))
    assert late.pull().outcome is PullOutcome.INSTALLED


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 0.25},
        {"points": POINTS},
        {"temperature": 2.0},
        {"labels": ("Ada", "Ben", "Cleo", "Dan")},
    ],
    ids=str,
)
def test_the_same_head_with_other_answers_is_installed(
    updater: Updater, service: StubService, four: bytes, change: dict[str, object]
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    updater.pull()
    service.publish(four, serial=2, **{"labels": FOUR, **change})  # type: ignore[arg-type]  # a test names fields freely
    assert updater.pull().outcome is PullOutcome.INSTALLED


def test_another_point_of_unknown_needs_no_download(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    service.publish(four, serial=1, labels=FOUR, points=POINTS)
    updater.pull()
    strict = POINTS[Strictness.STRICT].threshold
    service.publish(four, serial=2, labels=FOUR, points=POINTS, threshold=strict)
    assert updater.pull() == PullReport(PullOutcome.INSTALLED, 2, 0)
    with device.recognizer() as recognizer:
        assert recognizer.unknown_status == UnknownStatus(strict, Strictness.STRICT, is_own_choice=False, points=POINTS)


def test_a_renewal_of_a_head_that_was_damaged_is_installed(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    manifest = service.publish(four, serial=1, labels=FOUR)
    updater.pull()
    device.heads.object_path(sha256_hex(four)).write_bytes(four[:-1])
    service.releases["best"] = service.sign(renew(manifest, serial=2))
    assert updater.pull() == PullReport(PullOutcome.INSTALLED, 2, len(four))


def test_no_release_yet_is_no_error(updater: Updater) -> None:
    assert updater.pull() == PullReport(PullOutcome.NO_RELEASE, 0)


def test_an_unknown_space_is_an_error(updater: Updater, service: StubService) -> None:
    service.faults["/v1/spaces"] = lambda: refuse(Problem.UNKNOWN_SPACE)
    with pytest.raises(Refused, match="404"):
        updater.pull()


def test_the_head_before_is_kept_and_older_ones_are_removed(
    updater: Updater, device: Device, service: StubService, tiny_models: Path
) -> None:
    heads = [(tiny_models / f"{name}.tflite").read_bytes() for name in ("three", "four", "one")]
    for serial, (head, labels) in enumerate(zip(heads, (FOUR[:3], FOUR, FOUR[:1]), strict=True), start=1):
        service.publish(head, serial=serial, labels=labels)
        assert updater.pull().outcome is PullOutcome.INSTALLED
    kept = files(device.heads)
    assert sha256_hex(heads[0]) not in kept
    assert {sha256_hex(heads[1]), sha256_hex(heads[2])} < kept
    assert len(kept) == 6


def offering(service: StubService, heads: dict[Precision, bytes], *, serial: int, **changes: object) -> None:
    """Publish a release of these files, all of which are to answer what the head of four answers."""
    manifest = service.manifest(next(iter(heads.values())), serial=serial, labels=FOUR)
    service.objects |= {sha256_hex(content): content for content in heads.values()}
    logits = manifest.heads[Precision.FLOAT32].logits
    offered = {precision: HeadFile.of(FileRef.of(content), logits) for precision, content in heads.items()}
    service.releases["best"] = service.sign(replace(manifest, heads=offered, **changes))  # type: ignore[arg-type]


def test_a_precision_that_does_not_work_on_this_runtime_falls_back_to_the_next(
    updater: Updater, device: Device, service: StubService, tiny_models: Path, four: bytes
) -> None:
    """One kernel that a runtime lacks kept a device from every release."""
    no_model, off = b"operators of another time", (tiny_models / "three.tflite").read_bytes()
    offering(service, {Precision.FLOAT32: four, Precision.FLOAT16: off, Precision.DYNAMIC: no_model}, serial=1)
    dynamic = replace(updater, precision=Precision.DYNAMIC)
    assert dynamic.pull().outcome is PullOutcome.INSTALLED
    [entry] = device.heads.entries()
    assert (entry.precision, entry.wanted) == (Precision.FLOAT32, Precision.DYNAMIC)
    assert {sha256_hex(no_model), sha256_hex(off)} & files(device.heads) == set()


def test_the_head_that_was_fallen_back_to_is_renewed_without_another_try(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    heads = {Precision.FLOAT32: four, Precision.DYNAMIC: b"operators of another time"}
    dynamic = replace(updater, precision=Precision.DYNAMIC)
    offering(service, heads, serial=1)
    dynamic.pull()
    service.asked.clear()
    offering(service, heads, serial=2, issued=ISSUED + 1)
    assert dynamic.pull() == PullReport(PullOutcome.UNCHANGED, 2)
    assert len(service.asked) == 1
    offering(service, heads | {Precision.DYNAMIC: b"operators of our time?"}, serial=3)
    assert dynamic.pull().outcome is PullOutcome.INSTALLED


def test_a_release_of_which_nothing_works_is_refused_and_downloaded_once(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    offering(service, {Precision.FLOAT32: b"no model", Precision.DYNAMIC: b"no model either"}, serial=1)
    with pytest.raises(HeadRefused, match=r"float32: new head: .*; dynamic: new head: "):
        updater.pull()
    service.asked.clear()
    with pytest.raises(HeadRefused):
        updater.pull()
    assert len(service.asked) == 1
    assert device.heads.entries() == ()


def test_a_file_that_was_damaged_on_its_way_is_no_reason_to_try_another_precision(
    updater: Updater, service: StubService, four: bytes
) -> None:
    offering(service, {Precision.FLOAT16: four + b"\0" * 4, Precision.FLOAT32: four}, serial=1)
    service.faults["/v1/objects/" + sha256_hex(four)] = lambda: Response(b"x" * len(four))
    with pytest.raises(HeadRefused, match="object"):
        updater.pull()


def test_the_wanted_precision_is_taken_or_the_most_exact_one_there_is(
    updater: Updater, device: Device, service: StubService, tiny_models: Path, four: bytes
) -> None:
    manifest = service.manifest(four, serial=1, labels=FOUR)
    other = four + b"\0" * 4
    service.objects[sha256_hex(other)] = other
    logits = manifest.heads[Precision.FLOAT32].logits
    both = {Precision.DYNAMIC: HeadFile.of(FileRef.of(other), logits), **manifest.heads}
    service.publish(four, serial=1, labels=FOUR, heads=both)
    replace(updater, precision=Precision.DYNAMIC).pull()
    assert device.heads.entries()[0].precision is Precision.DYNAMIC
    service.publish(four, serial=2, labels=FOUR, heads=both)
    replace(updater, precision=Precision.FLOAT16).pull()
    assert device.heads.entries()[0].precision is Precision.FLOAT32


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"serial": 2}, Replayed),
        ({"serial": 9, "group": "strangers"}, Misplaced),
        ({"serial": 9, "expires": ISSUED + 1, "issued": 1}, None),
        ({"serial": 9, "expires": 2, "issued": 1}, Expired),
    ],
    ids=["replayed", "misplaced", "just-expired", "expired"],
)
def test_a_release_that_is_not_to_be_believed_leaves_the_head_that_serves(
    updater: Updater,
    device: Device,
    service: StubService,
    four: bytes,
    tiny_models: Path,
    change: dict[str, object],
    error: type[DeviceError] | None,
) -> None:
    service.publish(four, serial=5, labels=FOUR)
    updater.pull()
    three = (tiny_models / "three.tflite").read_bytes()
    service.publish(three, labels=FOUR[:3], **change)  # type: ignore[arg-type]  # serial is among the changes
    if error is None:
        assert updater.pull().serial == 9  # a day of grace
        return
    before = files(device.heads)
    with pytest.raises(error):
        updater.pull()
    assert files(device.heads) == before
    assert Recognizer(updater.bundle, runtime=updater.runtime, heads=device.heads).head_serial == 5


def test_a_release_of_another_key_is_forged(updater: Updater, service: StubService, four: bytes) -> None:
    manifest = service.manifest(four, serial=1, labels=FOUR)
    service.releases["best"] = sign(Ed25519PrivateKey.generate(), manifest.encode())
    with pytest.raises(Forged):
        updater.pull()


def test_an_installed_head_serves_after_its_expiry(updater: Updater, service: StubService, four: bytes) -> None:
    manifest = service.publish(four, serial=1, labels=FOUR)
    updater.pull()
    service.releases["best"] = service.sign(manifest) + b"\n"
    assert replace(updater, now=lambda: EXPIRES * 2.0).pull() == PullReport(PullOutcome.UNCHANGED, 1)


@pytest.mark.parametrize(
    ("head", "complaint"),
    [
        ("nine.tflite", "head input"),
        ("three.tflite", "head output"),
        ("tail.tflite", "expected signature 'head'"),
        ("prefix.tflite", "expected signature 'head'"),
        ("tiny.py", "TFL3"),
    ],
)
def test_a_signed_head_that_does_not_belong_here_is_refused(
    updater: Updater, device: Device, service: StubService, tiny_models: Path, head: str, complaint: str
) -> None:
    path = tiny_models / head
    content = path.read_bytes() if path.exists() else b"print('hello, this is no model at all')"
    service.publish(content, serial=1, labels=FOUR)
    with pytest.raises(HeadRefused, match=complaint):
        updater.pull()
    assert device.heads.entries() == ()


@pytest.mark.parametrize(
    ("logits", "complaint"),
    [
        ([4.5, -1.5, 0.5, -2.4], "within 0.0069"),
        ([4.5, -1.5, 0.5, -2.4999], None),
        ([104.5, 98.5, 100.5, 97.5], None),  # answers are the same wherever all logits are
        ([4.5, -1.5, 0.5, 4.5], "expected the golden"),
    ],
)
def test_a_head_that_answers_the_golden_sample_otherwise_is_refused(
    updater: Updater, service: StubService, four: bytes, logits: list[float], complaint: str | None
) -> None:
    manifest = service.manifest(four, serial=1, labels=FOUR)
    told = {Precision.FLOAT32: HeadFile.of(manifest.heads[Precision.FLOAT32].file, np.array(logits, np.float32))}
    service.publish(four, serial=1, labels=FOUR, heads=told)
    if complaint is None:
        assert updater.pull().serial == 1
        return
    with pytest.raises(HeadRefused, match=complaint):
        updater.pull()


def test_a_quantised_head_may_be_off_by_two_percent(updater: Updater, service: StubService, tiny_models: Path) -> None:
    steeper = (tiny_models / "steeper.tflite").read_bytes()
    manifest = service.manifest(steeper, serial=1, labels=FOUR[:3])
    head = manifest.heads[Precision.FLOAT32]
    service.publish(steeper, serial=1, labels=FOUR[:3])
    with pytest.raises(HeadRefused, match="off by"):
        updater.pull()
    service.publish(steeper, serial=1, labels=FOUR[:3], heads={Precision.DYNAMIC: head})
    assert replace(updater, precision=Precision.DYNAMIC).pull().serial == 1


def test_a_head_that_answers_nan_is_refused(updater: Updater, service: StubService, tiny_models: Path) -> None:
    service.publish((tiny_models / "endless.tflite").read_bytes(), serial=1, labels=FOUR[:3])
    with pytest.raises(HeadRefused, match="off by nan"):
        updater.pull()


def test_a_head_of_a_single_label_can_be_installed(updater: Updater, service: StubService, tiny_models: Path) -> None:
    """The range of one logit is zero; the tolerance is not."""
    service.publish((tiny_models / "one.tflite").read_bytes(), serial=1, labels=("Ada",))
    assert updater.pull().serial == 1


def test_a_head_of_equal_logits_can_be_installed(updater: Updater, service: StubService, tiny_models: Path) -> None:
    """Their range is zero too, and which of them is the best is nobody's."""
    flat = (tiny_models / "flat.tflite").read_bytes()
    zeros = np.array([0, 0, 1e-7], np.float32)
    told = {Precision.FLOAT32: HeadFile.of(FileRef.of(flat), zeros)}
    service.publish(flat, serial=1, labels=FOUR[:3], heads=told)
    assert updater.pull().serial == 1


@pytest.mark.parametrize("listed", [b'["Ada"]', b"[]", b'["Ada", "Ada", "Ben", "Cleo"]', b"no json", b'{"a": 1}'])
def test_a_label_list_that_does_not_fit_is_refused(
    updater: Updater, device: Device, service: StubService, four: bytes, listed: bytes
) -> None:
    service.objects[sha256_hex(listed)] = listed
    manifest = service.manifest(four, serial=1, labels=FOUR)
    service.releases["best"] = service.sign(replace(manifest, labels=FileRef.of(listed)))
    with pytest.raises(HeadRefused):
        updater.pull()
    assert device.heads.entries() == ()


def test_a_label_that_is_of_another_version_of_unicode_keeps_no_head_from_being_installed(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    """A service on Python 3.11 signed U+1343C into a list, and devices on 3.12 and 3.13 refused it for ever."""
    listed = ("Ada", "x\U0001343cy", "unk\u0378", "Cleo\u202e")
    service.publish(four, serial=1, labels=listed)
    assert updater.pull().outcome is PullOutcome.INSTALLED
    assert device.heads.load(device.heads.entries()[0]).labels == listed


def test_an_object_with_another_hash_is_refused_and_thrown_away(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    service.objects[sha256_hex(four)] = four[:-1] + b"?"
    with pytest.raises(HeadRefused, match="sha256"):
        updater.pull()
    assert sha256_hex(four) not in files(device.heads)
    service.objects[sha256_hex(four)] = four
    assert updater.pull().serial == 1


def test_an_object_that_is_longer_than_the_manifest_says_is_cut_off(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    service.objects[sha256_hex(four)] = four * 1000
    with pytest.raises(ProtocolViolation, match="expected at most"):
        updater.pull()
    assert device.heads.partial_path(sha256_hex(four)).stat().st_size <= len(four)


def half(service: StubService, content: bytes) -> Callable[[], Response | None]:
    """Send half of a head, then hang up; a continued download is left alone."""

    def answer_half() -> Response | None:
        if not request.path.endswith(sha256_hex(content)) or "Range" in request.headers:
            return None
        return Response(content[: len(content) // 2])

    return answer_half


def test_a_download_that_broke_off_is_continued_where_it_stopped(
    updater: Updater, service: StubService, four: bytes
) -> None:
    manifest = service.publish(four, serial=1, labels=FOUR)
    service.faults["/v1/objects"] = half(service, four)
    with pytest.raises(Unreachable, match=f"expected {len(four)} bytes, got {len(four) // 2} so far"):
        updater.pull()
    service.asked.clear()
    report = updater.pull()
    assert report == PullReport(PullOutcome.INSTALLED, 1, len(four) - len(four) // 2)
    assert f"GET /v1/objects/{manifest.labels.sha256}" not in service.asked


def test_a_partial_file_that_is_too_long_or_wrong_is_begun_anew(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    partial = device.heads.partial_path(sha256_hex(four))
    partial.parent.mkdir(parents=True)
    partial.write_bytes(bytes(len(four) + 1))
    assert updater.pull().serial == 1
    service.publish(four + bytes(4), serial=2, labels=FOUR)
    device.heads.partial_path(sha256_hex(four + bytes(4))).write_bytes(b"wrong from the beginning")
    assert updater.pull().serial == 2


def test_after_a_page_in_place_of_an_object_the_next_pull_fetches_all_of_it(
    updater: Updater, service: StubService, four: bytes
) -> None:
    """As of a captive portal: the next pull went on behind its bytes, and failed once more."""
    service.publish(four, serial=1, labels=FOUR)
    place = f"/v1/objects/{sha256_hex(four)}"
    service.faults[place] = lambda: Response("<html>")
    with pytest.raises(Unreachable, match="got 6 so far"):
        updater.pull()
    del service.faults[place]
    service.asked.clear()
    report = updater.pull()
    assert report.serial == 1
    assert report.size > len(four)
    assert service.asked.count(f"GET {place}") == 2


def test_an_object_that_is_wrong_however_it_is_fetched_is_asked_for_twice_at_most(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    service.objects[sha256_hex(four)] = four[:-1] + b"?"
    partial = device.heads.partial_path(sha256_hex(four))
    partial.parent.mkdir(parents=True)
    partial.write_bytes(four[:11])
    with pytest.raises(HeadRefused, match="sha256"):
        updater.pull()
    assert service.asked.count(f"GET /v1/objects/{sha256_hex(four)}") == 2
    assert not partial.exists()


def test_what_is_downloaded_is_for_its_owner_only(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    """A label list holds names."""
    service.publish(four, serial=1, labels=FOUR)
    service.faults["/v1/objects"] = half(service, four)
    with pytest.raises(Unreachable):
        updater.pull()
    partial = device.heads.partial_path(sha256_hex(four))
    assert stat.S_IMODE(partial.stat().st_mode) == 0o600
    updater.pull()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in device.heads.directory.rglob("*") if path.is_file()}
    assert modes == {0o600}


def test_a_range_that_the_server_has_not_is_fetched_from_the_start(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    partial = device.heads.partial_path(sha256_hex(four))
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"once before")
    service.faults["/v1/objects"] = lambda: (
        refuse(Problem.RANGE_NOT_SATISFIABLE) if "Range" in request.headers else None
    )
    assert updater.pull().serial == 1


@pytest.mark.parametrize("content_range", ["bytes 0-3/4", "bytes 11-", "", "bytes */4104"])
def test_another_range_than_the_one_that_was_asked_for_is_fetched_from_the_start(
    updater: Updater, device: Device, service: StubService, four: bytes, content_range: str
) -> None:
    """A proxy that spoils ranges kept a download that had broken off once from ever being whole."""
    service.publish(four, serial=1, labels=FOUR)
    partial = device.heads.partial_path(sha256_hex(four))
    partial.parent.mkdir(parents=True)
    partial.write_bytes(four[:11])
    service.faults["/v1/objects"] = lambda: (
        Response(four[11:], 206, {"Content-Range": content_range}) if "Range" in request.headers else None
    )
    assert updater.pull().serial == 1


def test_a_part_that_nobody_asked_for_is_refused(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    whole = {"Content-Range": f"bytes 0-{len(four) - 1}/{len(four)}"}
    service.faults["/v1/objects/" + sha256_hex(four)] = lambda: Response(four, 206, whole)
    with pytest.raises(ProtocolViolation, match="Content-Range"):
        updater.pull()
    assert not device.heads.entries()


@pytest.mark.parametrize("place", ["partial", "objects"])
def test_a_folder_where_a_file_should_be_is_a_storage_error(
    updater: Updater, device: Device, service: StubService, four: bytes, place: str
) -> None:
    """Nothing but a typed error may reach the loop of `run`, which would end."""
    service.publish(four, serial=1, labels=FOUR)
    (device.heads.directory / place / sha256_hex(four) / "inner").mkdir(parents=True)
    with pytest.raises(Storage):
        updater.pull()


@pytest.mark.parametrize("function", ["check_file", "_append"])
def test_a_disk_that_fails_is_a_storage_error(
    updater: Updater, service: StubService, four: bytes, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    service.publish(four, serial=1, labels=FOUR)
    monkeypatch.setattr(download, function, fail)
    with pytest.raises(Storage, match="Input/output error"):
        updater.pull()


def test_a_damaged_head_is_stepped_over_and_fetched_again(
    updater: Updater, device: Device, service: StubService, four: bytes, tiny_models: Path, runtime: TFLiteRuntime
) -> None:
    service.publish((tiny_models / "three.tflite").read_bytes(), serial=1, labels=FOUR[:3])
    updater.pull()
    service.publish(four, serial=2, labels=FOUR)
    updater.pull()
    path = device.heads.object_path(sha256_hex(four))
    path.write_bytes(four[:-1])
    recognizer = Recognizer(updater.bundle, runtime=runtime, heads=device.heads)
    assert recognizer.head_serial == 1
    assert "installed head 2" in recognizer.warnings[0]
    assert updater.pull().outcome is PullOutcome.INSTALLED
    assert recognizer.recognise(draw_photo(3))[0].head_serial == 2
    assert recognizer.warnings == ()


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b'{"format": 2, "heads": []}', b'{"format": 1, "heads": [7]}'])
def test_a_garbled_pointer_falls_back_to_the_bundles_head_until_the_next_pull(
    updater: Updater, device: Device, service: StubService, four: bytes, damage: bytes
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    updater.pull()
    device.heads.pointer_path.write_bytes(damage)
    recognizer = Recognizer(updater.bundle, runtime=updater.runtime, heads=device.heads)
    assert recognizer.recognise(draw_photo(0))[0].head_serial == 0
    assert recognizer.warnings
    assert updater.pull().outcome is PullOutcome.INSTALLED
    assert recognizer.recognise(draw_photo(3))[0].label == "Zoe"


DAMAGE: dict[str, Callable[[HeadStore], object]] = {
    "envelope-gone": lambda heads: heads.object_path(heads.entries()[0].envelope).unlink(),
    "envelope-cut": lambda heads: heads.object_path(heads.entries()[0].envelope).write_bytes(b"{"),
    "pointer-gone": lambda heads: heads.pointer_path.unlink(),
    "pointer-garbled": lambda heads: heads.pointer_path.write_bytes(b"?"),
    "floors-gone": lambda heads: heads.floors_path.unlink(),
    "floors-garbled": lambda heads: heads.floors_path.write_bytes(b'{"format": 1, "floors": [7]}'),
}


@pytest.mark.parametrize("damage", list(DAMAGE))
def test_damage_never_opens_the_way_back_to_an_older_release(
    updater: Updater, device: Device, service: StubService, four: bytes, damage: str
) -> None:
    """The older one is genuine, and whoever can hold back the newer one would choose what this device answers."""
    service.publish(four, serial=4, labels=FOUR)
    older = service.releases["best"]
    service.publish(four, serial=5, labels=FOUR)
    newer = service.releases["best"]
    updater.pull()
    DAMAGE[damage](device.heads)
    service.releases["best"] = older
    with pytest.raises(Replayed, match="expected serial 5 or higher, got 4"):
        updater.pull()
    service.releases["best"] = newer
    assert replace(updater, now=lambda: EXPIRES * 2.0).pull().serial == 5
    recognizer = Recognizer(updater.bundle, runtime=updater.runtime, heads=device.heads)
    assert (recognizer.head_serial, recognizer.warnings) == (5, ())


def test_another_channel_and_back_again_is_no_way_back_to_an_older_release(
    updater: Updater, device: Device, service: StubService, four: bytes, tiny_models: Path
) -> None:
    latest = replace(updater, channel=Channel.LATEST)
    service.publish(four, serial=5, labels=FOUR)
    best = service.releases["best"]
    updater.pull()
    three = (tiny_models / "three.tflite").read_bytes()
    service.releases["latest"] = service.sign(
        service.manifest(three, serial=1, labels=FOUR[:3], channel=Channel.LATEST)
    )
    assert latest.pull() == PullReport(PullOutcome.INSTALLED, 1, len(three) + len(encode_labels(FOUR[:3])))
    service.publish(four, serial=2, labels=FOUR)
    with pytest.raises(Replayed, match="expected serial 5 or higher, got 2"):
        updater.pull()
    assert latest.pull() == PullReport(PullOutcome.UNCHANGED, 1)
    service.releases["best"] = best
    assert updater.pull().outcome is PullOutcome.INSTALLED
    assert Recognizer(updater.bundle, runtime=updater.runtime, heads=device.heads).head_serial == 5


def test_a_pull_that_ends_between_floor_and_pointer_is_made_up_for(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    service.publish(four, serial=5, labels=FOUR)
    device.heads.pointer_path.mkdir(parents=True)
    with pytest.raises(Storage):
        updater.pull()
    device.heads.pointer_path.rmdir()
    assert updater.pull().outcome is PullOutcome.INSTALLED
    assert updater.pull() == PullReport(PullOutcome.UNCHANGED, 5)


def test_a_channel_without_releases_tells_the_head_that_serves(
    updater: Updater, service: StubService, four: bytes
) -> None:
    service.publish(four, serial=5, labels=FOUR)
    updater.pull()
    assert replace(updater, channel=Channel.LATEST).pull() == PullReport(PullOutcome.NO_RELEASE, 5)


def test_every_object_gone_still_leaves_the_bundles_head(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    updater.pull()
    for path in device.heads.object_path("x").parent.iterdir():
        path.unlink()
    assert Recognizer(updater.bundle, runtime=updater.runtime, heads=device.heads).head_serial == 0


def test_a_head_of_another_bundles_space_does_not_serve(
    updater: Updater, device: Device, service: StubService, four: bytes, write_bundle: Callable[..., DeviceBundle]
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    updater.pull()
    other = write_bundle(device.settings.home / "other", space="9" * 64)
    recognizer = Recognizer(other, runtime=updater.runtime, heads=device.heads)
    assert (recognizer.head_serial, recognizer.warnings) == (0, ())


def test_while_one_process_installs_another_is_told_to_try_later_and_then_installs(
    updater: Updater, device: Device, service: StubService, four: bytes
) -> None:
    service.publish(four, serial=1, labels=FOUR)
    with device.heads.installing(), pytest.raises(TryLater, match="another process is installing"):
        updater.pull()
    assert updater.pull().serial == 1


def test_a_folder_that_cannot_be_written_is_one_typed_error(updater: Updater, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Storage):
        replace(updater, heads=HeadStore(tmp_path / "file" / "heads")).pull()


KILLED = """
import os, signal, sys
from device.assembly import Device
from device.settings import Settings
device = Device(Settings.from_environment(os.environ))
identity = device.identity()
def at(step):
    if step == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)
device.updater(device.client(identity), identity, at=at).pull()
"""


@pytest.mark.parametrize("step", list(UpdateStep))
def test_killed_at_any_step_the_device_infers_and_the_next_pull_goes_on(
    updater: Updater, device: Device, service: StubService, four: bytes, environment: dict[str, str], step: UpdateStep
) -> None:
    service.publish(four, serial=1, labels=FOUR, issued=int(time.time()), expires=int(time.time()) + 1000)
    killed = subprocess.run([sys.executable, "-c", KILLED, step], env=environment, capture_output=True, check=False)
    assert killed.returncode == -9, killed.stderr
    recognizer = Recognizer(updater.bundle, runtime=updater.runtime, heads=device.heads)
    assert recognizer.recognise(draw_photo(0))[0].label == "Ada"
    assert recognizer.head_serial == (1 if step is UpdateStep.INSTALLED else 0)
    assert recognizer.warnings == ()
    assert replace(updater, now=time.time).pull().serial == 1
    assert len(files(device.heads)) == 3
    assert recognizer.recognise(draw_photo(3))[0].label == "Zoe"


@pytest.mark.parametrize("step", [UpdateStep.JUDGED, UpdateStep.INSTALLED])
def test_killed_while_it_keeps_a_renewal_the_device_goes_on(
    updater: Updater, device: Device, service: StubService, four: bytes, environment: dict[str, str], step: UpdateStep
) -> None:
    now = int(time.time())
    manifest = service.publish(four, serial=1, labels=FOUR, issued=now, expires=now + 1000)
    right = replace(updater, now=time.time, precision=Precision.DYNAMIC)
    right.pull()
    service.releases["best"] = service.sign(renew(manifest, serial=2))
    killed = subprocess.run([sys.executable, "-c", KILLED, step], env=environment, capture_output=True, check=False)
    assert killed.returncode == -9, killed.stderr
    recognizer = Recognizer(updater.bundle, runtime=updater.runtime, heads=device.heads)
    assert recognizer.recognise(draw_photo(3))[0].label == "Zoe"
    assert right.pull() == PullReport(PullOutcome.UNCHANGED, 2)
    assert recognizer.recognise(draw_photo(3))[0].head_serial == 2


def test_inferring_goes_on_while_heads_are_swapped_under_it(
    updater: Updater, device: Device, service: StubService, tiny_models: Path
) -> None:
    heads = [
        ((tiny_models / f"{name}.tflite").read_bytes(), FOUR[:count]) for name, count in (("three", 3), ("four", 4))
    ]
    failed: list[Exception] = []

    def swap_often() -> None:
        try:
            for serial in range(1, 31):
                head, labels = heads[serial % 2]
                service.publish(head, serial=serial, labels=labels)
                updater.pull()
        except Exception as error:  # a thread has no other way to say it
            failed.append(error)

    swapping = threading.Thread(target=swap_often)
    seen: set[int] = set()
    with device.recognizer() as recognizer:
        swapping.start()
        while swapping.is_alive():
            [inference] = recognizer.infer(draw_photo(1))
            seen.add(inference.answer.head_serial)
            assert (inference.answer.label, inference.not_stored, recognizer.warnings) == ("Ben", None, ())
        assert recognizer.infer(draw_photo(1))[0].answer.head_serial == 30
    assert failed == []
    assert len(seen) > 3


def test_a_label_list_is_shared_by_releases_that_have_the_same_labels(
    updater: Updater, service: StubService, tiny_models: Path
) -> None:
    service.publish((tiny_models / "three.tflite").read_bytes(), serial=1, labels=FOUR[:3])
    updater.pull()
    steeper = (tiny_models / "steeper.tflite").read_bytes()
    logits = np.array([4.59, -1.53, 0.51], np.float32)
    service.publish(
        steeper, serial=2, labels=FOUR[:3], heads={Precision.FLOAT32: HeadFile.of(FileRef.of(steeper), logits)}
    )
    assert updater.pull().size == len(steeper)


def test_a_real_updater_is_made_from_the_settings(environment: dict[str, str], updater: Updater) -> None:
    device = Device(Settings.from_environment(environment))
    made = device.updater(updater.client, updater.identity)
    assert (made.channel, made.precision) == ("best", "dynamic")
