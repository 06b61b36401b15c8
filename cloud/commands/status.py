"""The command that says how the service is doing."""

from __future__ import annotations

import time
from collections.abc import Iterator

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
    yield encode_json(encode_overview(OverviewReader(store).read(now=time.time()))).decode()
