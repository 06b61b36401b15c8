"""Fetches one object: continued where it stopped, bounded by its size, verified, then placed."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from contract.errors import ContractError
from contract.files import FileRef, check_file
from contract.problems import Problem
from device.errors import HeadRefused, ProtocolViolation, Refused, Unreachable, storage_errors
from device.heads.store import HeadStore
from device.service.client import Client, ObjectStream


@dataclass(frozen=True, slots=True)
class Downloader:
    """Brings objects from the service into the store of heads, whose lock the caller holds."""

    client: Client
    heads: HeadStore

    def fetch(self, reference: FileRef) -> int:
        """Make sure that the object is in the store; return how many bytes were downloaded for it.

        A server that answers that the range begins behind the end, or with another range, is asked for all of it, as is
        any server where a download that was continued is another object: what came before may have been the page of a
        captive portal.

        Raises:
            TryLater, Refused, ProtocolViolation: as `Client.object`; what has come stays for the next time.
            HeadRefused: what came is another object; it is thrown away.
            Storage: there is no room, what has come is thrown away; or the folder cannot be read or written.
        """
        with storage_errors(self.heads.directory):
            if self._is_right(self.heads.object_path(reference.sha256), reference):
                return 0
            begin = self._begin(reference)
            size = self._download(reference, begin) if begin < reference.size else 0
            if begin and not self._is_right(self.heads.partial_path(reference.sha256), reference):
                size += self._download(reference, 0)
            self._verify(reference)
            self.heads.place_partial(reference.sha256)
            return size

    def _is_right(self, path: Path, reference: FileRef) -> bool:
        try:
            check_file(path, reference)
        except (ContractError, OSError):
            return False
        return True

    def _begin(self, reference: FileRef) -> int:
        """Return how much of the object has come before; a file that is too long is not a part of it."""
        partial = self.heads.partial_path(reference.sha256)
        size = partial.stat().st_size if partial.exists() else 0
        if size > reference.size:
            partial.unlink()
            return 0
        return size

    def _download(self, reference: FileRef, begin: int) -> int:
        partial = self.heads.partial_path(reference.sha256)
        stream = self._ask(reference, begin)
        try:
            with contextlib.closing(stream):
                size = _append(partial, stream)
        except OSError:
            partial.unlink(missing_ok=True)  # a full disk is no place for half a head
            raise
        total = partial.stat().st_size
        if total < reference.size:
            raise Unreachable(f"object {reference.sha256}: expected {reference.size} bytes, got {total} so far")
        return size

    def _ask(self, reference: FileRef, begin: int) -> ObjectStream:
        try:
            return self.client.object(reference, begin=begin)
        except Refused as refused:
            if not begin or refused.problem is not Problem.RANGE_NOT_SATISFIABLE:
                raise
        except ProtocolViolation:
            if not begin:
                raise  # otherwise a proxy that spoils ranges would keep it from ever being whole
        return self.client.object(reference, begin=0)

    def _verify(self, reference: FileRef) -> None:
        partial = self.heads.partial_path(reference.sha256)
        try:
            check_file(partial, reference)
        except ContractError as error:
            partial.unlink(missing_ok=True)
            raise HeadRefused(f"object {reference.sha256}: {error}") from error


def _append(path: Path, stream: ObjectStream) -> int:
    """Write a stream behind the bytes that are there, and flush it even if it breaks off."""
    written = 0
    with open(path, "r+b" if stream.begin else "wb", opener=_open_for_owner) as file:
        file.seek(stream.begin)
        try:
            for chunk in stream.chunks:
                written += file.write(chunk)
        finally:
            file.flush()
            os.fsync(file.fileno())
    return written


def _open_for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
