"""Whether trials can run on the cluster of the settings, found out by joining it, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

from cloud.admin.findings import Finding, Level
from cloud.settings import ExecutorKind, Settings
from cloud.training.executors.ray_cluster import DRIVER, driver_environment
from cloud.training.executors.ray_shares import Share

PATIENCE_S = 60.0
MAX_REASON_CHARACTERS = 200


def look_at_cluster(settings: Settings) -> Iterator[Finding]:
    """Say what the cluster offers, where trials run on one."""
    if settings.executor is ExecutorKind.RAY:
        yield _join(settings.ray_address)


def _join(address: str) -> Finding:
    try:
        done = subprocess.run(
            [sys.executable, "-m", DRIVER, address],
            env=driver_environment(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        return Finding(Level.WRONG, "cluster", f"FEDEX_RAY_ADDRESS: {address} does not answer within {PATIENCE_S:g} s")
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        return Finding(Level.WRONG, "cluster", f"FEDEX_RAY_ADDRESS: {address}: {reason[:MAX_REASON_CHARACTERS]}")
    return judge_offer(**json.loads(done.stdout))


def judge_offer(nodes: int, share: dict[str, int] | None) -> Finding:
    """Judge what a cluster offers; `nodes` counts the worker's own machine. Pure."""
    if share is None:
        return Finding(Level.WRONG, "cluster", f"none of {nodes} nodes offers a core or an accelerator")
    each = Share(**share)
    takes = "an accelerator" if each.accelerators else f"cores: {each.cores}"
    return Finding(Level.WELL, "cluster", f"nodes: {nodes}; trials at once: {each.at_once}, each on {takes}")
