"""The command that tries what a service stands on."""

from __future__ import annotations

import sys
import time
from itertools import chain

import click

from cloud.admin.check import check as look
from cloud.admin.findings import Level
from cloud.commands.surroundings import settings_here
from cloud.errors import SettingError
from cloud.worker.cluster_trial import look_at_cluster


@click.command()
def check() -> None:
    """Try settings, state folder, store, key, clock and cluster, and say what is wrong; ends with 1 if anything is.

    Run it as the user of the service, with the service's settings. It makes nothing, but writes to the store.
    """
    settings = settings_here()
    wrong = False
    try:
        from cloud.web.certificates import check_certificate  # `serve` must not find ssl loaded before it is patched

        check_certificate(settings)
    except SettingError as error:
        click.echo(f"{Level.WRONG:5}  settings: {error}")
        wrong = True
    else:
        click.echo(f"{Level.WELL:5}  settings: complete")
    for finding in chain(look(settings, now=time.time()), look_at_cluster(settings)):
        click.echo(str(finding))
        wrong |= finding.level is Level.WRONG
    if wrong:
        sys.exit(1)
