"""The key walk: the keys of a directory store's objects, in S3's order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def keys_with(root: Path, prefix: str, after: str) -> Iterator[str]:
    """Yield the keys of a store that begin with `prefix` and are greater than `after`, in S3's order.

    No folder is read that lies beside the prefix: what a list of one pool costs does not depend on how many there are.
    """
    *folders, _ = prefix.split("/")
    if any(not name or name[0] == "." for name in folders):
        return  # no key has such a part
    yield from keys_below(root.joinpath(*folders), "".join(f"{name}/" for name in folders), prefix, after)


def keys_below(folder: Path, above: str, prefix: str, after: str) -> Iterator[str]:
    """Yield keys in S3's order, which compares whole keys: a folder sorts with its slash.

    Args:
        folder: where to look.
        above: what the keys of its objects begin with.
        prefix: that keys must begin with.
        after: that keys must be greater than.
    """
    for name in sorted(_names(folder)):
        key = above + name
        if name.endswith("/"):
            if _may_hold(key, prefix, after):
                yield from keys_below(folder / name, key, prefix, after)
        elif key.startswith(prefix) and key > after:
            yield key


def _names(folder: Path) -> list[str]:
    """List the names in a folder, those of folders with a slash; what is not an object's begins with a dot."""
    try:
        with os.scandir(folder) as entries:
            return [f"{each.name}/" if each.is_dir() else each.name for each in entries if each.name[0] != "."]
    except (FileNotFoundError, NotADirectoryError):
        return []  # pruned in between, or an object's


def _may_hold(folder: str, prefix: str, after: str) -> bool:
    """Tell whether keys that begin with `folder` can begin with `prefix` and be greater than `after`."""
    if not (folder.startswith(prefix) or prefix.startswith(folder)):
        return False
    return after.startswith(folder) or folder > after
