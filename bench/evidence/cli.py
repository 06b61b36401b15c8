"""The two command lines of evidence: which exhibits each has, and how they are run."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import click

from bench.cli import run_command
from bench.data import check_data
from bench.evidence.errors import NotReadable
from bench.evidence.exhibit import Exhibit, Size
from bench.evidence.kept import read_kept
from bench.evidence.page import write_page
from bench.evidence.tables import markdown_table
from bench.evidence.taking import Folders, load_exhibit, take_all
from bench.evidence.versions import versions
from bench.measure.torch_python import TORCH
from demo.errors import DemoError

Part = tuple[str, str, str, tuple[str, ...]]
"""Its title, its command, its package, and its exhibits in the order of the page."""
PAPER: tuple[str, ...] = ("table-1", "table-2", "figure-4", "figure-5", "clients", "sharing")
PEERS: tuple[str, ...] = ("federated", "deployed", "on-device")
PARTS: tuple[Part, ...] = (
    ("The paper", "make paper", "bench.paper", PAPER),
    ("Peers", "make peers", "bench.peers", PEERS),
)
BUILD, DOCS = Path("build/evidence"), Path("docs")


def run_part(package: str, parts: Sequence[Part] = PARTS) -> int:
    """Run the command line of one package."""
    names = next(part[3] for part in parts if part[2] == package)

    @click.command(epilog=f"EXHIBIT: {', '.join(names)}.")
    @click.argument("exhibits", nargs=-1, metavar="[EXHIBIT]...")
    @click.option("--toy", is_flag=True, help="as little as will do; its figures mean nothing, and no page is written")
    @click.option("--build", default=BUILD, show_default=True, type=click.Path(path_type=Path))
    @click.option("--docs", default=DOCS, show_default=True, type=click.Path(path_type=Path))
    def evidence(exhibits: tuple[str, ...], toy: bool, build: Path, docs: Path) -> None:
        """Measure what is not kept yet, or anew what is named; write the page."""
        _check_names(exhibits, package, parts)
        folders = Folders((build / "toy" if toy else build).resolve(), docs.resolve())
        _check_machine([folders.build] if toy else [folders.build, folders.docs, folders.docs / "evidence"])
        with _alone_in(folders.build):
            missing = _take(package, exhibits or names, anew=bool(exhibits), toy=toy, folders=folders)
            if not toy:
                _write_page(parts, folders.docs)
        if missing:
            raise click.ClickException("not measured: " + "; ".join(missing))

    return run_command(evidence, f"python -m {package}")


def all_parts(parts: Sequence[Part] = PARTS) -> list[tuple[str, str, list[Exhibit]]]:
    """Return the parts of the page, with their exhibits."""
    return [
        (title, command, [load_exhibit(package, name) for name in names]) for title, command, package, names in parts
    ]


@contextlib.contextmanager
def _alone_in(build: Path) -> Iterator[None]:
    """Refuse to measure where another run does: their folders are the same, and so is the machine."""
    with (build / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise click.ClickException(f"{build}: expected nobody else to measure here, got another run") from error
        yield


def _check_names(exhibits: Sequence[str], package: str, parts: Sequence[Part]) -> None:
    """Refuse an exhibit that there is not, and one of another part with the command that has it."""
    homes = {name: (home, command) for _, command, home, names in parts for name in names}
    for name in exhibits:
        home, command = homes.get(name, ("", ""))
        if not home:
            own = ", ".join(one for one, (place, _) in homes.items() if place == package)
            raise click.UsageError(f"EXHIBIT: expected some of {own}, got {name!r}")
        if home != package:
            raise click.UsageError(f'{name} is measured by `{command} EXHIBITS="{name}"`')


def _check_machine(folders: Sequence[Path]) -> None:
    """Refuse, before minutes are spent, data that are named and not there, and folders that cannot be written."""
    try:
        check_data()
    except DemoError as error:
        raise click.ClickException(str(error)) from error
    torch = os.environ.get(TORCH)
    if torch and "PyTorch" not in versions([torch]):
        raise click.ClickException(f"{TORCH}: expected a Python that has torch, got {torch}")
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            message = f"{folder}: expected a folder that can be written, got {error.strerror}"
            raise click.ClickException(message) from error


def _take(package: str, names: Sequence[str], *, anew: bool, toy: bool, folders: Folders) -> list[str]:
    """Take exhibits and print them; return a line for each that could not be taken."""
    size = Size.TOY if toy else Size.FULL
    missing = take_all(package, names, anew=anew, size=size, folders=folders, say=partial(click.echo, err=True))
    for name in names:
        with contextlib.suppress(NotReadable):  # of an exhibit that was left out, and said so
            if kept := read_kept(folders.kept(name)):
                click.echo(f"\n{load_exhibit(package, name).title}\n\n{markdown_table(kept.rows)}")
    return missing


def _write_page(parts: Sequence[Part], docs: Path) -> None:
    try:
        write_page(all_parts(parts), docs)
    except NotReadable as error:
        raise click.ClickException(f"{error}: measure it anew, or remove it") from error
    except OSError as error:
        message = f"{error.filename or docs}: expected room for the page and its plots, got {error.strerror}"
        raise click.ClickException(message) from error
    click.echo(f"\n{docs / 'evidence.md'}")
