"""The only home of how gunicorn is run: threads (gthread), no preloading, its lines as ours.

A web process opens its store after the fork, because connections must not cross one. Nothing that a proxy could say of
a request is believed: no header changes its path or its scheme.
"""

from __future__ import annotations

import logging
import resource
from pathlib import Path

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from cloud.settings import Settings
from cloud.web.app import create_app
from cloud.web.web_worker import WebWorker

KEEP_ALIVE_S = 15
GRACEFUL_S = 20
SILENT_WORKER_S = 60
MAX_CONNECTIONS = 1000
"""Of one process, if it may open twice as many files; the store needs some too."""

_MEMORY_FOLDER = Path("/dev/shm")


class _OurLines(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn's lines through the process's own logging."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.INFO)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn with its settings in code, on a socket that listens already, of which it takes the descriptor."""

    def __init__(self, settings: Settings, descriptor: int) -> None:
        self.settings = settings
        self._descriptor = descriptor
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        options = {
            "bind": f"fd://{self._descriptor}",
            "workers": self.settings.processes,
            "threads": self.settings.threads,
            "worker_class": WebWorker,
            "worker_connections": _connections(),
            "timeout": SILENT_WORKER_S,
            "graceful_timeout": GRACEFUL_S,
            "keepalive": KEEP_ALIVE_S,
            "logger_class": _OurLines,
            "control_socket_disable": True,
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "secure_scheme_headers": {},
            "worker_tmp_dir": str(_MEMORY_FOLDER) if _MEMORY_FOLDER.is_dir() else None,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called by gunicorn in each web process."""
        return create_app(self.settings)


def _connections() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if files == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, files // 2)
