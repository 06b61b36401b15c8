"""The page: `docs/evidence.md`, made from what is kept below `docs/evidence/`, and from nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.evidence.errors import NotReadable
from bench.evidence.exhibit import Exhibit
from bench.evidence.kept import Kept, read_kept
from bench.evidence.plots import write_svg
from bench.evidence.tables import markdown_table
from contract.files import atomic_write
from demo.real_data import DATA

_BEGIN = """\
<!-- Made by `make paper` and `make peers` (bench/evidence/page.py). What is changed here by hand is lost. -->
# Evidence

What the paper claims, measured anew, and FEDEx beside what a user would pick instead. Each exhibit says what was
measured, on what, how that differs from the paper, and which command does it again. Figures are medians; the smallest
and the largest of the repeats stand in brackets. "paper" is what the paper says. A figure that is computed, or that was
not measured, has a note; a dash alone stands where a line has nothing of the kind.

`make paper` and `make peers` measure what has not been measured since `build/` was emptied; `EXHIBITS="table-1"`
measures that one anew. Where `FEDEX_DATA` names a folder of real weights and faces, real people are measured; figures
of theirs are not replaced here by those of drawn people, which are printed, and kept in `build/`. Raw results are in
`build/evidence/raw/`.
"""


def write_page(parts: Sequence[tuple[str, str, Sequence[Exhibit]]], docs: Path) -> None:
    """Write the page and its plots.

    Args:
        parts: for each part its title, the command that measures it, and its exhibits.
        docs: the folder that has the page, and what is kept in `evidence/`.

    Raises:
        NotReadable: what is kept of an exhibit is not whole, or has not the rows that this version tells of.
    """
    text = page(parts, docs)
    for exhibit in (exhibit for _, _, exhibits in parts for exhibit in exhibits):
        path = _kept_at(docs, exhibit)
        kept = read_kept(path)
        if kept is not None and exhibit.draw is not None:
            with _telling_of(path):
                figure = exhibit.draw(kept.rows)
            write_svg(figure, path.with_suffix(".svg"))
    atomic_write(docs / "evidence.md", text.encode())


def page(parts: Sequence[tuple[str, str, Sequence[Exhibit]]], docs: Path) -> str:
    """Return the page's text; raises as `write_page` does."""
    sections = [_BEGIN]
    for title, command, exhibits in parts:
        sections.append(f"\n## {title}\n")
        for exhibit in exhibits:
            path = _kept_at(docs, exhibit)
            kept = read_kept(path)
            with _telling_of(path):
                sections.append(_section(exhibit, kept, command))
    return "\n".join(sections).rstrip() + "\n"


def _kept_at(docs: Path, exhibit: Exhibit) -> Path:
    return docs / "evidence" / f"{exhibit.name}.json"


@contextlib.contextmanager
def _telling_of(path: Path) -> Iterator[None]:
    """Name the file whose rows were told of, whatever is missing among them or is something else."""
    try:
        yield
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        StopIteration,
        TypeError,
        ValueError,
    ) as error:
        raise NotReadable(f"{path}: expected rows that this version tells of, got {error!r}") from error


def _section(exhibit: Exhibit, kept: Kept | None, command: str) -> str:
    parts = [f"### {exhibit.title}", exhibit.about.strip()]
    if kept is None:
        parts.append("*Not measured yet.*")
    else:
        parts += [markdown_table(kept.rows), *exhibit.findings(kept.rows)]
        if exhibit.draw is not None:
            parts.append(f"![{exhibit.title}](evidence/{exhibit.name}.svg)")
    parts.append(f"**How it differs.** {exhibit.differs.strip()}")
    data = f"{DATA}=FOLDER " if kept and kept.is_of_real_people else ""
    needs = f" It needs {exhibit.needs}." if exhibit.needs else ""
    again = f'Again: `{data}{command} EXHIBITS="{exhibit.name}"`.{needs}'
    parts.append(again + (f" {_measured(kept)}" if kept else ""))
    return "\n\n".join(parts) + "\n"


def _measured(kept: Kept) -> str:
    installed = ", ".join(f"{name} {version}" for name, version in kept.versions.items())
    code = f", at commit {kept.commit}" if kept.commit else ""
    beside = f", where {installed} were installed" if installed else ""
    return f"Measured on {kept.date}, in {kept.took_s:.0f} s, on {kept.machine}{beside}{code}."
