"""What the bench has to know of the machine it runs on."""

from pathlib import Path

from contract.matrix_kernels import flags_of

CPU_FLAGS = ("avx512_vnni", "avx512f", "avx2")


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> tuple[str, ...]:
    """Return those instruction sets that decide how fast a prefix is, as the kernel lists them; none where unknown."""
    present = flags_of(cpuinfo)
    return tuple(flag for flag in CPU_FLAGS if flag in present)
