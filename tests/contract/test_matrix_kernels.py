"""numpy multiplies matrices by what the processor can do, whether or not its OpenBLAS knows the processor."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from contract.matrix_kernels import KERNELS, flags_of, kernels_for, kernels_here

NEW = {"sse3", "avx2", "fma", "avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl", "amx_tile"}
ASK = """
import json, sys
from types import ModuleType

def main():
    import numpy
    from threadpoolctl import threadpool_info
    print(json.dumps([one for one in threadpool_info() if one["internal_api"] == "openblas"]))

asked = ModuleType("asked")
asked.main = main
sys.modules["asked"] = asked
from contract.command_line import start
start("asked")
"""


@pytest.mark.parametrize(
    ("flags", "kernels"),
    [
        (NEW, "SkylakeX"),
        ({"sse3", "avx2", "fma"}, "Haswell"),
        (NEW - {"avx512vl"}, "Haswell"),
        ({"sse3", "avx"}, None),
        (set(), None),
    ],
    ids=["new", "of 2013", "the first with AVX-512", "old", "no x86"],
)
def test_kernels_are_the_fastest_that_the_processor_has(flags: set[str], kernels: str | None) -> None:
    assert kernels_for({"PATH": "/bin"}, flags) == ({} if kernels is None else {KERNELS: kernels})


def test_what_the_user_has_chosen_stays() -> None:
    assert kernels_for({KERNELS: "Zen"}, NEW) == {}


def test_flags_are_those_of_the_first_processor(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name\t: Intel\nflags\t\t: sse3 avx2\n\nflags\t\t: sse3\n")
    assert flags_of(cpuinfo) == {"sse3", "avx2"}
    cpuinfo.write_text("Features\t: fp asimd\n")
    assert flags_of(cpuinfo) == frozenset()
    assert flags_of(tmp_path / "none") == frozenset()


def test_a_command_line_multiplies_by_them() -> None:
    """On an Emerald Rapids numpy 1.26 took kernels of 2004: 40 GFLOP/s on two cores, where 250 are there."""
    chosen = kernels_here({})
    if not chosen:
        pytest.skip("no x86-64 processor with AVX2")
    asked = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True, env={})
    taken = json.loads(asked.stdout)
    if not taken:
        pytest.skip("numpy has no OpenBLAS here")
    assert [one["architecture"] for one in taken] == [chosen[KERNELS]]
