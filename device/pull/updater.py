"""Installs a better head: ask, judge, download, try, and swap it in by one rename.

A release that names the head which is installed already was signed anew: its serial and its times are kept, and nothing
is downloaded, tried or installed. Whatever stops on the way, the head that served goes on serving: objects are written
first, the pointer last. A new head must answer the golden sample as its signed manifest says before it is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from contract.bundle import DeviceBundle
from contract.callbacks import ignore
from contract.errors import ContractError
from contract.manifest import Channel, Manifest, Precision
from contract.problems import Problem
from device.errors import Forged, HeadDamaged, HeadRefused, ModelRefused, Refused
from device.heads.floors import Floor, Floors, ReleaseLine
from device.heads.store import HeadEntry, HeadStore
from device.pull.download import Downloader
from device.pull.trust import Expectation, judge_release
from device.recognise.models import load_installed_head
from device.recognise.tflite import TFLiteRuntime
from device.service.client import Client, ReleaseAnswer
from device.service.identity import Identity

TOLERANCES = {Precision.FLOAT32: 1e-3, Precision.FLOAT16: 1e-3, Precision.DYNAMIC: 2e-2}
"""How far a logit of the golden sample may be from the manifest's, as a share of the range of all its logits."""


class UpdateStep(StrEnum):
    """The instants at which a pull may be killed while the head that served goes on serving."""

    JUDGED = "judged"
    DOWNLOADED = "downloaded"
    TRIED = "tried"
    INSTALLED = "installed"


AtUpdateStep = Callable[[UpdateStep], None]
"""Called at each step; does nothing but in tests."""


class PullOutcome(StrEnum):
    """What a pull found."""

    NO_RELEASE = "no release yet"
    UNCHANGED = "nothing new"
    INSTALLED = "installed"


@dataclass(frozen=True, slots=True)
class PullReport:
    """What a pull did."""

    outcome: PullOutcome
    serial: int
    """The serial of the head that serves now; 0 is the bundle's."""
    size: int = 0
    """The bytes that were downloaded."""


@dataclass(frozen=True, slots=True)
class InstalledRelease:
    """What is installed for this group and space."""

    floor: Floor
    """The newest release of the channel that was ever installed, and the newest time of issue of any channel."""
    serial: int = 0
    """The serial of the newest head that is installed, whatever its channel; 0 where no head is."""
    etag: str = ""
    """The tag to ask the service with; empty where the release has to be fetched again."""
    entry: HeadEntry | None = None
    """The installed head, if it is the floor's release and undamaged."""


