"""An index of energy, and joules where a machine counts them."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.evidence.line import PROFILES
from bench.paper.energy import DOWN_BPS, UP_BPS, Coefficients, Packages

PLAIN = Coefficients(processor_w=2.0, up_uj=10.0, down_uj=5.0, wake_up_j=3.0)


def test_the_index_is_a_sum_of_what_each_thing_costs() -> None:
    joules = PLAIN.joules(processor_s=0.5, up_bytes=100_000, down_bytes=200_000, wake_ups=2)
    assert joules == pytest.approx(1.0 + 1.0 + 1.0 + 6.0)


def test_what_moves_no_byte_costs_its_processor_and_not_nothing() -> None:
    assert PLAIN.joules(processor_s=0.5, up_bytes=0, down_bytes=0, wake_ups=0) == pytest.approx(1.0)


def test_the_environment_sets_coefficients() -> None:
    found = Coefficients.from_environment({"EVIDENCE_PROCESSOR_W": "2.5", "EVIDENCE_UP_UJ": ""})
    assert found == replace(Coefficients(), processor_w=2.5)
    for text in ("much", "nan", "inf", "-0.1"):
        with pytest.raises(ValueError, match=f"EVIDENCE_WAKE_UP_J: expected .* got '{text}'"):
            Coefficients.from_environment({"EVIDENCE_WAKE_UP_J": text})


def test_every_coefficient_is_printed_with_its_source() -> None:
    said = Coefficients().describe()
    for part in ("1.82 W", "17.9 and 5.97 µJ", "4.59 J a wake-up", "7.9 mAh a minute", "libpowertutor"):
        assert part in said


def test_bytes_are_priced_by_the_line_that_they_go_over() -> None:
    [line] = [profile for profile in PROFILES if profile.name == "3G"]
    assert (line.up_bps, line.down_bps) == (UP_BPS, DOWN_BPS)


def _package(powercap: Path, name: str, energy_uj: int) -> Path:
    folder = powercap / name
    folder.mkdir()
    (folder / "energy_uj").write_text(f"{energy_uj}\n")
    (folder / "max_energy_range_uj").write_text("999999\n")
    return folder


def test_joules_of_all_packages_are_counted_past_the_end_of_a_counter(tmp_path: Path) -> None:
    first, second = (_package(tmp_path, name, 800_000) for name in ("intel-rapl:0", "intel-rapl:1"))
    _package(tmp_path, "intel-rapl:0:0", 0)  # a part of the first
    packages = Packages.find(tmp_path)
    assert packages is not None

    def act() -> None:
        (first / "energy_uj").write_text("100000")
        (second / "energy_uj").write_text("900000")

    assert packages.joules_of(act, idle_s=0.01) == pytest.approx(0.3 + 0.1)


def test_a_machine_without_counters_has_no_packages(tmp_path: Path) -> None:
    assert Packages.find(tmp_path) is None
    assert Packages.find(tmp_path / "nowhere") is None
