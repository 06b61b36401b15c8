"""Keeps the installed heads: verified files, and one pointer that says which of them serves.

::

    heads/
      objects/<sha256>   an envelope, a head, a label list; never changed
      partial/<sha256>   a download on its way, continued where it stopped
      current            the pointer: {"format": 1, "heads": [newest, the one before]}
      floors             the newest release ever installed of each line (`device.heads.floors`)
      lock               held while one process installs

An entry of the pointer is `{"envelope": sha256, "precision": "float32", "etag": "...", "wanted": "dynamic"}`. Objects
are written first, then the floor, and the pointer last, by one rename: whoever reads finds the old head or the new one,
whole. The head before stays, so that a damaged one can be stepped over. What a release withdraws leaves the pointer,
which may name no head then. Where a release says that the head of the bundle serves, its precision is null, and it is
the only entry; a newer head that is installed keeps it as the one before.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contract.documents import Fields, Json, encode_json, parse_document
from contract.envelope import MAX_ENVELOPE_BYTES, Envelope
from contract.errors import ContractError
from contract.files import (
    FileRef,
    atomic_write,
    flush_folder,
    read_bounded,
    read_checked,
    remove_unfinished,
    sha256_hex,
)
from contract.labels import parse_labels
from contract.manifest import HeadFile, Manifest, Precision
from contract.patterns import HEX64_PATTERN
from contract.routes import MAX_ETAG_CHARACTERS
from device.errors import HeadDamaged, TryLater, storage_errors
from device.heads.floors import Floors, ReleaseLine, pass_over, raise_floors, read_floors, without_tags, write_floors

POINTER_FORMAT = 1
MAX_POINTER_BYTES = 16 << 10
KEPT_HEADS = 2
MAX_ENTRIES = 64
"""A later version may keep more heads; its first two are those that this one keeps."""

Stamp = tuple[int, int]
"""What changes with every swap of the pointer."""


@dataclass(frozen=True, slots=True)
class HeadEntry:
    """One installed head, as the pointer names it."""

    envelope: str
    """The sha256 of its envelope."""
    precision: Precision | None
    """None: its release says that the head of the bundle serves."""
    etag: str
    """The tag to ask the service with; empty where it gave none."""
    wanted: Precision
    """The precision that was asked for; another one serves where that was not there, or did not work."""


@dataclass(frozen=True, slots=True, eq=False)
class InstalledHead:
    """An installed head, read and hashed again."""

    manifest: Manifest
    precision: Precision
    labels: tuple[str, ...]
    content: bytes
    """The bytes of the .tflite file."""

    @property
    def file(self) -> HeadFile:
        """The manifest's entry for this precision."""
        return self.manifest.heads[self.precision]


