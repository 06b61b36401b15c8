"""A folder of synthetic people: `python -m demo.drawing.people DIR` writes one folder of PNG photos a person.

::

    DIR/Ada Alder/01.png, 02.png, ...    200 x 200 RGB
    DIR/Bo Birch/01.png, ...

The same options give the same files. These are drawings of nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.command_line import run as run_main
from contract.environment import path
from demo.drawing.person import MAX_PEOPLE, invent_person
from demo.drawing.portrait import draw_photo

STRANGERS, PHOTOS_OF_STRANGERS = 12, 2


def draw_people(
    *, people: int, photos: int, seed: int, variation: float = 1.0
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield (path within the folder, uint8 (200, 200, 3) RGB) for each photo, person by person.

    `variation` (0 to 1) says how much photos of one person differ.
    """
    for index in range(people):
        person = invent_person(index, seed=seed)
        for photo in range(photos):
            rng = np.random.default_rng([seed, index, photo + 1])
            yield f"{person.name}/{photo + 1:02d}.png", draw_photo(person, rng, variation=variation)


def write_people(directory: Path, *, people: int, photos: int, seed: int, variation: float = 1.0) -> int:
    """Write the photos under `directory` and return how many; files of the same name are overwritten."""
    count = 0
    for name, pixels in draw_people(people=people, photos=photos, seed=seed, variation=variation):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, compress_level=1)
        count += 1
    return count


def write_strangers(directory: Path, *, after: int, seed: int) -> list[Path]:
    """Draw people who come after the first `after` ones, two photos each; return the photos. None if all are drawn."""
    photos = []
    for index in range(after, min(after + STRANGERS, MAX_PEOPLE)):
        person = invent_person(index, seed=seed)
        (directory / person.name).mkdir(parents=True, exist_ok=True)
        for photo in range(PHOTOS_OF_STRANGERS):
            pixels = draw_photo(person, np.random.default_rng([seed, index, photo + 1]))
            photos.append(directory / person.name / f"{photo + 1:02d}.png")
            Image.fromarray(pixels).save(photos[-1], compress_level=1)
    return photos


@click.command()
@click.argument("directory", type=path)
@click.option("--people", type=click.IntRange(1, MAX_PEOPLE), default=40, show_default=True)
@click.option("--photos", type=click.IntRange(1, 99), default=12, show_default=True, help="Photos of each person.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def main(directory: Path, people: int, photos: int, seed: int) -> None:
    """Draw people who do not exist into DIRECTORY, one folder each."""
    count = write_people(directory, people=people, photos=photos, seed=seed)
    click.echo(f"drew {count} photos of {people} people into {directory}")


if __name__ == "__main__":
    run_main(main)
