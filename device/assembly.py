"""The only home of putting a device's parts together from its settings."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from contract.bundle import DeviceBundle, read_device_bundle
from contract.callbacks import ignore
from contract.errors import ContractError
from device.availability.policy import AvailabilityPolicy
from device.availability.probes import MachineProbe
from device.cache.cache import Cache
from device.errors import ModelRefused, Storage, storage_errors
from device.heads.store import HeadStore
from device.pull.updater import AtStep as AtUpdateStep
from device.pull.updater import Updater
from device.push.outbox import AtStep as AtSyncStep
from device.push.outbox import Outbox
from device.recognise.recognizer import Recognizer
from device.recognise.tflite import open_runtime
from device.service.client import Client
from device.service.enrolment import Enroller
from device.service.identity import Identity, find_identity, require_identity
from device.settings import Settings


@dataclass(frozen=True, slots=True)
class Device:
    """One device as its settings describe it. Nothing is opened before it is asked for."""

    settings: Settings

    @property
    def cache_path(self) -> Path:
        """Where the cache lies."""
        return self.settings.home / "cache.sqlite3"

    @property
    def heads(self) -> HeadStore:
        """The installed heads."""
        return HeadStore(self.settings.home / "heads")

    @property
    def policy(self) -> AvailabilityPolicy:
        """When the device pushes and pulls by itself."""
        settings = self.settings
        return AvailabilityPolicy(settings.need_charging, settings.need_idle, settings.need_unmetered)

    @property
    def conditions(self) -> MachineProbe:
        """What tells whether it is available."""
        return MachineProbe(self.settings.idle_load)

    def open_cache(self) -> Cache:
        """Open the cache. Raises `Storage`."""
        return Cache.open(self.cache_path, max_unfed=self.settings.max_unfed)

    def bundle(self) -> DeviceBundle:
        """Read and verify the bundle.

        Raises:
            SettingError: it is not set.
            ModelRefused: it is no bundle, or a file of it is another one.
            Storage: it cannot be read.
        """
        folder = self.settings.require_bundle()
        try:
            with storage_errors(folder):
                return read_device_bundle(folder)
        except ContractError as error:
            raise ModelRefused(f"bundle {folder}: {error}") from error

    def recognizer(self, bundle: DeviceBundle | None = None) -> Recognizer:
        """Open everything that recognising needs; the cache is opened by the first inference.

        ``bundle`` is the device's, where the caller has read it already.

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
        )

    def enroller(self) -> Enroller:
        """What makes this a device of a group."""
        return Enroller(self.settings.home, self.heads, self.connect, self.has_unsent)

    def identity(self) -> Identity:
        """Who this device is. Raises `EnrolmentError`."""
        return require_identity(self.settings.home)

    def origin(self) -> str:
        """The group that what is said now belongs to; "" before enrolment."""
        identity = find_identity(self.settings.home)
        return identity.origin if identity else ""

    def client(self, identity: Identity) -> Client:
        """The identity's service, at the address that the settings name if they name one. Raises `SettingError`."""
        return self.connect(self.settings.url or identity.url, identity)

    def connect(self, url: str, identity: Identity | None) -> Client:
        """The service at `url`; without an identity only to enrol. Raises `SettingError`."""
        settings = self.settings
        return Client(
            url,
            token=identity.token if identity else None,
            timeout_s=settings.timeout_s,
            ca_file=settings.ca_file,
            plain_http=settings.plain_http,
        )

    def outbox(self, cache: Cache, identity: Identity, *, at: AtSyncStep = ignore) -> Outbox:
        """The uploads on their way to the identity's service."""
        settings = self.settings
        return Outbox(
            cache,
            origin=identity.origin,
            device=identity.device,
            codec=settings.codec,
            max_samples=settings.upload_samples,
            now_ms=now_ms,
            at=at,
        )

    def has_unsent(self, identity: Identity) -> bool:
        """Whether uploads of an identity are on their way; not if the cache is broken, as none can be sent then."""
        try:
            with self.open_cache() as cache:
                return bool(self.outbox(cache, identity).unsent())
        except Storage:
            return False

    def updater(self, client: Client, identity: Identity, *, at: AtUpdateStep = ignore) -> Updater:
        """What keeps the head up to date. Raises as `bundle`, and `RuntimeUnavailable`."""
        settings = self.settings
        return Updater(
            bundle=self.bundle(),
            client=client,
            identity=identity,
            heads=self.heads,
            runtime=open_runtime(settings.runtime),
            channel=settings.channel,
            precision=settings.head,
            now=time.time,
            at=at,
        )


def now_ms() -> int:
    """Unix milliseconds by this device's clock, for people who look."""
    return time.time_ns() // 1_000_000
