"""Puts a device together from its settings, and does with it what a user or an embedding program asks for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from contract.bundle import DeviceBundle, read_device_bundle
from contract.callbacks import ignore
from contract.errors import ContractError
from contract.files import remove_unfinished
from contract.problems import Problem
from device.availability.policy import AvailabilityPolicy, check_availability
from device.availability.probes import MachineProbe
from device.availability.rounds import Rounds
from device.cache.cache import Cache
from device.errors import (
    DeviceError,
    EnrolmentError,
    ModelRefused,
    Refused,
    Storage,
    TryLater,
    Untrusted,
    storage_errors,
)
from device.feedback import KeptFeedback, give_feedback
from device.heads.store import HeadStore
from device.pull.spaces import SpaceWatch
from device.pull.updater import AtUpdateStep, PullReport, Updater
from device.push.outbox import AtPushStep, Outbox
from device.push.sender import PushReport, push
from device.recognise.recognizer import Recognizer
from device.recognise.self_test import describe_setup, run_self_test
from device.recognise.tflite import open_runtime
from device.self_test import Tester, settle_self_test
from device.service.client import Client
from device.service.connection import Connection
from device.service.enrolment import Enroller, Enrolment
from device.service.erasure import Erasure
from device.service.identity import Identity, find_identity, holding_identity_as, require_identity
from device.service.keys import follow_keys
from device.service.tokens import is_token_old, renew_token
from device.settings import Settings


@dataclass(frozen=True, slots=True)
class Device:
    """One device as its settings describe it. Nothing is opened before it is asked for."""

    settings: Settings

    def enrol(self, *, again: bool = False) -> Enrolment:
        """Become a device of the group that the enrolment code of the settings names; needs it and the URL.

        Args:
            again: whatever this device was before, even of another service or group.

        Raises:
            SettingError: URL or code are not set, nor an invitation.
            EnrolmentError, KeyRefused, UnsentUploads: the identity stays; see `Enroller`.
            Refused, TryLater, Untrusted: as the service answers.
            Storage: the identity could not be kept.
        """
        invited = self.settings.require_invitation()
        enroller = self.enroller()
        enrol = enroller.enrol_again if again else enroller.enrol
        return enrol(invited.url, code=invited.code, fingerprint=invited.fingerprint)

    def recognizer(self, bundle: DeviceBundle | None = None) -> Recognizer:
        """Open everything that recognising needs; the cache is opened by the first inference.

        Args:
            bundle: the device's, where the caller has read it already.

        Raises:
            SettingError, ModelRefused, RuntimeUnavailable, Storage: a part that cannot be used.
        """
        settings = self.settings
        return Recognizer(
            bundle or self.bundle(),
            runtime=open_runtime(settings.runtime),
            heads=self.heads,
            open_cache=self.open_cache,
            threads=settings.threads,
            top=settings.top,
            unknown=settings.unknown,
        )

    def give_feedback(self, inference: int, *, label: str | None = None) -> KeptFeedback:
        """Keep the right label of an inference, known or new; None says that the answer was right.

        Args:
            inference: its id (`Inference.id`).
            label: the right label.

        Raises:
            FeedbackError: the cache does not have the inference, or an "unknown" was called right.
            ContractError: the text is not a label.
            Storage: it could not be kept.
        """
        with self.open_cache() as cache:
            return give_feedback(cache, inference, label=label, origin=self.origin(), now_ms=now_ms())

    def push(self, *, retry_refused: bool = False) -> PushReport:
        """Upload all feedback that is not acknowledged yet; what went wrong on the way is in the report.

        What computed it is tested first, once: what fails its self-test uploads nothing, which is in the report too.

        Args:
            retry_refused: also send again what the service refused, as after it was put right.

        Raises:
            EnrolmentError: the device is not enrolled.
            Storage: the cache cannot be read or written.
        """
        identity = self.identity()
        with closing(self.client(identity)) as client:
            return self._push(identity, client, retry_refused=retry_refused)

    def erase(self) -> str:
        """Forget every sample here, and ask the service to erase all that this device ever uploaded.

        What killed processes were writing here goes too. What is not sent yet goes first, or it would come there later;
        where that fails, the service is asked all the same. What is given from then on is sent 30 seconds later at the
        earliest, as the service may erase it too until then. The device stays enrolled, and its head serves.

        Returns:
            The name of the erasure, for the service's operator. The service's worker carries it out.

        Raises:
            EnrolmentError: the device is not enrolled; nothing was forgotten.
            Storage: not all was forgotten here, and the service was asked: ask again.
            Refused, TryLater, Untrusted: the samples are forgotten here, and the service may not know: the next push
                asks it before it sends anything.
        """
        identity = self.identity()
        erasure = self.erasure(identity)
        with closing(self.client(identity)) as client:
            try:
                self._forget(erasure)
            except Storage:
                with contextlib.suppress(DeviceError):  # what failed here is told
                    erasure.ask(client)
                raise
            return erasure.ask(client)

    def pull(self) -> PullReport:
        """Fetch a better head, if there is one, and install it for the next inference. Raises as `Updater.pull`.

        Raises:
            EnrolmentError: the device is not enrolled.
            SettingError, ModelRefused, RuntimeUnavailable: a part that cannot be used.
        """
        identity = self.identity()
        with closing(self.client(identity)) as client:
            return self._pull(self.updater(client, identity))

    def rounds(self) -> Rounds:
        """Make what pushes and pulls by itself, whenever the device is available. Raises as `pull`."""
        connection = Connection(self.identity, self.client)
        identity, client = connection.current()
        updater = self.updater(client, identity)

        def pull() -> PullReport:
            identity, client = connection.current()
            follow = self._key_follower(client)
            return self._pull(replace(updater, identity=identity, client=client, follow_keys=follow))

        return Rounds(
            check=lambda: check_availability(self.policy, self.conditions.read()),
            push=lambda: self._push(*connection.current()),
            pull=pull,
        )

    @property
    def cache_path(self) -> Path:
        """The file of the cache."""
        return self.settings.home / "cache.sqlite3"

    @property
    def heads(self) -> HeadStore:
        """The installed heads."""
        return HeadStore(self.settings.home / "heads")

    @property
    def policy(self) -> AvailabilityPolicy:
        """What has to hold before the device pushes and pulls by itself."""
        settings = self.settings
        return AvailabilityPolicy(settings.need_charging, settings.need_idle, settings.need_unmetered)

    @property
    def conditions(self) -> MachineProbe:
        """The probe that tells what holds now."""
        return MachineProbe(self.settings.idle_load)

    def open_cache(self) -> Cache:
        """Open the cache. Raises `Storage`."""
        return Cache.open(self.cache_path, max_unfed=self.settings.max_unfed)

    def bundle(self, *, is_to_run: bool = True) -> DeviceBundle:
        """Read and verify the bundle; of models that are not to run, the sizes alone.

        Raises:
            SettingError: it is not set.
            ModelRefused: it is not a bundle, or a file of it is another one.
            Storage: it cannot be read.
        """
        folder = self.settings.require_bundle()
        try:
            with storage_errors(folder):
                return read_device_bundle(folder, is_to_run=is_to_run)
        except ContractError as error:
            raise ModelRefused(f"bundle {folder}: {error}") from error

    def enroller(self) -> Enroller:
        """Make what enrols this device."""
        return Enroller(self.settings.home, self.heads, self.connect, self.has_unsent, now=time.time)

    def identity(self) -> Identity:
        """Read who this device is. Raises as `Enroller.settled_identity`."""
        return self.enroller().settled_identity()

    def origin(self) -> str:
        """Return the group that feedback given now belongs to; "" before enrolment."""
        identity = find_identity(self.settings.home)
        return identity.origin if identity else ""

    def erasure(self, identity: Identity) -> Erasure:
        """Return what is to be erased of this device at its service."""
        return Erasure(self.settings.home, identity.device, now_ms)

    def client(self, identity: Identity) -> Client:
        """Connect to the identity's service, at the address of the settings if they name one. Raises `SettingError`."""
        return self.connect(self.settings.url or identity.url, identity)

    def connect(self, url: str, identity: Identity | None) -> Client:
        """Connect to the service at `url`; without an identity only to enrol. Raises `SettingError`."""
        settings = self.settings
        return Client(
            url,
            token=identity.token if identity else None,
            proof_key=identity.proof_key if identity and url != identity.url else None,
            timeout_s=settings.timeout_s,
            ca_file=settings.ca_file,
            plain_http=settings.plain_http,
        )

    def outbox(self, cache: Cache, identity: Identity, *, at: AtPushStep = ignore) -> Outbox:
        """Return the uploads on their way to the identity's service."""
        settings = self.settings
        return Outbox(
            cache,
            origin=identity.origin,
            device=identity.device,
            codec=settings.codec,
            max_samples=settings.upload_samples,
            max_bytes=settings.upload_bytes,
            now_ms=now_ms,
            at=at,
            staying=partial(holding_identity_as, identity, settings.home),
        )

    def tester(self) -> Tester:
        """Make what runs the self-test. Raises as `bundle`, and `RuntimeUnavailable`."""
        bundle, runtime, threads = self.bundle(), open_runtime(self.settings.runtime), self.settings.threads

        def run() -> int:
            with storage_errors(bundle.directory):
                return run_self_test(bundle, runtime=runtime, threads=threads)

        return Tester(describe_setup(bundle, runtime=runtime, threads=threads), run)

    def has_unsent(self, identity: Identity) -> bool:
        """Tell whether uploads of an identity wait that can be sent.

        Those of a space that is retired cannot, as far as is known, and none if the cache is broken.
        """
        retired = self.space_watch(identity).known().retired
        try:
            with self.open_cache() as cache:
                return not retired.issuperset(self.outbox(cache, identity).unsent().values())
        except Storage:
            return False

    def updater(self, client: Client, identity: Identity, *, at: AtUpdateStep = ignore) -> Updater:
        """Make what keeps the head up to date. Raises as `bundle`, and `RuntimeUnavailable`."""
        settings = self.settings
        return Updater(
            bundle=self.bundle(is_to_run=False),
            client=client,
            identity=identity,
            heads=self.heads,
            runtime=open_runtime(settings.runtime),
            channel=settings.channel,
            precision=settings.head,
            now=time.time,
            follow_keys=self._key_follower(client),
            read_identity=partial(require_identity, settings.home),
            at=at,
        )

    def space_watch(self, identity: Identity) -> SpaceWatch:
        """Make what knows which spaces are retired."""
        return SpaceWatch(
            self.settings.home, identity, now=time.time, follow_keys=partial(follow_keys, self.settings.home)
        )

    def _key_follower(self, client: Client) -> Callable[[bytes], bytes]:
        return partial(follow_keys, self.settings.home, client)

    def _forget(self, erasure: Erasure) -> None:
        remove_unfinished(self.settings.home)
        self.heads.sweep()
        try:
            erasure.wish()
        finally:
            with self.open_cache() as cache:
                cache.forget()

    def _push(self, identity: Identity, client: Client, *, retry_refused: bool = False) -> PushReport:
        erasure = self.erasure(identity)
        try:
            erasure.ask_again(client)
        except (Refused, TryLater, Untrusted) as error:
            return PushReport(problem=error)
        with self.open_cache() as cache:
            kept_back = settle_self_test(cache, origin=identity.origin, make_tester=self.tester)
            outbox = self.outbox(cache, identity)
            if retry_refused:
                outbox.retry_refused()
            try:
                if not outbox.is_empty():
                    erasure.check_settled()
            except TryLater as error:
                return PushReport(problem=error)
            watch = self.space_watch(identity)
            report = push(outbox, client, retired=watch.retired_now(client, outbox.unsent().values()))
        if report.problem is None:
            self._renew_token(identity, client)
        if report.has_met_retirement:
            watch.try_refresh(client)  # it waits either way, and the next push tries again
        problem = report.problem
        meant = self._meaning(problem, identity) if isinstance(problem, Refused) else problem
        return replace(report, problem=meant or kept_back)

    def _pull(self, updater: Updater) -> PullReport:
        """Pull; a space that is retired is told from one that somebody in between says is."""
        watch, space = self.space_watch(updater.identity), updater.bundle.space
        try:
            watch.check(updater.client, space)
            report = updater.pull()
        except Refused as refused:
            watch.explain(updater.client, refused, space=space)
            meant = self._meaning(refused, updater.identity)
            if meant is refused:
                raise
            raise meant from refused
        self._renew_token(updater.identity, updater.client)
        return report

    def _meaning(self, refused: Refused, asked: Identity) -> Refused | TryLater:
        """Tell a token that another process has replaced meanwhile, which is over by the next time, from a refusal."""
        with contextlib.suppress(EnrolmentError, Storage):
            now = find_identity(self.settings.home)
            if refused.problem is Problem.UNAUTHENTICATED and now is not None and now.token != asked.token:
                return TryLater(str(refused))
        return refused

    def _renew_token(self, identity: Identity, client: Client) -> None:
        """Replace an old token, after what was asked for was done: whatever goes wrong, the old one still counts."""
        if is_token_old(identity, now=time.time()):
            with contextlib.suppress(DeviceError):  # the next push or pull tries again
                renew_token(self.settings.home, client, now=time.time())


def now_ms() -> int:
    """Return Unix milliseconds by this device's clock, for people who look."""
    return time.time_ns() // 1_000_000
