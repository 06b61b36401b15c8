"""`fedex-cloud check`: what a service stands on, one fault after the other, each said in its own line."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.admin.bundles import register as register_bundle
from cloud.admin.check import check
from cloud.admin.findings import Finding, Level, judge_clock
from cloud.releases import registry
from cloud.releases.publish import Publisher
from cloud.releases.registry import TrainedDataset
from cloud.releases.signing import load_or_create
from cloud.settings import Settings
from cloud.store import ObjectStore, open_store
from cloud.store.keys import Pool
from contract.bundle import TrainingBundle
from contract.manifest import Channel
from tests.cloud.conftest import HOME_CODE
from tests.cloud.releases.test_publish import trained_head

NOW = 1_800_000_000.0


@pytest.fixture
def settings(tmp_path: Path, training_bundle: TrainingBundle) -> Settings:
    """Those of a service with a space, a code, and a worker that ran once."""
    settings = Settings(store=f"dir:{tmp_path / 'store'}", state=tmp_path / "state", enrolment={HOME_CODE: "home"})
    store = open_store(settings.store)
    store.prepare()
    assert training_bundle.directory is not None
    register_bundle(store, training_bundle.directory)
    load_or_create(settings.state, store)
    return settings


def found(settings: Settings, level: Level = Level.WRONG) -> list[tuple[str, str]]:
    """What is wrong, or of another level, and about what."""
    return [(one.about, one.said) for one in check(settings, now=NOW) if one.level is level]


def about(settings: Settings, level: Level = Level.WRONG) -> list[str]:
    return [name for name, _ in found(settings, level)]


def test_of_a_service_that_is_well_nothing_is_wrong(settings: Settings) -> None:
    assert found(settings) == []
    assert {"state", "store", "key"} <= {*about(settings, Level.WELL)}


def test_a_check_leaves_everything_as_it_was(settings: Settings, tmp_path: Path) -> None:
    before = files_below(tmp_path)
    assert found(settings) == []
    assert files_below(tmp_path) == before


def files_below(folder: Path) -> dict[Path, int]:
    """Files and when they were written, but for the locks of the store, which are empty."""
    files = [path for path in folder.rglob("*") if path.is_file() and ".locks" not in path.parts]
    return {path: path.stat().st_mtime_ns for path in files}


def test_a_store_that_is_not_there_is_said_and_not_made(settings: Settings, tmp_path: Path) -> None:
    away = Settings(store=f"dir:{tmp_path / 'mistyped'}", state=settings.state)
    [(name, said)] = found(away)
    assert (name, f"{tmp_path / 'mistyped'} is not there" in said) == ("store", True)
    assert not (tmp_path / "mistyped").exists()


def test_a_bucket_whose_server_is_away_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    away = Settings(store="s3://fedex?endpoint=http://127.0.0.1:9", state=settings.state)
    [(name, said)] = found(away)
    assert (name, "a-secret" in said) == ("store", False)


def test_a_bucket_that_is_well_is_said(settings: Settings, bucket_address: Callable[[], str]) -> None:
    bucket = Settings(store=bucket_address(), state=settings.state)
    open_store(bucket.store).prepare()
    assert found(bucket) == []
    assert ("store", f"{bucket.store} takes writes, and keeps to their conditions") in found(bucket, Level.WELL)


def test_a_key_of_another_store_is_said(settings: Settings, tmp_path: Path) -> None:
    other = open_store(f"dir:{tmp_path / 'other'}")
    other.prepare()
    load_or_create(tmp_path / "another", other)
    [(name, said)] = found(Settings(store=settings.store, state=tmp_path / "another"))
    assert (name, "another store's" in said) == ("key", True)


def test_a_state_folder_that_lost_its_key_is_said_and_gets_no_other(settings: Settings) -> None:
    (settings.state / "signing.pem").unlink()
    [(name, said)] = found(settings)
    assert (name, "put the copy back before a worker starts there" in said) == ("key", True)
    assert not (settings.state / "signing.pem").exists()


def test_a_damaged_key_is_said(settings: Settings) -> None:
    (settings.state / "signing.pem").write_text("no key")
    [(name, said)] = found(settings)
    assert (name, "expected an Ed25519 private key" in said) == ("key", True)


@pytest.mark.parametrize("name", ["", "signing.pem"])
def test_what_others_can_read_is_said(settings: Settings, name: str) -> None:
    (settings.state / name).chmod(0o755)
    [(about, said)] = found(settings)
    assert (about, "got mode 755" in said) == ("state", True)


def test_a_state_folder_in_the_store_is_said(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "store/state").mkdir(mode=0o700)
    within = Settings(store=settings.store, state=tmp_path / "store/state")
    assert ("state", True) in [(name, "a folder apart from" in said) for name, said in found(within)]


def test_where_no_worker_ran_and_nobody_can_enrol_that_is_a_note(tmp_path: Path) -> None:
    """It is how a machine of web processes alone looks, and a service before its first day."""
    open_store(f"dir:{tmp_path / 'store'}").prepare()
    new = Settings(store=f"dir:{tmp_path / 'store'}", state=tmp_path / "state")
    assert found(new) == []
    assert [name for name in about(new, Level.NOTE) if name != "clock"] == ["state", "key", "store", "settings"]


def test_a_clock_behind_what_was_signed_is_said(settings: Settings, training_bundle: TrainingBundle) -> None:
    store: ObjectStore = open_store(settings.store)
    pool = Pool("home", training_bundle.space)
    store.put(f"dataset/{pool.path}/HEAD", b"only its place counts here")
    Publisher(store, load_or_create(settings.state, store), 3600.0).publish(
        pool,
        trained_head(1),
        bundle=training_bundle,
        previous=registry.read(store, pool),
        channels=[Channel.BEST],
        trained=TrainedDataset("dataset 1", 1, "cycle 1"),
        now=int(NOW) + 3 * 86400,
    )
    [(name, said)] = found(settings)
    assert name == "clock"
    assert f"best 1 of {pool.path} was signed 3 days later" in said


@pytest.mark.parametrize(
    ("signed", "synchronised", "levels"),
    [
        ({}, True, [Level.WELL]),
        ({}, None, [Level.WELL]),
        ({}, False, [Level.NOTE]),
        ({"best 1": int(NOW) - 10_000_000}, True, [Level.WELL]),
        ({"best 1": int(NOW) + 60}, True, [Level.WELL]),
        ({"best 1": int(NOW) + 61}, True, [Level.WRONG]),
        ({"best 1": int(NOW) + 61}, False, [Level.WRONG, Level.NOTE]),
    ],
)
def test_a_clock_is_judged_by_what_was_signed_and_by_what_the_system_says(
    signed: dict[str, int], synchronised: bool | None, levels: list[Level]
) -> None:
    assert [one.level for one in judge_clock(now=NOW, signed=signed, synchronised=synchronised)] == levels


def test_the_clock_that_is_furthest_off_is_named() -> None:
    signed = {"best 1": int(NOW) + 100, "best 2": int(NOW) + 10 * 3600, "best 3": int(NOW)}
    [said] = [str(one) for one in judge_clock(now=NOW, signed=signed, synchronised=None)]
    assert said.startswith("wrong  clock: it is 2027-01-15 08:00:00 UTC, and best 2 was signed 10 hours later: ")


def test_a_finding_is_a_line() -> None:
    assert str(Finding(Level.NOTE, "key", "none")) == "note   key: none"


def run(**environment: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FEDEX_")}
    command = [sys.executable, "-m", "cloud", "check"]
    return subprocess.run(command, env=inherited | environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_ends_with_1_where_something_is_wrong(settings: Settings, tmp_path: Path) -> None:
    environment = {"FEDEX_STORE": settings.store, "FEDEX_STATE": str(settings.state)}
    well = run(**environment)
    assert (well.returncode, well.stderr) == (0, "")
    assert "well   settings: complete\n" in well.stdout
    wrong = run(**environment, FEDEX_TLS_CERT=str(tmp_path / "none.pem"), FEDEX_TLS_KEY=str(tmp_path / "none.key"))
    assert (wrong.returncode, wrong.stderr) == (1, "")
    assert wrong.stdout.startswith("wrong  settings: FEDEX_TLS_CERT and FEDEX_TLS_KEY: expected a certificate ")
    assert "well   store: " in wrong.stdout
    (settings.state / "signing.pem").unlink()
    assert run(**environment).returncode == 1


def test_without_a_store_the_command_is_one_line() -> None:
    ended = run()
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
