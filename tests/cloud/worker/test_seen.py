"""What a real training cycle leaves in the store is what an overview shows of it."""

import time
from collections.abc import Callable

from cloud.overview.heartbeats import Count
from cloud.overview.reader import OverviewReader
from contract.bundle import TrainingBundle
from tests.cloud.training.conftest import TrainingSite


def test_a_cycle_is_seen_with_its_trials_and_what_the_gate_said(
    make_site: Callable[[TrainingBundle], TrainingSite], vector_bundle: TrainingBundle
) -> None:
    """A report's keys are in no contract: one that was renamed would be missing here without a word."""
    site = make_site(vector_bundle)
    site.send(("Ada", 3), ("Ben", 3), ("Cleo", 3), ("Gus", 3), ("Hal", 3), ("Ida", 1))
    worker = site.worker()
    worker.look()
    overview = OverviewReader(site.store).read(now=time.time())
    [view] = overview.pools
    assert (view.faults, view.failure, view.samples, view.untrained_rows) == ((), None, 16, 0)
    assert {label.label: label.samples for label in view.labels}["Ida"] == 1
    best, latest = view.current["best"], view.current["latest"]
    assert best.gate is not None
    assert (best.gate.passes, best.serial, latest.serial) == (True, 1, 1)
    assert best.gate.reason
    assert best.trained is not None
    assert 0 < best.trained <= 100
    assert (best.cycle, view.last_cycle) == (view.last_cycle, best.cycle)
    assert {one.name for one in view.last_trials} == {one.name for one in best.trials}
    [chosen] = [one for one in view.last_trials if one.was_chosen]
    assert (chosen.ending, chosen.seconds > 0) == ("done", True)
    assert chosen.right is not None
    assert chosen.said is not None
    assert 0 < chosen.said <= 1
    assert {one.name for one in chosen.points} == {"strict", "balanced", "friendly"}
    counts = worker.pulse.heartbeat().counts
    assert (counts[Count.MERGED_UPLOADS], counts[Count.MERGED_ROWS], counts[Count.CYCLES_BEST]) == (1, 16, 1)