@dataclass(frozen=True, slots=True)
class HeadStore:
    """The folder of installed heads, which may be missing. Reading never writes."""

    directory: Path

    @property
    def pointer_path(self) -> Path:
        """The file of the pointer."""
        return self.directory / "current"

    @property
    def floors_path(self) -> Path:
        """The file of the floors."""
        return self.directory / "floors"

    def object_path(self, sha256: str) -> Path:
        """Return where an object of that hash is kept."""
        return self.directory / "objects" / sha256

    def partial_path(self, sha256: str) -> Path:
        """Return where an object of that hash is kept while it is downloaded."""
        return self.directory / "partial" / sha256

    def stamp(self) -> Stamp | None:
        """Return what changes with every swap, at the cost of one stat; None while no head is installed."""
        try:
            stat = os.stat(self.pointer_path)  # noqa: PTH116 - twice as fast, and done before every inference
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns

    def entries(self) -> tuple[HeadEntry, ...]:
        """Read the pointer: the newest head first; empty where nothing is installed.

        Raises:
            HeadDamaged: the pointer cannot be read, or is garbled.
        """
        try:
            return _parse_pointer(read_bounded(self.pointer_path, MAX_POINTER_BYTES))
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except (OSError, ContractError) as error:
            raise HeadDamaged(f"{self.pointer_path}: {error}") from error

    def manifest(self, entry: HeadEntry) -> Manifest:
        """Read the manifest of one installed head. It was verified when it was installed.

        Raises:
            HeadDamaged: its file is missing or is another one.
        """
        path = self.object_path(entry.envelope)
        try:
            data = read_bounded(path, MAX_ENVELOPE_BYTES)
            FileRef(entry.envelope, len(data)).check(data, where=str(path))
            return Manifest.parse(Envelope.parse(data).payload)
        except (OSError, ContractError) as error:
            raise HeadDamaged(f"installed manifest: {error}") from error

    def floors(self) -> Floors:
        """Tell the newest release ever installed of each line, by the file of floors and the manifests still here.

        Raises:
            Storage: it cannot be read.
        """
        return raise_floors(read_floors(self.floors_path), self._readable_manifests())

    def load(self, entry: HeadEntry) -> InstalledHead:
        """Read one installed head, its label list included, and hash everything again.

        Raises:
            HeadDamaged: a part is missing or is another one.
        """
        manifest = self.manifest(entry)
        if entry.precision is None:
            raise HeadDamaged(f"installed head {manifest.serial}: expected a head, got the release of the bundle's")
        try:
            content = self.read_object(manifest.heads[entry.precision].file)
            labels = parse_labels(self.read_object(manifest.labels))
        except (OSError, KeyError, ContractError) as error:
            raise HeadDamaged(f"installed head {manifest.serial}: {error}") from error
        return InstalledHead(manifest, entry.precision, labels, content)

    def read_object(self, reference: FileRef) -> bytes:
        """Read one object. Raises `OSError` or a `ContractError`."""
        return read_checked(self.object_path(reference.sha256), reference)

    @contextlib.contextmanager
    def installing(self) -> Iterator[None]:
        """Hold the lock that makes one process at a time install, and make the folders.

        Raises:
            TryLater: another process is installing.
            Storage: the folder cannot be written.
        """
        with storage_errors(self.directory):
            for name in ("objects", "partial"):
                (self.directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with storage_errors(self.directory):
                _lock(lock, self.directory)
            yield
        finally:
            os.close(lock)

    def add_object(self, data: bytes) -> str:
        """Keep `data` under its hash, and return that; adding it again changes nothing."""
        sha256 = sha256_hex(data)
        with storage_errors(self.directory):
            atomic_write(self.object_path(sha256), data, mode=0o600)
        return sha256

    def place_partial(self, sha256: str) -> None:
        """Turn a finished and verified download into an object."""
        with storage_errors(self.directory):
            self.partial_path(sha256).replace(self.object_path(sha256))
            flush_folder(self.object_path(sha256).parent)

    def swap(self, entry: HeadEntry) -> None:
        """Make `entry` the head that serves, and keep the one before; its objects are there already.

        Its floor comes first: if the process is killed then, the same release is installed by the next pull.
        """
        try:
            before = self.entries()
        except HeadDamaged:
            before = ()  # the garbled pointer is what is being replaced
        manifest = self.manifest(entry)
        self._point_at(entry, before=[one for one in before if self._may_serve(one, after=manifest)])

    def renew(self, entry: HeadEntry) -> None:
        """Keep `entry`, a newer release of the newest head, in its place; the head before stays the one before.

        Raises:
            HeadDamaged: the pointer cannot be read.
        """
        manifest = self.manifest(entry)
        self._point_at(entry, before=[one for one in self.entries()[1:] if self._may_serve(one, after=manifest)])

    def let_go(self, manifest: Manifest) -> bool:
        """Let go of the heads that a release withdraws, for whomever it is; another one, or the bundle's, serves then.

        Returns:
            Whether the newest installed head was among them.

        Raises:
            Storage: it cannot be written.
        """
        try:
            entries = self.entries()
        except HeadDamaged:
            return False  # none of them serves
        withdrawn = [one for one in entries if self._is_withdrawn(one, by=manifest)]
        if not withdrawn:
            return False
        write_floors(self.floors_path, self.floors())  # their manifests say no more what was installed
        self._write_pointer([one for one in entries if one not in withdrawn])
        return entries[0] in withdrawn

    def pass_over(self, manifest: Manifest, *, etag: str) -> None:
        """Keep that a release was judged and is for others: none before it may come any more. Raises `Storage`."""
        write_floors(self.floors_path, pass_over(self.floors(), manifest, etag=etag))

    def forget_tags(self) -> None:
        """Ask anew for what was passed over, as it may be for who the device is now. Raises `Storage`."""
        if self.floors_path.is_file():
            write_floors(self.floors_path, without_tags(self.floors()))

    def forget(self) -> None:
        """Go back to the bundle's head and trust anew, as when the device leaves its group, whose names go too."""
        with storage_errors(self.directory):
            self.floors_path.unlink(missing_ok=True)
            self.pointer_path.unlink(missing_ok=True)
        if self.directory.exists():
            self.prune()

    def prune(self, *, keep: Iterable[str] = ()) -> None:
        """Remove what neither the pointer nor `keep` names: old heads, and what a killed process left behind."""
        try:
            entries = self.entries()
        except HeadDamaged:
            return  # nobody knows what is in use
        kept = {*keep, *(name for entry in entries for name in self._names(entry))}
        with storage_errors(self.directory):
            for path in (*self.object_path("x").parent.iterdir(), *self.partial_path("x").parent.iterdir()):
                if path.name not in kept:
                    path.unlink(missing_ok=True)
            for path in (*self.directory.glob(".current.*"), *self.directory.glob(".floors.*")):
                path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what killed processes were writing, without the lock; what a living one writes stays."""
        remove_unfinished(self.directory)
        remove_unfinished(self.object_path("x").parent)

    def _point_at(self, entry: HeadEntry, *, before: Iterable[HeadEntry]) -> None:
        write_floors(self.floors_path, raise_floors(self.floors(), [self.manifest(entry)]))
        self._write_pointer([entry, *(one for one in before if one.envelope != entry.envelope)][:KEPT_HEADS])

    def _write_pointer(self, entries: Iterable[HeadEntry]) -> None:
        document: dict[str, Json] = {"format": POINTER_FORMAT, "heads": [_entry_document(one) for one in entries]}
        with storage_errors(self.directory):
            atomic_write(self.pointer_path, encode_json(document), mode=0o600)

    def _may_serve(self, entry: HeadEntry, *, after: Manifest) -> bool:
        """Tell whether the head before may be stepped back to: none that is withdrawn, or that cannot be read."""
        if not after.heads:
            return False
        try:
            manifest = self.manifest(entry)
        except HeadDamaged:
            return False
        return not _withdraws(after, manifest)

    def _is_withdrawn(self, entry: HeadEntry, *, by: Manifest) -> bool:
        with contextlib.suppress(HeadDamaged):  # which serves no more either
            return _withdraws(by, self.manifest(entry))
        return False

    def _readable_manifests(self) -> Iterator[Manifest]:
        with contextlib.suppress(HeadDamaged):  # a garbled pointer names none
            for entry in self.entries():
                with contextlib.suppress(HeadDamaged):
                    yield self.manifest(entry)

    def _names(self, entry: HeadEntry) -> tuple[str, ...]:
        try:
            manifest = self.manifest(entry)
        except HeadDamaged:
            return (entry.envelope,)  # it names nothing any more
        if entry.precision is None:
            return (entry.envelope,)
        return entry.envelope, manifest.labels.sha256, manifest.heads[entry.precision].file.sha256


def _withdraws(release: Manifest, installed: Manifest) -> bool:
    """Tell whether a release withdraws an installed one; serials of another line say nothing about it."""
    return ReleaseLine.of(installed) == ReleaseLine.of(release) and installed.serial in release.withdraws


def _lock(descriptor: int, place: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise TryLater(f"{place}: another process is installing a head") from error


def _parse_pointer(data: bytes) -> tuple[HeadEntry, ...]:
    fields = parse_document(data, where="heads", max_bytes=MAX_POINTER_BYTES)
    fields.check_format(POINTER_FORMAT)
    return tuple(map(_parse_entry, fields.documents("heads", max_items=MAX_ENTRIES)[:KEPT_HEADS]))


def _parse_entry(fields: Fields) -> HeadEntry:
    return HeadEntry(
        envelope=fields.name("envelope", HEX64_PATTERN),
        precision=fields.choice("precision", Precision) if "precision" in fields else None,
        etag=fields.text("etag", max_characters=MAX_ETAG_CHARACTERS),
        wanted=fields.choice("wanted", Precision),
    )


def _entry_document(entry: HeadEntry) -> dict[str, Json]:
    return {
        "envelope": entry.envelope,
        "precision": entry.precision and entry.precision.value,
        "etag": entry.etag,
        "wanted": entry.wanted.value,
    }
