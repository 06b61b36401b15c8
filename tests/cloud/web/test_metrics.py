"""Metrics count the requests of all web processes, and say of pools and workers what the overview does."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from cloud.identity import operators
from cloud.overview.heartbeats import Count, Doing, Heartbeat
from cloud.overview.values import (
    ErasuresView,
    ErasureView,
    Finding,
    GateView,
    Overview,
    PoolView,
    QueueView,
    ReleaseView,
)
from cloud.store import ObjectStore, open_store
from cloud.store.keys import Pool
from cloud.web import counts_folder
from cloud.web.counts_folder import SHARED_FOLDER, make_counts_folder
from cloud.web.dashboard.watch import LOOKED_S
from cloud.web.metrics import OverviewCollector
from contract.problems import ProblemDocument

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
NOW = 1_800_000_000
KILLED = """
import sys
from pathlib import Path
from cloud.web import counts_folder
counts_folder._MEMORY_FOLDER = Path(sys.argv[1])
print(counts_folder.make_counts_folder())
"""


def parsed(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def folders_of(log: Path) -> list[Path]:
    """Those in which the server of a log counts."""
    [server] = re.findall(r"Listening at: \S+ \((\d+)\)", log.read_text())
    return list(Path("/dev/shm").glob(f"fedex-metrics-{server}-*"))


@dataclass(frozen=True)
class Counted:
    url: str
    log: Path
    store: ObjectStore
    token: str

    def read(self) -> Samples:
        answer = requests.get(f"{self.url}/metrics", headers={"Authorization": f"Bearer {self.token}"}, timeout=10)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        return parsed(answer.text)


@pytest.fixture(scope="module")
def counted(
    tmp_path_factory: pytest.TempPathFactory, start_service: Callable[..., AbstractContextManager[str]]
) -> Iterator[Counted]:
    folder = tmp_path_factory.mktemp("counted")
    store = open_store(f"dir:{folder / 'store'}")
    store.prepare()
    _, token = operators.add(store, "prometheus", group=None, now=0)
    with start_service(folder, FEDEX_STORE=f"dir:{folder / 'store'}", FEDEX_WEB_PROCESSES="3") as url:
        yield Counted(url, folder / "log", store, token)


def test_requests_of_all_processes_are_counted_together(counted: Counted) -> None:
    """Each process answered with its own, another one each time."""
    labels = frozenset({("method", "GET"), ("route", "/v1/keys"), ("status", "503")})
    before = counted.read().get(("fedex_requests_total", labels), 0.0)
    for _ in range(40):
        requests.get(f"{counted.url}/v1/keys", timeout=10)
    samples = counted.read()
    assert samples["fedex_requests_total", labels] == before + 40
    route = frozenset({("route", "/v1/keys")})
    assert samples["fedex_request_seconds_count", route] == before + 40
    assert 0 < samples["fedex_request_seconds_sum", route] < 40
    assert samples["fedex_answer_bytes_total", frozenset()] > 0


def test_a_process_that_begins_to_count_just_now_is_in_nobodys_way(counted: Counted) -> None:
    """Its file is empty for a moment: whoever asked in it, as during a reload, was answered by a bug."""
    [folder] = folders_of(counted.log)
    (folder / "counter_1.db").touch()
    assert "fedex_requests_total" in {name for name, _ in counted.read()}


def test_whatever_clients_ask_for_makes_few_labels(counted: Counted) -> None:
    for number in range(20):
        requests.request(f"ODD{number}", f"{counted.url}/nothing/{number}", timeout=10)
        requests.get(f"{counted.url}/v1/objects/{number:064x}", timeout=10)
    names = {dict(labels).get("route") for name, labels in counted.read() if name == "fedex_requests_total"}
    methods = {dict(labels).get("method") for name, labels in counted.read() if name == "fedex_requests_total"}
    assert {"none", "/v1/objects/<hash:sha256>"} <= names
    assert names <= {"none", "/v1/objects/<hash:sha256>", "/v1/keys", "/healthz", "/metrics"}
    assert methods <= {"GET", "POST", "other"}


def test_metrics_are_for_operators_of_all_groups(counted: Counted) -> None:
    """They name groups."""
    _, of_group = operators.add(counted.store, "Ken", group="home", now=0)
    device = requests.post(f"{counted.url}/v1/devices", json={"code": "a-code-for-home"}, timeout=10)
    for headers, status in (
        ({}, 401),
        ({"Authorization": "Bearer operator-0123456789abcdef.nothing"}, 401),
        ({"Authorization": f"Bearer {of_group}"}, 403),
        ({"Authorization": f"Bearer {device.json().get('token', 'none')}"}, 401),
    ):
        answer = requests.get(f"{counted.url}/metrics", headers=headers, timeout=10)
        assert answer.status_code == status
        ProblemDocument.parse(answer.content)
        assert "fedex_" not in answer.text


def test_the_folder_of_counts_goes_with_its_server_and_with_a_killed_one(
    tmp_path: Path, start_service: Callable[..., AbstractContextManager[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other half of the tests begins and ends services, too, with folders in the same place."""
    with start_service(tmp_path, FEDEX_STORE=f"dir:{tmp_path / 'store'}"):
        assert len(folders_of(tmp_path / "log")) == 1
    assert folders_of(tmp_path / "log") == []
    monkeypatch.setattr(counts_folder, "_MEMORY_FOLDER", tmp_path)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, check=True)
    left = Path(killed.stdout.strip())
    assert left.is_dir()
    monkeypatch.setenv(SHARED_FOLDER, "")
    mine = make_counts_folder()
    assert (left.exists(), left.parent) == (False, mine.parent)
    assert os.environ[SHARED_FOLDER] == str(mine)


