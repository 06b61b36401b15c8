"""Records of the store that cannot be read: of devices, codes, operators and erasures that wait, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cloud.dataset import erasures
from cloud.errors import Damaged, NotFound
from cloud.identity import codes, devices, operators
from cloud.store import keys
from cloud.store.listing import names_under
from cloud.store.store import ObjectStore

_READERS: Mapping[str, tuple[Callable[[ObjectStore, str], object], str]] = {
    keys.DEVICES: (devices.read, "its group's uploads wait for it: delete it, and the device enrols with a code again"),
    keys.CODES: (codes.read, "delete it, and add another code"),
    keys.OPERATORS: (operators.read, "delete it, and add the operator again"),
    keys.ERASURES: (erasures.read, "delete it, and ask for the erasure again"),
}


def damaged_records(store: ObjectStore) -> Iterator[tuple[str, str]]:
    """Yield the key of each record that cannot be read, and what is wrong with it and to be done.

    Raises:
        StoreError: the store failed.
    """
    for prefix, (read, advice) in _READERS.items():
        for name in names_under(store, prefix):
            key = f"{prefix}{name}"
            try:
                read(store, name)
            except NotFound:
                continue  # gone meanwhile
            except Damaged as error:
                yield key, f"{str(error).removeprefix(f'{key}: ')}; {advice}"
