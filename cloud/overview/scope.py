"""How much of an overview one group's operators see: nothing that is of another group. Pure.

Pools, erasures and enrolled devices are read for the group alone. Workers, spaces and faults are of the whole service:
here they lose what names another group, or counts what is its.
"""

from __future__ import annotations

from dataclasses import replace

from cloud.overview.heartbeats import Heartbeat
from cloud.overview.values import Overview, SpaceView

ELSEWHERE = "something outside the pools of this group cannot be read; operators of all groups see what"
"""For all faults of a service, whose words may name what is another group's."""


def without_others(overview: Overview, group: str) -> Overview:
    """Return an overview, whose pools are of one group, without what workers and faults say of others."""
    workers = tuple(_of_group(one, group) for one in overview.workers)
    return replace(overview, workers=workers, faults=(ELSEWHERE,) if overview.faults else ())


def used_spaces(overview: Overview) -> tuple[SpaceView, ...]:
    """Return the spaces in which an overview's pools are: the others may be made for another group."""
    used = {view.pool.space for view in overview.pools}
    return tuple(one for one in overview.spaces if one.space in used)


def _of_group(one: Heartbeat, group: str) -> Heartbeat:
    """Return what a worker said without what it does for others, and without its counts, which are of all groups."""
    is_here = _is_of(one.pool, group)
    return replace(
        one,
        pool=one.pool if is_here else None,
        step=one.step if is_here else None,
        counts={},
        trouble=one.trouble if one.trouble is not None and _is_of(one.trouble.pool, group) else None,
    )


def _is_of(pool: str | None, group: str) -> bool:
    return pool is not None and pool.partition("/")[0] == group
