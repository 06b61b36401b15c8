"""What operators do with codes, operators and devices: from nothing to a device that is in, and out again."""

import contextlib
import getpass
import json
import logging
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from cloud import audit
from cloud.admin.bundles import register as register_bundle
from cloud.cli import commands
from cloud.commands.surroundings import who
from cloud.dataset import inbox
from cloud.dataset.merge import merge_once
from cloud.identity import codes, devices, operators
from cloud.identity.devices import EnrolledDevice
from cloud.identity.operators import OperatorAuthenticator
from cloud.logs import LineFormatter
from cloud.store import ObjectStore, keys, open_store
from cloud.store.keys import InboxUpload, Pool
from contract.bundle import TrainingBundle
from contract.callbacks import ignore
from contract.invitation import Invitation, fingerprint
from contract.upload import upload_id
from tests.cloud.conftest import DEVICE, HOME_CODE, VERIFY_KEY, RunningService
from tests.cloud.test_cli import run

TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC"

UNTOLD = {"time", "level", "logger", "by"}


@pytest.fixture
def address(tmp_path: Path) -> str:
    """FEDEX_STORE of a store whose worker ran once."""
    address = f"dir:{tmp_path / 'store'}"
    store = open_store(address)
    store.prepare()
    store.put(keys.VERIFY, VERIFY_KEY)
    return address


def enrol(service: RunningService, code: str) -> "requests.Response":
    return requests.post(f"{service.url}/v1/devices", json={"code": code}, timeout=10)


def asks(service: RunningService, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{service.url}/v1/spaces", headers=headers, timeout=10).status_code


def test_a_code_that_is_made_while_the_service_runs_lets_one_device_in_until_it_is_revoked(
    service: RunningService,
) -> None:
    store = {"FEDEX_STORE": repr(service.store)}
    made = run("codes", "add", "--group", "new-group", **store)
    assert made.returncode == 0, made.stderr
    code = re.match(r"code (\S+)\n", made.stdout)
    assert code
    answer = enrol(service, code[1])
    assert (answer.status_code, answer.json()["group"]) == (201, "new-group")
    assert enrol(service, code[1]).status_code == 403
    device, token = answer.json()["device"], answer.json()["token"]
    listed = run("codes", "list", **store).stdout
    assert re.search(rf"^[0-9a-f]{{16}}: group new-group, used up, 1 of 1 used, until {TIME}$", listed, re.M)
    revoked = run("devices", "revoke", device, **store)
    assert (revoked.returncode, revoked.stdout) == (
        0,
        f"revoked: device {device} of group new-group; its uploads that wait are merged as ever\n",
    )
    assert asks(service, token) == 401
    assert run("devices", "readmit", device, **store).returncode == 0
    assert asks(service, token) == 404  # there is no list of spaces yet
    events = [line for line in service.lines() if line["logger"] == "fedex.audit"]
    enrolled = [event for event in events if event["message"] == "enrolled" and event["by"] == device]
    assert [(event["group"], event["code"], event["again"]) for event in enrolled] == [
        ("new-group", listed[:16], False)
    ]
    assert [event["got"] for event in events if event["message"] == "identity refused"]
    assert code[1] not in service.log.read_text()


def test_a_code_with_an_address_is_shown_as_an_invitation(address: str) -> None:
    done = run(
        "codes", "add", "--group", "home", "--uses", "3", "--url", "https://fedex.example.org", FEDEX_STORE=address
    )
    code, described, link = done.stdout.splitlines()
    expected = Invitation("https://fedex.example.org", code.removeprefix("code "), fingerprint(VERIFY_KEY))
    assert Invitation.parse(link) == expected
    assert re.fullmatch(rf"id [0-9a-f]{{16}}: group home, open, 0 of 3 used, until {TIME}", described)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--group", "Home"), "expected lower-case letters, digits and hyphens, got 'Home'"),
        (("--group", "home", "--uses", "0"), "0 is not in the range 1<=x<=1000"),
        (
            ("--group", "home", "--expires", "7"),
            "expected minutes, hours or days like 30m, 12h or 7d, at most 366d, got '7'",
        ),
        (("--group", "home", "--expires", "367d"), "got '367d'"),
        (("--group", "home", "--url", "nowhere"), "--url: expected an address like https://fedex.example.org"),
        ((), "Missing option '--group'"),
    ],
)
def test_a_code_that_cannot_be_made_is_one_line_and_leaves_none(
    address: str, arguments: tuple[str, ...], complaint: str
) -> None:
    done = run("codes", "add", *arguments, FEDEX_STORE=address)
    assert (done.returncode != 0, done.stdout, done.stderr.count("\n")) == (True, "", 1)
    assert complaint in done.stderr
    assert list(codes.read_all(open_store(address), damaged=ignore)) == []


