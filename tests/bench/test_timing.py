"""How calls are timed, and what is asked of the machine."""

import time
from pathlib import Path

from bench.machine import cpu_flags
from bench.timing import compare


def test_measured_and_reference_calls_alternate() -> None:
    calls: list[str] = []
    compare(lambda: calls.append("measured"), lambda: calls.append("reference"), rounds=2, warm_up=1)
    assert calls == ["measured", "reference"] * 3


def test_medians_are_of_each_side() -> None:
    comparison = compare(lambda: time.sleep(0.02), lambda: None, rounds=3, warm_up=0)
    assert comparison.measured_s >= 0.02 > comparison.reference_s


def test_cpu_flags_come_from_the_kernel(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nflags : fpu avx2 avx512_vnni\n")
    assert cpu_flags(cpuinfo) == ("avx512_vnni", "avx2")
    assert cpu_flags(tmp_path / "nothing") == ()
