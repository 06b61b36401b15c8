"""A service that starts while its store is away: it says so, answers 503, and works once the store is there."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests
from flask import Flask

from cloud.errors import StoreRefused, StoreUnreachable
from cloud.settings import Settings
from cloud.store import ObjectStore, keys, open_store
from cloud.web import store_trial
from cloud.web.app import create_app
from cloud.web.store_trial import StoreTrial
from contract.problems import PROBLEM_MEDIA_TYPE
from demo.running.minio import Minio
from demo.running.ports import free_port
from tests.cloud.conftest import HOME_CODE, VERIFY_KEY

StartService = Callable[..., AbstractContextManager[str]]
CODE = {"code": HOME_CODE}


@contextlib.contextmanager
def forwarding(port: int, target: int) -> Iterator[None]:
    """Whatever comes at one local port goes to another one, for as long as the block."""

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(1 << 16):
                sink.sendall(block)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def join(near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", target)) as far:
            there = threading.Thread(target=pump, args=(near, far))
            there.start()
            pump(far, near)
            there.join()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=join, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", port)) as listener:
        accepts = threading.Thread(target=accept)
        accepts.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        accepts.join()


def lines(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def wait_for(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_a_service_starts_while_its_store_is_away_says_so_and_works_once_it_is_there(
    start_service: StartService, minio: Minio, bucket_address: Callable[[], str], tmp_path: Path
) -> None:
    bucket, _, endpoint = bucket_address().partition("?endpoint=")
    store = open_store(f"{bucket}?endpoint={endpoint}")
    store.prepare()
    store.put(keys.VERIFY, VERIFY_KEY)
    port = free_port()
    with start_service(tmp_path, FEDEX_STORE=f"{bucket}?endpoint=http://127.0.0.1:{port}") as url:
        assert requests.get(f"{url}/readyz", timeout=10).status_code == 503
        refused = requests.post(f"{url}/v1/devices", json=CODE, timeout=10)
        assert (refused.status_code, refused.headers["Content-Type"]) == (503, PROBLEM_MEDIA_TYPE)
        assert int(refused.headers["Retry-After"]) > 0
        [said] = [line for line in lines(tmp_path / "log") if "the store is away" in str(line)]
        assert f"127.0.0.1:{port}" in str(said)
        with forwarding(port, int(endpoint.rpartition(":")[2])):
            wait_for(lambda: requests.get(f"{url}/readyz", timeout=10).status_code == 200)
            assert enrolled(url)


def enrolled(url: str) -> bool:
    """Whether a device can enrol, in whichever web process; the other one may not have tried the store yet."""
    wait_for(lambda: requests.post(f"{url}/v1/devices", json=CODE, timeout=10).status_code == 201)
    return True


def test_a_store_that_takes_connections_and_says_nothing_does_not_keep_a_service_from_its_start(
    start_service: StartService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"s3://fedex?endpoint=http://127.0.0.1:{silent.getsockname()[1]}"
        with start_service(tmp_path, FEDEX_STORE=address) as url:
            assert requests.get(f"{url}/readyz", timeout=10).status_code == 503


def test_a_store_that_cannot_be_used_still_ends_the_start_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = os.environ | {"FEDEX_STORE": f"dir:{tmp_path / 'file/store'}", "FEDEX_BIND": "127.0.0.1:0"}
    command = [sys.executable, "-m", "cloud", "serve"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)


@pytest.fixture
def app(directory_store: ObjectStore) -> Flask:
    directory_store.put(keys.VERIFY, VERIFY_KEY)
    return create_app(Settings(store="dir:unused", enrolment={HOME_CODE: "home"}), store=directory_store)


def test_nothing_is_read_of_a_store_that_was_not_tried_and_only_health_is_answered(
    app: Flask, directory_store: ObjectStore
) -> None:
    app.before_request(StoreTrial(directory_store).check_request)
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    assert [client.get(path).status_code for path in ("/readyz", "/v1/keys", "/v1/spaces")] == [503] * 3


@pytest.mark.parametrize("refusal", [StoreUnreachable("away"), StoreRefused("it keeps versions")])
def test_a_store_is_tried_until_it_is_right_and_each_reason_is_said_once(
    app: Flask,
    directory_store: ObjectStore,
    refusal: StoreRefused,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One that came back with versions kept must not be used either; but an operator can mend that."""
    tried: list[ObjectStore] = []
    is_mended = threading.Event()

    def refuse(store: ObjectStore) -> None:
        tried.append(store)
        if not is_mended.is_set():
            raise refusal

    monkeypatch.setattr(store_trial, "probe", refuse)
    trial = StoreTrial(directory_store, shortest_wait_s=0.01)
    app.before_request(trial.check_request)
    trial.begin()
    wait_for(lambda: len(tried) >= 3)
    assert app.test_client().get("/readyz").status_code == 503
    is_mended.set()
    wait_for(lambda: app.test_client().get("/readyz").status_code == 200)
    assert [one.message for one in caplog.records if one.name == store_trial.__name__] == [f"store: {refusal}"]
