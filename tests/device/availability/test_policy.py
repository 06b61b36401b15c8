from device.availability.policy import Availability, AvailabilityPolicy, Conditions, check_availability


def test_everything_that_is_needed_has_to_hold() -> None:
    assert check_availability(AvailabilityPolicy(), Conditions(True, True, True)).is_available
    assert check_availability(AvailabilityPolicy(), Conditions(False, True, False)) == Availability(
        ("charging", "unmetered")
    )
    assert check_availability(AvailabilityPolicy(), Conditions(True, False, True)) == Availability(("idle",))


def test_what_is_not_needed_does_not_matter() -> None:
    assert check_availability(AvailabilityPolicy(False, False, False), Conditions(False, False, False)).is_available


def test_what_nobody_knows_does_not_forbid() -> None:
    assert check_availability(AvailabilityPolicy(), Conditions(None, None, None)).is_available
