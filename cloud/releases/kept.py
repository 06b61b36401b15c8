"""Which releases of a pool keep their files: those that serve, and those that an operator may return to. Pure.

::

    the newest releases of each channel    as many as a setting says, the one that stands among them
    what a withdrawal would return to      the newest that was for all devices, of another head, and not withdrawn

Files are a publication's, and all releases share them that have its head: they are kept while one of these does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from contract.withdrawals import Withdrawals


@dataclass(frozen=True, slots=True)
class Link:
    """What counts of a release of a channel's chain."""

    sha256: str
    """The release's name."""
    serial: int
    publication: str | None
    """What wrote its files; None: the bundle's head serves."""
    is_for_all: bool
    """Whether it was for all devices."""
    heads: tuple[str, ...]
    """The sha256 of each head file, in order; none: the bundle's head serves."""


def returns_to(chain: Iterable[Link], *, withdrawn: Withdrawals, publications: Sequence[str]) -> Link | None:
    """Return the release that devices get if what stands is withdrawn; None: the bundle's head.

    Args:
        chain: of a channel, from what stands back.
        withdrawn: what was withdrawn from the channel before.
        publications: whose files are kept.
    """
    links = iter(chain)
    standing = next(links, None)
    for link in links if standing else ():
        is_another = bool(link.heads) and standing is not None and link.heads != standing.heads
        was_for_all = link.is_for_all and is_another
        if was_for_all and link.serial not in withdrawn and is_kept(link, publications):
            return link
    return None


def is_kept(link: Link, publications: Sequence[str]) -> bool:
    """Tell whether a release has its files, if it ever had some of its own."""
    return link.publication is None or link.publication in publications


def kept_of(chain: Sequence[Link], *, withdrawn: Withdrawals, publications: Sequence[str], newest: int) -> set[str]:
    """Return the publications whose files a channel still wants, of those that are kept. Arguments as `returns_to`."""
    target = returns_to(chain, withdrawn=withdrawn, publications=publications)
    wanted = [*islice(chain, newest), *([target] if target else [])]
    return {link.publication for link in wanted if link.publication in publications and link.publication is not None}
