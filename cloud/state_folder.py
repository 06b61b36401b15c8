"""The worker's state folder: that nobody else reads it, that it is apart from the store, and what kills left there.

::

    <state>/                    mode 700: a signing key and people's features are in it
        .<file>.<16 hex>        a file that a killed worker was writing (`contract.files.atomic_write`)
        spaces/<space>/         training bundles (`cloud.spaces.bundles`)
        shards/<group>/<space>/ the shards of pools that were trained (`cloud.dataset.reader`)
        embeddings/             what bodies made of their rows (`cloud.training.kept_embeddings`)
        cycles/                 scratch of the cycle under way (`cloud.training.cycle_folder`); a folder, not a link

Whoever changes anything here holds the folder's claim (`cloud.worker.lock`).
"""

from __future__ import annotations

import contextlib
import logging
import re
import stat
from itertools import chain
from pathlib import Path

from cloud.errors import SettingError

OTHERS = stat.S_IRWXG | stat.S_IRWXO

_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{16}")

logger = logging.getLogger(__name__)


def make(state: Path) -> None:
    """Make the folder if it does not exist, and keep others out of one that does.

    Raises:
        OSError: it cannot be made.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = open_to_others(state)
    if not mode:
        return
    try:
        state.chmod(0o700)
    except OSError as error:
        logger.warning("FEDEX_STATE: expected a folder that only its owner can read, got mode %03o: %s", mode, error)
    else:
        logger.warning(
            "FEDEX_STATE: had mode %03o, so that others could read features; it is its owner's alone now", mode
        )


def open_to_others(path: Path) -> int:
    """Return the mode of a file or folder that others than its owner may use, or else 0. Raises `OSError`."""
    mode = stat.S_IMODE(path.stat().st_mode)
    return mode if mode & OTHERS else 0


def check_apart(state: Path, store: Path | None) -> None:
    """Refuse a state folder that is the store's, or lies in it, or holds it.

    Raises:
        SettingError: it does: the key would be an object that the store lists.
    """
    if store is None:
        return
    one, other = state.resolve(), store.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise SettingError(f"FEDEX_STATE: expected a folder apart from that of FEDEX_STORE, got {state} and {store}")


def scratch(state: Path) -> Path:
    """Return the folder of cycles, which may not exist.

    Raises:
        SettingError: a link is in its place: what lies behind it would be somebody else's to delete.
    """
    folder = state / "cycles"
    if folder.is_symlink():
        raise SettingError(
            f"FEDEX_STATE: expected {folder} to be a folder, got a link: link {state} itself, if need be"
        )
    return folder


def sweep(state: Path) -> None:
    """Remove files that a killed worker was writing. What cannot be removed costs room and nothing else."""
    for path in chain(state.glob(".*"), state.glob("spaces/*/.*")):
        if _UNFINISHED.fullmatch(path.name):
            with contextlib.suppress(OSError):
                path.unlink()
