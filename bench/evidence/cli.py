"""The two command lines of evidence: which exhibits each has, and how they are run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from bench.cli import run_command
from bench.evidence.exhibit import Exhibit, Size
from bench.evidence.kept import read_kept
from bench.evidence.page import write_page
from bench.evidence.tables import markdown_table
from bench.evidence.taking import Folders, load_exhibit, take_all

PAPER: tuple[str, ...] = ("table-1", "table-2", "figure-4", "figure-5", "clients", "sharing")
PEERS: tuple[str, ...] = ("federated", "deployed", "on-device")
"""The exhibits of each part, in the order of the page."""
PARTS = (
    ("The paper", "make paper", "bench.paper", PAPER),
    ("Peers", "make peers", "bench.peers", PEERS),
)
BUILD, DOCS = Path("build/evidence"), Path("docs")


def run_part(package: str) -> int:
    """Run the command line of one package."""
    _, _, _, names = next(part for part in PARTS if part[2] == package)

    @click.command(epilog=f"EXHIBIT: {', '.join(names)}.")
    @click.argument("exhibits", nargs=-1, type=click.Choice(names), metavar="[EXHIBIT]...")
    @click.option("--toy", is_flag=True, help="as little as will do; its figures mean nothing, and no page is written")
    @click.option("--build", default=BUILD, show_default=True, type=click.Path(path_type=Path))
    @click.option("--docs", default=DOCS, show_default=True, type=click.Path(path_type=Path))
    def evidence(exhibits: tuple[str, ...], toy: bool, build: Path, docs: Path) -> None:
        """Measure what is not kept yet, or anew what is named; write the page."""
        folders = Folders(build.resolve(), docs.resolve())
        missing = _take(package, exhibits or names, anew=bool(exhibits), toy=toy, folders=folders)
        if not toy:
            write_page(all_parts(), folders.docs)
            click.echo(f"\n{folders.docs / 'evidence.md'}")
        if missing:
            raise click.ClickException("not measured: " + "; ".join(missing))

    return run_command(evidence, f"python -m {package}")


def all_parts() -> list[tuple[str, str, list[Exhibit]]]:
    """Return the parts of the page, with their exhibits."""
    return [
        (title, command, [load_exhibit(package, name) for name in names]) for title, command, package, names in PARTS
    ]


def _take(package: str, names: Sequence[str], *, anew: bool, toy: bool, folders: Folders) -> list[str]:
    """Take exhibits and print them; return a line for each that could not be taken."""
    size = Size.TOY if toy else Size.FULL
    missing = take_all(package, names, anew=anew, size=size, folders=folders, say=partial(click.echo, err=True))
    for name in names:
        if kept := read_kept(folders.build / f"{name}.json"):
            click.echo(f"\n{load_exhibit(package, name).title}\n\n{markdown_table(kept.rows)}")
    return missing
