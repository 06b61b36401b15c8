"""How many labels one device may bring alone, as an operator writes it."""

import pytest

from cloud.label_limit import USUAL, LabelLimit


@pytest.mark.parametrize(
    ("text", "limit"),
    [("0", LabelLimit(0, 0)), ("25", LabelLimit(25, 0)), ("10, 5%", USUAL), ("0,100%", LabelLimit(0, 100))],
)
def test_what_an_operator_writes_is_read(text: str, limit: LabelLimit) -> None:
    assert LabelLimit.parse(text) == limit
    assert LabelLimit.parse(str(limit)) == limit


@pytest.mark.parametrize("text", ["", "-1", "5%", "10,5", "10,101%", "1e3", "10,5%,3", "1234567"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="LABELS or LABELS,PERCENT%"):
        LabelLimit.parse(text)


@pytest.mark.parametrize(("backed", "most"), [(0, 10), (50, 10), (219, 10), (220, 11), (8631, 431)])
def test_the_greater_of_both_counts(backed: int, most: int) -> None:
    assert USUAL.of(backed) == most
