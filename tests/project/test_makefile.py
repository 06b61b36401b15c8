"""What `make` says, and what it leaves to the environment."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = {
    "install",
    "export",
    "demo",
    "serve",
    "worker",
    "minio",
    "test",
    "test-all",
    "check",
    "bench",
    "android",
    "clean",
}


pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")


def make(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run make as a user without settings does; what is installed is not looked at."""
    plain = {"PATH": os.environ["PATH"], **environment}
    command = [
        shutil.which("make") or "make",
        "--no-print-directory",
        "-o",
        ".venv/.installed",
        f"BIN={Path(sys.executable).parent}",
    ]
    return subprocess.run([*command, *arguments], cwd=ROOT, env=plain, capture_output=True, text=True, timeout=60)


def test_bare_make_prints_every_target_with_a_line_of_help() -> None:
    helped = dict(re.findall(r"^  make (\S+) +(\S.*)$", make().stdout, re.MULTILINE))
    assert set(helped) >= TARGETS
    assert all(helped.values())


def test_make_serve_listens_where_the_environment_says() -> None:
    """It once bound 127.0.0.1:8000 whatever FEDEX_BIND said."""
    assert "--bind" not in make("-n", "serve", FEDEX_BIND="0.0.0.0:80").stdout
    assert "--bind 127.0.0.1:9000" in make("-n", "serve", "PORT=9000").stdout


@pytest.mark.parametrize("target", ["serve", "worker"])
def test_make_says_where_things_are_kept_unless_the_environment_does(target: str) -> None:
    """The worker's folder was another one than that of `fedex-cloud worker`, without a word."""
    assert "using FEDEX_STORE=dir:build/store FEDEX_STATE=build/worker" in make("-n", target).stdout
    assert "using FEDEX_STATE=build/worker" in make("-n", target, FEDEX_STORE="s3://fedex").stdout
    assert "using" not in make("-n", target, FEDEX_STORE="s3://fedex", FEDEX_STATE="state").stdout


def test_what_needs_java_says_so_in_one_line_where_there_is_none(tmp_path: Path) -> None:
    """It once exported a bundle for a few minutes, in a clone that had none yet, and said so then."""
    for target in ("android", "test-android", "fuzz-android"):
        refused = make(target, f"FIXTURE={tmp_path / 'none'}", PATH=str(tmp_path))
        assert refused.stdout == (
            "java is not here: install Java 17 and Maven, as by apt-get install openjdk-17-jdk-headless maven\n"
        )
        assert refused.returncode


def pretended(folder: Path, version: str) -> str:
    """A PATH of a machine that has Java and Maven, which do nothing, and no other tool."""
    for tool in ("java", "javac", "mvn"):
        (folder / tool).write_text(f"#!/bin/sh\necho '{tool} {version}'\n")
        (folder / tool).chmod(0o755)
    return str(folder)


def test_an_app_is_packed_with_a_device_bundle_and_nothing_else(tmp_path: Path) -> None:
    """A training bundle, with all samples that it has, once went into an app without a word."""
    tools = ("sh", "grep", "realpath", "bash")
    for name in tools:
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    pretended(tmp_path, "17.0.1")
    (tmp_path / "mvn").write_text('#!/bin/sh\necho "builds with $*"\nexit 1\n')
    for kind in ("device", "training"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "bundle.json").write_text(f'{{"format":1,"kind":"{kind}"}}')
    for wrong in ("training", "none"):
        refused = make("android", f"MODELS={tmp_path / wrong}", PATH=str(tmp_path))
        assert f"MODELS: expected the folder of a device bundle, got {tmp_path / wrong}\n" in refused.stderr
        assert "builds" not in refused.stdout
    assert f"-Dmodels={tmp_path}/device" in make("android", f"MODELS={tmp_path}/device", PATH=str(tmp_path)).stdout


def test_an_archive_of_an_earlier_build_is_not_left_as_it_is() -> None:
    """A second `make android` packed the classes of the first: Ant compares times, and in archives all are the same."""
    archives = 0
    for pom in ROOT.glob("android/**/pom.xml"):
        for target in ElementTree.parse(pom).iterfind(".//{*}configuration/{*}target"):
            deleted = set()
            for task in target:
                match task.tag.partition("}")[2]:
                    case "delete":
                        deleted.add(task.attrib["file"])
                    case "zip" | "jar":
                        assert task.attrib["destfile"] in deleted, pom
                        archives += 1
    assert archives


