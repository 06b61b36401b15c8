"""How gunicorn is run: its gevent worker, no preloading, its lines as ours, TLS where a certificate is set.

A web process opens its store after the fork, because connections must not cross one. SIGHUP begins web processes anew:
the old ones answer what was begun, and say that they close; all others find the new ones, on the same socket. No header
changes a request's path or its scheme, whoever sends it; whose request it is, the proxies that an operator named may
say (`cloud.proxies`).
"""

from __future__ import annotations

import gc
import logging
import math
import resource
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from cloud.errors import SettingError
from cloud.identity.counters import CounterTable
from cloud.identity.limits import ConcurrencyLimit
from cloud.settings import Settings
from cloud.store import open_store
from cloud.web.app import create_app
from cloud.web.bounded_store import BoundedStore
from cloud.web.certificates import check_certificate
from cloud.web.greenlets import Threads, bound_handshakes
from cloud.web.store_trial import StoreTrial

KEEP_ALIVE_S = 15
"""At most this long after the last answer, what was left of its request and the next one's headers must have come."""
GRACEFUL_S = 20
SILENT_WORKER_S = 60
MAX_CONNECTIONS = 1000
"""Of one process, if it may open twice as many files; the store needs some too."""
WAITING_SHARE = 0.75
"""Of these: how many may be requests that wait. The others are for health, and for telling who comes to come later."""
DISK_THREADS = 16
"""Of one process: how many writes of a directory store wait for the disk at once."""

_MEMORY_FOLDER = Path("/dev/shm")


class _OurLines(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn's lines through the process's own logging."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.INFO)

    def exception(self, msg: str, *args: object, **kwargs: object) -> None:
        """Log a bug with its traceback. A client that took nothing until the kernel gave it up is none."""
        if isinstance(sys.exception(), TimeoutError):
            self.info("cut off: a client that took nothing of an answer")
        else:
            super().exception(msg, *args, **kwargs)


class _Master(Arbiter):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn's master, with two signals of ours."""

    def handle_hup(self) -> None:
        """Begin the web processes anew, as gunicorn does, unless none of them could serve."""
        try:
            check_certificate(self.app.settings)
        except SettingError as error:
            self.log.error("nothing was begun anew, what runs goes on: %s", error)
        else:
            super().handle_hup()

    def handle_usr2(self) -> None:
        """Do nothing: another master would begin without the counters of this one, and no unit would know it."""
        self.log.warning("SIGUSR2 does nothing here: a new start on the same socket takes the place of this one")


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn with its settings in code, on a socket that listens already, of which it takes the descriptor.

    Args:
        settings: what an operator chose.
        descriptor: of the socket.
        counts: the folder in which web processes count requests, removed as the server ends.
        is_store_tried: whether the store was found to keep its promises; if not, each web process tries it.

    Raises:
        SettingError: the certificate or its key cannot be used.
    """

    def __init__(self, settings: Settings, descriptor: int, *, counts: Path, is_store_tried: bool = True) -> None:
        check_certificate(settings)
        self.settings = settings
        self._descriptor = descriptor
        self._counts = counts
        self._is_store_tried = is_store_tried
        self._bodies = _shared_file()
        """Which bodies are under way: made before the web processes, which inherit it."""
        self._counters = CounterTable(_shared_file())
        """Of the quotas, for the same reason."""
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's options. Called by gunicorn."""
        options = {
            "bind": f"fd://{self._descriptor}",
            "workers": self.settings.processes,
            "worker_class": "gevent",
            "worker_connections": _connections(),
            "timeout": SILENT_WORKER_S,
            "graceful_timeout": GRACEFUL_S,
            "keepalive": min(KEEP_ALIVE_S, math.ceil(self.settings.stall_s)),
            "certfile": self.settings.tls_cert and str(self.settings.tls_cert),
            "keyfile": self.settings.tls_key and str(self.settings.tls_key),
            "logger_class": _OurLines,
            "on_exit": self._remove_counts,
            "control_socket_disable": True,
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "secure_scheme_headers": {},
            "worker_tmp_dir": str(_MEMORY_FOLDER) if _MEMORY_FOLDER.is_dir() else None,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve until stopped."""
        _Master(self).run()

    def _remove_counts(self, _: object) -> None:
        shutil.rmtree(self._counts, ignore_errors=True)

    def load(self) -> Flask:
        """Make the application. Called by gunicorn in each web process."""
        bound_handshakes(self.settings.stall_s)
        store = BoundedStore(open_store(self.settings.store, wait=Threads(DISK_THREADS)))
        places = max(1, round(_connections() * WAITING_SHARE))
        limit = ConcurrencyLimit(self._bodies)
        app = create_app(self.settings, store=store, limit=limit, counters=self._counters, places=places)
        if not self._is_store_tried:
            trial = StoreTrial(store)
            app.before_request(trial.check_request)
            trial.begin()
        gc.freeze()  # what was loaded is no garbage, and need not be looked through for any
        return app


def _shared_file() -> BinaryIO:
    """Open a file without a name, in memory where the system has a folder for that.

    Raises:
        SettingError: there is no folder for it.
    """
    try:
        return TemporaryFile(buffering=0, dir=_MEMORY_FOLDER if _MEMORY_FOLDER.is_dir() else None)
    except OSError as error:
        raise SettingError(f"TMPDIR: expected a folder for files that may be written, got {error}") from error


def _connections() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if files == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, files // 2)
