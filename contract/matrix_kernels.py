"""The kernels by which numpy multiplies matrices, on processors that its OpenBLAS does not know.

OpenBLAS chooses its kernels by the processor's model, once, when numpy is loaded. A model that is newer than the
library gets kernels of 2004, whatever it can do: with numpy 1.26 a Xeon of 2023 (Emerald Rapids) multiplies a sixth as
fast as it could. So the kernels are chosen by what the processor can do, as the variable OPENBLAS_CORETYPE allows.
OpenBLAS ships them for every x86-64 (its DYNAMIC_ARCH list); other libraries do not read the variable.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Set
from pathlib import Path

KERNELS = "OPENBLAS_CORETYPE"
"""The variable; what a user sets stays."""

_NEEDED = (
    ("SkylakeX", frozenset({"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"})),
    ("Haswell", frozenset({"avx2", "fma"})),
)
"""OpenBLAS's names of kernels, the fastest first, and what a processor must be able to do for each."""


_CPUINFO = Path("/proc/cpuinfo")


def choose_kernels() -> None:
    """Choose them for this process and those it starts. Call it before numpy is loaded."""
    os.environ.update(kernels_here(os.environ))


def kernels_here(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variable to set in an environment on this machine, or nothing."""
    return kernels_for(environment, flags_of(_CPUINFO))


def kernels_for(environment: Mapping[str, str], flags: Set[str]) -> dict[str, str]:
    """Return the variable to set in an environment, given a processor's flags; nothing where it is set. Pure."""
    if KERNELS in environment:
        return {}
    return next(({KERNELS: name} for name, needed in _NEEDED if needed <= flags), {})


def flags_of(cpuinfo: Path) -> frozenset[str]:
    """Return what an x86 processor can do as Linux tells it; nothing of others, and elsewhere."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return frozenset()
    return next((frozenset(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), frozenset())
