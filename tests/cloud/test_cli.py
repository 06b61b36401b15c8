"""The command line: one clear line and status 1 for whatever is missing."""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.admin.bundles import register as register_bundle
from cloud.dataset import inbox
from cloud.dataset.merge import merge_once
from cloud.identity import devices
from cloud.identity.devices import EnrolledDevice
from cloud.releases import registry
from cloud.releases.publish import Publisher
from cloud.releases.registry import TrainedDataset
from cloud.releases.signing import load_or_create
from cloud.store import ObjectStore, open_store
from cloud.store.keys import InboxUpload, Pool
from cloud.worker.lock import claimed
from contract.bundle import TrainingBundle
from contract.invitation import Invitation, fingerprint, shown_fingerprint
from contract.manifest import Channel
from contract.unknown import Strictness
from contract.upload import upload_id
from tests.cloud.conftest import DEVICE
from tests.cloud.releases.standing import POINTS
from tests.cloud.releases.test_publish import trained_head


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FEDEX_")}
    command = [sys.executable, "-m", "cloud.cli", *arguments]
    return subprocess.run(command, env=inherited | environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "command",
    [
        ("serve",),
        ("worker",),
        ("bundle", "add", "nowhere"),
        ("status",),
        ("devices", "list"),
        ("codes", "list"),
        ("keys", "rotate"),
    ],
)
def test_without_a_store_every_command_says_so(command: tuple[str, ...]) -> None:
    ended = run(*command)
    assert ended.returncode == 1
    assert (
        ended.stderr
        == "fedex-cloud: FEDEX_STORE is not set: where everything is kept: dir:PATH or s3://BUCKET[?endpoint=URL]\n"
    )
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (("serve", "--bind", "127.0.0.1:99999"), {}),
        (("serve",), {"FEDEX_BIND": "somewhere"}),
        (("worker",), {"FEDEX_TRIALS": "9" * 5000}),
        (("status",), {"FEDEX_STORE": "s3://[x"}),
        (("status",), {"FEDEX_STORE": "s3://bucket?endpoint=http://a b"}),
        (("status",), {"FEDEX_STORE": "dir:" + "x" * 5000}),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    settings = {"FEDEX_STORE": f"dir:{tmp_path}", "FEDEX_ENROLMENT": "a-secret-code=home"} | environment
    ended = run(*arguments, **settings)
    assert (ended.returncode, ended.stderr[:13], ended.stderr.count("\n")) == (1, "fedex-cloud: ", 1)
    assert len(ended.stderr) < 300


def test_a_store_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run("serve", FEDEX_STORE=f"dir:{tmp_path / 'file/store'}", FEDEX_ENROLMENT="a-secret-code=home")
    assert ended.returncode == 1
    assert ended.stderr.startswith("fedex-cloud: dir:")
    assert ended.stderr.count("\n") == 1
    assert "secret-code" not in ended.stderr


@pytest.mark.parametrize("command", [("bundle",), ("nonsense",), ("bundle", "add"), ("serve", "--nonsense")])
def test_a_command_that_does_not_exist_is_said(command: tuple[str, ...]) -> None:
    ended = run(*command)
    assert ended.returncode == 2
    assert ended.stderr.startswith(("fedex-cloud: ", "Usage: fedex-cloud bundle "))
    assert "Traceback" not in ended.stderr


def test_a_bundle_is_added_and_shown(training_bundle: TrainingBundle, tmp_path: Path) -> None:
    store = f"dir:{tmp_path / 'store'}"
    for said in ("registered", "already registered"):
        added = run("bundle", "add", str(training_bundle.directory), FEDEX_STORE=store)
        assert (added.returncode, added.stdout) == (0, f"{said} space {training_bundle.space} (freeze6, 2 labels)\n")
    assert f"space {training_bundle.space} (freeze6, 2 labels)\n" in run("status", FEDEX_STORE=store).stdout


