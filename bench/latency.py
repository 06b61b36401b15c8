"""How long it takes from an acknowledged upload to a head in use on a device: one walk of the demo with its real parts.

The worker's log says how much of it its processes need until they have started, imported Keras and answered.
"""

import json
from pathlib import Path

from bench.material import find_material
from bench.row import Row, at_most
from demo.run import run_demo
from demo.settings import Settings

GOAL_S = 30.0
OPENED, PUBLISHED = "cycle: opened", "cycle: published"
"""What the worker logs when its processes are up and have answered, and when the release is there."""


def measure(work: Path) -> list[Row]:
    """Return the seconds in all, those of starting up, and those of the whole cycle."""
    material = find_material(work=work)
    settings = Settings(weights=material.weights, faces=material.faces, build=work / "latency")
    figures = run_demo(settings)
    name = f"upload to head in use, freeze6, {figures.people} people"
    steps = _cycle_seconds(settings.work / "logs" / "worker.log")
    total = figures.seconds_to_new_head
    return [
        Row(name, total, "seconds", goal=at_most(GOAL_S)),
        Row(f"{name}, start-up of the worker's processes", steps[OPENED], "seconds", reference=total),
        Row(f"{name}, cycle from its start to the release", steps[PUBLISHED], "seconds", reference=total),
    ]


def _cycle_seconds(log: Path) -> dict[str, float]:
    """From the start of the last cycle to each of its steps, by the step's line in the log."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return {line["message"]: float(line["seconds"]) for line in lines if line["message"] in (OPENED, PUBLISHED)}
