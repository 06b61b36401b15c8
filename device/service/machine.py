"""Marks the machine that an identity belongs to, so that one that was copied to another is found out.

::

    mark = HMAC-SHA256(key: the machine's id, "fedex-machine-1" + device)

The machine's id is systemd's (machine-id(5): to be shown to nobody as it is). Where there is none, and where a whole
system was copied with it or an older state came back to the same machine, nothing is found out here; the service then
refuses the token of one of the two, once the other was given another one.
"""

from __future__ import annotations

import hmac
from pathlib import Path

ID_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
MAX_ID_BYTES = 256
_PURPOSE = "fedex-machine-1"


def mark_machine(device: str) -> str:
    """Return 64 hex digits that only this machine has for a device; empty where it cannot be told from others."""
    for path in ID_FILES:
        try:
            with path.open("rb") as file:
                machine = file.read(MAX_ID_BYTES).strip()
        except OSError:
            continue
        if machine and machine != b"uninitialized":
            return hmac.digest(machine, (_PURPOSE + device).encode(), "sha256").hex()
    return ""


def is_copied(mark: str, *, device: str) -> bool:
    """Tell whether a mark is another machine's; False where either cannot be told."""
    here = mark_machine(device)
    return bool(mark and here) and mark != here
