"""The worker's start: what it needs is looked at before it works, and its store is waited for."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

from cloud import state_folder
from cloud.errors import StoreUnreachable, Unavailable, Uncertain
from cloud.releases.signing import SigningKey, load_or_create
from cloud.settings import Settings
from cloud.store import ObjectStore, folder_of, open_store, probe
from cloud.training.context import TrainingContext
from cloud.training.executors.idle import IdleProcesses
from cloud.worker.agenda import LONGEST_OUTAGE_BACKOFF_S, pool_backoff_s
from cloud.worker.lock import claimed
from cloud.worker.pulse import Pulse, beating, worker_id
from cloud.worker.training_trial import backend_here, check_installed, training_tried
from cloud.worker.worker import Worker

logger = logging.getLogger(__name__)


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; a store that does not answer is waited for.

    Raises:
        SettingError, StoreRefused: it cannot start like this.
    """
    check_installed(backend_here(settings), settings.executor)
    state_folder.check_apart(settings.state, folder_of(settings.store))
    stop = threading.Event()
    _stop_on_signals(stop)
    with claimed(settings.state), training_tried(backend_here(settings)) as trial:
        store = open_store(settings.store)
        key = _reach(store, settings, stop)
        if key is not None and trial.succeeds(stop):
            idle = IdleProcesses(settings.warm_s)
            with beating(store, Pulse(worker_id(settings.state))) as pulse, contextlib.closing(idle):
                Worker(TrainingContext(store, settings, key, stop, idle=idle), pulse=pulse).run()


def _reach(store: ObjectStore, settings: Settings, stop: threading.Event) -> SigningKey | None:
    """Load the worker's key once the store answers; return None if the worker is to stop before that."""
    outages = 0
    while not stop.is_set():
        try:
            probe(store)
            return load_or_create(settings.state, store)
        except (StoreUnreachable, Unavailable, Uncertain) as error:
            logger.error("worker: %s", error)
            outages += 1
            stop.wait(pool_backoff_s(outages, LONGEST_OUTAGE_BACKOFF_S))
    return None


def _stop_on_signals(stop: threading.Event) -> None:
    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    handle: Callable[[int, FrameType | None], None] = ask_to_stop
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, handle)
