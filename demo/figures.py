"""The demo's figures: what it measured, as `build/demo.json` and as the table on the terminal."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from demo.scoring import Score
from demo.words import PEOPLE, TENSORS, Words

FOOTNOTE = (
    "Accuracy: the best label is the right one, whether or not the device was sure enough to say it. The first head\n"
    "cannot name the new {labels}. Tested {examples} are never uploaded and in no head's training."
)

NOT_FOUND = "A face that is not found\nis not right either. Who is who is known by place."

NESTED = ("words", "before", "after", "cosine")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run of the demo measured; shares are 0 to 1, and "new" are the people whom the first head lacks."""

    words: Words
    """What labels and examples are called."""
    people: int
    """Or labels of another kind."""
    new_people: int
    devices: int
    synthetic: bool
    """Whether the people are drawings."""
    backbone: str
    store: str
    cut: str
    photos_base: int
    photos_uploaded: int
    photos_tested: int
    faces_tested: int
    """People in them who count, or labels: more than photos where these are scenes."""
    finds_faces: bool
    """Whether devices find faces in photos."""
    bytes_per_sample: float
    bytes_per_input: int
    """Of a prepared photo, or a tensor."""
    prefix_ms: float
    """One run of the device's prefix, one thread."""
    runtime: str
    seconds: float
    seconds_of: Mapping[str, float]
    seconds_to_new_head: float
    serial: int
    before: Score
    after: Score
    cosine: Score

    def to_json(self) -> dict[str, object]:
        """Return the figures by name, flat; a share over no photos is None."""
        plain = {name: value for name, value in asdict(self).items() if name not in NESTED}
        shares = {
            "found_before": self.before.found,
            "found_after": self.after.found,
            "found_cosine": self.cosine.found,
            "accuracy_before": self.before.accuracy,
            "accuracy_after": self.after.accuracy,
            "accuracy_new_before": self.before.accuracy_new,
            "accuracy_new_after": self.after.accuracy_new,
            "unknown_before": self.before.unknown_new,
            "unknown_after": self.after.unknown_new,
            "accepted_before": self.before.accepted_others,
            "accepted_after": self.after.accepted_others,
            "accuracy_cosine": self.cosine.accuracy,
            "accuracy_new_cosine": self.cosine.accuracy_new,
        }
        return {**plain, **{name: None if math.isnan(share) else round(share, 5) for name, share in shares.items()}}


def write_figures(figures: Figures, path: Path) -> None:
    """Write the figures as JSON."""
    path.write_text(json.dumps(figures.to_json(), indent=2) + "\n")


def format_scores(figures: Figures) -> str:
    """Return the table that the demo ends with."""
    return "\n".join([_heading(figures), "", *_shares(figures), "", *_costs(figures), "", _footnote(figures)])


def _footnote(figures: Figures) -> str:
    footnote = FOOTNOTE.format(labels=figures.words.labels, examples=figures.words.examples)
    return f"{footnote} {NOT_FOUND}" if figures.finds_faces else footnote


def _heading(figures: Figures) -> str:
    words = figures.words
    kind = ("synthetic " if figures.synthetic else "photographed ") if words is PEOPLE else ""
    return (
        f"{figures.people} {kind}{words.labels}, {figures.new_people} of them new to the first head "
        f"({figures.photos_base} {words.examples}); "
        f"{figures.devices} devices uploaded {figures.photos_uploaded} samples"
    )


def _shares(figures: Figures) -> list[str]:
    before, after, cosine = figures.before, figures.after, figures.cosine
    words = figures.words
    tested = f"{figures.photos_tested} {words.examples} never uploaded"
    title = f"{figures.faces_tested} faces in {tested}" if figures.finds_faces else tested
    found = _row("found", before.found, after.found, cosine.found)
    return [
        f"{title:42}{'before':>10}{'after':>10}{'cosine':>10}",
        *([found] if figures.finds_faces else []),
        _row(f"right, {words.all}", before.accuracy, after.accuracy, cosine.accuracy),
        _row(f"right, the new {words.labels}", before.accuracy_new, after.accuracy_new, cosine.accuracy_new),
        _row(f'new {words.labels} answered "unknown"', before.unknown_new, after.unknown_new, None),
        _row("the others accepted", before.accepted_others, after.accepted_others, None),
    ]


def _row(name: str, *shares: float | None) -> str:
    cells = ("" if share is None or math.isnan(share) else f"{100 * share:.1f} %" for share in shares)
    return f"  {name:40}" + "".join(f"{cell:>10}" for cell in cells)


def _costs(figures: Figures) -> list[str]:
    stages = ", ".join(f"{name} {seconds:.0f}" for name, seconds in figures.seconds_of.items())
    given = "a prepared photo" if figures.words is not TENSORS else "a tensor"
    return [
        f"  bytes a sample   {figures.bytes_per_sample:,.0f} ({figures.cut}; {given} is {figures.bytes_per_input:,})",
        f"  prefix           {figures.prefix_ms:.3g} ms on this machine ({figures.runtime}, one thread)",
        f"  seconds          {figures.seconds:.0f} ({stages})",
        f"  upload to head   {figures.seconds_to_new_head:.1f} s from the last acknowledgement to the new head in use",
        f"  release          serial {figures.serial}; backbone {figures.backbone}; store {figures.store}",
    ]
