"""Exhibits: taken once, taken anew if asked, left out with a reason, and shown on the page from what is kept."""

import json
import re
from pathlib import Path

import pytest

import demo.real_data
from bench.evidence.errors import NotReadable
from bench.evidence.exhibit import Exhibit, Size
from bench.evidence.kept import Kept, read_kept
from bench.evidence.page import page, write_page
from bench.evidence.taking import Folders, load_exhibit, machine, take_all
from bench.evidence.versions import commit, versions
from tests.bench.evidence.conftest import PACKAGE


def take(folders: Folders, *names: str, anew: bool = False, size: Size = Size.FULL) -> tuple[list[str], list[str]]:
    lines: list[str] = []
    missing = take_all(PACKAGE, names, anew=anew, size=size, folders=folders, say=lines.append)
    return missing, lines


def exhibits() -> list[Exhibit]:
    return [load_exhibit(PACKAGE, "a-count")]


def test_what_is_kept_is_not_taken_again_unless_it_is_named(folders: Folders) -> None:
    take(folders, "a-count")
    _, lines = take(folders, "a-count")
    assert [line.split()[0] for line in lines] == ["kept"]
    _, lines = take(folders, "a-count", anew=True)
    assert lines[0].split()[0] == "..."
    assert (folders.build / "raw" / "a-count" / "counts.txt").read_text() == "1"


def test_a_toy_is_kept_apart_from_what_the_page_shows(folders: Folders) -> None:
    take(folders, "a-count", size=Size.TOY)
    assert not folders.docs.exists()
    take(folders, "a-count")
    assert json.loads((folders.docs / "evidence" / "a-count.json").read_text())["rows"][0]["value"] == 2.0


def test_what_cannot_be_measured_here_is_left_out_with_its_reason_and_keeps_what_was(folders: Folders) -> None:
    missing, _ = take(folders, "no-count", "a-count")
    assert missing == ["no-count: there is nothing to count: bring something"]
    assert not (folders.docs / "evidence" / "no-count.json").exists()
    assert (folders.docs / "evidence" / "a-count.json").exists()


def test_whatever_becomes_of_one_exhibit_the_others_are_taken(folders: Folders) -> None:
    """An error that nobody foresaw ended the whole run with a traceback."""
    missing, lines = take(folders, "bad-count", "a-count")
    log = folders.build / "raw" / "bad-count" / "failure.txt"
    assert missing == [f"bad-count: RuntimeError: expected a count, got none ({log})"]
    assert lines[1] == f"   left out  {missing[0]}"
    assert "and more of it" in log.read_text()
    assert (folders.docs / "evidence" / "a-count.json").exists()


def test_what_is_kept_and_cannot_be_read_is_taken_anew(folders: Folders) -> None:
    """It was a traceback, each time."""
    folders.build.mkdir()
    folders.kept("a-count").write_text('{"name": "a-count", "rows": [')
    _, lines = take(folders, "a-count")
    assert lines[0].startswith(f"      again  a-count: {folders.kept('a-count')}: expected evidence as this version")
    assert [row.value for row in read(folders, "a-count").rows] == [2.0]


@pytest.mark.parametrize(
    "left", ['{"name": "a-count", "rows": [', "[]", '{"rows": []}', '{"size": "full", "rows": 1}', "\udcff"]
)
def test_a_file_that_is_half_or_another_versions_is_named(tmp_path: Path, left: str) -> None:
    path = tmp_path / "a-count.json"
    path.write_text(left, errors="surrogateescape")
    with pytest.raises(NotReadable, match=re.escape(str(path))):
        read_kept(path)


@pytest.fixture
def real_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like real data, and the only one."""
    folder = tmp_path / "data"
    (folder / "weights").mkdir(parents=True)
    (folder / "weights" / "facenet_vggface2.npz").touch()
    (folder / "faces" / "lfw65").mkdir(parents=True)
    monkeypatch.setattr(demo.real_data, "BESIDE", tmp_path / "nothing")
    monkeypatch.setenv("FEDEX_DATA", str(folder))
    return folder


def test_drawn_people_do_not_take_the_place_of_real_ones(
    folders: Folders, real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without FEDEX_DATA the figures of real people in the repository were overwritten."""
    take(folders, "people")
    monkeypatch.delenv("FEDEX_DATA")
    spared = f"people: {folders.shown('people')} is of real people, and this is of drawn ones: set FEDEX_DATA"
    missing, lines = take(folders, "people", anew=True)
    assert (missing, lines[-1]) == ([], f"  not shown  {spared}")
    assert "Of lfw65." in folders.shown("people").read_text()
    assert "Of drawn people." in folders.kept("people").read_text()


