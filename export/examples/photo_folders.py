"""Folders of photos as they lie on disks: what they are of, what in them is a photo, and what is passed over.

    DIR/<label>/<photo>    one folder a label, which is its name; both sorted by name, which the split follows

Passed over and counted: what systems, cameras, photo programs and downloads leave beside photos, and hidden files.
Never entered: hidden folders, and those of trash bins, network disks and archives. Files beside the folders are not
looked at. The demo finds its people here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from contract.errors import ContractError
from contract.labels import label_key, read_label
from export.errors import ExamplesError

_LITTER_NAMES = frozenset(
    {
        *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "folder.ini", "autorun.inf"),  # Windows
        *("icon\r", "desktop db", "desktop df", "thevolumesettingsfolder"),  # macOS
        *("picasa.ini", "zbthumbnail.info", "pspbrwse.jbf", "photothumb.db", "digikam4.db", "recognition.db"),
        *("thumbnails-digikam.db", "synoindex.db", "indexervolumeguid", "wpsettings.dat"),
        *(
            "metadata.json",
            "print-subscriptions.json",
            "shared_album_comments.json",
            "user-generated-memory-titles.json",
        ),
    }
)
_LITTER_ENDINGS = (
    *(
        ".xmp",
        ".aae",
        ".thm",
        ".lrv",
        ".ctg",
        ".moi",
        ".modd",
        ".moff",
        ".pp3",
        ".dop",
        ".cos",
        ".on1",
        ".lrprev",
        ".mrk",
        ".srt",
    ),
    *(
        ".part",
        ".partial",
        ".crdownload",
        ".download",
        ".opdownload",
        ".filepart",
        ".aria2",
        ".!ut",
        ".bc!",
        ".!sync",
        ".icloud",
    ),
    *(".tmp", ".temp", ".swp", ".lnk", ".url", ".webloc", ".lock", "~"),
)
_TAKEOUT = re.compile(r".+\.(jpe?g|png|webp|gif|heic|bmp)\..*json|.+\.supplemental-metadata.*\.json")
"""What Google writes beside each photo that is taken out of its albums."""

_CLOSED_FOLDERS = frozenset(
    {
        *("$recycle.bin", "recycler", "recycled", "system volume information", "$windows.~bt", "$winreagent"),
        *("@eadir", "@recycle", "#recycle", "@recently-snapshot", "#snapshot", "@sharebin", "@sharesnap", "@tmp"),
        *("lost+found", "lost.dir", "__macosx", "network trash folder", "temporary items", "~snapshot"),
        *("$sysreset", "$getcurrent", "$extend", "_vti_cnf", "cvs", "__pycache__"),
    }
)
_CLOSED = re.compile(r"found\.\d{3}|.+\.(lrdata|download|photoslibrary)|@syno.*|\$av_.*")


@dataclass(frozen=True, slots=True)
class PhotoFolders:
    """Photos by the names of their folders."""

    photos: dict[str, tuple[Path, ...]]
    """Label -> photos; both sorted by name. That a file is a photo its decoder has to say."""
    unlabelled: tuple[tuple[Path, ...], ...]
    """The photos of each folder whose name cannot be its label: a problem, and there may be others in them."""
    passed_over: tuple[Path, ...]
    """Files and folders of systems and programs."""
    problems: tuple[ExamplesError, ...]
    """What else cannot be used, each with its place."""


@dataclass(slots=True)
class _Found:
    passed_over: list[Path] = field(default_factory=list)
    problems: list[ExamplesError] = field(default_factory=list)


def is_litter(name: str) -> bool:
    """Tell whether a file of this name is one that a system, a camera, a program or a download has left."""
    small = name.lower()
    return (
        small.startswith((".", "~$", "thumbs.db:"))
        or small in _LITTER_NAMES
        or small.endswith(_LITTER_ENDINGS)
        or _TAKEOUT.fullmatch(small) is not None
    )


def is_closed(name: str) -> bool:
    """Tell whether a folder of this name is never entered: it is hidden, a trash bin, or a system's own."""
    small = name.lower()
    return small.startswith(".") or small in _CLOSED_FOLDERS or _CLOSED.fullmatch(small) is not None


