"""The only home of gunicorn: threads (gthread), no preloading, its own lines as ours.

A web process opens its store after the fork, because connections must not cross one.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from socket import socket

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from cloud.app import create_app
from cloud.settings import Settings
from contract.errors import shown
from contract.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemDocument

KEEP_ALIVE_S = 15
GRACEFUL_S = 20
SILENT_WORKER_S = 60

_MEMORY_FOLDER = Path("/dev/shm")

logger = logging.getLogger(__name__)


class _OurLines(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn's lines through the process's own logging."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.INFO)


class ProblemWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """A thread worker whose own refusals, of requests that never reach the application, are problem documents too."""

    def handle_error(self, req: object, client: socket, addr: object, exc: Exception) -> None:
        """Called by gunicorn."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        logger.info("not a request: %s", exc)
        with contextlib.suppress(OSError):  # whoever sent it may be gone
            client.sendall(_problem(exc))


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn with its settings in code."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        options = {
            "bind": self._settings.bind,
            "workers": self._settings.processes,
            "threads": self._settings.threads,
            "worker_class": ProblemWorker,
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
        return create_app(self._settings)


def _problem(error: Exception) -> bytes:
    body = ProblemDocument(Problem.MALFORMED, "request", "HTTP/1.1", shown(str(error))).encode()
    head = f"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: {PROBLEM_MEDIA_TYPE}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
