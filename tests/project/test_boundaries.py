"""Which room may load what: each package is imported in a fresh process and asked what came along."""

import ast
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cloud
import contract
import device
import export

HEAVY = {"tensorflow", "keras", "jax", "ray"}
BORROWED = {
    *("device.recognise", "device.recognise.image", "device.recognise.file_kinds", "device.recognise.salvage"),
    "device.recognise.png_rows",
    *(
        "device.recognise.preparation",
        "device.recognise.resizing",
        "device.recognise.regions",
        "device.recognise.faces",
    ),
    *("device.recognise.tflite", "device.recognise.array_header", "device.errors"),
}
IMPORT_ALL = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(list(sys.modules)))
"""
RUN_SQL = {"execute", "executemany", "executescript"}
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
    assert not loaded_by("cloud.worker.start") & HEAVY


@pytest.mark.parametrize("module", ["export.cli", "device.cli", "cloud.cli"])
def test_a_command_line_starts_without_tensorflow(module: str) -> None:
    assert not loaded_by(module) & HEAVY


def test_boto3_is_imported_in_one_module_only() -> None:
    assert _importers("boto3") == {"cloud/store/s3.py"}


def test_gevent_is_imported_in_one_module_only() -> None:
    assert _importers("gevent") == {"cloud/web/greenlets.py"}


def test_sqlite_is_imported_in_one_module_only() -> None:
    assert _importers("sqlite3") == {"device/cache/database.py"}


def test_sql_is_run_in_the_cache_only() -> None:
    callers = {name for name, tree in _sources() if RUN_SQL & _methods_called_in(tree)}
    assert callers
    assert {name for name in callers if not name.startswith("device/cache/")} == set()


def test_requests_is_imported_by_the_client_and_its_replies_only() -> None:
    assert _importers("requests") == {"device/service/client.py", "device/service/replies.py"}


def test_tensorflow_proper_is_imported_in_one_module_only() -> None:
    assert _importers("tensorflow") == {"export/tflite/convert.py"}


def test_ray_is_imported_in_one_module_only() -> None:
    assert _importers("ray") == {"cloud/training/executors/ray_driver.py"}


def test_export_borrows_photos_runtimes_and_errors_of_the_device_and_no_more() -> None:
    assert {name for name in _modules_loaded_by(*modules_of(export)) if name.startswith("device.")} <= BORROWED


def test_what_export_borrows_loads_none_of_the_devices_libraries_but_pillow() -> None:
    """The device's front door loads a name when it is asked for, and nothing before."""
    assert not loaded_by(*BORROWED) & {"requests", "urllib3", "sqlite3", "psutil", "click", "cryptography"}
    assert not {name for name in _modules_loaded_by("device") if name.startswith("device.")}


def _importers(library: str) -> set[str]:
    return {name for name, tree in _sources() if library in _libraries_imported_in(tree)}


def _sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of what is installed, by its path in the project."""
    for package in (contract, device, cloud, export):
        root = Path(str(package.__file__)).parent
        for source in root.rglob("*.py"):
            yield f"{root.name}/{source.relative_to(root)}", ast.parse(source.read_text())


def _libraries_imported_in(tree: ast.Module) -> set[str]:
    modules = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    modules += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {module.partition(".")[0] for module in modules}


def _methods_called_in(tree: ast.Module) -> set[str]:
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {function.attr for function in calls if isinstance(function, ast.Attribute)}
