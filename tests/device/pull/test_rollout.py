"""A release for some devices only, and one that is withdrawn: what a device installs, keeps and gives up."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from flask import request

from contract.bundle import DeviceBundle
from contract.files import sha256_hex
from contract.manifest import Channel, Manifest, Precision
from contract.rollout import PARTS, Rollout
from contract.withdrawals import Withdrawals
from device.assembly import Device
from device.errors import HeadRefused, ProtocolViolation, Replayed
from device.heads.floors import ReleaseLine
from device.pull.updater import PullOutcome, PullReport, Updater
from device.recognise.recognizer import Recognizer
from device.recognise.tflite import TFLiteRuntime
from device.service.identity import Identity, keep_identity, require_identity
from device.service.keys import follow_keys
from tests.device.serving import ISSUED, TOKEN, StubService, sign

FOUR = ("Ada", "Ben", "Cleo", "Zoe")
DEVICE = "d" * 16
ROLLOUT = "7f" * 32
LEAST = next(share for share in range(PARTS + 1) if Rollout(ROLLOUT, share).includes(DEVICE))
"""The least share of `ROLLOUT` that this device is in."""
TWO = Withdrawals(((2, 2),))


@pytest.fixture
def four(tiny_models: Path) -> bytes:
    return (tiny_models / "four.tflite").read_bytes()


@pytest.fixture
def three(tiny_models: Path) -> bytes:
    return (tiny_models / "three.tflite").read_bytes()


@pytest.fixture
def updater(
    device: Device, bundle: DeviceBundle, service: StubService, any_runtime: TFLiteRuntime
) -> Iterator[Updater]:
    identity = Identity(service.url, DEVICE, TOKEN, "family", service.public_key)
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


def serving(updater: Updater) -> int:
    """The serial of the head that answers."""
    return Recognizer(updater.bundle, runtime=updater.runtime, heads=updater.heads).head_serial


def publish(service: StubService, head: bytes, *, serial: int, share: int, **changes: object) -> Manifest:
    labels = changes.pop("labels", FOUR)
    assert isinstance(labels, tuple)
    return service.publish(head, serial=serial, labels=labels, rollout=Rollout(ROLLOUT, share), **changes)


def withdraw(service: StubService, updater: Updater, *, serial: int) -> None:
    """Say that the bundle's head serves."""
    service.publish(
        b"", serial=serial, labels=updater.bundle.labels, heads={}, withdraws=Withdrawals(((1, serial - 1),))
    )


def test_a_device_outside_of_the_share_stays_with_what_it_has(
    updater: Updater, service: StubService, three: bytes, four: bytes
) -> None:
    publish(service, three, serial=1, share=PARTS, labels=FOUR[:3])
    updater.pull()
    publish(service, four, serial=2, share=LEAST - 1)
    assert updater.pull() == PullReport(PullOutcome.WAITS, 1)
    assert serving(updater) == 1


def test_a_device_outside_of_the_share_downloads_nothing_and_asks_by_tag_from_then_on(
    updater: Updater, service: StubService, four: bytes
) -> None:
    """The manifest of a large head would come again with every round."""
    publish(service, four, serial=2, share=LEAST - 1)
    updater.pull()
    assert len(service.asked) == 1
    tags: list[str | None] = []

    def note() -> None:
        tags.append(request.headers.get("If-None-Match"))

    service.faults["/v1/spaces"] = note
    assert updater.pull() == PullReport(PullOutcome.WAITS, 0)
    assert tags == [f'"{sha256_hex(service.releases["best"])}"']
    assert updater.heads.floors()[line(updater)].passed == 2


def line(updater: Updater) -> ReleaseLine:
    return ReleaseLine("family", updater.bundle.space, Channel.BEST)


def test_a_share_that_rises_lets_a_device_in(updater: Updater, service: StubService, four: bytes) -> None:
    publish(service, four, serial=2, share=LEAST - 1)
    updater.pull()
    publish(service, four, serial=3, share=LEAST)
    assert updater.pull().outcome is PullOutcome.INSTALLED
    assert serving(updater) == 3
    assert updater.pull() == PullReport(PullOutcome.UNCHANGED, 3)


