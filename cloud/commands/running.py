"""What runs until it is stopped: serve and worker."""

from __future__ import annotations

import os

import click

from cloud.errors import SettingError
from cloud.logs import configure_logging
from cloud.settings import Settings
from cloud.store import open_store, probe
from cloud.web.listener import listen
from contract import command_line


@click.command()
@click.option("--bind", help="Address and port, in place of FEDEX_BIND.")
def serve(bind: str | None) -> None:
    """Answer devices, until stopped."""
    settings = Settings.from_environment(os.environ | ({"FEDEX_BIND": bind} if bind else {}))
    if not settings.enrolment:
        raise SettingError("FEDEX_ENROLMENT is not set: without a code no device can enrol")
    configure_logging()
    from cloud.web.greenlets import patch_process  # every other command waits as ever

    patch_process()
    listener = listen(settings.bind, stall_s=settings.stall_s)
    probe(open_store(settings.store))
    with command_line.interrupts_end_the_process():
        from cloud.web.server import Server  # gunicorn sets signal handlers and more as it loads

    Server(settings, listener.detach()).run()


@click.command()
def worker() -> None:
    """Merge, train and publish, until stopped."""
    settings = Settings.from_environment(os.environ)
    configure_logging()
    with command_line.interrupts_end_the_process():
        from cloud.worker.worker import run_worker  # the web side does without what it loads

    run_worker(settings)