def find_people(directory: Path) -> PhotoFolders:
    """Find the folders of a folder, and the files in each of them, without opening any.

    Raises:
        ExamplesError: no such folder.
    """
    check_folder(directory)
    found = _Found()
    photos: dict[str, tuple[Path, ...]] = {}
    unlabelled: list[tuple[Path, ...]] = []
    owners: dict[str, Path] = {}
    for folder in sorted(path for path in directory.iterdir() if path.is_dir()):
        if is_closed(folder.name):
            found.passed_over.append(folder)
            continue
        files = _files_of(folder, found)
        label = _label_of(folder, owners, found)
        if label is not None:
            photos[label] = files
        else:
            unlabelled.append(files)
    return PhotoFolders(photos, tuple(unlabelled), tuple(found.passed_over), tuple(found.problems))


def find_folders(directory: Path) -> tuple[str, ...]:
    """Return the names of the folders in a folder, sorted, empty ones too: what Keras takes for classes.

    Raises:
        ExamplesError: no such folder.
    """
    check_folder(directory)
    return tuple(sorted(path.name for path in directory.iterdir() if path.is_dir() and not is_closed(path.name)))


def find_photos(directory: Path) -> tuple[Path, ...]:
    """Find the files of a folder and of the folders in it, sorted, whoever they are of.

    The folder's own links to folders are followed, as those of `find_people` are, but for one that leads back.

    Raises:
        ExamplesError: no such folder.
    """
    check_folder(directory)
    links = [path for path in directory.iterdir() if path.is_symlink() and path.is_dir() and not is_closed(path.name)]
    return tuple(sorted([*_walk(directory), *(file for link in _entered(links, directory) for file in _walk(link))]))


def check_folder(directory: Path) -> None:
    """Raise `ExamplesError` if there is no such folder."""
    if not directory.is_dir():
        raise ExamplesError(str(directory), expected="a folder", got="a file" if directory.exists() else "none")


def _entered(links: Iterable[Path], directory: Path) -> Iterator[Path]:
    """Yield the links to follow: each folder once, and none around or within the one that has the links."""
    home, seen = directory.resolve(), set()
    for link in sorted(links):
        target = link.resolve()
        if target not in seen and not home.is_relative_to(target) and not target.is_relative_to(home):
            seen.add(target)
            yield link


def _walk(directory: Path) -> list[Path]:
    """Walk without following links to folders within: they may lead back."""
    files = []
    for path in directory.iterdir():
        if path.is_dir():
            files += [] if path.is_symlink() or is_closed(path.name) else _walk(path)
        elif not is_litter(path.name):
            files.append(path)
    return files


def _files_of(folder: Path, found: _Found) -> tuple[Path, ...]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        found.problems.append(ExamplesError(str(folder), expected="a folder that can be read", got=str(error.strerror)))
        return ()
    left = [path for path in entries if (is_closed if path.is_dir() else is_litter)(path.name)]
    found.passed_over += left
    files = tuple(path for path in entries if path not in set(left))
    if not files:
        got = "an empty folder" if not left else "nothing but files of systems and programs"
        found.problems.append(ExamplesError(str(folder), expected="at least one photo", got=got))
    return files


def _label_of(folder: Path, owners: dict[str, Path], found: _Found) -> str | None:
    """Return a folder's label, unless it has none of its own."""
    try:
        label = read_label(folder.name)
    except ContractError as error:
        expected = f"a name that can be a label: {error.expected}"
        found.problems.append(ExamplesError(str(folder), expected=expected, got=error.got))
        return None
    owner = owners.setdefault(label_key(label), folder)
    if owner is not folder:
        found.problems.append(ExamplesError(str(folder), expected="a name of its own", got=f"the name of {owner.name}"))
        return None
    return label
