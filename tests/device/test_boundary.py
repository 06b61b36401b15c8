import subprocess
import sys

import pytest

HEAVY = ("tensorflow", "keras", "boto3", "botocore", "flask", "cloud", "export", "demo")

WALK = """
import importlib, pkgutil, sys
import device
for module in pkgutil.walk_packages(device.__path__, "device."):
    importlib.import_module(module.name)
from device.recognise.tflite import open_runtime
open_runtime()
print(" ".join(name for name in sys.modules))
"""


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """Every module in memory when the whole device and a runtime are loaded."""
    done = subprocess.run([sys.executable, "-c", WALK], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize("name", HEAVY)
def test_a_device_never_loads(imported: set[str], name: str) -> None:
    assert name not in imported
    assert not any(module.startswith(f"{name}.") for module in imported)


def test_importing_the_device_loads_no_runtime() -> None:
    program = "import device.cli, sys; print([n for n in sys.modules if n.startswith(('ai_edge_litert', 'tflite_r'))])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
