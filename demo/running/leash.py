"""The only home of the leash on the demo's processes: when the demo dies, even by SIGKILL, each is told to end.

    python -IS demo/leash.py PID COMMAND...

asks the kernel for SIGTERM once its parent (process PID) is gone, and becomes the command, which keeps that wish
(prctl(2), PR_SET_PDEATHSIG; Linux only). What the command has started itself is the command's to end.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def leashed(command: Sequence[str]) -> list[str]:
    """Return the command on a leash that this process holds. The thread that starts it must not end before it does."""
    return [sys.executable, "-IS", __file__, str(os.getpid()), *command]


def main() -> None:
    """Become the command, unless the holder of the leash has died meanwhile."""
    holder, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == int(holder):
        os.execvp(command[0], command)


if __name__ == "__main__":
    main()
