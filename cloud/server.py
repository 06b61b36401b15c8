"""The only home of how gunicorn is run: threads (gthread), no preloading, its lines as ours.

A web process opens its store after the fork, because connections must not cross one.
"""

from __future__ import annotations

import logging
from pathlib import Path

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from cloud.app import create_app
from cloud.settings import Settings
from cloud.web_worker import WebWorker

KEEP_ALIVE_S = 15
GRACEFUL_S = 20
SILENT_WORKER_S = 60

_MEMORY_FOLDER = Path("/dev/shm")


class _OurLines(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn's lines through the process's own logging."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.INFO)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn with its settings in code."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        options = {
            "bind": self.settings.bind,
            "workers": self.settings.processes,
            "threads": self.settings.threads,
            "worker_class": WebWorker,
            "timeout": SILENT_WORKER_S,
            "graceful_timeout": GRACEFUL_S,
            "keepalive": KEEP_ALIVE_S,
            "logger_class": _OurLines,
            "control_socket_disable": True,
            "worker_tmp_dir": str(_MEMORY_FOLDER) if _MEMORY_FOLDER.is_dir() else None,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called by gunicorn in each web process."""
        return create_app(self.settings)