def test_who_has_the_head_keeps_it_whatever_the_share(updater: Updater, service: StubService, four: bytes) -> None:
    publish(service, four, serial=2, share=LEAST)
    updater.pull()
    service.asked.clear()
    publish(service, four, serial=3, share=0)
    assert updater.pull() == PullReport(PullOutcome.UNCHANGED, 3)
    assert (serving(updater), len(service.asked)) == (3, 1)


def test_what_was_passed_over_is_a_floor_too(updater: Updater, service: StubService, four: bytes) -> None:
    """Or whoever holds back what withdraws a release could show the release again to those that it was not for."""
    publish(service, four, serial=5, share=LEAST - 1)
    updater.pull()
    publish(service, four, serial=4, share=PARTS)
    with pytest.raises(Replayed, match="expected serial 5 or higher, got 4"):
        updater.pull()
    publish(service, four, serial=5, share=PARTS)
    assert updater.pull().serial == 5


def test_another_group_makes_the_device_forget_what_it_passed_over(
    updater: Updater, service: StubService, four: bytes
) -> None:
    publish(service, four, serial=5, share=LEAST - 1)
    updater.pull()
    updater.heads.forget()
    publish(service, four, serial=1, share=PARTS)
    assert updater.pull().serial == 1


def test_a_withdrawn_release_gives_way_to_the_one_before_and_is_not_stepped_back_to(
    updater: Updater, service: StubService, three: bytes, four: bytes
) -> None:
    publish(service, three, serial=1, share=PARTS, labels=FOUR[:3])
    updater.pull()
    publish(service, four, serial=2, share=PARTS)
    updater.pull()
    publish(service, three, serial=3, share=PARTS, labels=FOUR[:3], withdraws=TWO)
    assert updater.pull().outcome is PullOutcome.INSTALLED
    assert [updater.heads.manifest(entry).serial for entry in updater.heads.entries()] == [3, 1]
    updater.heads.object_path(sha256_hex(three)).unlink()
    assert serving(updater) == 0


def test_a_release_for_others_makes_a_device_let_go_of_what_it_withdraws(
    updater: Updater, service: StubService, three: bytes, four: bytes
) -> None:
    """It was off while the withdrawal stood; what came after it is for a few at first."""
    publish(service, three, serial=1, share=PARTS, labels=FOUR[:3])
    updater.pull()
    publish(service, four, serial=2, share=PARTS)
    updater.pull()
    running = Recognizer(updater.bundle, runtime=updater.runtime, heads=updater.heads)
    publish(service, four, serial=4, share=LEAST - 1, labels=FOUR[::-1], withdraws=TWO)
    assert updater.pull() == PullReport(PullOutcome.LET_GO, 1)
    running._serving.refresh()
    assert (serving(updater), running.head_serial) == (1, 1)
    assert updater.pull() == PullReport(PullOutcome.WAITS, 1)
    assert (updater.heads.floors()[line(updater)].serial, updater.heads.floors()[line(updater)].passed) == (2, 4)
    publish(service, four, serial=2, share=PARTS)
    with pytest.raises(Replayed):
        updater.pull()
    publish(service, four, serial=5, share=LEAST, labels=FOUR[::-1], withdraws=TWO)
    assert updater.pull() == PullReport(
        PullOutcome.INSTALLED,
        5,
        updater.heads.object_path(sha256_hex(four)).stat().st_size
        + updater.heads.manifest(updater.heads.entries()[0]).labels.size,
    )
    assert serving(updater) == 5


