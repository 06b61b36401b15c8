"""How fast PyTorch trains the end of the reference network: `python -m bench.paper.torch_training <what>`.

It prints images a second as JSON. It runs in a Python that has PyTorch and numpy, and need have nothing else. What
trains is what trains behind freeze6 (a last layer over vectors of one length) and behind freeze5 (the bottleneck and
its batch normalisation before that); by Adam as it is, and fused, whichever is faster.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

BOTTLENECK, LENGTH = 512, 16.0


def measure(width: int, classes: int, batch: int, repeats: int, least_s: float) -> dict[str, Any]:
    """Return where it was computed, and images a second, repeat by repeat, of the faster Adam."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    runs = [_rates(_steps(width, classes, batch, device, fused), batch, repeats, least_s) for fused in (False, True)]
    name = torch.cuda.get_device_name() if device == "cuda" else device
    return {"device": name, "images_a_second": max(runs, key=max)}


def _steps(width: int, classes: int, batch: int, device: str, fused: bool) -> Callable[[int], None]:
    import torch

    torch.manual_seed(0)
    bottleneck = [] if width == BOTTLENECK else [torch.nn.Linear(width, BOTTLENECK, bias=False), _normalisation()]
    body, last = torch.nn.Sequential(*bottleneck).to(device), torch.nn.Linear(BOTTLENECK, classes).to(device)
    optimizer = torch.optim.Adam([*body.parameters(), *last.parameters()], lr=1e-3, fused=fused)
    loss = torch.nn.CrossEntropyLoss()
    features, labels = torch.randn(batch, width, device=device), torch.randint(0, classes, (batch,), device=device)

    def run(count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()
            embedding = LENGTH * torch.nn.functional.normalize(body(features))
            loss(last(embedding), labels).backward()
            optimizer.step()
        if device == "cuda":
            torch.cuda.synchronize()

    return run


def _normalisation() -> Any:
    import torch

    return torch.nn.BatchNorm1d(BOTTLENECK, eps=1e-3)


def _rates(run: Callable[[int], None], batch: int, repeats: int, least_s: float) -> list[float]:
    _seconds(run, 2)
    count = max(1, round(least_s / _seconds(run, 1)))
    return [count * batch / _seconds(run, count) for _ in range(repeats)]


def _seconds(run: Callable[[int], None], count: int) -> float:
    began = time.perf_counter()
    run(count)
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(measure(**json.loads(sys.argv[1]))))