def test_an_older_java_is_refused_before_maven_meets_it(tmp_path: Path) -> None:
    refused = make("android", PATH=pretended(tmp_path, "1.8.0_402"))
    assert refused.stdout.startswith("javac of Java 17 is not here (javac 1.8.0_402): install Java 17")
    assert refused.returncode


def test_a_build_without_the_app_is_no_success_where_every_part_is_required(tmp_path: Path) -> None:
    """Continuous integration once built and tested no app, without a word at its end."""
    path = pretended(tmp_path, "17.0.1")
    refused = make("android", PATH=path, FEDEX_REQUIRE_ALL="1")
    assert "no app: aapt2 zipalign apksigner zip not here" in refused.stderr
    assert refused.stdout == ""
    assert refused.returncode
    refusal = 'not here: make android-tools-install" >&2; exit 1\n'
    assert refusal in make("-n", "test-android", PATH=path, FEDEX_REQUIRE_ALL="1").stdout
    assert refusal not in make("-n", "test-android", PATH=path).stdout


def test_tests_without_arm64_are_no_success_where_every_part_is_required(tmp_path: Path) -> None:
    refused = make("needs-arm64", PATH=pretended(tmp_path, "17.0.1"), FEDEX_REQUIRE_ALL="1")
    assert "nothing of arm64 is run" in refused.stderr
    assert refused.returncode
    assert not make("needs-arm64", PATH=pretended(tmp_path, "17.0.1")).returncode


def test_peers_are_installed_where_they_are_looked_for_and_once(tmp_path: Path) -> None:
    """Flower was looked for below FEDEX_TOOLS, and installed into build/tools all the same."""
    tools = tmp_path / "all tools"
    python = tools / "peers" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@" >> "$0.asked"\n')
    python.chmod(0o755)
    assert make("peers-install", FEDEX_TOOLS=str(tools)).stdout == f"installing Flower into {tools}/peers\n"
    assert make("peers-install", FEDEX_TOOLS=str(tools)).stdout == ""
    [asked] = (tools / "peers" / "bin" / "python.asked").read_text().splitlines()
    assert asked.endswith("-r bench/peers/flower/requirements.txt")
    (tools / "peers" / ".installed").write_text("/another place/peers")
    moved = make("peers-install", FEDEX_TOOLS=str(tools), PYTHON="false")
    assert moved.returncode
    assert not python.exists()
    where = [sys.executable, "-c", "from bench.peers.flower_environment import PYTHON; print(PYTHON)"]
    looked = subprocess.run(
        where, cwd=ROOT, env=os.environ | {"FEDEX_TOOLS": str(tools)}, capture_output=True, text=True
    )
    assert looked.stdout == f"{python}\n"


def test_clean_leaves_what_nothing_can_make_again(tmp_path: Path) -> None:
    """It once took the store and the signing key of the README's own set-up with it, and a running MinIO's data."""
    kept = {"tools", "store", "worker", "minio"}
    for name in {*kept, "export", "demo", "bench"}:
        (tmp_path / "build" / name / "inner").mkdir(parents=True)
    subprocess.run(["make", "-f", ROOT / "Makefile", "clean"], cwd=tmp_path, check=True, capture_output=True)
    assert {path.name for path in (tmp_path / "build").iterdir()} == kept


def test_a_demo_on_minio_builds_minio_first() -> None:
    """`make demo STORE=minio`, as the README gives it, once asked for a `make minio-install` that nobody had run."""
    assert "demo.running.minio install" in make("-n", "demo", "STORE=minio").stdout
    assert "demo.running.minio install" in make("-n", "demo", STORE="minio").stdout
    assert "minio" not in make("-n", "demo").stdout


def test_the_two_halves_of_the_tests_write_no_cache_of_each_other() -> None:
    """Both once wrote `.pytest_cache` at the same time."""
    caches = re.findall(r"cache_dir=(\S+)", make("-n", "test-rooms", "test-tensorflow").stdout)
    assert len(set(caches)) == len(caches) == 2


