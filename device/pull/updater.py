"""Installs a better head: ask, judge, download, try, and swap it in by one rename.

A release that names the head which is installed already was signed anew: its serial and its times are kept, and nothing
is downloaded, tried or installed. Whatever stops on the way, the head that served goes on serving, unless the release
withdraws it, in which case the head before serves, or the bundle's, before anything is downloaded. Objects are written
first, the pointer last. A new head must answer the golden sample as its signed manifest says before it is installed;
where one precision of it does not work on this runtime, the next one is tried.
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
from contract.trial import compare_logits
from device.errors import HeadDamaged, HeadRefused, ModelRefused, Refused, TryLater
from device.heads.floors import Floor, Floors, ReleaseLine
from device.heads.store import HeadEntry, HeadStore
from device.pull.download import Downloader
from device.pull.trust import Expectation, judge_by_newest_key, judge_release
from device.recognise.models import BUNDLED_SERIAL, load_installed_head
from device.recognise.tflite import TFLiteRuntime
from device.service.client import Client, ReleaseAnswer
from device.service.identity import Identity


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
    WAITS = "a new release is for other devices first"
    WITHDRAWN = "what was released is withdrawn, the bundle's head serves"
    LET_GO = "the head that served is withdrawn, and the new release is for other devices first"


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

    @property
    def unchanged(self) -> PullOutcome:
        """What a pull finds where the service has nothing newer than was asked with."""
        return PullOutcome.WAITS if self.floor.passed else PullOutcome.UNCHANGED


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
    """The wanted one; where a release does not offer it, or it does not work on this runtime, another is taken."""
    now: Callable[[], float]
    """Tells Unix seconds."""
    follow_keys: Callable[[bytes], bytes]
    """Keeps the key that has signed an envelope, if the pinned one leads to it, and returns the kept one."""
    read_identity: Callable[[], Identity]
    """Reads who this device is now."""
    at: AtUpdateStep = ignore
    """Called at each named step."""

    def pull(self) -> PullReport:
        """Install the newest release of the channel, if there is a newer one.

        Raises:
            TryLater: the service does not answer now, another process is installing, or has enrolled meanwhile.
            Refused: it does not serve this device or this space.
            Untrusted: its answer is not believed, or the head is not what the manifest says.
            Storage: there is no room for the new head.
        """
        with self.heads.installing():
            self._check_identity()
            installed = self._installed()
            try:
                answer = self.client.release(space=self.bundle.space, channel=self.channel, etag=installed.etag)
            except Refused as refused:
                if refused.problem is not Problem.NOT_FOUND:
                    raise
                return PullReport(PullOutcome.NO_RELEASE, installed.serial)
            if answer is None:
                return PullReport(installed.unchanged, installed.serial)
            manifest = self._judge(answer, installed)
            if manifest.serial == installed.floor.serial and installed.entry:
                return PullReport(PullOutcome.UNCHANGED, installed.serial)
            self.at(UpdateStep.JUDGED)
            return self._follow(manifest, answer, installed)

    def _check_identity(self) -> None:
        """Install nothing for whom this device was: an enrolment has the same lock as it changes that."""
        now, asked = self.read_identity(), self.identity
        if (now.origin, now.device, now.forget_heads) != (asked.origin, asked.device, False):
            raise TryLater(
                f"expected device {asked.device}, whose release this is, got {now.device}, enrolled meanwhile"
            )

    def _follow(self, manifest: Manifest, answer: ReleaseAnswer, installed: InstalledRelease) -> PullReport:
        """Do what a release says that was not followed yet."""
        serial = manifest.serial if manifest.heads else BUNDLED_SERIAL
        if installed.entry and self._renews(installed.entry, manifest):
            self._renew(installed.entry, answer)
            return PullReport(PullOutcome.UNCHANGED, serial)
        has_let_go = self.heads.let_go(manifest)
        if not manifest.is_for(self.identity.device):
            self.heads.pass_over(manifest, etag=answer.etag)
            if not has_let_go:
                return PullReport(PullOutcome.WAITS, installed.serial)
            self.heads.prune()
            return PullReport(PullOutcome.LET_GO, self._installed().serial)
        if not manifest.heads:
            self._return_to_bundle(answer)
            return PullReport(PullOutcome.WITHDRAWN, serial)
        return PullReport(PullOutcome.INSTALLED, serial, self._install(manifest, answer))

    def _installed(self) -> InstalledRelease:
        return find_installed(self.heads, self.bundle, group=self.identity.group, channel=self.channel)

    def _judge(self, answer: ReleaseAnswer, installed: InstalledRelease) -> Manifest:
        """Judge a release by the pinned key, or by a later one that this leads to."""
        expected = self._expectation(installed, answer)
        return judge_by_newest_key(
            lambda key: judge_release(answer.envelope, replace(expected, key=key)),
            key=expected.key,
            envelope=answer.envelope,
            follow_keys=self.follow_keys,
        )

    def _expectation(self, installed: InstalledRelease, answer: ReleaseAnswer) -> Expectation:
        return Expectation(
            key=self.identity.key,
            group=self.identity.group,
            space=self.bundle.space,
            channel=self.channel,
            cut=self.bundle.cut,
            feature_shape=self.bundle.feature_shape,
            golden_sample_sha256=self.bundle.golden_sample_sha256,
            serial=installed.floor.serial,
            passed=installed.floor.passed,
            issued=installed.floor.issued,
            now=self.now(),
            date=answer.date,
        )

    def _renews(self, entry: HeadEntry, manifest: Manifest) -> bool:
        """Tell whether a newer release says of the installed head, which is whole, what the manifest before said.

        So it does where it offers the same files to try, up to the one that is installed.
        """
        if entry.precision is None or not manifest.heads:
            return entry.precision is None and not manifest.heads
        if entry.wanted is not self.precision or entry.precision not in manifest.heads:
            return False
        before = self.heads.manifest(entry)
        return _serving(before, entry, entry.precision) == _serving(manifest, entry, entry.precision)

    def _renew(self, entry: HeadEntry, answer: ReleaseAnswer) -> None:
        """Keep the release in place of the one before."""
        self.heads.renew(replace(entry, envelope=self.heads.add_object(answer.envelope), etag=answer.etag))
        self.at(UpdateStep.INSTALLED)
        self.heads.prune()

    def _return_to_bundle(self, answer: ReleaseAnswer) -> None:
        """Let the bundle's head serve, and nothing else, until a newer release comes."""
        self.heads.swap(HeadEntry(self.heads.add_object(answer.envelope), None, answer.etag, wanted=self.precision))
        self.at(UpdateStep.INSTALLED)
        self.heads.prune()

    def _install(self, manifest: Manifest, answer: ReleaseAnswer) -> int:
        """Download, try and swap in the first precision that works; return how many bytes were downloaded."""
        parts = (manifest.labels, *(head.file for head in manifest.heads.values()))
        self.heads.prune(keep=[part.sha256 for part in parts])  # what an earlier, refused release left
        envelope = self.heads.add_object(answer.envelope)
        size, refusals = 0, list[str]()
        for precision in precisions_to_try(manifest, wanted=self.precision):
            size += self._download(manifest, precision)
            entry = HeadEntry(envelope, precision, answer.etag, wanted=self.precision)
            try:
                self._try(entry)
            except HeadRefused as refused:
                refusals.append(f"{precision}: {refused}")
                continue
            self.at(UpdateStep.TRIED)
            self.heads.swap(entry)
            self.at(UpdateStep.INSTALLED)
            self.heads.prune()
            return size
        raise HeadRefused("; ".join(refusals))

    def _download(self, manifest: Manifest, precision: Precision) -> int:
        downloader = Downloader(self.client, self.heads)
        size = sum(downloader.fetch(part) for part in (manifest.labels, manifest.heads[precision].file))
        self.at(UpdateStep.DOWNLOADED)
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
        trial = compare_logits(
            logits, installed.file.logits, precision=installed.precision, temperature=installed.manifest.temperature
        )
        if not trial.passes:
            raise HeadRefused(
                f"new head: expected the golden sample's logits within {trial.allowed:.3g}, "
                f"got them off by {trial.off:.3g}"
            )