def test_killed_after_letting_go_a_device_goes_on_and_takes_nothing_older(
    updater: Updater, service: StubService, three: bytes, four: bytes
) -> None:
    publish(service, three, serial=1, share=PARTS, labels=FOUR[:3])
    updater.pull()
    publish(service, four, serial=2, share=PARTS)
    updater.pull()
    updater.heads.floors_path.unlink()  # until now the manifest of what is let go stood in for it
    later = publish(service, four, serial=4, share=0, labels=FOUR[::-1], withdraws=TWO)
    assert updater.heads.let_go(later)
    assert updater.heads.floors()[line(updater)].serial == 2
    assert updater.pull() == PullReport(PullOutcome.WAITS, 1)
    assert updater.heads.floors()[line(updater)].passed == 4


def test_where_the_head_before_is_withdrawn_too_the_bundles_serves(
    updater: Updater, service: StubService, three: bytes, four: bytes
) -> None:
    publish(service, three, serial=1, share=PARTS, labels=FOUR[:3])
    updater.pull()
    publish(service, four, serial=2, share=PARTS)
    updater.pull()
    publish(service, four, serial=4, share=0, labels=FOUR[::-1], withdraws=Withdrawals(((1, 2),)))
    assert updater.pull() == PullReport(PullOutcome.LET_GO, 0)
    assert (serving(updater), updater.heads.entries()) == (0, ())
    assert updater.pull() == PullReport(PullOutcome.WAITS, 0)
    assert not updater.heads.object_path(sha256_hex(four)).exists()


def test_only_a_head_before_that_is_withdrawn_is_let_go_of_quietly(
    updater: Updater, service: StubService, three: bytes, four: bytes
) -> None:
    publish(service, three, serial=1, share=PARTS, labels=FOUR[:3])
    updater.pull()
    publish(service, four, serial=2, share=PARTS)
    updater.pull()
    publish(service, four, serial=4, share=0, labels=FOUR[::-1], withdraws=Withdrawals(((1, 1),)))
    assert updater.pull() == PullReport(PullOutcome.WAITS, 2)
    assert [updater.heads.manifest(entry).serial for entry in updater.heads.entries()] == [2]


def test_a_later_release_that_carries_the_withdrawal_leaves_no_withdrawn_head_to_step_back_to(
    updater: Updater, service: StubService, three: bytes, four: bytes
) -> None:
    publish(service, three, serial=2, share=PARTS, labels=FOUR[:3])
    updater.pull()
    publish(service, four, serial=4, share=PARTS, withdraws=TWO)
    assert updater.pull().outcome is PullOutcome.INSTALLED
    assert [updater.heads.manifest(entry).serial for entry in updater.heads.entries()] == [4]


def test_a_withdrawn_head_serves_no_more_also_where_what_follows_it_cannot_be_had(
    updater: Updater, service: StubService, three: bytes, four: bytes
) -> None:
    publish(service, three, serial=1, share=PARTS, labels=FOUR[:3])
    updater.pull()
    publish(service, four, serial=2, share=PARTS)
    updater.pull()
    publish(service, b"no head", serial=3, share=PARTS, withdraws=TWO)
    with pytest.raises(HeadRefused):
        updater.pull()
    assert serving(updater) == 1


def test_a_withdrawal_of_another_channel_says_nothing_of_what_is_installed(
    updater: Updater, service: StubService, four: bytes
) -> None:
    manifest = publish(service, four, serial=2, share=PARTS, channel=Channel.LATEST)
    service.releases["latest"] = service.releases["best"]
    replace(updater, channel=Channel.LATEST).pull()
    assert manifest.channel is Channel.LATEST
    publish(service, four, serial=3, share=0, labels=FOUR[::-1], withdraws=TWO)
    assert updater.pull() == PullReport(PullOutcome.WAITS, 2)
    assert serving(updater) == 2


def test_devices_that_were_not_in_the_share_of_a_withdrawn_release_download_nothing(
    updater: Updater, service: StubService, three: bytes, four: bytes
) -> None:
    publish(service, three, serial=1, share=PARTS, labels=FOUR[:3])
    updater.pull()
    publish(service, four, serial=2, share=0)
    updater.pull()
    service.asked.clear()
    publish(service, three, serial=3, share=PARTS, labels=FOUR[:3], withdraws=TWO)
    assert updater.pull() == PullReport(PullOutcome.UNCHANGED, 3)
    assert (len(service.asked), updater.heads.floors()[line(updater)].passed) == (1, 0)


