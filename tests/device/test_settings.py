import os
from pathlib import Path

import pytest

from contract.environment import setting_rows
from contract.manifest import Channel, Precision
from contract.unknown import Strictness
from device.errors import SettingError
from device.settings import Settings


def test_everything_has_a_default_but_secrets_and_addresses() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert settings.home == Path.home() / ".fedex"
    assert (settings.bundle, settings.url, settings.enrolment_code) == (None, None, None)


def test_an_empty_variable_is_a_missing_one() -> None:
    assert Settings.from_environment({"FEDEX_URL": "", "FEDEX_THREADS": ""}) == Settings()


def test_settings_are_read_from_the_environment() -> None:
    settings = Settings.from_environment(
        {
            "FEDEX_HOME": "/data/fedex",
            "FEDEX_URL": "https://fedex.example.org/",
            "FEDEX_HEAD": "float16",
            "FEDEX_CHANNEL": "latest",
            "FEDEX_UNKNOWN": "friendly",
            "FEDEX_THREADS": "4",
            "FEDEX_TIMEOUT_S": "2.5",
            "FEDEX_NEED_IDLE": "0",
        }
    )
    assert (settings.home, settings.url) == (Path("/data/fedex"), "https://fedex.example.org")
    assert (settings.head, settings.channel, settings.threads) == (Precision.FLOAT16, Channel.LATEST, 4)
    assert (settings.unknown, Settings().unknown) == (Strictness.FRIENDLY, None)
    assert (settings.timeout_s, settings.need_idle, settings.need_charging) == (2.5, False, True)


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("FEDEX_THREADS", "0", "a whole number from 1 to 64"),
        ("FEDEX_THREADS", "1.5", "a whole number from 1 to 64"),
        ("FEDEX_THREADS", "\u0661", "a whole number from 1 to 64"),
        ("FEDEX_TIMEOUT_S", "nan", "a number from 0.1 to 3600"),
        ("FEDEX_TIMEOUT_S", "-1", "a number from 0.1 to 3600"),
        ("FEDEX_RUNTIME", "torch", "one of ai-edge-litert, tflite-runtime"),
        ("FEDEX_CODEC", "int2", "one of float32, float16, int8, int4"),
        ("FEDEX_CHANNEL", "beta", "one of best, latest"),
        ("FEDEX_UNKNOWN", "home=strict", "one of strict, balanced, friendly"),
        ("FEDEX_NEED_IDLE", "yes", "0 or 1"),
        ("FEDEX_URL", "fedex.example.org", "an address like https://"),
        ("FEDEX_URL", "ftp://fedex.example.org", "an address like https://"),
        ("FEDEX_URL", "https://", "an address like https://"),
        ("FEDEX_URL", "https://user:pass@fedex.example.org", "an address like https://"),
        ("FEDEX_URL", "https://fedex.example.org?x=y", "an address like https://"),
        ("FEDEX_URL", "https://[::1", "an address like https://"),
        ("FEDEX_URL", "https://fedex.example.org:99999", "an address like https://"),
        ("FEDEX_HOME", "~nobody-of-this-name/x", "a path, its ~ a home folder that there is"),
        ("FEDEX_BUNDLE", "~nobody-of-this-name", "a path, its ~ a home folder that there is"),
        ("FEDEX_UPLOAD_SAMPLES", "257", "a whole number from 1 to 256"),
    ],
)
def test_a_setting_out_of_its_range_is_refused_by_name(variable: str, text: str, expected: str) -> None:
    with pytest.raises(SettingError, match=f"^{variable}: expected {expected}.*, got"):
        Settings.from_environment({variable: text})


def test_a_user_without_a_home_has_to_name_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under a number that nobody has."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654_321)
    with pytest.raises(SettingError, match=r"^FEDEX_HOME: expected a path, .* got '~/\.fedex'$"):
        Settings.from_environment({})
    assert Settings.from_environment({"FEDEX_HOME": "/data"}).home == Path("/data")


def test_a_secret_is_in_no_repr_and_no_message() -> None:
    assert "hunter2" not in repr(Settings.from_environment({"FEDEX_ENROLMENT_CODE": "hunter2"}))
    with pytest.raises(SettingError) as refused:
        Settings.from_environment({"FEDEX_ENROLMENT_CODE": "hunter 2"})
    assert "hunter" not in str(refused.value)


@pytest.mark.parametrize("name", ["bundle", "url", "enrolment_code"])
def test_a_missing_setting_is_asked_for_by_name(name: str) -> None:
    with pytest.raises(SettingError, match=f"^FEDEX_{name.upper()}: expected .*, got nothing$"):
        getattr(Settings(), f"require_{name}")()


def test_every_setting_is_described_for_the_table() -> None:
    rows = setting_rows(Settings)
    assert len(rows) == len(Settings.__dataclass_fields__)
    assert len({row.variable for row in rows}) == len(rows)
    assert all(row.variable.startswith("FEDEX_") and row.help for row in rows)
    by_name = {row.variable: row for row in rows}
    assert (by_name["FEDEX_TIMEOUT_S"].default, by_name["FEDEX_TIMEOUT_S"].unit) == ("20", "seconds")
    assert by_name["FEDEX_NEED_IDLE"].default == "1"
    assert by_name["FEDEX_HOME"].default == "~/.fedex"


def test_without_a_home_folder_the_device_asks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its identity and cache went into the working directory, or the root of the file system."""
    monkeypatch.setenv("HOME", "")
    with pytest.raises(SettingError, match="FEDEX_HOME: expected a path, its ~ a home folder that there is"):
        Settings.from_environment({})
