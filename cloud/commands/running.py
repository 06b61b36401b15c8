"""What runs until it is stopped: serve and worker."""

from __future__ import annotations

import contextlib
import logging
import os

import click

from cloud import audit
from cloud.errors import StoreError, StoreUnreachable
from cloud.identity import codes
from cloud.logs import configure_logging
from cloud.settings import Settings
from cloud.store import ObjectStore, open_store, probe
from cloud.web.counts_folder import make_counts_folder
from cloud.web.listener import listen, take_passed
from contract import command_line

TRIED_FOR_S = 5.0
"""How long the start waits for the store."""

logger = logging.getLogger(__name__)


@click.command()
@click.option("--bind", help="Address and port, in place of FEDEX_BIND.")
def serve(bind: str | None) -> None:
    """Answer devices, until stopped; with 503 for as long as the store is away.

    On a socket that systemd holds, where it passes one, whatever the address is. SIGHUP begins the web processes anew,
    with the certificate as it is then.
    """
    settings = Settings.from_environment(os.environ | ({"FEDEX_BIND": bind} if bind else {}))
    _begin_logging(settings)
    from cloud.web.greenlets import patch_process  # every other command waits as ever

    patch_process()
    from cloud.web.certificates import check_certificate

    check_certificate(settings)
    passed = take_passed(os.environ, stall_s=settings.stall_s)
    listener = passed or listen(settings.bind, stall_s=settings.stall_s)
    store = open_store(settings.store)
    is_tried = _is_tried(store)
    if is_tried:
        _warn_of_codes(store, settings)
    counts = make_counts_folder()
    with command_line.interrupts_end_the_process():
        from cloud.web.server import Server  # gunicorn sets signal handlers and more as it loads

    Server(settings, listener.detach(), counts=counts, is_store_tried=is_tried).run()


@click.command()
def worker() -> None:
    """Merge, train and publish, until stopped."""
    settings = Settings.from_environment(os.environ)
    _begin_logging(settings)
    with command_line.interrupts_end_the_process():
        from cloud.worker.start import run_worker  # the web side does without what it loads

    run_worker(settings)


def _begin_logging(settings: Settings) -> None:
    configure_logging()
    if settings.audit is not None:
        audit.keep_in(settings.audit)


def _is_tried(store: ObjectStore) -> bool:
    """Try the store; say it where it is away, or needs too long.

    Raises:
        StoreRefused: it is there, and cannot be used.
    """
    from cloud.web.greenlets import at_most

    try:
        with at_most(TRIED_FOR_S, StoreUnreachable(f"{store!r}: expected an answer, got none in {TRIED_FOR_S:g} s")):
            probe(store)
    except StoreUnreachable as error:
        logger.warning("the store is away, requests get 503 until it is there: %s", error)
        return False
    return True


def _warn_of_codes(store: ObjectStore, settings: Settings) -> None:
    """Say where devices can enrol with nothing, or with codes that neither expire nor are counted."""
    if settings.enrolment:
        logger.warning(
            "FEDEX_ENROLMENT: its codes never expire and are not counted; `fedex-cloud codes add` makes others"
        )
        return
    with contextlib.suppress(StoreError):  # a store that fails says so where it matters
        if not codes.groups(store):
            logger.warning("no device can enrol: `fedex-cloud codes add` makes a code, while this runs")