def test_drawn_people_that_are_kept_do_not_take_the_place_of_real_ones_either(
    folders: Folders, real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(folders, "people")
    real = folders.shown("people").read_text()
    folders.kept("people").write_text(real.replace("lfw65", "drawn people"))
    take(folders, "people")
    assert folders.shown("people").read_text() == real
    folders.shown("people").unlink()
    take(folders, "people")
    assert "drawn people" in folders.shown("people").read_text()


def test_older_figures_do_not_take_the_place_of_newer_ones(folders: Folders) -> None:
    """What was kept in build/ took the place of what had been published since."""
    take(folders, "a-count")
    shown = folders.shown("a-count")
    newer = shown.read_text().replace(read(folders, "a-count").date, "2999-01-01")
    shown.write_text(newer)
    _, lines = take(folders, "a-count")
    assert lines[-1].startswith(f"  not shown  a-count: {shown} is of 2999-01-01, and this of ")
    assert shown.read_text() == newer


def test_a_failure_whose_log_cannot_be_written_is_told_all_the_same(folders: Folders) -> None:
    """A full disk ended the run with a traceback, and the other exhibits were not taken."""
    folders.build.mkdir()
    (folders.build / "raw").write_text("a file in the way")
    missing, _ = take(folders, "bad-count", "a-count")
    assert len(missing) == 2
    assert all(": FileExistsError: " in line or ": NotADirectoryError: " in line for line in missing)


def test_the_command_for_figures_of_real_people_names_their_data(folders: Folders, real_data: Path) -> None:
    take(folders, "people", "a-count")
    parts = [("Counts", "make counts", [load_exhibit(PACKAGE, name) for name in ("people", "a-count")])]
    text = page(parts, folders.docs)
    assert 'Again: `FEDEX_DATA=FOLDER make counts EXHIBITS="people"`.' in text
    assert 'Again: `make counts EXHIBITS="a-count"`.' in text


def read(folders: Folders, name: str) -> Kept:
    kept = read_kept(folders.kept(name))
    assert kept is not None
    return kept


def test_what_is_kept_and_the_page_say_which_code_was_measured(folders: Folders) -> None:
    take(folders, "a-count")
    kept = read(folders, "a-count")
    assert (kept.commit, kept.versions) == (commit(), versions())
    assert kept.versions["TensorFlow"]
    installed = ", ".join(f"{name} {version}" for name, version in kept.versions.items())
    text = page([("Counts", "make counts", exhibits())], folders.docs)
    assert kept.machine.startswith(machine())
    assert f"on {kept.machine}, where {installed} were installed, at commit {kept.commit}." in text


def test_what_was_kept_before_the_code_was_asked_for_is_read_and_shown(folders: Folders) -> None:
    old = {"name": "a-count", "size": "full", "date": "2026-11-30", "machine": "a machine", "took_s": 1.0}
    folders.shown("a-count").parent.mkdir(parents=True)
    folders.shown("a-count").write_text(json.dumps({**old, "rows": [{"line": "a", "column": "count", "value": 1.0}]}))
    text = page([("Counts", "make counts", exhibits())], folders.docs)
    assert text.endswith(" Measured on 2026-11-30, in 1 s, on a machine.\n")


def test_the_page_shows_what_is_kept_and_how_to_take_it_again(folders: Folders) -> None:
    parts = [("Counts", "make counts", exhibits())]
    assert "*Not measured yet.*" in page(parts, folders.docs)
    take(folders, "a-count")
    write_page(parts, folders.docs)
    text = (folders.docs / "evidence.md").read_text()
    assert text == page(parts, folders.docs)
    assert "| a line | 2 |" in text
    assert "It is 2." in text
    assert "![A count](evidence/a-count.svg)" in text
    assert 'Again: `make counts EXHIBITS="a-count"`.' in text
    assert (folders.docs / "evidence" / "a-count.svg").read_text().startswith("<?xml")
