"""Which code was measured: asked of a real checkout, and of Pythons that are there or not."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from bench.evidence.versions import commit, versions


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one commit, of some code and a document."""
    (tmp_path / "docs").mkdir()
    for name in ("code.py", "docs/page.md"):
        (tmp_path / name).write_text("one")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message", "one")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_commit_is_named_and_changes_of_documents_do_not_count(checkout: Path) -> None:
    """An exhibit that was taken writes its figures there before the next one is."""
    head = git(checkout, "rev-parse", "HEAD")[:12]
    (checkout / "docs" / "page.md").write_text("two")
    assert commit(checkout) == head
    (checkout / "code.py").write_text("two")
    assert commit(checkout) == f"{head}, changed"


def test_without_a_checkout_there_is_no_commit(tmp_path: Path) -> None:
    assert commit(tmp_path) == ""


def test_versions_are_of_what_is_installed_and_a_python_that_is_not_there_has_none(tmp_path: Path) -> None:
    found = versions([str(tmp_path / "python"), sys.executable])
    assert found["JAX"] == version("jax")
    assert found["TensorFlow"]
    assert found == versions([sys.executable])
    assert versions([str(tmp_path / "python")]) == {}
