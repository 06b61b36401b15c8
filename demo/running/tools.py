"""The folder of tools that are made or fetched for development, as MinIO: FEDEX_TOOLS, or build/tools.

`python -m demo.running.tools` prints it; the Makefile asks so.
"""

from __future__ import annotations

import os
from pathlib import Path

from contract.command_line import run as run_main
from contract.environment import path

TOOLS = path(os.environ.get("FEDEX_TOOLS") or Path(__file__).resolve().parents[2] / "build" / "tools").absolute()


def main() -> None:
    """Print the folder."""
    print(TOOLS, end="")


if __name__ == "__main__":
    run_main(main)
