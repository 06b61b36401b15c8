"""What is there: one key, or every key under a prefix, however many there are, and their deletion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cloud.errors import NotFound
from cloud.store.store import MAX_LISTED, ListedObject, ObjectStore


def exists(store: ObjectStore, key: str) -> bool:
    """Tell whether there is an object, without reading it."""
    try:
        store.stat(key)
    except NotFound:
        return False
    return True


def keys_under(store: ObjectStore, prefix: str) -> Iterator[str]:
    """Yield all keys that begin with a prefix, in order; what comes or goes meanwhile may be among them or not."""
    after = ""
    while listed := store.list(prefix, after=after):
        yield from listed
        if len(listed) < MAX_LISTED:
            return
        after = listed[-1]


def entries_under(store: ObjectStore, prefix: str) -> Iterator[ListedObject]:
    """Yield the same with size and time of each."""
    after = ""
    while listed := store.entries(prefix, after=after):
        yield from listed
        after = listed[-1].key


def names_under(store: ObjectStore, prefix: str) -> Iterator[str]:
    """Yield what all these keys have after the prefix."""
    return (key.removeprefix(prefix) for key in keys_under(store, prefix))


def count_under(store: ObjectStore, prefix: str) -> int:
    """Count the objects whose key begins with a prefix, by one LIST for each thousand."""
    return sum(1 for _ in keys_under(store, prefix))


def delete_under(store: ObjectStore, prefix: str) -> None:
    """Delete every object whose key begins with a prefix. Idempotent."""
    for key in keys_under(store, prefix):
        store.delete(key)


@dataclass(slots=True)
class KeyWalk:
    """A walk through all keys under a prefix, some at each step; where a step fails, the next one goes on there."""

    prefix: str
    is_over: bool = False
    _after: str = ""

    def step(self, store: ObjectStore, *, limit: int = MAX_LISTED) -> list[str]:
        """List what the next keys have after the prefix, by one LIST."""
        if self.is_over:
            return []
        listed = store.list(self.prefix, after=self._after, limit=limit)
        self.is_over = len(listed) < limit
        self._after = listed[-1] if listed else self._after
        return [key.removeprefix(self.prefix) for key in listed]