def precisions_to_try(manifest: Manifest, *, wanted: Precision) -> list[Precision]:
    """List what a release offers in the order in which it is tried: the wanted one, then the more exact ones first."""
    return sorted(manifest.heads, key=lambda one: (one is not wanted, list(Precision).index(one)))


def find_installed(heads: HeadStore, bundle: DeviceBundle, *, group: str, channel: Channel) -> InstalledRelease:
    """Tell what is installed of one line of releases; serials of another line say nothing about it.

    Raises:
        Storage: the floors cannot be read.
    """
    floor = _floor(heads.floors(), ReleaseLine(group, bundle.space, channel))
    nothing = InstalledRelease(floor, etag=floor.passed_etag)
    try:
        entry = next(iter(heads.entries()), None)
        manifest = heads.manifest(entry) if entry else None
    except HeadDamaged:
        return nothing
    if entry is None or manifest is None or (manifest.group, manifest.space) != (group, bundle.space):
        return nothing
    serial = manifest.serial if entry.precision else BUNDLED_SERIAL
    if (manifest.channel, manifest.serial) != (channel, floor.serial) or not _is_whole(heads, entry):
        return replace(nothing, serial=serial)
    return InstalledRelease(floor, serial, floor.passed_etag or entry.etag, entry)


def _serving(manifest: Manifest, entry: HeadEntry, precision: Precision) -> tuple[object, ...]:
    """Return what answers come from: the head that is installed, after those that were tried before it."""
    order = precisions_to_try(manifest, wanted=entry.wanted)
    tried = [(one, manifest.heads[one]) for one in order[: order.index(precision) + 1]]
    return tried, manifest.labels, manifest.temperature, manifest.threshold, manifest.points


def _floor(floors: Floors, line: ReleaseLine) -> Floor:
    issued = [floor.issued for other, floor in floors.items() if other.group == line.group]
    return replace(floors.get(line, Floor()), issued=max(issued, default=0))


def _is_whole(heads: HeadStore, entry: HeadEntry) -> bool:
    if entry.precision is None:
        return True  # its manifest has been read, and there is nothing else of it
    try:
        heads.load(entry)
    except HeadDamaged:
        return False
    return True