@dataclass(frozen=True, slots=True)
class Updater:
    """Brings one device's head up to date."""

    bundle: DeviceBundle
    client: Client
    identity: Identity
    heads: HeadStore
    runtime: TFLiteRuntime
    channel: Channel
    precision: Precision
    """The wanted one; where a release does not offer it, another is taken."""
    now: Callable[[], float]
    """Tells Unix seconds."""
    follow_keys: Callable[[bytes], bytes]
    """Keeps the key that has signed an envelope, if the pinned one leads to it, and returns the kept one."""
    at: AtUpdateStep = ignore
    """Called at each named step."""

    def pull(self) -> PullReport:
        """Install the newest release of the channel, if there is a newer one.

        Raises:
            TryLater: the service does not answer now, or another process is installing.
            Refused: it does not serve this device or this space.
            Untrusted: its answer is not believed, or the head is not what the manifest says.
            Storage: there is no room for the new head.
        """
        with self.heads.installing():
            installed = find_installed(self.heads, self.bundle, group=self.identity.group, channel=self.channel)
            try:
                answer = self.client.release(space=self.bundle.space, channel=self.channel, etag=installed.etag)
            except Refused as refused:
                if refused.problem is not Problem.NOT_FOUND:
                    raise
                return PullReport(PullOutcome.NO_RELEASE, installed.serial)
            if answer is None:
                return PullReport(PullOutcome.UNCHANGED, installed.serial)
            manifest = self._judge(answer, installed)
            if manifest.serial == installed.floor.serial and installed.entry:
                return PullReport(PullOutcome.UNCHANGED, installed.serial)
            self.at(UpdateStep.JUDGED)
            if installed.entry and self._renews(installed.entry, manifest):
                self._renew(installed.entry, answer)
                return PullReport(PullOutcome.UNCHANGED, manifest.serial)
            return PullReport(PullOutcome.INSTALLED, manifest.serial, self._install(manifest, answer))

    def _judge(self, answer: ReleaseAnswer, installed: InstalledRelease) -> Manifest:
        """Judge a release by the pinned key, or by a later one that this leads to."""
        expected = self._expectation(installed, answer)
        try:
            return judge_release(answer.envelope, expected)
        except Forged as forged:
            try:
                key = self.follow_keys(answer.envelope)
            except Refused:  # a service that tells no keys
                raise forged from None
            if key == expected.key:
                raise
            return judge_release(answer.envelope, replace(expected, key=key))

    def _expectation(self, installed: InstalledRelease, answer: ReleaseAnswer) -> Expectation:
        return Expectation(
            key=self.identity.key,
            group=self.identity.group,
            space=self.bundle.space,
            channel=self.channel,
            cut=self.bundle.cut,
            feature_shape=self.bundle.feature_shape,
            golden_sha256=self.bundle.golden_sha256,
            serial=installed.floor.serial,
            issued=installed.floor.issued,
            now=self.now(),
            date=answer.date,
        )

    def _renews(self, entry: HeadEntry, manifest: Manifest) -> bool:
        """Tell whether a newer release says of the installed head, which is whole, what the manifest before said."""
        precision = choose_precision(manifest, wanted=self.precision)
        if precision is not entry.precision:
            return False
        return _serving(self.heads.manifest(entry), precision) == _serving(manifest, precision)

    def _renew(self, entry: HeadEntry, answer: ReleaseAnswer) -> None:
        """Keep the release in place of the one before."""
        self.heads.renew(HeadEntry(self.heads.add_object(answer.envelope), entry.precision, answer.etag))
        self.at(UpdateStep.INSTALLED)
        self.heads.prune()

    def _install(self, manifest: Manifest, answer: ReleaseAnswer) -> int:
        """Download, try and swap in; return how many bytes were downloaded."""
        precision = choose_precision(manifest, wanted=self.precision)
        parts = (manifest.labels, manifest.heads[precision].file)
        self.heads.prune(keep=[part.sha256 for part in parts])  # what an earlier, refused release left
        downloader = Downloader(self.client, self.heads)
        size = sum(downloader.fetch(part) for part in parts)
        self.at(UpdateStep.DOWNLOADED)
        entry = HeadEntry(self.heads.add_object(answer.envelope), precision, answer.etag)
        self._try(entry)
        self.at(UpdateStep.TRIED)
        self.heads.swap(entry)
        self.at(UpdateStep.INSTALLED)
        self.heads.prune()
        return size

    def _try(self, entry: HeadEntry) -> None:
        """Run the head on the golden sample.

        Raises:
            HeadRefused: it does not load, or does not answer as its manifest says.
        """
        try:
            installed = self.heads.load(entry)
            head = load_installed_head(installed, bundle=self.bundle, runtime=self.runtime)
            logits = head.model.run(self.bundle.golden[np.newaxis])[0]
        except (HeadDamaged, ModelRefused, ContractError) as error:
            raise HeadRefused(f"new head: {error}") from error
        expected = installed.manifest.heads[entry.precision].logits
        allowed = TOLERANCES[entry.precision] * (float(np.ptp(expected)) or 1.0)
        difference = float(np.abs(logits - expected).max())
        if not difference <= allowed:  # so that NaN is refused too
            raise HeadRefused(
                f"new head: expected the golden sample's logits within {allowed:.3g}, got them off by {difference:.3g}"
            )
        if logits.argmax() != expected.argmax():
            raise HeadRefused(
                f"new head: expected class {expected.argmax()} for the golden sample, got {logits.argmax()}"
            )


def choose_precision(manifest: Manifest, *, wanted: Precision) -> Precision:
    """Take the wanted precision, or the most exact one that the release offers."""
    return wanted if wanted in manifest.heads else next(one for one in Precision if one in manifest.heads)


def find_installed(heads: HeadStore, bundle: DeviceBundle, *, group: str, channel: Channel) -> InstalledRelease:
    """Tell what is installed of one line of releases; serials of another line say nothing about it.

    Raises:
        Storage: the floors cannot be read.
    """
    floor = _floor(heads.floors(), ReleaseLine(group, bundle.space, channel))
    try:
        entry = next(iter(heads.entries()), None)
        manifest = heads.manifest(entry) if entry else None
    except HeadDamaged:
        return InstalledRelease(floor)
    if entry is None or manifest is None or (manifest.group, manifest.space) != (group, bundle.space):
        return InstalledRelease(floor)
    is_whole = (manifest.channel, manifest.serial) == (channel, floor.serial) and _is_whole(heads, entry)
    return InstalledRelease(floor, manifest.serial, *((entry.etag, entry) if is_whole else ()))


def _serving(manifest: Manifest, precision: Precision) -> tuple[object, ...]:
    """Return what answers come from."""
    head = manifest.heads[precision]
    return head.file, head.logits.tobytes(), manifest.labels, manifest.temperature, manifest.threshold


def _floor(floors: Floors, line: ReleaseLine) -> Floor:
    issued = [floor.issued for other, floor in floors.items() if other.group == line.group]
    return Floor(floors.get(line, Floor()).serial, max(issued, default=0))


def _is_whole(heads: HeadStore, entry: HeadEntry) -> bool:
    try:
        heads.load(entry)
    except HeadDamaged:
        return False
    return True
