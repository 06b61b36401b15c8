"""The measurement of kept embeddings, of a small pool: it times both ways, and compares what they make."""

from pathlib import Path

from bench.isolated import in_fresh_process
from bench.measure import cycles, kept


def test_both_ways_are_timed(tmp_path: Path) -> None:
    in_fresh_process(cycles.make_bundle, tmp_path / "bundle")
    ours, anew = in_fresh_process(kept.time_both, tmp_path / "work", tmp_path / "bundle" / "training", samples=200)
    assert min(ours.wall, anew.wall, ours.processor, anew.processor) > 0
