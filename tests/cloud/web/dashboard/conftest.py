"""A running service over a store that was lived in, an operator's token, and Chromium."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from cloud.identity import operators
from tests.cloud.conftest import serve
from tests.cloud.overview.conftest import lived_in_once  # noqa: F401  # pytest finds fixtures by their names here
from tests.cloud.overview.lived_in import LivedIn
from tests.conftest import missing

DESK, PHONE = (1280, 900), (390, 844)


@dataclass(frozen=True)
class Site:
    """A service that runs over a store that was lived in."""

    url: str
    lived: LivedIn
    token: str
    """Of an operator of all groups."""
    folder: Path


Start = Callable[[Path], "contextlib.AbstractContextManager[Site]"]


@pytest.fixture(scope="session")
def start_site(lived_in_once: LivedIn) -> Start:  # noqa: F811  # pytest's way to ask for a fixture
    """Starts a service over a copy of the store in a folder."""

    @contextlib.contextmanager
    def start(folder: Path) -> Iterator[Site]:
        lived = lived_in_once.copied_to(folder)
        now = int(time.time())
        lived.beat(seen=now, looked=now)  # a worker of a while ago would be a silent one
        _, token = operators.add(lived.store, "Grace", group=None, now=now)
        with serve(folder, FEDEX_STORE=lived.address, FEDEX_STALL_S="1") as url:  # an idle browser holds up no stop
            yield Site(url, lived, token, folder)

    return start


@pytest.fixture(scope="session")
def site(start_site: Start, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service in which everything goes well, which no test changes."""
    with start_site(tmp_path_factory.mktemp("site")) as started:
        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        missing("Chromium (`make chromium-install`)")
    with sync_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]  # it has none for root
        launched = playwright.chromium.launch(executable_path=found, args=sandbox)
        yield launched
        launched.close()


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def window(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A browser of a desk's width, and one of a phone's, which reads what pages say of themselves as errors."""
    width, height = request.param
    with contextlib.closing(browser.new_context(viewport={"width": width, "height": height})) as context:
        yield context
