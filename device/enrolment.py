"""The only home of becoming a device of a group: once, with the service's key pinned for good."""

from __future__ import annotations

from pathlib import Path

from contract.envelope import key_id
from device.client import Client
from device.errors import EnrolmentError
from device.heads import HeadStore
from device.identity import Identity, find_identity, keep_identity


def enrol(home: Path, *, client: Client, url: str, code: str, heads: HeadStore, again: bool = False) -> Identity:
    """Enrol with the service at `url` and keep the identity.

    A device that is enrolled keeps its id, so that its samples stay its own: enrolling with the same service again only
    keeps the new address. ``again`` gives up the old identity, and with it the heads of the old group; what was said in
    another group is not sent to the new one.

    Raises:
        EnrolmentError: enrolled with another service or group, and not `again`; the identity stays.
        Refused, TryLater, Lying: as `Client.enrol`.
        Storage: the identity could not be kept.
    """
    before = None if again else find_identity(home)
    new = Identity.of(client.enrol(code), url=url)
    if before is None:
        heads.forget()
        keep_identity(home, new)
        return new
    if before.origin != new.origin:
        raise EnrolmentError(
            f"{url}: expected the pinned service (key {key_id(before.key)}, group {before.group}), "
            f"got key {key_id(new.key)}, group {new.group}"
        )
    kept = Identity(url=url, device=before.device, token=before.token, group=before.group, key=before.key)
    keep_identity(home, kept)
    return kept