def test_an_overview_is_told_as_numbers() -> None:
    pool = Pool("home", "5" * 64)
    release = ReleaseView("best", 4, "a" * 64, NOW - 60, NOW + 9, 3, 0.9, 11, 10_000, None, has_head=True)
    view = PoolView(
        pool,
        samples=7,
        queue=QueueView(2, 9, NOW - 30),
        current={"best": replace(release, gate=GateView(True, "it rose"))},
    )
    worker = Heartbeat(
        "1" * 16, "attic", 7, "0.1", 1, NOW - 3, NOW - 3, Doing.WAITING, NOW, counts={Count.MERGED_ROWS: 5}
    )
    finding = Finding(True, "worker", "something", "do something")
    erasure = ErasureView("e" * 32, "home", "a label", "shell:root", NOW - 77)
    overview = Overview(
        NOW,
        (),
        (view, PoolView(Pool("work", "6" * 64))),
        (worker,),
        3,
        True,
        erasures=ErasuresView((erasure,)),
        findings=(finding,),
    )
    families = list(OverviewCollector(overview).collect())
    told = {(sample.name, frozenset(sample.labels.items())): sample.value for one in families for sample in one.samples}
    of = frozenset({("group", "home"), ("space", "5" * 64)})
    best, by = of | {("channel", "best")}, frozenset({("worker", "1" * 16), ("host", "attic")})
    assert told["fedex_devices_enrolled", frozenset()] == 3
    assert told["fedex_findings", frozenset({("urgent", "true")})] == 1
    assert (told["fedex_erasures_waiting", frozenset()], told["fedex_oldest_erasure_age_seconds", frozenset()]) == (
        1,
        77,
    )
    assert (told["fedex_pool_samples", of], told["fedex_pool_uploads_waiting", of]) == (7, 2)
    assert told["fedex_pool_oldest_upload_age_seconds", of] == 30
    assert told["fedex_pool_samples", frozenset({("group", "work"), ("space", "6" * 64)})] == 0
    assert (told["fedex_release_serial", best], told["fedex_release_accuracy", best]) == (4, 0.9)
    assert told["fedex_release_gate_passed", best] == 1
    assert (told["fedex_worker_at_work", by], told["fedex_worker_seen_timestamp_seconds", by]) == (1, NOW - 3)
    assert told["fedex_worker_events_total", by | {("event", "merged rows")}] == 5


def test_a_scrape_sees_an_upload_that_waits(counted: Counted) -> None:
    time.sleep(LOOKED_S + 0.1)  # what was seen is believed for so long
    counted.store.put(f"inbox/home/{'5' * 64}/{'d' * 32}.0/{'0' * 64}", b"x")
    of = frozenset({("group", "home"), ("space", "5" * 64)})
    assert counted.read()["fedex_pool_uploads_waiting", of] == 1
