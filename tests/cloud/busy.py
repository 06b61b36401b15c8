"""A store in which something happens while somebody else looks."""

from collections.abc import Callable

from cloud.store import MAX_LISTED, ObjectStore


class BusyStore:
    """A store in which something happens just before a prefix is first listed."""

    def __init__(self, store: ObjectStore, prefix: str, happens: Callable[[], object]) -> None:
        self._store, self._prefix, self._happens = store, prefix, [happens]

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def list(self, prefix: str, *, after: str = "", limit: int = MAX_LISTED) -> list[str]:
        if prefix == self._prefix and self._happens:
            self._happens.pop()()
        return self._store.list(prefix, after=after, limit=limit)
