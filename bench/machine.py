"""What the bench has to know of the machine it runs on."""

from pathlib import Path

CPU_FLAGS = ("avx512_vnni", "avx512f", "avx2")


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> tuple[str, ...]:
    """Return those instruction sets that decide how fast a prefix is, as the kernel lists them; none where unknown."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:  # not Linux
        return ()
    present = next((set(line.split()) for line in lines if line.startswith("flags")), set())
    return tuple(flag for flag in CPU_FLAGS if flag in present)
