"""A restart that nobody notices: web processes begun anew, and a new start on a socket that somebody else holds."""

import contextlib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest
import requests

from cloud.admin.bundles import register as register_bundle
from cloud.store import ObjectStore, keys, open_store
from cloud.store.listing import keys_under
from contract.bundle import TrainingBundle
from demo.running.ports import free_port
from tests.certificates import write_certificate
from tests.cloud.conftest import HOME_CODE, SPACE, wait_until_alive
from tests.cloud.web.crowds import wait_until
from tests.cloud.web.steady import Crowd, Sender, enrol, sending
from tests.conftest import missing

StartService = Callable[..., AbstractContextManager[str]]
MakeUpload = Callable[..., bytes]

PASS_ON = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ |= {'LISTEN_FDS': '1', 'LISTEN_PID': str(os.getpid())};"
    "os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
)
"""Becomes a command, with a socket of this process as systemd passes one."""
RELOADS = 3
RESTARTS = 2


@pytest.fixture
def store(tmp_path: Path, training_bundle: TrainingBundle) -> ObjectStore:
    """A store with a space, whose worker ran once."""
    opened = open_store(f"dir:{tmp_path / 'store'}")
    opened.prepare()
    opened.put(keys.VERIFY, bytes(32))
    assert training_bundle.directory is not None
    register_bundle(opened, training_bundle.directory)
    return opened


def senders(url: str, make_upload: MakeUpload) -> list[Sender]:
    """Devices that keep their connections, that make new ones, and that take more than a second for a body."""

    def make(name: str) -> bytes:
        return make_upload(["Ada", "Ben"], names=[name, f"{name} b"])

    kept = [Sender(url, enrol(url), f"kept {number}", make) for number in range(3)]
    new = [Sender(url, enrol(url), f"new {number}", make, keeps=False) for number in range(3)]
    slow = [Sender(url, enrol(url), f"slow {number}", make, pieces=4, pause_s=0.4) for number in range(3)]
    return kept + new + slow


def check(crowd: Crowd, store: ObjectStore) -> None:
    """Each was acknowledged, and what was is there."""
    assert crowd.broken == []
    assert {*crowd.answers} == {201}
    waiting = {key.rpartition("/")[2] for key in keys_under(store, f"{keys.INBOX}home/{SPACE}/")}
    assert crowd.acknowledged
    assert crowd.acknowledged <= waiting


def master(log: Path) -> psutil.Process:
    """The process that started the others: the last that began."""
    return psutil.Process(int(re.findall(r"Listening at: \S+ \((\d+)\)", log.read_text())[-1]))


def serving(log: Path) -> set[psutil.Process]:
    """Its web processes, once both were started."""
    wait_until(lambda: len(master(log).children()) == 2)
    return {*master(log).children()}


def reload(log: Path) -> None:
    """Have the web processes begun anew, and wait until the old ones are gone."""
    old = serving(log)
    master(log).send_signal(signal.SIGHUP)
    wait_until(lambda: not old & {*master(log).children()})


def test_devices_that_send_all_the_time_do_not_notice_that_web_processes_begin_anew(
    start_service: StartService, store: ObjectStore, make_upload: MakeUpload, tmp_path: Path
) -> None:
    with start_service(tmp_path, FEDEX_STORE=f"dir:{tmp_path / 'store'}", FEDEX_STALL_S="20") as url:
        with sending(senders(url, make_upload)) as crowd:
            for _ in range(RELOADS):
                crowd.wait_for_more()
                reload(tmp_path / "log")
            crowd.wait_for_more()
        check(crowd, store)
    assert "raceback" not in (tmp_path / "log").read_text()


