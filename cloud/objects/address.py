"""The only home of store addresses: what FEDEX_STORE may say, and which store it opens."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from cloud.errors import SettingError
from cloud.objects.store import ObjectStore

FORMS = "dir:PATH or s3://BUCKET[?endpoint=URL]"

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def open_store(address: str) -> ObjectStore:
    """The store at an address; asks nothing of it yet.

    Raises:
        SettingError: the address has no such form.
    """
    scheme, _, rest = address.partition(":")
    if scheme == "dir" and rest:
        return _directory(rest)
    if scheme == "s3":
        return _bucket(address)
    raise SettingError(f"FEDEX_STORE: expected {FORMS}, got {address!r}")


def _directory(path: str) -> ObjectStore:
    from cloud.objects.directory import DirectoryStore

    return DirectoryStore(Path(path))


def _bucket(address: str) -> ObjectStore:
    from cloud.objects.s3 import S3Store  # boto3 takes a third of a second that a directory need not wait

    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    endpoint = options.pop("endpoint", None)
    if options or parts.path.strip("/") or not _BUCKET.fullmatch(parts.netloc):
        raise SettingError(f"FEDEX_STORE: expected {FORMS} with a bucket name of 3 to 63 characters, got {address!r}")
    if endpoint is not None and not re.fullmatch(r"https?://[^/]+/?", endpoint):
        raise SettingError(f"FEDEX_STORE: expected an endpoint like http://HOST:PORT, got {endpoint!r}")
    return S3Store(parts.netloc, endpoint=endpoint)
