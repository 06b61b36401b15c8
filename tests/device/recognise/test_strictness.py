"""Which threshold is in use, who chose it, and what is said where a choice does not count."""

import pytest

from contract.unknown import Strictness
from device.errors import BadInput
from device.recognise.strictness import UnknownStatus, chosen, not_there, unknown_status
from tests.device.conftest import POINTS


@pytest.mark.parametrize("operator", Strictness)
@pytest.mark.parametrize("choice", [None, *Strictness])
def test_the_devices_choice_comes_before_the_operators(operator: Strictness, choice: Strictness | None) -> None:
    status = unknown_status(choice, threshold=POINTS[operator].threshold, points=POINTS)
    used = choice or operator
    assert status == UnknownStatus(POINTS[used].threshold, used, is_own_choice=choice is not None, points=POINTS)
    assert not_there(choice, status) is None


def test_without_points_the_threshold_is_the_heads() -> None:
    status = unknown_status(Strictness.STRICT, threshold=0.55, points={})
    assert status == UnknownStatus(0.55, None, is_own_choice=False, points={})
    assert "got one without points; it asks for 0.550" in str(not_there(Strictness.STRICT, status))
    assert not_there(None, status) is None


@pytest.mark.parametrize("choice", ["bogus", "Strict", 0.9, 1])
def test_what_is_no_point_is_refused(choice: object) -> None:
    """It was taken for the operator's choice, in silence."""
    with pytest.raises(BadInput, match="unknown: expected strict, balanced, friendly or None, got"):
        chosen(choice)  # type: ignore[arg-type]


def test_a_point_may_be_chosen_by_its_name() -> None:
    assert (chosen("strict"), chosen(Strictness.FRIENDLY), chosen(None)) == (
        Strictness.STRICT,
        Strictness.FRIENDLY,
        None,
    )