@contextlib.contextmanager
def started_with(held: socket.socket, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A service on a socket that this process holds; at the end it is asked to stop, and has stopped."""
    command = [sys.executable, "-c", PASS_ON, str(held.fileno()), "-m", "cloud.cli", "serve"]
    settings = {
        "FEDEX_STORE": f"dir:{folder / 'store'}",
        "FEDEX_BIND": "127.0.0.1:1",  # it may not take it, and does not try
        "FEDEX_ENROLMENT": f"{HOME_CODE}=home",
        "FEDEX_STALL_S": "20",
    }
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, env=os.environ | settings, stdout=log, stderr=log, pass_fds=[held.fileno()])
    try:
        wait_until_alive(url_of(held), process)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def url_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_devices_that_send_all_the_time_do_not_notice_a_restart_on_a_socket_that_is_held(
    store: ObjectStore, make_upload: MakeUpload, tmp_path: Path
) -> None:
    """As under systemd: stopped, then started, with seconds in between."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as held, contextlib.ExitStack() as after:
        with contextlib.ExitStack() as running:
            running.enter_context(started_with(held, tmp_path))
            crowd = after.enter_context(sending(senders(url_of(held), make_upload)))
            for _ in range(RESTARTS):
                crowd.wait_for_more()
                running.close()
                time.sleep(0.5)
                running.enter_context(started_with(held, tmp_path))
            crowd.wait_for_more()
            after.close()
        check(crowd, store)
    assert "raceback" not in (tmp_path / "log").read_text()


def test_a_socket_that_systemd_passes_is_taken(store: ObjectStore, tmp_path: Path) -> None:
    found = shutil.which("systemd-socket-activate")
    if found is None:
        missing("systemd-socket-activate")
    port = free_port()
    settings = {"FEDEX_STORE": f"dir:{tmp_path / 'store'}", "FEDEX_BIND": "127.0.0.1:1"}
    options = [option for name in ("PYTHONPATH", "PATH") for option in (f"--setenv={name}",)]
    options += [f"--setenv={name}={value}" for name, value in settings.items()]
    command = [found, f"--listen=127.0.0.1:{port}", *options, sys.executable, "-m", "cloud.cli", "serve"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until_alive(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert f"Listening at: http://127.0.0.1:{port} ({process.pid})" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("a file", "expected a socket that listens, got Socket operation on non-socket"),
        ("UDP", "expected a TCP socket that listens, got another one"),
        ("unix", "expected a TCP socket that listens, got another one"),
        ("connected", "expected a TCP socket that listens, got another one"),
    ],
)
def test_what_is_passed_and_does_not_listen_ends_the_start_in_one_line(tmp_path: Path, kind: str, said: str) -> None:
    with contextlib.ExitStack() as stack:
        if kind == "a file":
            passed = stack.enter_context((tmp_path / "file").open("wb")).fileno()
        elif kind == "unix":
            server = stack.enter_context(socket.socket(socket.AF_UNIX))
            server.bind(str(tmp_path / "socket"))
            server.listen()
            passed = server.fileno()
        else:
            type_ = socket.SOCK_DGRAM if kind == "UDP" else socket.SOCK_STREAM
            passed = stack.enter_context(socket.socket(socket.AF_INET, type_)).fileno()
        command = [sys.executable, "-c", PASS_ON, str(passed), "-m", "cloud.cli", "serve"]
        environment = os.environ | {"FEDEX_STORE": f"dir:{tmp_path / 'store'}"}
        ended = subprocess.run(
            command, env=environment, pass_fds=[passed], capture_output=True, text=True, timeout=60, check=False
        )
    assert (ended.returncode, ended.stderr) == (1, f"fedex-cloud: LISTEN_FDS: {said}\n")


def test_a_certificate_that_was_renewed_is_shown_after_a_reload_and_one_that_is_broken_changes_nothing(
    start_service: StartService, store: ObjectStore, tmp_path: Path
) -> None:
    """Web processes that cannot load it would end again and again, and nobody would answer."""
    certificate, key = write_certificate(tmp_path)
    settings = {"FEDEX_TLS_CERT": str(certificate), "FEDEX_TLS_KEY": str(key)}
    log = tmp_path / "log"
    with start_service(tmp_path, certificate=certificate, FEDEX_STORE=f"dir:{tmp_path / 'store'}", **settings) as url:
        port = int(url.rpartition(":")[2])
        first = ssl.get_server_certificate(("127.0.0.1", port))
        write_certificate(tmp_path)
        reload(log)
        second = ssl.get_server_certificate(("127.0.0.1", port))
        assert (second != first, second) == (True, certificate.read_text())
        certificate.write_text("no certificate")
        before = serving(log)
        master(log).send_signal(signal.SIGHUP)
        wait_until(lambda: "what runs goes on" in log.read_text())
        assert serving(log) == before
        assert ssl.get_server_certificate(("127.0.0.1", port)) == second


def test_a_second_master_is_not_begun(start_service: StartService, store: ObjectStore, tmp_path: Path) -> None:
    with start_service(tmp_path, FEDEX_STORE=f"dir:{tmp_path / 'store'}") as url:
        before = serving(tmp_path / "log")
        master(tmp_path / "log").send_signal(signal.SIGUSR2)
        wait_until(lambda: "SIGUSR2 does nothing here" in (tmp_path / "log").read_text())
        assert serving(tmp_path / "log") == before
        assert requests.get(f"{url}/healthz", timeout=10).status_code == 200
