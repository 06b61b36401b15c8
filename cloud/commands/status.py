"""The command that says how the service is doing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import click

from cloud.commands.surroundings import show
from cloud.overview.document import encode_overview
from cloud.overview.reader import OverviewReader
from cloud.overview.report import report
from cloud.store import ObjectStore
from contract.documents import encode_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="All there is to see as one JSON document, for scripts.")
def status(as_json: bool) -> None:
    """Say how the service is doing: first what needs somebody. Writes nothing."""
    show(_as_json if as_json else _as_lines)


def _as_lines(store: ObjectStore) -> Iterator[str]:
    return report(OverviewReader(store).read(now=time.time()))


def _as_json(store: ObjectStore) -> Iterator[str]:
    reader = OverviewReader(store)
    overview = reader.read(now=time.time())
    pools = tuple(reader.mark_revoked(view) for view in overview.pools)
    yield encode_json(encode_overview(replace(overview, pools=pools))).decode()
