"""The guard of the demo's processes: when the demo dies, even by SIGKILL, each of them is told to end.

    python -IS demo/running/process_guard.py PID COMMAND...

asks the kernel for SIGTERM once its parent (process PID) is gone, and becomes the command, which keeps that wish
(prctl(2), PR_SET_PDEATHSIG; Linux only). What the command has started itself is the command's to end.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def guarded(command: Sequence[str]) -> list[str]:
    """Return a command that ends with this process. The thread that starts it must not end before it does."""
    return [sys.executable, "-IS", __file__, str(os.getpid()), *command]


def end_with(parent: int) -> bool:
    """Ask the kernel to end this process by SIGTERM once its parent is gone; return False where it is gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    return os.getppid() == parent


def main() -> None:
    """Become the command, unless the parent has died meanwhile."""
    parent, *command = sys.argv[1:]
    if end_with(int(parent)):
        os.execvp(command[0], command)


if __name__ == "__main__":
    main()
