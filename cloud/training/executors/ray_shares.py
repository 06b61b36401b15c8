"""How much of a Ray cluster one task takes, and how many run at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ACCELERATORS, CORES = "GPU", "CPU"
"""Ray's names of what nodes offer."""


@dataclass(frozen=True, slots=True)
class Share:
    """What each task takes of a node."""

    accelerators: int
    """1, or 0 in a cluster without any."""
    cores: int
    """That Ray sets aside; 0 beside an accelerator whose node offers none."""
    at_once: int
    """How many such shares there are."""

    @property
    def threads(self) -> int:
        """How many threads a task computes with."""
        return max(self.cores, 1)


def share_out(offers: Iterable[Mapping[str, float]]) -> Share | None:
    """Divide what nodes offer among tasks; None where they offer nothing.

    Where there are accelerators, a task takes one, and the least number of cores that a node has for each of its own.
    Elsewhere it takes as many cores as the smallest node offers, so that its thread count, and with it its answers, do
    not depend on the node.

    Args:
        offers: of each node that is alive, Ray's resources by name.
    """
    nodes = [(int(offer.get(ACCELERATORS, 0)), int(offer.get(CORES, 0))) for offer in offers]
    with_accelerators = [(accelerators, cores) for accelerators, cores in nodes if accelerators]
    if with_accelerators:
        cores_each = min(cores // accelerators for accelerators, cores in with_accelerators)
        return Share(1, cores_each, sum(accelerators for accelerators, _ in with_accelerators))
    with_cores = [cores for _, cores in nodes if cores]
    if not with_cores:
        return None
    return Share(0, min(with_cores), sum(cores // min(with_cores) for cores in with_cores))
