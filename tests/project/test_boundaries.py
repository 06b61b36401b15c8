"""Which room may load what: each package is imported in a fresh process and asked what came along."""

import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cloud
import contract
import device
import export

HEAVY = {"tensorflow", "keras", "jax"}
BORROWED = {"device.recognise", "device.recognise.image", "device.recognise.tflite", "device.errors"}
IMPORT_ALL = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(list(sys.modules)))
"""
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA|CREATE TABLE|BEGIN IMMEDIATE)\b")
STANDARD = set(sys.stdlib_module_names)


def modules_of(package: object) -> list[str]:
    """Every module of a package, by its dotted name."""
    paths = list(package.__path__)  # type: ignore[attr-defined]  # a package has one, the type of a module does not say so
    name = str(package.__name__)  # type: ignore[attr-defined]  # as above
    return [found.name for found in pkgutil.walk_packages(paths, f"{name}.")]


def loaded_by(*modules: str) -> set[str]:
    """The top-level packages in sys.modules after importing `modules` in a fresh process."""
    return {name.partition(".")[0] for name in _modules_loaded_by(*modules)}


def _modules_loaded_by(*modules: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL, *modules], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_contract_loads_nothing_but_numpy() -> None:
    third_party = {name for name in loaded_by(*modules_of(contract)) - STANDARD if not name.startswith("_")}
    assert third_party <= {"contract", "numpy", "cython_runtime", "sitecustomize"}


def test_no_module_of_the_device_loads_tensorflow_or_boto3() -> None:
    assert not loaded_by(*modules_of(device)) & (HEAVY | {"boto3", "botocore", "cloud", "export", "flask"})


def test_the_web_process_loads_no_training_framework() -> None:
    assert not loaded_by("cloud.web.app") & (HEAVY | {"export", "device", "ai_edge_litert", "tflite_runtime"})


def test_the_workers_own_process_loads_no_training_framework() -> None:
    assert not loaded_by("cloud.worker.worker") & HEAVY


@pytest.mark.parametrize("module", ["export.cli", "device.cli", "cloud.cli"])
def test_a_command_line_starts_without_tensorflow(module: str) -> None:
    assert not loaded_by(module) & HEAVY


def test_boto3_is_imported_in_one_module_only() -> None:
    assert _importers("boto3") == {"cloud/store/s3.py"}


def test_sqlite_is_imported_in_one_module_of_the_device_only() -> None:
    assert {name for name in _importers("sqlite3") if name.startswith("device/")} == {"device/cache/database.py"}


def test_sql_stands_in_the_cache_only() -> None:
    root = Path(str(device.__file__)).parent
    found = {str(source.relative_to(root)) for source in root.rglob("*.py") if SQL.search(source.read_text())}
    assert found
    assert {name for name in found if not name.startswith("cache/")} == set()


def test_requests_is_imported_by_the_client_and_its_replies_only() -> None:
    assert _importers("requests") == {"device/service/client.py", "device/service/replies.py"}


def test_tensorflow_proper_is_imported_in_one_module_only() -> None:
    assert _importers("tensorflow") == {"export/convert.py"}


def test_export_borrows_three_modules_of_the_device_and_no_more() -> None:
    assert {name for name in _modules_loaded_by(*modules_of(export)) if name.startswith("device.")} <= BORROWED


def test_what_export_borrows_loads_none_of_the_devices_libraries_but_pillow() -> None:
    """The device's front door loads a name when it is asked for, and nothing before."""
    assert not loaded_by(*BORROWED) & {"requests", "urllib3", "sqlite3", "psutil", "click", "cryptography"}
    assert not {name for name in _modules_loaded_by("device") if name.startswith("device.")}


def _importers(library: str) -> set[str]:
    found = set()
    for package in (contract, device, cloud, export):
        root = Path(str(package.__file__)).parent
        for source in root.rglob("*.py"):
            lines = [line.strip() for line in source.read_text().splitlines()]
            if any(line.startswith((f"import {library}", f"from {library}")) for line in lines):
                found.add(f"{root.name}/{source.relative_to(root)}")
    return found
