"""A store that counts what is asked of it, for tests of what an operation costs."""

from collections import Counter
from typing import Any

from cloud.store import ObjectStore, StoredObject


class CountingStore:
    """Passes everything on to a store, and counts requests and the bytes that were read, by key."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.requests: Counter[tuple[str, str]] = Counter()
        """By operation and key."""
        self.bytes_read: Counter[str] = Counter()

    def __getattr__(self, operation: str) -> Any:
        def ask(*given: Any, **named: object) -> object:
            key = given[0] if given else ""  # of the whole store, as it is prepared
            self.requests[operation, key] += 1
            answer = getattr(self._store, operation)(*given, **named)
            if isinstance(answer, StoredObject):
                self.bytes_read[key] += len(answer.body)
            return answer

        return ask

    def count(self, operation: str, part: str) -> int:
        """How often an operation was asked for, of keys that contain `part`."""
        return sum(count for (name, key), count in self.requests.items() if name == operation and part in key)
