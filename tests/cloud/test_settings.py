"""Settings come from the environment once, and say what is wrong in one line."""

from pathlib import Path

import pytest

from cloud.errors import SettingError
from cloud.objects import open_store
from cloud.settings import Settings, settings_table


def test_only_the_store_must_be_set() -> None:
    settings = Settings.from_environment({"FEDEX_STORE": "dir:/tmp/x"})
    assert settings == Settings(store="dir:/tmp/x")


def test_every_setting_is_read() -> None:
    settings = Settings.from_environment(
        {
            "FEDEX_STORE": "dir:/tmp/x",
            "FEDEX_ENROLMENT": "a-code-for-us=home, another-code=work",
            "FEDEX_STATE": "/var/fedex",
            "FEDEX_TRIALS": "4",
            "FEDEX_POLL_S": "0.5",
            "FEDEX_ACCELERATORS": "0, 1",
        }
    )
    assert settings.enrolment == {"a-code-for-us": "home", "another-code": "work"}
    assert (settings.state, settings.trials, settings.poll_s) == (Path("/var/fedex"), 4, 0.5)
    assert settings.accelerators == ("0", "1")


@pytest.mark.parametrize("environment", [{}, {"FEDEX_STORE": " "}])
def test_a_missing_setting_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(SettingError, match=r"^FEDEX_STORE is not set: where everything is kept"):
        Settings.from_environment(environment)


def test_a_code_may_hold_equals_signs() -> None:
    settings = Settings.from_environment({"FEDEX_STORE": "dir:x", "FEDEX_ENROLMENT": "c29tZXRoaW5n==home"})
    assert settings.enrolment == {"c29tZXRoaW5n=": "home"}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("FEDEX_TRIALS", "0", "a whole number of at least 1, got '0'"),
        ("FEDEX_TRIALS", "two", "a whole number of at least 1, got 'two'"),
        ("FEDEX_POLL_S", "nan", "a positive number of seconds, got 'nan'"),
        ("FEDEX_POLL_S", "0", "a positive number of seconds"),
        ("FEDEX_POLL_S", "-1", "a positive number of seconds"),
        ("FEDEX_ENROLMENT", "secret-code", "CODE=GROUP"),
        ("FEDEX_ENROLMENT", "secret-code=Home", "CODE=GROUP"),
        ("FEDEX_ENROLMENT", "short=home", "a code of 8 to 128"),
        ("FEDEX_ENROLMENT", "secret-code=home,secret-code=work", "entry 2 repeats one"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingError, match=f"^{name}: expected ") as caught:
        Settings.from_environment({"FEDEX_STORE": "dir:x", name: value})
    assert expected in str(caught.value)
    assert "secret-code" not in str(caught.value)


def test_no_code_is_in_the_settings_repr() -> None:
    settings = Settings.from_environment({"FEDEX_STORE": "dir:x", "FEDEX_ENROLMENT": "secret-code=home"})
    assert "secret-code" not in repr(settings)


def test_the_table_has_a_line_for_each_variable() -> None:
    table = {name: (default, help) for name, default, help in settings_table()}
    assert len(table) == len(Settings.__slots__)
    assert table["FEDEX_POLL_S"][0] == "2"
    assert table["FEDEX_STORE"][0] == ""
    assert all(help for _, help in table.values())


@pytest.mark.parametrize(
    "address",
    ["", "dir:", "s3:", "s3://", "s3://ab", "s3://UPPER", "s3://bucket/folder", "s3://bucket?region=x", "gs://bucket"],
)
def test_an_address_of_no_store_is_refused(address: str) -> None:
    with pytest.raises(SettingError, match=r"FEDEX_STORE: expected dir:PATH or s3://BUCKET"):
        open_store(address)


@pytest.mark.parametrize("endpoint", ["", "localhost:9000", "ftp://host", "http://host/path"])
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingError, match="expected an endpoint like"):
        open_store(f"s3://bucket?endpoint={endpoint}")
