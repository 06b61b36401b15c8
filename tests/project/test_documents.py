"""What the documents name is there: files, folders, and the packages of the map in CONTRIBUTING."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "contract/SPEC.md")
GENERATED = ("build/", "photos/")


def named_in(document: str) -> set[str]:
    """Every file and folder of the project that a document names in backticks: `a/b/`, `a/b.py`, `b.py`."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return {
        name for name in re.findall(r"`([a-z_]+(?:/[a-z_0-9.-]+)*(?:/|\.py))`", text) if not name.startswith(GENERATED)
    }


def is_there(name: str) -> bool:
    if (ROOT / name).exists():
        return True
    folders = [ROOT / folder for folder in ("bench", "cloud", "contract", "demo", "device", "export", "tests")]
    return any(path.match(f"*/{name.rstrip('/')}") for folder in folders for path in folder.rglob("*"))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_only_what_is_there(document: str) -> None:
    assert {name for name in named_in(document) if not is_there(name)} == set()


def test_the_map_has_every_package_of_the_service_and_the_device() -> None:
    packages = {path.parent for root in ("cloud", "device") for path in (ROOT / root).glob("*/__init__.py")}
    assert {f"{path.relative_to(ROOT)}/" for path in packages} <= named_in("CONTRIBUTING.md")
