"""What the documents name is there: files, folders, links, decisions, and the packages of the map in CONTRIBUTING.

A decision that another one supersedes may name what is gone.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs" / "adr"
FOLDERS = ("bench", "cloud", "contract", "demo", "deploy", "device", "docs", "export", "tests")
ELSEWHERE = ("build/", "photos/", "objects/")
"""Not in the checkout: outputs, a user's photos, keys of the store."""
NAME = re.compile(r"`([A-Za-z_.]+(?:/[A-Za-z_0-9.-]+)*(?:/|\.(?:py|sql|md|sh|conf|cfg|toml)))`")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")


def is_superseded(document: Path) -> bool:
    return document.parent == DECISIONS and "superseded" in document.read_text(encoding="utf-8").lower()


DOCUMENTS = [
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "contract/SPEC.md", "docs/operate.md", "docs/cluster.md"),
    *(str(path.relative_to(ROOT)) for path in sorted(DECISIONS.glob("*.md")) if not is_superseded(path)),
]


def named_in(document: str) -> set[str]:
    """Every file and folder of the project that a document names in backticks: `a/b/`, `a/b.py`, `b.py`."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return {name for name in NAME.findall(text) if not name.startswith(ELSEWHERE)}


def is_there(name: str) -> bool:
    if (ROOT / name).exists():
        return True
    return any(path.match(f"*/{name.rstrip('/')}") for folder in FOLDERS for path in (ROOT / folder).rglob("*"))


def anchors_in(document: Path) -> set[str]:
    """The anchors that Markdown makes of the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_only_what_is_there(document: str) -> None:
    assert {name for name in named_in(document) if not is_there(name)} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_link_leads_somewhere(document: str) -> None:
    source = ROOT / document
    for path, anchor in LINK.findall(source.read_text(encoding="utf-8")):
        target = source.parent / path if path else source
        assert target.exists(), path
        assert not anchor or anchor in anchors_in(target), anchor


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_decision_that_a_document_names_is_there(document: str) -> None:
    numbers = {int(number) for number in re.findall(r"\bADR (\d+)", (ROOT / document).read_text(encoding="utf-8"))}
    assert {number for number in numbers if not list(DECISIONS.glob(f"{number:04}-*.md"))} == set()


def test_the_map_has_every_package_of_the_service_and_the_device() -> None:
    packages = {path.parent for root in ("cloud", "device") for path in (ROOT / root).glob("*/__init__.py")}
    assert {f"{path.relative_to(ROOT)}/" for path in packages} <= named_in("CONTRIBUTING.md")