def test_a_code_is_withdrawn_once(address: str) -> None:
    run("codes", "add", "--group", "home", FEDEX_STORE=address)
    (code,) = codes.read_all(open_store(address), damaged=ignore)
    done = run("codes", "withdraw", code.id, FEDEX_STORE=address)
    assert (done.returncode, done.stdout) == (0, f"withdrawn: {code.id} of group home, which let in 0 of 1\n")
    again = run("codes", "withdraw", code.id, FEDEX_STORE=address)
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "expected a code that `codes list` shows" in again.stderr
    assert run("codes", "list", FEDEX_STORE=address).stdout == ""


def test_an_operators_token_is_shown_once_and_counts_until_it_is_removed(address: str) -> None:
    done = run("operators", "add", "Grace H.", "--group", "home", FEDEX_STORE=address)
    token, described = done.stdout.splitlines()
    authenticator = OperatorAuthenticator(open_store(address), clock=lambda: 0.0)
    operator = authenticator.authenticate(f"Bearer {token.removeprefix('token ')}")
    assert (operator.name, operator.group) == ("Grace H.", "home")
    assert re.fullmatch(rf"{operator.id}: Grace H\., group home, added {TIME}", described)
    assert run("operators", "list", FEDEX_STORE=address).stdout == f"{described}\n"
    assert run("operators", "remove", "Grace H.", FEDEX_STORE=address).stdout == f"removed: {described}\n"
    assert list(operators.read_all(open_store(address), damaged=ignore)) == []


@pytest.fixture
def filled(
    directory_store: ObjectStore, training_bundle: TrainingBundle, make_upload: Callable[..., bytes]
) -> ObjectStore:
    """A store in which one upload of a device is merged, and two wait."""
    assert training_bundle.directory is not None
    register_bundle(directory_store, training_bundle.directory)
    devices.add(directory_store, EnrolledDevice(DEVICE, "home", 0, "0" * 64, 86_400, code="c" * 16))
    devices.add(directory_store, EnrolledDevice("e" * 32, "away", 0, "0" * 64, 0))
    pool = Pool("home", training_bundle.space)
    for labels in (["Ada"], ["Ben"], ["Cleo"]):
        body = make_upload(labels)
        inbox.add(directory_store, InboxUpload(pool, DEVICE, 0, upload_id(body)), body)
        if labels == ["Ada"]:
            merge_once(directory_store, pool)
    return directory_store


def test_devices_are_listed_and_shown(filled: ObjectStore, training_bundle: TrainingBundle) -> None:
    store = {"FEDEX_STORE": repr(filled)}
    ours = f"device {DEVICE}: group home, enrolled 1970-01-02 00:00 UTC, code {'c' * 16}"
    theirs = f"device {'e' * 32}: group away, enrolled 1970-01-01 00:00 UTC, code of the environment"
    assert run("devices", "list", **store).stdout.splitlines() == [ours, theirs]
    assert run("devices", "list", "--group", "away", **store).stdout.splitlines() == [theirs]
    assert run("devices", "show", DEVICE, **store).stdout.splitlines() == [
        ours,
        f"pool home/{training_bundle.space}: 2 uploads waiting",
        f"  device {DEVICE}: self-test 0.999900 (an app 1, a runtime 2, cpu, 1 thread, Linux 6.1 x86_64), 1 upload",
    ]
    run("devices", "exclude", DEVICE, **store)
    run("devices", "revoke", DEVICE, "--drop-uploads", **store)
    assert run("devices", "list", "--group", "home", **store).stdout.splitlines() == [
        f"{ours}, revoked (uploads that wait are dropped), excluded"
    ]


@pytest.mark.parametrize("command", ["show", "revoke", "exclude", "readmit"])
@pytest.mark.parametrize(("device", "status"), [("f" * 32, 1), ("../keys", 2)])
def test_a_device_that_is_not_there_is_one_line(filled: ObjectStore, command: str, device: str, status: int) -> None:
    done = run("devices", command, device, FEDEX_STORE=repr(filled))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (status, "", 1)


def test_a_service_without_codes_says_how_one_is_made(
    start_service: Callable[..., contextlib.AbstractContextManager[str]], tmp_path: Path, address: str
) -> None:
    with start_service(tmp_path, FEDEX_STORE=address, FEDEX_ENROLMENT=""):
        pass
    lines = [json.loads(line)["message"] for line in (tmp_path / "log").read_text().splitlines()]
    assert "no device can enrol: `fedex-cloud codes add` makes a code, while this runs" in lines


