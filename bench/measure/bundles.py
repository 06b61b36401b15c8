"""The bundles that the bench measures, made by `fedex-export`, one for each cut, quantisation and detector.

The first head knows everybody, by two photos each; these are crops and taken whole, unless a detector is asked for.
A bundle is made once in a run of the bench.
"""

import subprocess
import sysconfig
from pathlib import Path

from bench.data import find_data
from contract.bundle_files import BUNDLE_FILE
from demo.folders import lay_out_base, list_photos
from demo.roles import Shares, assign_roles

EXPORT = Path(sysconfig.get_path("scripts")) / "fedex-export"


class ExportFailed(Exception):
    """`fedex-export` ended with an error; the message is what it said."""


def export_bundle(work: Path, *, cut: str = "freeze6", quantize: str | None = None, detector: str = "none") -> Path:
    """Return a folder with `device/` and `training/`, made below `work` unless it is there already.

    Raises:
        ExportFailed: the export did not succeed.
    """
    out = work / f"export-{cut}-{quantize or 'default'}-{detector}"
    if not (out / "device" / BUNDLE_FILE).is_file():
        data = find_data(work=work)
        weights = [] if data.weights is None else ["--weights", str(data.weights)]
        chosen = [] if quantize is None else ["--quantize", quantize]
        options = ["--cut", cut, "--detector", detector, "--faces", str(_base(work)), "--out", str(out)]
        _run([str(EXPORT), "bundle", *options, *weights, *chosen])
    return out


def _base(work: Path) -> Path:
    """Return the folder with two photos of everybody."""
    base = work / "base"
    if not base.is_dir():
        people = assign_roles(list_photos(find_data(work=work).faces), shares=Shares(new=0), seed=0)
        lay_out_base(people, base)
    return base


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise ExportFailed(f"{' '.join(command)}: expected exit status 0, got {done.returncode}: {done.stderr[-2000:]}")
