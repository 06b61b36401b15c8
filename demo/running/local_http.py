"""HTTP to servers that the demo starts on this machine: straight to them, whatever proxies the environment names."""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse


@contextmanager
def answer_of(url: str, *, timeout_s: float) -> Iterator[HTTPResponse]:
    """Yield the answer to a GET. Raises an `OSError` where there is none, or a refusal."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=timeout_s) as answer:
        yield answer
