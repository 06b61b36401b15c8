"""Makes what a user would bring: `python -m demo.networks.make examples NAME DIR`, and `... network NAME FILE.keras`.

Both in a process of their own, for the demo's own loads neither Keras nor the packages that carry the data.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from contract.command_line import run as run_main
from contract.environment import path
from demo.networks.catalogue import NETWORKS
from export.quiet import import_quietly

NAME = click.Choice(tuple(NETWORKS))


@click.group()
def main() -> None:
    """Make a network of the catalogue, or the examples that it is tried on."""


@main.command()
@click.argument("name", type=NAME)
@click.argument("directory", type=path)
def examples(name: str, directory: Path) -> None:
    """Write the examples of a network into DIRECTORY, one folder a label."""
    if name == "voices":
        from demo.networks.voices import write_voices as write
    else:
        from demo.networks.digits import write_digits as write
    click.echo(f"wrote {write(directory)} examples into {directory}")


@main.command()
@click.argument("name", type=NAME)
@click.argument("file", type=path)
@click.option("--label", "labels", multiple=True, required=True, help="That the network knows; may be given again.")
@click.option("--weights", type=path, help="Of keras.applications, without the top.  [default: trained a little]")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def network(name: str, file: Path, labels: tuple[str, ...], weights: Path | None, seed: int) -> None:
    """Make a network and save it to FILE."""
    import_quietly("keras")
    if name == "voices":
        from demo.networks.voice_network import train_voices

        made = train_voices(labels, seed=seed)
    else:
        from demo.networks.photo_networks import train_photos

        try:
            made = train_photos(name, labels, weights=weights, seed=seed)
        except (ValueError, OSError) as error:
            if weights is None:
                raise
            sys.exit(f"error: WEIGHTS {weights}: expected weights of {name} without its top, got {first_line(error)}")
    file.parent.mkdir(parents=True, exist_ok=True)
    made.save(file)
    click.echo(f"saved {file}")


def first_line(error: Exception) -> str:
    """Return what an error says first."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


if __name__ == "__main__":
    run_main(main)
