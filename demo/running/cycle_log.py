"""What the demo reads in the worker's log: the steps of its last training cycle."""

import json
from pathlib import Path
from typing import Any

from cloud.training.cycle import CycleStep

Line = dict[str, Any]


def read_steps(log: Path) -> dict[CycleStep, Line]:
    """Return the line of each step that the last cycle has passed; only whole lines of JSON are read."""
    whole, _, _ = log.read_text().rpartition("\n")
    lines = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
    steps = {f"cycle: {step}": step for step in CycleStep}
    passed: dict[CycleStep, Line] = {}
    for line in lines:
        step = steps.get(line["message"])
        if step is CycleStep.PROCESSES_STARTED:
            passed.clear()
        if step is not None:
            passed[step] = line
    return passed


def read_refusal(log: Path) -> str | None:
    """Return why the gate refused the last cycle's head, or None if it has not."""
    judged = read_steps(log).get(CycleStep.JUDGED)
    return None if judged is None or judged["passes"] else str(judged["reason"])