def test_every_test_is_in_one_half() -> None:
    halves = make("-n", "test-rooms", "test-tensorflow").stdout.splitlines()
    rooms, tensorflow = ([word for word in line.split() if "tests" in word] for line in halves if "pytest" in line)
    assert rooms == [*(f"--ignore={path}" for path in tensorflow), "tests"]


def test_make_serve_with_a_weak_enrolment_code_says_so_in_one_line() -> None:
    refused = make("serve", FEDEX_ENROLMENT="password=home")
    assert refused.returncode != 0
    assert [line for line in refused.stderr.splitlines() if "FEDEX_ENROLMENT" in line] == refused.stderr.splitlines()[
        1:2
    ]


ODD = "a b'c\"d `e` $f *"
OF_THE_REFERENCE = {name: name.lower() for name in ("CUT", "OUT")} | {"FACES": "samples", "WEIGHTS": "weights"}
OF_A_MODEL = {
    name: name.lower()
    for name in (
        "MODEL",
        "OUT",
        "SAMPLES",
        "LAYER",
        "SIZE",
        "FIT",
        "DETECTOR",
        "SPACE",
        "INPUT",
        "STANDARDIZE",
        "PHOTOS",
        "LABELS",
        "QUANTIZE",
        "SEED",
    )
}


OF_ITS_CLASSES = {name: name.lower() for name in ("CUT", "OUT", "LABELS", "CLASSES")}


@pytest.mark.parametrize(
    "options", [OF_THE_REFERENCE, OF_A_MODEL, OF_ITS_CLASSES], ids=["reference", "model", "classes"]
)
@pytest.mark.parametrize("how", ["on the command line", "in the environment"])
def test_every_variable_may_hold_spaces_quotes_and_dollars(tmp_path: Path, how: str, options: dict[str, str]) -> None:
    """They were pasted into the shell's line as they are: `make export FACES='my photos'` exported `my`."""
    says = tmp_path / "fedex-export"
    says.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    says.chmod(0o755)
    given = {name: f"{name} {ODD}" for name in options}
    if how == "in the environment":
        done = make("export", f"BIN={tmp_path}", **given)
    else:
        done = make(
            "export", f"BIN={tmp_path}", *(f"{name}={value.replace('$', '$$')}" for name, value in given.items())
        )
    assert done.stdout.splitlines() == [
        "bundle",
        *(part for name, option in options.items() for part in (f"--{option}", given[name])),
    ]


def test_examples_given_twice_are_refused(tmp_path: Path) -> None:
    """FACES was dropped without a word."""
    (tmp_path / "fedex-export").symlink_to("/bin/echo")
    done = make("export", f"BIN={tmp_path}", SAMPLES="my $photos", FACES="others")
    assert (done.returncode != 0, done.stdout) == (True, "")
    assert "FACES: expected none beside SAMPLES=my $photos, got others" in done.stderr


def test_a_cut_reaches_the_export_beside_a_model_too_and_none_is_made_up(tmp_path: Path) -> None:
    """The export says that the two exclude each other; CUT was dropped without a word."""
    (tmp_path / "fedex-export").symlink_to("/bin/echo")
    both = make("export", f"BIN={tmp_path}", MODEL="my.keras", CUT="freeze4").stdout
    assert both == "bundle --model my.keras --cut freeze4 --out build/export\n"
    assert "--cut" not in make("export", f"BIN={tmp_path}", FACES="faces").stdout
    seen = tmp_path / "python"
    seen.write_text('#!/bin/sh\necho "cut: $CUT."\n')
    seen.chmod(0o755)
    assert make("demo", f"BIN={tmp_path}").stdout == "cut: .\n"  # the demo refuses one beside MODEL


def test_a_python_in_a_folder_with_a_space_makes_the_environment(tmp_path: Path) -> None:
    python = tmp_path / "my python" / "python3"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\necho "called: $2"\nexit 1\n')
    python.chmod(0o755)
    command = ["make", f"VENV={tmp_path}/new", f"PYTHON={python}", "install"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert "called: import sys" in done.stdout