def test_a_release_without_heads_returns_to_the_bundles_for_good(
    updater: Updater, service: StubService, three: bytes, four: bytes
) -> None:
    publish(service, three, serial=1, share=PARTS, labels=FOUR[:3])
    updater.pull()
    publish(service, four, serial=2, share=PARTS)
    updater.pull()
    running = Recognizer(updater.bundle, runtime=updater.runtime, heads=updater.heads)
    withdraw(service, updater, serial=3)
    assert updater.pull() == PullReport(PullOutcome.WITHDRAWN, 0)
    assert (serving(updater), len(updater.heads.entries())) == (0, 1)
    assert updater.pull() == PullReport(PullOutcome.UNCHANGED, 0)
    publish(service, four, serial=2, share=PARTS)
    with pytest.raises(Replayed):
        updater.pull()
    running._serving.refresh()
    assert running.head_serial == 0


def test_a_withdrawal_is_renewed_and_ended_by_a_newer_release(
    updater: Updater, service: StubService, four: bytes
) -> None:
    withdraw(service, updater, serial=3)
    updater.pull()
    withdraw(service, updater, serial=4)
    assert updater.pull() == PullReport(PullOutcome.UNCHANGED, 0)
    publish(service, four, serial=5, share=PARTS)
    assert updater.pull().outcome is PullOutcome.INSTALLED
    assert serving(updater) == 5


def test_a_withdrawal_whose_envelope_is_damaged_lets_no_withdrawn_head_serve(
    updater: Updater, service: StubService, four: bytes
) -> None:
    publish(service, four, serial=2, share=PARTS)
    updater.pull()
    withdraw(service, updater, serial=3)
    updater.pull()
    [entry] = updater.heads.entries()
    updater.heads.object_path(entry.envelope).write_bytes(b"")
    assert serving(updater) == 0
    updater.pull()
    assert serving(updater) == 0


def test_only_what_is_signed_makes_a_device_give_up_a_head(updater: Updater, service: StubService, four: bytes) -> None:
    publish(service, four, serial=2, share=PARTS)
    updater.pull()
    service.releases.clear()
    assert updater.pull() == PullReport(PullOutcome.NO_RELEASE, 2)
    assert serving(updater) == 2


def test_places_of_devices_are_spread_evenly_and_are_others_in_each_roll_out() -> None:
    devices = [f"{number:032x}" for number in range(2000)]
    taken = [[Rollout(rollout, 2500).includes(one) for one in devices] for rollout in (ROLLOUT, "00" * 32)]
    assert all(450 < sum(one) < 550 for one in taken)
    both = sum(first and second for first, second in zip(*taken, strict=True))
    assert 90 < both < 160


@pytest.mark.parametrize(("share", "expected"), [(0, False), (PARTS, True)])
def test_a_share_of_none_is_for_nobody_and_one_of_all_for_everybody(share: int, expected: bool) -> None:
    assert {Rollout(ROLLOUT, share).includes(f"{number:032x}") for number in range(1000)} == {expected}


def test_whoever_is_in_a_share_is_in_every_larger_one() -> None:
    for device in (f"{number:032x}" for number in range(20)):
        answers = [Rollout(ROLLOUT, share).includes(device) for share in range(0, PARTS + 1, 100)]
        assert answers == sorted(answers)


def test_a_release_of_a_later_precision_alone_is_no_withdrawal(
    updater: Updater, service: StubService, four: bytes
) -> None:
    """A reader that leaves out what it does not know would take it for one without heads."""
    manifest = publish(service, four, serial=2, share=PARTS)
    document = manifest.encode().replace(b'"float32":', b'"float8":')
    service.releases["best"] = sign(service.key, document)
    with pytest.raises(ProtocolViolation, match="heads"):
        updater.pull()
