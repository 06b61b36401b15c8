"""The container files and `deploy/compose.yaml`, as far as they can be judged where no container engine runs.

What the files say is compared with what they rely on: settings, versions, paths, the stages of a build.
"""

import re
from configparser import ConfigParser
from dataclasses import fields
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloud.settings import Settings
from cloud.web.server import GRACEFUL_S
from demo.running.minio import MODULE, VERSION

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "store")
BUILT = {"web": "Containerfile", "worker": "Containerfile", "store": "minio.Containerfile"}


def stages(file: str) -> dict[str, list[str]]:
    """The instructions of each stage of a container file, by its name; the last one's without a name is ''."""
    found: dict[str, list[str]] = {}
    text = (DEPLOY / file).read_text().replace("\\\n", " ")
    for line in (line for line in text.splitlines() if line and not line.startswith("#")):
        begins = re.fullmatch(r"FROM (\S+)(?: AS (\S+))?", line)
        if begins:
            name = begins[2] or ""
            found[name] = list(found.get(begins[1], []))
        elif found:
            found[name].append(line)
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_can_write_only_where_it_is_said(service: str) -> None:
    one = SERVICES[service]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in one


@pytest.mark.parametrize("service", OURS)
def test_what_is_ours_runs_without_any_right(service: str) -> None:
    build = SERVICES[service]["build"]
    users = [line for line in stages(BUILT[service])[build.get("target", "")] if line.startswith("USER ")]
    assert users
    assert re.fullmatch(r"USER [1-9]\d+:[1-9]\d+", users[-1])
    assert "cap_add" not in SERVICES[service]
    assert "user" not in SERVICES[service]


def test_only_the_port_of_nginx_is_reachable_and_the_data_have_no_way_out() -> None:
    assert {name: one["ports"] for name, one in SERVICES.items() if "ports" in one} == {"web": ["443:443"]}
    assert SERVICES["proxy"]["network_mode"] == "service:web"
    assert SERVICES["web"]["environment"]["FEDEX_BIND"] in (DEPLOY / "nginx.conf").read_text()
    assert SERVICES["worker"]["networks"] == SERVICES["store"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


@pytest.mark.parametrize("service", OURS)
def test_a_container_is_given_settings_that_there_are(service: str) -> None:
    known = {one.metadata["variable"] for one in fields(Settings)}
    assert {name for name in SERVICES[service]["environment"] if name.startswith("FEDEX_")} <= known


def test_secrets_are_named_in_the_example_which_holds_none() -> None:
    example = (DEPLOY / "secrets.env.example").read_text()
    asked = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()))
    assert asked == set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    assert re.search(r"^MINIO_ROOT_PASSWORD=$", example, re.MULTILINE)


def test_a_stop_has_more_time_than_requests_get() -> None:
    assert int(SERVICES["web"]["stop_grace_period"].removesuffix("s")) > GRACEFUL_S


def test_nginx_finds_its_files_where_its_configuration_names_them() -> None:
    mounted = [volume.split(":")[1] for volume in SERVICES["proxy"]["volumes"]]
    configuration = (DEPLOY / "nginx.conf").read_text()
    named = re.findall(r"ssl_certificate(?:_key)? (\S+);", configuration)
    assert len(named) == 2
    assert {*named} <= {*mounted}


def test_the_key_of_the_worker_is_kept_in_a_volume_of_its_own() -> None:
    runtime = stages("Containerfile")["worker"]
    state = re.search(r"FEDEX_STATE=(\S+)", " ".join(runtime))
    assert state
    assert SERVICES["worker"]["volumes"] == [f"state:{state[1]}"]
    assert any(f"-m 0700 {state[1]}" in line for line in runtime)
    assert [name for name, one in SERVICES.items() if f"state:{state[1]}" in one.get("volumes", [])] == ["worker"]


@pytest.mark.parametrize("service", OURS)
def test_an_image_is_built_of_files_and_stages_that_there_are(service: str) -> None:
    build = SERVICES[service]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == DEPLOY / BUILT[service]
    built = stages(BUILT[service])
    assert build.get("target", "") in built
    for line in (line for lines in built.values() for line in lines if line.startswith("COPY ")):
        origin = re.match(r"COPY --from=(\S+)", line)
        assert origin is None or origin[1] in built, line


def test_a_build_sees_what_it_copies_and_nothing_else_of_the_checkout() -> None:
    rules = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    let_in = [rule[1:] for rule in rules if rule.startswith("!")]
    copied = [
        name for line in stages("Containerfile")["source"] if line.startswith("COPY ") for name in line.split()[1:-1]
    ]
    assert rules[0] == "*"
    assert {*copied} == {*let_in}
    assert not any(fnmatch(name, rule) for name in (".git", "build", ".venv", "tests") for rule in let_in)


def test_what_an_image_installs_is_what_there_is_to_install() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    installed = re.findall(r"'\.\[([\w,]+)\]'", (DEPLOY / "Containerfile").read_text())
    assert installed == ["cloud", "cloud,export"]
    assert {extra for one in installed for extra in one.split(",")} <= set(setup["options.extras_require"])
    packages = {one.split(".")[0] for one in setup["options.packages.find"]["include"].split()}
    assert packages <= {name for line in stages("Containerfile")["source"] for name in line.split()}


def test_the_store_is_the_minio_that_the_tests_run_on() -> None:
    assert f"go install {MODULE}@{VERSION}\n" in (DEPLOY / "minio.Containerfile").read_text()
