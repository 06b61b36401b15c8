"""`python -m bench [NAME...]`: takes the measurements, prints one table, writes `build/bench.json`.

A goal that is missed is said in the table; the exit status is 0 all the same.
"""

import shutil
import time
from pathlib import Path

import click

from bench.measurements import BY_NAME, NAMES, take
from bench.report import format_rows, write_report
from bench.row import BenchRow, NotMeasured
from contract.command_line import INTERRUPTED

BUILD = Path("build")


def main() -> int:
    """Run the command line."""
    return run_command(measure, "python -m bench")


def run_command(command: click.Command, name: str) -> int:
    """Run a command line and return its exit status; Ctrl-C ends it quietly."""
    try:
        command(standalone_mode=False, prog_name=name)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    return 0


@click.command(epilog=f"NAME: {', '.join(NAMES)}; and, only if it is named, {', '.join(BY_NAME)}.")
@click.argument("names", nargs=-1, type=click.Choice((*NAMES, *BY_NAME)), metavar="[NAME]...")
def measure(names: tuple[str, ...]) -> None:
    """Measure everything that takes no more than some minutes, or the measurements that are named."""
    work = BUILD.resolve() / "bench"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    rows: list[BenchRow | NotMeasured] = []
    for name in names or NAMES:
        started = time.monotonic()
        click.echo(f"  ... {name}", err=True)
        rows += take(name, work=work)
        click.echo(f"{time.monotonic() - started:5.0f} s  {name}", err=True)
        write_report(rows, BUILD / "bench.json")  # what is measured stays, whatever comes next
    click.echo(format_rows(rows))
