"""Sharing: who is asked, whose answer counts, what the rows say, and the whole of it at a toy's size."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.evidence.exhibit import Size
from bench.evidence.kept import read_kept
from bench.evidence.row import figure_of
from bench.evidence.taking import Folders, take_all
from bench.learning.heads import Head
from bench.learning.people import draw_people
from bench.learning.world import cast_people
from bench.paper.circles import (
    BOTH,
    CASTING,
    EVERYBODY,
    GROUP,
    HERE,
    OTHERS_KNOWN,
    OTHERS_NEW,
    OWN,
    PHOTOS,
    Play,
    Told,
    surest,
    take_photos,
    who_is_asked,
)
from bench.paper.sharing import ASKED, HEADS, RIGHT, SAID, draw, findings, rows_of

CAST = cast_people(draw_people(40, photos=17, seed=2), CASTING, seed=2)
UPLOADS = take_photos(CAST, seed=2)


def told(asked: str, heads: str, right: int, said: int, *, seed: int = 0) -> Told:
    return Told(Play("people", seed, 1), "phone-0", asked, heads, 100, right, said)


def all_told(*, own: int, group: int, both: int) -> list[Told]:
    rights = dict(zip(HEADS, (50, own, group, both), strict=True))
    return [told(asked, heads, right, right - 1) for asked in ASKED for heads, right in rights.items()]


def test_a_photo_was_taken_by_one_device_and_none_that_is_asked_by_any() -> None:
    taken = [upload.embedding.tobytes() for upload in UPLOADS]
    assert len(set(taken)) == len(taken)
    assert not set(taken) & {photo.tobytes() for member in (*CAST.base, *CAST.new) for photo in member.tests}
    each = [(upload.device, upload.label) for upload in UPLOADS]
    assert max(each.count(one) for one in each) == PHOTOS


def test_everybody_is_named_here_or_on_other_devices_alone() -> None:
    for device in CAST.devices:
        asked = {name: {member.name for member in some} for name, some in who_is_asked(CAST, UPLOADS, device).items()}
        assert asked[HERE] == {upload.label for upload in UPLOADS if upload.device == device}
        parts = (asked[HERE], asked[OTHERS_KNOWN], asked[OTHERS_NEW])
        assert set().union(*parts) == asked[EVERYBODY] == {upload.label for upload in UPLOADS}
        assert sum(map(len, parts)) == len(asked[EVERYBODY])
        assert not asked[OTHERS_NEW] & {member.name for member in CAST.base}


def head(labels: Sequence[str], kernel: Sequence[Sequence[float]], threshold: float) -> Head:
    return Head(tuple(labels), np.array(kernel, np.float32), np.zeros(len(labels), np.float32), 1.0, threshold)


def test_the_head_that_is_surer_answers_and_its_own_threshold_decides() -> None:
    unsure = head(["Ada", "Ben"], [[1, 0], [0, 1]], threshold=0.5)
    sure = head(["Ben", "Cleo"], [[0, 9], [0, 0.5]], threshold=0.99)
    labels, said = surest([unsure, sure], np.array([[1, 0], [0, 1]], np.float32))
    assert labels.tolist() == ["Cleo", "Ben"]
    assert said.tolist() == [True, True]
    assert surest([sure], np.array([[0, 1]], np.float32))[1].tolist() == [False]


def test_photos_of_all_devices_of_a_group_count_alike_and_groups_are_the_band() -> None:
    rows = [*rows_of([told(HERE, OWN, 90, 80), told(HERE, OWN, 70, 60), told(HERE, OWN, 60, 50, seed=1)])]
    assert [(row.column, row.value, row.low, row.high) for row in rows] == [
        (f"{OWN}, {RIGHT}", 70.0, 60.0, 80.0),
        (f"{OWN}, {SAID}", 60.0, 50.0, 70.0),
    ]


def test_what_sharing_brings_and_costs_is_said() -> None:
    brings, costs, both = findings([*rows_of(all_told(own=60, group=90, both=88))])
    assert "right about 60.0 % of the photos, and the group's about 90.0 %: +30.0 points" in brings
    assert "right 90.0 % for 60.0 % (+30.0 points)" in costs
    assert "right 88.0 % for 90.0 % (**-2.0 points**)" in both
    _, costs, both = findings([*rows_of(all_told(own=95, group=90, both=90))])
    assert "(**-5.0 points**)" in costs
    assert "(no difference)" in both


def test_the_plot_has_a_bar_for_each_head_and_kind_of_people() -> None:
    panels = draw([*rows_of(all_told(own=60, group=90, both=88))]).axes
    assert [len(panel.patches) for panel in panels] == [len(HEADS) * len(ASKED)] * 2


def test_the_exhibit_is_taken_at_a_toys_size(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "build", tmp_path / "docs")
    missing = take_all("bench.paper", ["sharing"], anew=False, size=Size.TOY, folders=folders, say=lambda line: None)
    assert missing == []
    kept = read_kept(folders.build / "sharing.json")
    assert kept is not None
    new = f"synthetic65, {OTHERS_NEW}"
    assert figure_of(kept.rows, new, f"{OWN}, {RIGHT}") == 0
    assert (figure_of(kept.rows, new, f"{GROUP}, {RIGHT}") or 0) > 90
    assert (figure_of(kept.rows, f"synthetic65, {EVERYBODY}", f"{BOTH}, {SAID}") or 0) > 50
    brings, costs, both = findings(kept.rows)
    assert "right about 0.0 % of the photos (as it must be: it has no class of theirs), and the group's" in brings
    named = figure_of(kept.rows, f"synthetic65, {HERE}", f"{GROUP}, {RIGHT}") or 0
    assert f"right {named:.1f} % for" in costs
    everybody = figure_of(kept.rows, f"synthetic65, {EVERYBODY}", f"{BOTH}, {RIGHT}") or 0
    assert f"right {everybody:.1f} % for" in both