def test_a_bundle_that_turned_out_broken_is_replaced(
    training_bundle: TrainingBundle, make_head: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    assert training_bundle.directory is not None
    repaired = rewrite(training_bundle.directory, tmp_path / "repaired", head=make_head(b"repaired"))
    store = f"dir:{tmp_path / 'store'}"
    run("bundle", "add", str(training_bundle.directory), FEDEX_STORE=store)
    refused = run("bundle", "add", str(repaired), FEDEX_STORE=store)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "--replace" in refused.stderr
    replaced = run("bundle", "add", "--replace", str(repaired), FEDEX_STORE=store)
    assert replaced.stdout.startswith(f"replaced space {training_bundle.space} ")


def rewrite(bundle: Path, directory: Path, *, head: bytes) -> Path:
    """The same bundle with another head."""
    shutil.copytree(bundle, directory)
    document = json.loads((bundle / "bundle.json").read_text())
    document["head"] = {"sha256": hashlib.sha256(head).hexdigest(), "size": len(head)}
    (directory / "bundle.json").write_text(json.dumps(document))
    (directory / "head.keras").write_bytes(head)
    return directory


SPACE = "5" * 64


@pytest.mark.parametrize(
    ("command", "status", "complaint"),
    [
        (("releases", "share", "home", "best", "1"), 2, "expected GROUP/SPACE, as status shows it, got 'home'"),
        (("releases", "share", f"home/{SPACE}", "beta", "1"), 2, "'beta' is not one of 'best', 'latest'"),
        (("releases", "share", f"home/{SPACE}", "best", "10001"), 2, "10001 is not in the range 0<=x<=10000"),
        (
            ("releases", "share", f"home/{SPACE}", "best", "1", "--why", "x"),
            1,
            "expected the folder of a worker that ran once",
        ),
        (
            ("releases", "withdraw", f"home/{SPACE}", "best", "1", "--why", "x"),
            1,
            "expected the folder of a worker that ran once",
        ),
    ],
)
def test_what_an_operator_cannot_do_is_one_line(
    tmp_path: Path, command: tuple[str, ...], status: int, complaint: str
) -> None:
    """And no key is made beside the worker's."""
    environment = {"FEDEX_STORE": f"dir:{tmp_path / 'store'}", "FEDEX_STATE": str(tmp_path / "state")}
    ended = run(*command, **environment)
    assert (ended.returncode, ended.stderr.count("\n")) == (status, 1)
    assert complaint in ended.stderr
    assert not (tmp_path / "state").exists()


def test_a_release_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    store = open_store(f"dir:{tmp_path / 'store'}")
    store.prepare()
    load_or_create(tmp_path / "state", store)
    environment = {"FEDEX_STORE": f"dir:{tmp_path / 'store'}", "FEDEX_STATE": str(tmp_path / "state")}
    ended = run("releases", "withdraw", f"home/{SPACE}", "best", "1", "--why", "x", **environment)
    assert (ended.returncode, ended.stderr) == (
        1,
        f"fedex-cloud: home/{SPACE} best: expected a release, got none yet\n",
    )


def test_asking_for_the_status_writes_nothing(tmp_path: Path) -> None:
    """A mistyped store used to be made by looking at it."""
    ended = run("status", FEDEX_STORE=f"dir:{tmp_path / 'mistyped'}")
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert f"{tmp_path / 'mistyped'} is not there" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_asking_for_the_status_makes_no_bucket(bucket_address: Callable[[], str]) -> None:
    address = bucket_address()
    for _ in range(2):
        ended = run("status", FEDEX_STORE=address)
        reason = "not listed: no such bucket (to ListObjectsV2, region us-east-1)"
        assert (ended.returncode, ended.stderr) == (1, f"fedex-cloud: {address}: {reason}\n")


@pytest.fixture
def pool(directory_store: ObjectStore, training_bundle: TrainingBundle, make_upload: Callable[..., bytes]) -> Pool:
    """A pool in which one upload waits."""
    assert training_bundle.directory is not None
    register_bundle(directory_store, training_bundle.directory)
    devices.add(directory_store, EnrolledDevice(DEVICE, "home", 0, "0" * 64, 0))
    pool, body = Pool("home", training_bundle.space), make_upload(["Ada"])
    inbox.add(directory_store, InboxUpload(pool, DEVICE, 0, upload_id(body)), body)
    return pool


def test_devices_are_shown_with_what_computed_their_samples(
    directory_store: ObjectStore, pool: Pool, tmp_path: Path
) -> None:
    shown = run("devices", "self-tests", FEDEX_STORE=f"dir:{tmp_path / 'directory-store'}")
    assert (shown.returncode, shown.stdout) == (0, f"pool {pool.path}: least cosine 0.990000, 1 upload to be merged\n")
    merge_once(directory_store, pool)
    shown = run("devices", "self-tests", FEDEX_STORE=f"dir:{tmp_path / 'directory-store'}")
    assert (shown.returncode, shown.stdout) == (
        0,
        f"pool {pool.path}: least cosine 0.990000\n"
        f"  device {DEVICE}: self-test 0.999900 (an app 1, a runtime 2, cpu, 1 thread, Linux 6.1 x86_64), 1 upload\n",
    )


def test_the_status_names_the_point_of_unknown_of_each_release(
    directory_store: ObjectStore, training_bundle: TrainingBundle, pool: Pool, tmp_path: Path
) -> None:
    merge_once(directory_store, pool)
    key = load_or_create(tmp_path / "state", directory_store)
    for version, channel, points in ((1, Channel.BEST, POINTS), (2, Channel.LATEST, {})):
        Publisher(directory_store, key, 3600.0, share=9_000 + version, point=Strictness.STRICT).publish(
            pool,
            replace(trained_head(version), points=points),
            bundle=training_bundle,
            previous=registry.read(directory_store, pool),
            channels=[channel],
            trained=TrainedDataset(f"dataset {version}", version, f"cycle {version}"),
            now=version,
        )
    shown = run("status", FEDEX_STORE=f"dir:{tmp_path / 'directory-store'}")
    assert "releases: best 1 (strict, for 9001 of 10000), latest 1 (for 9002 of 10000)\n" in shown.stdout


def test_the_status_shows_pools_of_which_nothing_was_merged_yet(
    directory_store: ObjectStore, training_bundle: TrainingBundle, make_upload: Callable[..., bytes], tmp_path: Path
) -> None:
    """What was acknowledged was nowhere to be seen until the first merge."""
    assert training_bundle.directory is not None
    register_bundle(directory_store, training_bundle.directory)
    devices.add(directory_store, EnrolledDevice(DEVICE, "home", 0, "0" * 64, 0))
    home, away = (Pool(group, training_bundle.space) for group in ("home", "away"))
    store = f"dir:{tmp_path / 'directory-store'}"
    for group, labels in ((home, ["Ada"]), (away, ["Ada"]), (home, ["Ben"])):
        body = make_upload(labels)
        inbox.add(directory_store, InboxUpload(group, DEVICE, 0, upload_id(body)), body)
    assert pools_shown(store) == [
        f"pool {away.path}: 0 samples, 1 upload waiting (the oldest for 0 s), releases: none",
        f"pool {home.path}: 0 samples, 2 uploads waiting (the oldest for 0 s), releases: none",
    ]
    merge_once(directory_store, home)
    assert pools_shown(store) == [
        f"pool {away.path}: 0 samples, 1 upload waiting (the oldest for 0 s), releases: none",
        f"pool {home.path}: 2 samples, no uploads waiting, releases: none",
    ]


def pools_shown(store: str) -> list[str]:
    """The lines of `status` that begin with a pool, with ages of a minute at most made none."""
    lines = run("status", FEDEX_STORE=store).stdout.splitlines()
    return [re.sub(r"for [0-9]{1,2} s", "for 0 s", line) for line in lines if line.startswith("pool ")]


def test_the_status_is_a_document_too(training_bundle: TrainingBundle, tmp_path: Path) -> None:
    store = f"dir:{tmp_path / 'store'}"
    run("bundle", "add", str(training_bundle.directory), FEDEX_STORE=store)
    shown = run("status", "--json", FEDEX_STORE=store)
    assert (shown.returncode, shown.stderr) == (0, "")
    document = json.loads(shown.stdout)
    assert [one["space"] for one in document["spaces"]] == [training_bundle.space]
    assert {one["where"] for one in document["findings"]} == {"key", "worker"}


def test_the_status_says_what_needs_somebody_first(training_bundle: TrainingBundle, tmp_path: Path) -> None:
    """A store without a worker looked as well as any."""
    store = f"dir:{tmp_path / 'store'}"
    run("bundle", "add", str(training_bundle.directory), FEDEX_STORE=store)
    lines = run("status", FEDEX_STORE=store).stdout.splitlines()
    assert lines[1] == (
        "!! worker: none has said a word: nothing is merged or trained "
        "(start it: fedex-cloud worker; uploads are kept meanwhile)"
    )


def test_the_status_of_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    open_store(f"dir:{tmp_path}").prepare()
    assert "fedex-cloud bundle add" in run("status", FEDEX_STORE=f"dir:{tmp_path}").stdout


def test_a_folder_that_is_no_bundle_is_one_line(tmp_path: Path) -> None:
    ended = run("bundle", "add", str(tmp_path / "empty"), FEDEX_STORE=f"dir:{tmp_path / 'store'}")
    assert ended.returncode == 1
    assert ended.stderr == f"fedex-cloud: {tmp_path / 'empty/bundle.json'}: expected a file, got none\n"


@pytest.mark.parametrize(
    ("bind", "reason"),
    [
        ("127.0.0.1:{taken}", "Address already in use"),
        ("192.0.2.1:8000", "Cannot assign requested address"),
        ("x" * 64 + ".invalid:8000", "no host name"),
    ],
)
def test_a_port_that_cannot_be_had_is_one_line_at_once(tmp_path: Path, bind: str, reason: str) -> None:
    """Gunicorn tries five times, and says so each time."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = bind.format(taken=taken.getsockname()[1])
        ended = run(
            "serve", FEDEX_BIND=address, FEDEX_STORE=f"dir:{tmp_path / 'store'}", FEDEX_ENROLMENT="a-secret-code=home"
        )
    assert ended.returncode == 1
    expected = "expected an address and a port that can be listened on"
    assert ended.stderr == f"fedex-cloud: FEDEX_BIND: {expected}, got {address}: {reason}\n"
    assert not (tmp_path / "store").exists()


def test_the_web_side_loads_no_tensorflow() -> None:
    imports = "import sys, cloud.web.app, cloud.web.server, cloud.cli"
    script = f"{imports}; print(sorted({{'tensorflow', 'keras'}} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_work_goes_on_with_standard_streams_closed(
    tmp_path: Path, training_bundle: TrainingBundle, closed: str
) -> None:
    store = f"dir:{tmp_path / 'store'}"
    for command in (["bundle", "add", str(training_bundle.directory)], ["status"]):
        shell = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "cloud", *command]
        done = subprocess.run(
            shell, env={**os.environ, "FEDEX_STORE": store}, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), command
    assert f"space {training_bundle.space}" in run("status", FEDEX_STORE=store).stdout


def test_a_home_folder_stands_in_a_store_of_folders(tmp_path: Path, training_bundle: TrainingBundle) -> None:
    """It was a folder called `~` in the working directory."""
    assert training_bundle.directory is not None
    (tmp_path / "bundle").symlink_to(training_bundle.directory)
    added = run("bundle", "add", "~/bundle", FEDEX_STORE="dir:~/store", HOME=str(tmp_path))
    assert added.returncode == 0, added.stderr
    assert (tmp_path / "store").is_dir()
    refused = run("status", FEDEX_STORE="dir:~/store", HOME="")
    assert refused.stderr == (
        "fedex-cloud: FEDEX_STORE: expected dir:PATH, a path, its ~ a home folder that there is, got 'dir:~/store'\n"
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_standard_output_is_one_line(tmp_path: Path, unbuffered: str) -> None:
    store = tmp_path / "store"
    open_store(f"dir:{store}").prepare()
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "cloud.cli", "status"]
        environment = os.environ | {"FEDEX_STORE": f"dir:{store}", "PYTHONUNBUFFERED": unbuffered}
        ended = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, "fedex-cloud: output: No space left on device\n")


def test_an_invitation_says_code_and_fingerprint_and_is_what_a_qr_code_holds(tmp_path: Path) -> None:
    settings = {"FEDEX_STORE": f"dir:{tmp_path / 'store'}", "FEDEX_ENROLMENT": "a-secret-code=home,another-code=work"}
    open_store(settings["FEDEX_STORE"]).prepare()
    early = run("invite", "--url", "https://fedex.example.org", **settings)
    assert (early.returncode, early.stdout) == (1, "")
    assert "it has not been started yet" in early.stderr
    key = load_or_create(tmp_path / "state", open_store(settings["FEDEX_STORE"])).public
    done = run("invite", "--url", "https://fedex.example.org/", **settings)
    lines = done.stdout.splitlines()
    assert (done.returncode, len(lines)) == (0, 4)
    assert lines[0] == f"group home: code a-secret-code, key {shown_fingerprint(fingerprint(key))}"
    assert Invitation.parse(lines[3].strip()) == Invitation(
        "https://fedex.example.org", "another-code", fingerprint(key)
    )


@pytest.mark.parametrize(("url", "codes"), [("fedex.example.org", "a-secret-code=home"), ("https://x.org", "")])
def test_an_invitation_that_cannot_be_made_is_one_line(tmp_path: Path, url: str, codes: str) -> None:
    store = f"dir:{tmp_path / 'store'}"
    open_store(store).prepare()
    load_or_create(tmp_path / "state", open_store(store))
    ended = run("invite", "--url", url, FEDEX_STORE=store, FEDEX_ENROLMENT=codes)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert "secret-code" not in ended.stderr


def test_a_key_is_rotated_while_no_worker_runs(tmp_path: Path) -> None:
    settings = {"FEDEX_STORE": f"dir:{tmp_path / 'store'}", "FEDEX_STATE": str(tmp_path / "state")}
    open_store(settings["FEDEX_STORE"]).prepare()
    old = load_or_create(tmp_path / "state", open_store(settings["FEDEX_STORE"]))
    with claimed(tmp_path / "state"):
        refused = run("keys", "rotate", **settings)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "which a worker is using: stop that first" in refused.stderr
    assert load_or_create(tmp_path / "state", open_store(settings["FEDEX_STORE"])).public == old.public
    done = run("keys", "rotate", **settings)
    key = load_or_create(tmp_path / "state", open_store(settings["FEDEX_STORE"]))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"rotated: key {shown_fingerprint(fingerprint(key.public))} signs from now on")
    assert key.chain.keys == (old.public, key.public)
