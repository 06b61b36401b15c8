"""What a program that embeds a device imports, and the README's lines that do so."""

import ast
import inspect
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import device
from contract.upload import decode_upload
from device import Device, PullOutcome
from tests.device.serving import StubService

README = Path(__file__).resolve().parents[2] / "README.md"
MOST_LINES = 5


def embedding() -> str:
    """Return the README's lines of Python."""
    found = re.search(r"\*\*Embed it\*\*[^\n]*\n(?:[^\n]+\n)*\n((?:    [^\n]+\n)+)", README.read_text("utf-8"))
    assert found is not None
    return inspect.cleandoc("\n" + found[1])


def test_the_lines_of_the_readme_embed_a_device(
    environment: dict[str, str],
    service: StubService,
    make_photo: Callable[..., Path],
    tiny_models: Path,
    tmp_path: Path,
) -> None:
    program = embedding()
    assert len(program.splitlines()) <= MOST_LINES
    here = Device(device.Settings.from_environment(environment))
    here.enrol()
    now, head = int(time.time()), (tiny_models / "four.tflite").read_bytes()
    service.publish(head, serial=3, labels=("Ada", "Ben", "Cleo", "Grace"), issued=now, expires=now + 1000)
    make_photo(1).rename(tmp_path / "photo.jpg")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment | {"PYTHONPATH": str(README.parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Ben" in done.stdout
    assert [decode_upload(body).labels for _, _, body in service.uploads] == [("Grace Hopper",)]
    assert here.pull().outcome is PullOutcome.UNCHANGED
    with here.recognizer() as recognizer:
        assert recognizer.head_serial == 3


def test_every_name_is_there_documented_and_asked_for_by_its_module() -> None:
    for name in device.__all__:
        assert inspect.getdoc(getattr(device, name)), name
    assert sorted(device._MODULE_OF) == sorted(device.__all__)
    assert len(set(device.__all__)) == len(device.__all__)


def test_every_name_keeps_its_place_whatever_was_imported_before() -> None:
    """A name that is also a module's (`push`, `feedback`) would be one or the other."""
    program = (
        "import device, pkgutil; print(set(device.__all__) & {m.name for m in pkgutil.iter_modules(device.__path__)})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_name_that_is_not_exported_is_an_import_error() -> None:
    with pytest.raises(ImportError, match="Outbox"):
        exec("from device import Outbox")
    with pytest.raises(AttributeError, match="module 'device' has no attribute 'outbox'"):
        device.outbox  # type: ignore[attr-defined]  # noqa: B018 - that it is not there


@pytest.mark.parametrize("name", ["cli.py", "display.py"])
def test_the_command_line_takes_its_parts_from_there(name: str) -> None:
    source = Path(str(device.__file__)).with_name(name).read_text()
    froms = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) and node.module}
    assert {module for module in froms if module.startswith("device")} <= {"device", "device.display", "device.drawing"}
