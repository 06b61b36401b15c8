"""Store addresses: parse FEDEX_STORE, and open the store that it names."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl

from cloud.errors import SettingError
from cloud.store.directory import DirectoryStore, Wait, wait_here
from cloud.store.store import ObjectStore
from contract.environment import path as parse_path
from contract.errors import shown

FORMS = "dir:PATH or s3://BUCKET[?endpoint=URL]"
MAX_PATH_LENGTH = 1024

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ENDPOINT = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?/?")


def open_store(address: str, *, wait: Wait | None = None) -> ObjectStore:
    """Open the store at an address, without a request to it.

    Args:
        address: what FEDEX_STORE says.
        wait: where a directory store waits for its disk; None: in the thread that writes.

    Raises:
        SettingError: the address has another form.
        StoreRefused: the environment's AWS configuration makes no client.
    """
    scheme, _, path = address.partition(":")
    if scheme == "dir" and 0 < len(path) <= MAX_PATH_LENGTH:
        return _directory(path, wait)
    if scheme == "s3":
        return _bucket(address)
    raise _refusal(FORMS, address.partition("?")[0])


def folder_of(address: str) -> Path | None:
    """Return the folder of the directory store at an address, or None of another one.

    Raises:
        SettingError: the path has another form.
    """
    scheme, _, path = address.partition(":")
    return _parsed(path) if scheme == "dir" else None


def _directory(path: str, wait: Wait | None) -> ObjectStore:
    return DirectoryStore(_parsed(path), wait=wait or wait_here)


def _parsed(path: str) -> Path:
    try:
        return parse_path(path)
    except ValueError as error:
        raise _refusal(f"dir:PATH, {error}", f"dir:{path}") from None


def _bucket(address: str) -> ObjectStore:
    from cloud.store.s3 import S3Store  # boto3 takes a third of a second that a directory need not wait

    location, _, query = address.partition("?")
    bucket = location.removeprefix("s3://").rstrip("/")
    options = dict(parse_qsl(query, keep_blank_values=True))
    endpoint = options.pop("endpoint", None)
    if options or not _BUCKET.fullmatch(bucket):
        raise _refusal(f"{FORMS} with a bucket name of 3 to 63 characters", location)
    if endpoint is not None and not _is_endpoint(endpoint):
        raise _refusal("an endpoint like http://HOST:PORT", endpoint)
    return S3Store(bucket, endpoint=endpoint)


def _is_endpoint(text: str) -> bool:
    """Tell whether `text` is a URL without a path, and without a name and a password, which would get into logs."""
    match = _ENDPOINT.fullmatch(text)
    return match is not None and int(match["port"] or 0) < 1 << 16


def _refusal(expected: str, got: str) -> SettingError:
    """Make an error that shows what came, unless a password may be in it."""
    return SettingError(f"FEDEX_STORE: expected {expected}, got {'one with an @' if '@' in got else shown(got)}")
