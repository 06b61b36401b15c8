"""The systemd units of `deploy/systemd/`: systemd takes them, and finds them well confined. None is started here."""

import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from dataclasses import fields
from pathlib import Path

import click
import pytest

from cloud.cli import commands
from cloud.settings import Settings
from cloud.web.listener import BACKLOG
from tests.conftest import missing

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "operate.md"
UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
SOCKET = "fedex-web.socket"
NAMES = ("fedex-web.service", "fedex-worker.service", "fedex-minio.service")
PROGRAMS = ("/opt/fedex/bin/fedex-cloud", "/opt/fedex/bin/minio")
MOST_EXPOSED = 20
"""In tenths of systemd's points, of which a unit without any confinement has 96."""


@pytest.fixture
def systemd_analyze() -> str:
    """The program that reads units as systemd does."""
    found = shutil.which("systemd-analyze")
    if found is None:
        missing("systemd-analyze")
    return found


def read(name: str) -> ConfigParser:
    unit = ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells cases apart
    unit.read(UNITS / name)
    return unit


def adapted(name: str, folder: Path) -> Path:
    """The unit with a program that this machine has; it must name one of ours once, or the test is void."""
    text = (UNITS / name).read_text()
    assert sum(text.count(f"ExecStart={program} ") for program in PROGRAMS) == 1
    for program in PROGRAMS:
        text = text.replace(program, sys.executable)
    (folder / name).write_text(text)
    shutil.copy(UNITS / SOCKET, folder)  # which one of them requires
    return folder / name


@pytest.mark.parametrize("name", NAMES)
def test_systemd_takes_a_unit_without_a_word(systemd_analyze: str, tmp_path: Path, name: str) -> None:
    command = [systemd_analyze, "verify", "--man=no", str(adapted(name, tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_socket_of_the_service_is_held_where_nginx_looks_and_is_reached_from_as_few(
    systemd_analyze: str, tmp_path: Path
) -> None:
    """The lists of addresses of a service are not applied to a socket that it is given."""
    held, service = read(SOCKET)["Socket"], read("fedex-web.service")
    assert f"server {held['ListenStream']};" in (UNITS.parent / "nginx.conf").read_text()
    assert int(held["Backlog"]) == BACKLOG
    assert service["Unit"]["Requires"] == SOCKET
    assert SOCKET in service["Unit"]["After"].split()
    assert {one: held[one] for one in held if one.startswith("IPAddress")} == {
        one: value for one, value in service["Service"].items() if one.startswith("IPAddress")
    }
    adapted("fedex-web.service", tmp_path)
    command = [systemd_analyze, "verify", "--man=no", str(tmp_path / SOCKET)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", NAMES)
def test_a_unit_is_well_confined(systemd_analyze: str, tmp_path: Path, name: str) -> None:
    command = [systemd_analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager"]
    done = subprocess.run(
        [*command, str(adapted(name, tmp_path))], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_user_of_a_unit_is_made_by_sysusers(name: str) -> None:
    made = [line.split()[1] for line in (UNITS / "fedex.conf").read_text().splitlines() if line.startswith("u ")]
    assert read(name)["Service"]["User"] in made


def test_only_the_worker_can_read_its_key() -> None:
    users = {name: read(name)["Service"]["User"] for name in NAMES}
    worker = read("fedex-worker.service")["Service"]
    assert len({*users.values()}) == len(NAMES)
    assert worker["StateDirectoryMode"] == "0700"
    assert f"FEDEX_STATE=/var/lib/{worker['StateDirectory']}" in worker["Environment"].split()


def test_each_unit_has_an_audit_log_that_it_alone_can_write() -> None:
    """One file for both was the first one's alone, and below a folder that neither may write."""
    services = {name: read(name)["Service"] for name in NAMES[:2]}
    assert len({service["LogsDirectory"] for service in services.values()}) == 2
    rotated = dict(re.findall(r"^(\S+) \{\n *su (\S+) \2$", (UNITS / "fedex.logrotate").read_text(), re.MULTILINE))
    for service in services.values():
        file = f"/var/log/{service['LogsDirectory']}/audit.log"
        assert service["LogsDirectoryMode"] == "0700"
        assert f"FEDEX_AUDIT={file}" in service["Environment"].split()
        assert rotated.pop(file) == service["User"]
        assert f"{file}`" in GUIDE.read_text()
    assert not rotated
    assert "FEDEX_AUDIT=" not in (UNITS / "fedex.env").read_text()


def test_a_unit_gives_a_stop_more_time_than_the_service_takes() -> None:
    from cloud.web.server import GRACEFUL_S

    assert int(read("fedex-web.service")["Service"]["TimeoutStopSec"]) > GRACEFUL_S


@pytest.mark.parametrize("name", ["fedex.env", "minio.env"])
def test_a_file_of_settings_names_only_settings_and_holds_no_secret(name: str) -> None:
    lines = [line for line in (UNITS / name).read_text().splitlines() if line and not line.startswith("#")]
    settings = dict(line.split("=", 1) for line in lines)
    known = {field.metadata["variable"] for field in fields(Settings)}
    assert {one for one in settings if one.startswith("FEDEX_")} <= known
    assert all(not value for one, value in settings.items() if "SECRET" in one or "PASSWORD" in one)


def test_the_commands_that_the_guide_names_are_there() -> None:
    named = re.findall(r"fedex-admin ([a-z-]+)(?: ([a-z-]+)\b)?", GUIDE.read_text())
    assert len(named) > 10
    for command, below in named:
        found = commands.commands.get(command)
        assert found is not None, command
        assert not isinstance(found, click.Group) or below in found.commands, (command, below)


def test_the_guide_brings_the_key_back_before_the_store() -> None:
    """`restore` signs, so it refuses to begin without the key."""
    [row] = [line for line in GUIDE.read_text().splitlines() if line.startswith("| a disk was lost |")]
    assert 0 < row.index("fedex-admin keys import") < row.index("fedex-admin restore")


@pytest.mark.parametrize(
    "named",
    ["operators add", "backup dir:", "labels list --waiting", "labels allow", "/metrics", "FEDEX_RETENTION_DAYS="],
)
def test_the_guide_goes_through_what_is_to_be_set_up(named: str) -> None:
    assert named in GUIDE.read_text()


def test_operators_commands_run_as_the_worker_does() -> None:
    """Files that root made in its folders would be beyond the worker; a new key is imported before it ever ran."""
    script = (UNITS / "fedex-admin").read_text()
    worker = read("fedex-worker.service")["Service"]
    assert f"User={worker['User']} " in script
    assert f"EnvironmentFile={worker['EnvironmentFile']} " in script
    assert all(f"--setenv={one} " in script for one in worker["Environment"].split())
    folders = ("StateDirectory", "StateDirectoryMode", "LogsDirectory", "LogsDirectoryMode")
    assert all(f"--property={one}={worker[one]} " in script for one in folders)
    assert worker["ExecStart"].split()[0] in script
    checked = subprocess.run(["sh", "-n", str(UNITS / "fedex-admin")], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