def test_what_an_operator_does_is_in_the_audit_log_without_its_secrets(
    filled: ObjectStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger=audit.LOGGER)
    monkeypatch.setenv("FEDEX_STORE", repr(filled))
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    shown = "".join(
        CliRunner().invoke(commands, command.split(), catch_exceptions=False).output
        for command in (
            "codes add --group home --uses 2",
            "operators add Grace --group home",
            "operators remove Grace",
            f"devices revoke {DEVICE} --drop-uploads",
            f"devices exclude {DEVICE}",
            f"devices readmit {DEVICE} --enrol-again",
        )
    )
    (code,) = codes.read_all(filled, damaged=ignore)
    CliRunner().invoke(commands, ["codes", "withdraw", code.id], catch_exceptions=False)
    lines = [json.loads(LineFormatter().format(record)) for record in caplog.records if record.name == audit.LOGGER]
    assert {line["by"] for line in lines} == {"shell:ada"}
    told = [{name: value for name, value in line.items() if name not in UNTOLD} for line in lines]
    assert told == [
        {"message": "code added", "code": code.id, "group": "home", "uses": 2, "expires": code.expires},
        {"message": "operator added", "operator": lines[1]["operator"], "name": "Grace", "group": "home"},
        {"message": "operator removed", "operator": lines[1]["operator"], "name": "Grace", "group": "home"},
        {"message": "device revoked", "device": DEVICE, "group": "home", "drops_uploads": True},
        {"message": "device excluded", "device": DEVICE, "group": "home"},
        {"message": "device readmitted", "device": DEVICE, "group": "home", "ends_tokens": True},
        {"message": "code withdrawn", "code": code.id, "group": "home", "devices": 0},
    ]
    secrets = re.findall(r"^(?:code|token) (\S+)$", shown, re.M)
    assert len(secrets) == 2
    assert not [secret for secret in secrets if secret in str(lines)]


def test_who_runs_a_command_has_a_number_where_it_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose user is in no list."""

    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr(getpass, "getuser", unknown)
    monkeypatch.setattr(os, "getuid", lambda: 1234)
    assert who() == "shell:1234"


@pytest.mark.slow
def test_a_revoked_device_is_refused_by_every_web_process_within_a_minute(
    start_service: Callable[..., contextlib.AbstractContextManager[str]], tmp_path: Path, address: str
) -> None:
    """They had answered it just before, and remember whom they answered."""
    headers: dict[str, str] = {}

    def answers(url: str) -> set[int]:
        return {requests.get(f"{url}/v1/spaces", headers=headers, timeout=10).status_code for _ in range(40)}

    settings = {"FEDEX_STORE": address, "FEDEX_WEB_PROCESSES": "3"}
    with start_service(tmp_path, **settings) as url:
        enrolled = requests.post(f"{url}/v1/devices", json={"code": HOME_CODE}, timeout=10).json()
        headers["Authorization"] = f"Bearer {enrolled['token']}"
        assert answers(url) == {404}  # there is no list of spaces yet
        assert run("devices", "revoke", enrolled["device"], FEDEX_STORE=address).returncode == 0
        revoked = time.monotonic()
        while answers(url) != {401}:
            assert time.monotonic() - revoked < 60
            time.sleep(1)
    assert time.monotonic() - revoked > 5, "no process remembered it, so this test has shown nothing"


@pytest.mark.parametrize(
    ("kind", "add", "prefix"),
    [
        ("codes", ("add", "--group", "home"), keys.CODES),
        ("operators", ("add", "Grace"), keys.OPERATORS),
        ("devices", None, keys.DEVICES),
    ],
)
def test_a_list_shows_all_that_can_be_read_and_names_the_rest(
    filled: ObjectStore, kind: str, add: tuple[str, ...] | None, prefix: str
) -> None:
    """It ended at the first damaged one."""
    if add:
        run(kind, *add, FEDEX_STORE=repr(filled))
    [*_, sound] = filled.list(prefix)
    damaged = f"{prefix}{'0' * len(sound.removeprefix(prefix))}"
    filled.put(damaged, b"{")
    done = run(kind, "list", FEDEX_STORE=repr(filled))
    *shown, fault = done.stdout.splitlines()
    assert (done.returncode, len(shown)) == (1, len(filled.list(prefix)) - 1)
    assert fault.startswith(f"damaged: {damaged}: expected JSON")
    assert done.stderr == "fedex-cloud: 1 of them cannot be read; `fedex-cloud fsck` says what to do\n"


def test_a_damaged_operator_or_code_is_in_nobodys_way(filled: ObjectStore) -> None:
    store = {"FEDEX_STORE": repr(filled)}
    filled.put(keys.operator("operator-" + "0" * 16), b"{")
    filled.put(keys.code("0" * 16), b"{")
    assert run("operators", "add", "Grace", **store).returncode == 0
    assert run("operators", "remove", "Grace", **store).stdout.startswith("removed: ")
    assert run("codes", "withdraw", "0" * 16, **store).stdout == f"withdrawn: {'0' * 16}, which was damaged\n"
    assert filled.list(keys.CODES) == []
