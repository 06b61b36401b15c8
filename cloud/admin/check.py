"""A look at all that a service on this machine stands on: settings, state folder, store, key and clock.

It changes nothing but an object of its own in the store, which it removes again.
"""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Iterator
from pathlib import Path

from cloud import state_folder
from cloud.admin.findings import Finding, Level, judge_clock
from cloud.dataset import pointer as dataset_pointer
from cloud.errors import CloudError, NotReady, SettingError, StoreError, StoreRefused
from cloud.identity import codes
from cloud.identity.verification_keys import read_key
from cloud.releases import registry
from cloud.releases.key_files import CHAIN_FILE, KEY_FILE, NEXT_KEY_FILE, load_or_create_pair
from cloud.settings import Settings
from cloud.spaces.bundles import registered
from cloud.store import ObjectStore, folder_of, keys, open_store, probe
from contract.envelope import key_id
from contract.key_chain import KeyChain

LEAST_ROOM_BYTES = 1 << 30
_TIME_ERROR = 5
"""What Linux answers for a clock that nothing keeps right."""


def check(settings: Settings, *, now: float) -> Iterator[Finding]:
    """Look at everything, one thing after the other; what is wrong with one keeps the others from nothing."""
    yield from _state(settings)
    store, said = _open(settings)
    yield said
    yield from _key(settings.state, store)
    signed: dict[str, int] = {}
    if store is not None:
        try:
            yield from _contents(settings, store)
            signed = _signed(store)
        except CloudError as error:
            yield Finding(Level.WRONG, "store", str(error))
    yield from judge_clock(now=now, signed=signed, synchronised=_is_synchronised())


def _open(settings: Settings) -> tuple[ObjectStore | None, Finding]:
    """Try the store, unless there is none yet: a mistyped one must not be made by looking at it."""
    try:
        store = open_store(settings.store)
        store.list(keys.SPACES, limit=1)
        probe(store)
    except StoreError as error:
        made = "the first `bundle add`, `serve` or `worker` makes it, if it is the right one"
        return None, Finding(Level.WRONG, "store", f"{settings.store}: {error.reason}; {made}")
    except (StoreRefused, SettingError) as error:
        return None, Finding(Level.WRONG, "store", str(error))
    return store, Finding(Level.WELL, "store", f"{store!r} takes writes, and keeps to their conditions")


def _state(settings: Settings) -> Iterator[Finding]:
    state = settings.state
    if not state.is_dir():
        yield Finding(Level.NOTE, "state", f"no folder {state}: right where only `serve` runs")
        return
    faults = [*_faults(settings)]
    yield from (Finding(Level.WRONG, "state", one) for one in faults)
    if not faults:
        yield Finding(Level.WELL, "state", f"{state} is its owner's alone")


def _faults(settings: Settings) -> Iterator[str]:
    state = settings.state
    try:
        state_folder.check_apart(state, folder_of(settings.store))
        state_folder.scratch(state)
        for path in (state, *(state / name for name in (KEY_FILE, NEXT_KEY_FILE, CHAIN_FILE))):
            if path.exists() and (mode := state_folder.open_to_others(path)):
                yield f"{path}: expected what only its owner can read, got mode {mode:03o}"
        room = shutil.disk_usage(state).free
    except (SettingError, OSError) as error:
        yield str(error)
        return
    if room < LEAST_ROOM_BYTES:
        yield f"{state}: expected room for a training cycle, some {LEAST_ROOM_BYTES >> 20} MiB, got {room >> 20} MiB"


def _key(state: Path, store: ObjectStore | None) -> Iterator[Finding]:
    """Compare the key of the state folder with the one that devices get; either may be missing."""
    try:
        chain = _own_chain(state)
    except (CloudError, OSError) as error:
        yield Finding(Level.WRONG, "key", str(error))
        return
    given = None
    if store is not None:
        try:
            given = read_key(store)
        except NotReady:
            yield Finding(Level.NOTE, "key", "the store has none, so nobody can enrol: start the worker")
        except CloudError as error:
            yield Finding(Level.WRONG, "key", str(error))
    yield from _compared(state, chain, given)


def _own_chain(state: Path) -> KeyChain | None:
    has_key = (state / KEY_FILE).is_file() or (state / CHAIN_FILE).is_file()
    return load_or_create_pair(state).chain if has_key else None  # which creates nothing then


def _compared(state: Path, chain: KeyChain | None, given: bytes | None) -> Iterator[Finding]:
    if chain is None:
        if given is not None and state.is_dir():
            yield Finding(
                Level.WRONG,
                "key",
                f"devices believe {key_id(given)}, {state} has none: put the copy back before a worker starts there",
            )
        return
    if given is not None and given not in chain.keys:
        yield Finding(
            Level.WRONG,
            "key",
            f"devices believe {key_id(given)}, and {state} has {key_id(chain.newest)}: another store's",
        )
        return
    yield Finding(Level.WELL, "key", f"{key_id(chain.newest)} of {state}" + (", which devices get" if given else ""))


def _contents(settings: Settings, store: ObjectStore) -> Iterator[Finding]:
    if not registered(store):
        yield Finding(Level.NOTE, "store", "no space is registered: `bundle add` takes a training bundle")
    if not settings.enrolment and not codes.groups(store):
        yield Finding(Level.NOTE, "settings", "no device can enrol: `codes add` makes a code")


def _signed(store: ObjectStore) -> dict[str, int]:
    """Return when the newest release of each channel of each pool was signed."""
    return {
        f"{channel} {one.manifest.serial} of {pool.path}": one.manifest.issued
        for pool in dataset_pointer.pools(store)
        for channel, one in registry.read(store, pool).channels.items()
    }


def _is_synchronised() -> bool | None:
    """Ask Linux whether something keeps its clock right; None elsewhere."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    answer = int(adjtimex(ctypes.create_string_buffer(1024)))  # zeros change nothing; a struct timex is some 208 bytes
    return None if answer < 0 else answer != _TIME_ERROR
