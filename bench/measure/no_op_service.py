"""The route that `bench.measure.service` compares with: it reads an upload's bytes and acknowledges them, no more.

Run as a program, under the service's own gunicorn and settings.
"""

from __future__ import annotations

import os

from cloud.logs import configure_logging
from cloud.settings import Settings
from cloud.web.greenlets import patch_process


def main() -> None:
    """Serve until stopped."""
    patch_process()
    from flask import Flask, request

    from cloud.web.counts_folder import make_counts_folder
    from cloud.web.listener import listen
    from cloud.web.routes import rule
    from cloud.web.routes.ids import register_ids
    from cloud.web.server import Server
    from contract.routes import UPLOAD

    app = Flask("no-op", static_folder=None)
    register_ids(app)

    @app.put(rule(UPLOAD))
    def acknowledge(space: str, upload: str) -> tuple[dict[str, str], int]:
        request.get_data()
        return {"upload": upload}, 201

    class NoOpServer(Server):
        def load(self) -> Flask:
            return app

    configure_logging()
    settings = Settings.from_environment(os.environ)
    listener = listen(settings.bind, stall_s=settings.stall_s)
    NoOpServer(settings, listener.detach(), counts=make_counts_folder()).run()


if __name__ == "__main__":
    main()
