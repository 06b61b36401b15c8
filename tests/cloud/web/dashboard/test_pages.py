"""The pages in real Chromium, as wide as a desk's window and as a phone: what operators see, and what is not loaded."""

import json
import re
import time
from pathlib import Path

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from cloud.dataset import erasures
from cloud.dataset.scopes import LabelScope
from cloud.identity import devices, operators
from cloud.overview.heartbeats import Doing, Trouble
from cloud.overview.reader import OverviewReader
from cloud.releases import registry
from cloud.store import keys
from cloud.store.keys import InboxUpload, Pool
from cloud.web.dashboard.watch import LOOKED_S
from tests.cloud.overview.lived_in import PHONES
from tests.cloud.web.dashboard.conftest import Site, Start

SHOTS = Path("build/screenshots")


def log_in(window: BrowserContext, site: Site, token: str | None = None) -> tuple[Page, list[str]]:
    """A page that an operator sees, and what it complained of since."""
    page = window.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.on("request", lambda request: None if request.url.startswith(site.url) else complaints.append(request.url))
    page.goto(site.url)
    page.get_by_label("Operator's token").fill(token or site.token)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{site.url}/")
    return page, complaints


def overflow(page: Page) -> int:
    """How many pixels of a page lie beside its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    width = page.viewport_size["width"] if page.viewport_size else 0
    page.screenshot(path=SHOTS / f"{name}-{width}.png", full_page=True)


def test_the_front_page_is_figure_2_with_todays_numbers(window: BrowserContext, site: Site) -> None:
    page, complaints = log_in(window, site)
    [view] = OverviewReader(site.lived.store).read(now=time.time()).pools
    drawing = page.locator("#figure-2 svg:visible")
    expect(drawing).to_have_count(1)
    best = view.current["best"]
    for words in (
        f"{len(PHONES)} phones",
        "Frozen prefix",
        "features + feedback",
        "nothing waits",
        f"{view.samples} samples",
        "Training the thawed head",
        f"best is {100 * (best.accuracy or 0):.0f} %",
        f"best {best.serial}",
    ):
        expect(drawing.get_by_text(words, exact=True)).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("All is well: nothing needs you.")
    assert (overflow(page), complaints, page.locator("script").count()) == (0, [], 0)
    shoot(page, "well")


def test_a_pool_shows_its_releases_labels_devices_and_trials(window: BrowserContext, site: Site) -> None:
    page, _ = log_in(window, site)
    [view] = OverviewReader(site.lived.store).read(now=time.time()).pools
    drawn = page.get_by_label("Accuracy of best and latest over releases")
    assert drawn.locator("circle.dot.latest").count() == sum(one.channel == "latest" for one in view.history)
    assert drawn.locator("circle.refused").count() == 2
    rows = page.locator("section", has=page.get_by_role("heading", name="Devices")).locator("tbody tr, table > tr")
    expect(rows).to_have_count(len(view.devices))
    labels = page.locator("section", has=page.get_by_role("heading", name="Samples per label"))
    for one in view.labels:
        expect(labels.get_by_text(one.label, exact=True)).to_be_visible()
    trials = page.locator("section", has=page.get_by_role("heading", name="Trials of the last cycle"))
    expect(trials.get_by_text("signal 9")).to_be_visible()
    assert page.get_by_label("strangers let in").locator("polyline").count() == 3
    for name in ("Loss of each trial by epochs", "Held-out photos that each trial had right by epochs"):
        assert page.get_by_label(name).locator("polyline").count() == 2
    learned = page.locator("section", has=page.get_by_role("heading", name="How the trials learned"))
    expect(learned.get_by_text("last-layer (chosen), at last 0.27")).to_be_visible()
    expect(learned.get_by_text("class-means is made in one step, without a curve.")).to_be_visible()
    expect(trials.get_by_text("in one step")).to_be_visible()
    expect(page.get_by_text("closer to another label")).to_be_visible()
    expect(page.get_by_text("accepted among known fell from 78").first).to_be_visible()


def test_what_needs_somebody_comes_first_and_each_pool_has_a_page(
    window: BrowserContext, start_site: Start, tmp_path: Path
) -> None:
    with start_site(tmp_path) as site:
        lived = site.lived
        now = int(time.time())
        for phone in PHONES[:4]:
            lived.send(phone, ["Ada", "Ben"], at=now - 4000)
        lived.fail(5, "no trial succeeded: class-means died: signal 9")
        erasures.ask(lived.store, LabelScope("home", "Ida"), by="shell:root", now=now - 3 * 86_400)
        erasures.ask_of_device(lived.store, PHONES[1], by=PHONES[1], now=now - 60)
        lived.beat(seen=now - 7200, looked=now - 7200, doing=Doing.TRAINING, step="embedded")
        other = Pool("kindergarten-of-the-street", lived.pool.space)
        lived.store.put(keys.inbox(InboxUpload(other, PHONES[0], 0, "0" * 64)), b"x")
        lived.store.put(keys.dataset_pointer(other), b"{")
        page, complaints = log_in(window, site)
        expect(page.get_by_role("status")).to_have_text("5 things need you")
        expect(page.get_by_text("silent for 2 h, and no other is at work")).to_be_visible()
        expect(page.locator("#figure-2 svg:visible").get_by_text("no worker")).to_be_visible()
        expect(page.locator("#figure-2 svg:visible").get_by_text("5 wait")).to_be_visible()
        expect(page.get_by_text(re.compile(r"the worker tries again by itself, in \d+ min"))).to_be_visible()
        waiting = page.locator("section", has=page.get_by_role("heading", name="Erasures"))
        expect(waiting.get_by_text("2 wait, the oldest for 3 d")).to_be_visible()
        expect(waiting.get_by_text("a label", exact=True)).to_be_visible()
        assert "Ida" not in waiting.inner_text()
        assert overflow(page) == 0
        shoot(page, "trouble")
        page.locator("table").get_by_role("link", name="home").click()
        expect(page.get_by_role("heading", name="home in space")).to_be_visible()
        expect(page.get_by_text("2 wait, the oldest for 3 d")).to_be_visible()
        expect(page.get_by_text("the last 5 cycles in a row published nothing")).to_be_visible()
        assert (overflow(page), complaints) == (0, [])
        shoot(page, "trouble-pool")


def test_a_label_is_text_whatever_is_in_it(window: BrowserContext, start_site: Start, tmp_path: Path) -> None:
    label = "<img src=x onerror=alert(1)>&amp;\"'"
    with start_site(tmp_path) as site:
        site.lived.send(PHONES[0], [label] * 40)
        site.lived.merge(at=time.time())
        page, complaints = log_in(window, site)
        expect(page.locator("dl.bars dt").first).to_have_text(label)
        assert (overflow(page), complaints) == (0, [])


def test_a_group_that_wants_to_be_seen_for_long_is_refreshed(window: BrowserContext, site: Site) -> None:
    page, _ = log_in(window, site)
    page.get_by_role("link", name="refresh by itself").click()
    expect(page.get_by_role("link", name="stop refreshing")).to_be_visible()
    assert page.request.get(f"{site.url}/?live=1").headers["refresh"] == "30"
    page.get_by_role("link", name="stop refreshing").click()
    assert "refresh" not in page.request.get(site.url).headers


def test_what_is_no_token_opens_nothing_and_logging_out_ends_it(window: BrowserContext, site: Site) -> None:
    page = window.new_page()
    page.goto(site.url)
    page.get_by_label("Operator's token").fill("operator-0123456789abcdef.nothing")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("This is no operator's token.")
    shoot(page, "login")
    page.get_by_label("Operator's token").fill(site.token)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").click()
    page.goto(site.url)
    expect(page.get_by_label("Operator's token")).to_be_visible()


def test_a_store_that_is_away_is_said_on_the_page(window: BrowserContext, start_site: Start, tmp_path: Path) -> None:
    with start_site(tmp_path) as site:
        page, _ = log_in(window, site)
        (tmp_path / "store").rename(tmp_path / "elsewhere")
        time.sleep(LOOKED_S)
        answer = page.goto(site.url)
        assert answer is not None
        assert answer.status == 503
        expect(page.get_by_role("heading", name="The store does not answer")).to_be_visible()
        (tmp_path / "elsewhere").rename(tmp_path / "store")
        page.get_by_role("link", name="Look again").click()
        expect(page.get_by_role("status")).to_be_visible()


def cookie_of(url: str, token: str) -> requests.Response:
    return requests.post(f"{url}/login", data={"token": token}, allow_redirects=False, timeout=10)


@pytest.mark.parametrize("path", ["/", f"/pools/home/{'5' * 64}"])
def test_without_a_session_every_page_leads_to_the_login(site: Site, path: str) -> None:
    for headers in ({}, {"Cookie": "fedex_operator=operator-0.1.2"}, {"Authorization": f"Bearer {site.token}"}):
        answer = requests.get(site.url + path, headers=headers, allow_redirects=False, timeout=10)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


def test_the_cookie_is_no_token_and_no_script_reads_it(site: Site) -> None:
    answer = cookie_of(site.url, site.token)
    said = answer.headers["Set-Cookie"]
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "HttpOnly" in said
    assert "SameSite=Lax" in said
    assert "Max-Age=43200" in said
    assert site.token.partition(".")[2] not in said


def test_pages_say_that_nothing_may_be_loaded_from_elsewhere_or_kept(site: Site) -> None:
    cookies = cookie_of(site.url, site.token).cookies
    for path in ("/", "/login", f"/pools/{site.lived.pool.path}", "/pools/nobody/" + "0" * 64):
        answer = requests.get(site.url + path, cookies=cookies, timeout=10)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


def test_the_line_of_a_page_names_its_operator(site: Site) -> None:
    cookies = cookie_of(site.url, site.token).cookies
    requests.get(f"{site.url}/?named", cookies=cookies, timeout=10)
    lines = [json.loads(line) for line in (site.folder / "log").read_text().splitlines()]
    named = {line["operator"] for line in lines if line["message"] == "request" and line["route"] == "/"}
    assert site.token.partition(".")[0] in named


def test_an_operator_of_a_group_sees_that_group_alone(start_site: Start, tmp_path: Path) -> None:
    with start_site(tmp_path) as site:
        store, space = site.lived.store, site.lived.pool.space
        store.put(keys.inbox(InboxUpload(Pool("work", space), PHONES[0], 0, "0" * 64)), b"x")
        trouble = Trouble(int(time.time()) - 60, site.lived.pool.path, "embed: cause of a family")
        now = int(time.time())
        busy = {"doing": Doing.TRAINING, "pool": site.lived.pool.path, "step": "embedded", "trouble": trouble}
        site.lived.beat(seen=now, looked=now, since=now, **busy)
        _, token = operators.add(store, "Ken", group="work", now=0)
        cookies = cookie_of(site.url, token).cookies
        front = requests.get(site.url, cookies=cookies, timeout=10).text
        assert "training for" in front
        assert not [one for one in ("home", "embedded", "cause of", "merged uploads") if one in front]
        assert "0 phones" in front
        assert requests.get(f"{site.url}/pools/home/{space}", cookies=cookies, timeout=10).status_code == 404
        assert requests.get(f"{site.url}/pools/work/{space}", cookies=cookies, timeout=10).status_code == 200


def test_a_revoked_device_is_marked_wherever_devices_are_shown(start_site: Start, tmp_path: Path) -> None:
    with start_site(tmp_path) as site:
        devices.revoke(site.lived.store, PHONES[1], drops_uploads=False)
        cookies = cookie_of(site.url, site.token).cookies
        for path in ("/", f"/pools/{site.lived.pool.path}", "/"):
            text = requests.get(site.url + path, cookies=cookies, timeout=10).text
            assert text.count('<span class="tag bad">revoked</span>') == 1, path


def test_a_release_whose_files_are_gone_is_marked(window: BrowserContext, start_site: Start, tmp_path: Path) -> None:
    with start_site(tmp_path) as site:
        store, pool = site.lived.store, site.lived.pool
        current = registry.read(store, pool)
        kept = current.publications[-3:]
        registry.settle(store, pool, previous=current, publications=kept, serials={}, fence=0)
        gone = [one for one in OverviewReader(store).read_pool(pool, now=time.time()).history if not one.has_files]
        page, _ = log_in(window, site)
        page.goto(f"{site.url}/pools/{pool.path}")
        expect(page.get_by_text("files gone", exact=True)).to_have_count(len(gone))
        shoot(page, "files-gone")
        assert (overflow(page), len(gone) > 3) == (0, True)


def test_a_login_that_is_none_is_refused_and_noted(site: Site) -> None:
    for body, status in ((b"", 403), (b"token=", 403), (b"token=%00", 403), (b"x" * 5000, 413)):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert requests.post(f"{site.url}/login", data=body, headers=headers, timeout=10).status_code == status
    assert requests.post(f"{site.url}/login", json={"token": site.token}, timeout=10).status_code == 415
    lines = [json.loads(line) for line in (site.folder / "log").read_text().splitlines()]
    noted = [line for line in lines if line["logger"] == "fedex.audit"]
    assert {(line["message"], line["by"]) for line in noted} == {("identity refused", "127.0.0.1")}
