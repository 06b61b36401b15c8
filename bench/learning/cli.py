"""`python -m bench.learning`: plays scenarios over many seeds, prints tables, writes `build/bench-learning.json`."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from bench.cli import run_command
from bench.learning import worlds
from bench.learning.figures import Played
from bench.learning.goals import goal_rows
from bench.learning.people import PHOTO_SETS, read_people, real_folders
from bench.learning.processes import Job, play_all
from bench.learning.scenarios import ALL, ATTACKS, SCENARIOS
from bench.learning.summary import Summary, summarise
from bench.learning.table import format_curves, format_figures
from bench.report import format_rows

BUILD = Path("build")
SEEDS, PROCESSES = 8, 2


def main() -> int:
    """Run the command line."""
    return run_command(learn, "python -m bench.learning")


@click.command(epilog="; ".join(f"{scenario.name}: {scenario.about}" for scenario in SCENARIOS.values()))
@click.argument("names", nargs=-1, type=click.Choice(list(SCENARIOS)), metavar="[SCENARIO]...")
@click.option("--attacks", is_flag=True, help="instead of all others: attacks, with the guard against them and without")
@click.option("--world", "asked", multiple=True, type=click.Choice(worlds.NAMES), help="instead of each scenario's own")
@click.option("--seeds", default=SEEDS, show_default=True, type=click.IntRange(min=1))
@click.option("--first-seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option("--out", default=BUILD / "bench-learning.json", show_default=True, type=click.Path(path_type=Path))
@click.option("--processes", default=PROCESSES, show_default=True, type=click.IntRange(min=1))
def learn(
    names: tuple[str, ...],
    attacks: bool,
    asked: tuple[str, ...],
    seeds: int,
    first_seed: int,
    out: Path,
    processes: int,
) -> None:
    """Play everything but attacks, or the scenarios that are named."""
    began, work = time.monotonic(), BUILD.resolve() / "bench-learning"
    work.mkdir(parents=True, exist_ok=True)
    jobs = plan(
        names or tuple(one.name for one in (ATTACKS if attacks else ALL)),
        asked,
        seeds=range(first_seed, first_seed + seeds),
    )
    for world in sorted({job.world for job in jobs} & set(PHOTO_SETS)):
        click.echo(f"  ... photos of {world}", err=True)
        read_people(world, work=work)
    played: list[Played] = []
    for one in play_all(jobs, work=work, processes=processes):
        played.append(one)
        summaries = summarise(played)
        write(summaries, out, seconds=time.monotonic() - began)  # what is played stays, whatever comes next
    goals = goal_rows(summaries)
    texts = (format_figures(summaries), format_curves(summaries), format_rows(goals) if goals else "")
    click.echo("\n\n".join(text for text in texts if text))
    click.echo(f"{time.monotonic() - began:.0f} s", err=True)


def plan(names: tuple[str, ...], asked: tuple[str, ...], *, seeds: range) -> list[Job]:
    """Return the jobs, seed by seed, scenario by scenario."""
    real = real_folders()
    played = [(name, world) for name in names for world in worlds.available(asked or SCENARIOS[name].worlds, real=real)]
    return [Job(name, world, seed) for seed in seeds for name, world in played]


def write(summaries: list[Summary], path: Path, *, seconds: float) -> None:
    """Keep everything as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"seconds": round(seconds, 1), "rows": [summary.to_json() for summary in summaries]}
    path.write_text(json.dumps(document, indent=2) + "\n")
