"""Makes the table of `contract/code_points.py`: run `python -m tests.contract.code_point_ranges` on Python 3.11.

Of Unicode 14.0, the newest version that every supported Python knows, all but what controls or shows nothing; and of
the blocks of emoji everything: more are added each year, which no normalisation and no case folding ever touches.
"""

import textwrap
import unicodedata
from collections.abc import Iterable

from contract.labels import MARKS, WHITE_SPACE
from contract.text import JOINERS

UNICODE = "14.0.0"
EMOJI = (range(0x1F300, 0x1F650), range(0x1F680, 0x1F700), range(0x1F900, 0x1FA00), range(0x1FA70, 0x1FB00))
UNFIT = frozenset({"Cc", "Cf", "Cn", "Cs", "Zl", "Zp"})

Range = tuple[int, int]


def is_fit(point: int) -> bool:
    """Tell whether a label may have a code point, by this Python's Unicode."""
    letter = chr(point)
    if unicodedata.category(letter) in UNFIT:
        return letter in JOINERS or any(point in block for block in EMOJI)
    return letter not in MARKS and (letter == " " or letter not in WHITE_SPACE)


def fit_ranges() -> list[Range]:
    """Return the runs of what is fit."""
    return runs(chr(point) for point in range(0x11_0000) if is_fit(point))


def runs(letters: Iterable[str]) -> list[Range]:
    """Return the first and the last code point of each run."""
    found: list[Range] = []
    for point in sorted(map(ord, letters)):
        if found and found[-1][1] == point - 1:
            found[-1] = found[-1][0], point
        else:
            found.append((point, point))
    return found


def table() -> str:
    """Write the table as it stands in the module."""
    text = " ".join(f"{first:x}-{last:x}" if first != last else f"{first:x}" for first, last in fit_ranges())
    return textwrap.fill(text, 118, break_on_hyphens=False)


if __name__ == "__main__":
    assert unicodedata.unidata_version == UNICODE
    print(table())
