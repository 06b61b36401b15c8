"""The trial of a store that was away when the service started: requests wait for it, the process does not.

Until the store was found to keep its promises (`cloud.store.probe`) nothing is read of it or written to it: each
request but that for health gets 503 at once. It is tried again and again in a thread of its own.
"""

from __future__ import annotations

import logging
import threading

from flask import request

from cloud.errors import StoreRefused, Unavailable
from cloud.store import ObjectStore, keys, probe
from contract.routes import HEALTHZ

SHORTEST_WAIT_S = 1.0
LONGEST_WAIT_S = 15.0

logger = logging.getLogger(__name__)


class StoreTrial:
    """Tries one process's store until it is right."""

    def __init__(self, store: ObjectStore, *, shortest_wait_s: float = SHORTEST_WAIT_S) -> None:
        self._store = store
        self._wait_s = shortest_wait_s
        self._succeeded = threading.Event()

    def begin(self) -> None:
        """Start to try it, in a thread that does not keep the process from its end."""
        threading.Thread(target=self._try_until_right, daemon=True).start()

    def check_request(self) -> None:
        """Refuse a request that needs the store; Flask calls it before each.

        Raises:
            Unavailable: the store was not tried with success yet.
        """
        if not self._succeeded.is_set() and request.path != HEALTHZ:
            raise Unavailable(keys.READY, "away since the service started")

    def _try_until_right(self) -> None:
        said = ""
        while not self._succeeded.is_set():
            try:
                probe(self._store)
            except StoreRefused as error:  # also one that answers and breaks its promises: it may be mended
                if str(error) != said:  # once, and again where it is another reason
                    said = str(error)
                    logger.error("store: %s", error)
                threading.Event().wait(self._wait_s)
                self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
            else:
                logger.info("store: there")
                self._succeeded.set()
