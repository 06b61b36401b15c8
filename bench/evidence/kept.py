"""What was measured, as it is kept: a file for each exhibit, whole or not there.

::

    build/evidence/<name>.json    the last measurement at its size, which a second command does not take again
    build/evidence/raw/<name>/    its raw results
    docs/evidence/<name>.json     the last one at full size, from which the page is made
    docs/evidence/<name>.svg      its plot
    docs/evidence.md              the page

At toy size `build/evidence/toy/` stands for `build/evidence/`, and nothing is kept in docs/.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.data import REAL
from bench.evidence.errors import NotReadable
from bench.evidence.exhibit import Size
from bench.evidence.row import EvidenceRow
from contract.files import atomic_write


@dataclass(frozen=True, slots=True)
class Kept:
    """One measurement of one exhibit."""

    name: str
    size: Size
    date: str
    """The day, as 2026-11-30."""
    machine: str
    took_s: float
    rows: Sequence[EvidenceRow]
    commit: str = ""
    """Of the code; "" where it is not known, as in what was kept before it was asked for."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of what does the work, by its name, as "TensorFlow": of all that is installed, used by the exhibit or not."""

    @property
    def is_of_real_people(self) -> bool:
        """Whether a row says that it is."""
        return any(REAL in f"{row.line} {row.column} {row.note}" for row in self.rows)

    def to_json(self) -> str:
        """Return the file's text, a row a line."""
        facts: dict[str, object] = {"name": self.name, "size": self.size, "date": self.date, "machine": self.machine}
        facts |= {"commit": self.commit} if self.commit else {}
        facts |= {"versions": dict(self.versions)} if self.versions else {}
        head = json.dumps({**facts, "took_s": round(self.took_s, 1)}, ensure_ascii=False)[:-1]
        rows = ",\n  ".join(json.dumps(row.to_json(), ensure_ascii=False) for row in self.rows)
        return f'{head}, "rows": [\n  {rows}\n]}}\n'

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Kept:
        """Read what `to_json` made."""
        rows = tuple(EvidenceRow.parse(row) for row in document["rows"])
        return cls(**{**document, "size": Size(document["size"]), "rows": rows})


def read_kept(path: Path) -> Kept | None:
    """Read a file, or return None where there is none.

    Raises:
        NotReadable: it is not whole, or another version's.
    """
    try:
        return Kept.parse(json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotReadable(f"{path}: expected evidence as this version keeps it, got {error!r}") from error


def write_kept(kept: Kept, path: Path) -> None:
    """Write a file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, kept.to_json().encode())
