"""Settings come from the environment once, and say what is wrong in one line."""

from pathlib import Path

import pytest

from cloud.errors import SettingError, StoreRefused
from cloud.settings import Settings
from cloud.store import open_store
from cloud.strictness import GroupStrictness
from contract.environment import setting_rows


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
            "FEDEX_TLS_CERT": "/etc/fedex/certificate.pem",
            "FEDEX_TLS_KEY": "/etc/fedex/key.pem",
        }
    )
    assert settings.enrolment == {"a-code-for-us": "home", "another-code": "work"}
    assert (settings.state, settings.trials, settings.poll_s) == (Path("/var/fedex"), 4, 0.5)
    assert settings.accelerators == ("0", "1")
    assert (settings.tls_cert, settings.tls_key) == (Path("/etc/fedex/certificate.pem"), Path("/etc/fedex/key.pem"))


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
        pytest.param("FEDEX_TRIALS", "9" * 5000, "a whole number of at least 1, got '999", id="5,000 digits"),
        pytest.param("FEDEX_POLL_S", "9" * 5000, "a positive number of seconds, got '999", id="5,000 digits of s"),
        ("FEDEX_BIND", "127.0.0.1", "ADDRESS:PORT with a port of 0 to 65535, got '127.0.0.1'"),
        ("FEDEX_BIND", "127.0.0.1:99999", "ADDRESS:PORT with a port of 0 to 65535, got '127.0.0.1:99999'"),
        ("FEDEX_BIND", "unix:/run/x", "ADDRESS:PORT"),
        ("FEDEX_BIND", "::1:80", "ADDRESS:PORT"),
        ("FEDEX_POLL_S", "0", "a positive number of seconds"),
        ("FEDEX_POLL_S", "-1", "a positive number of seconds"),
        ("FEDEX_LABELS_ALONE", "5%", "LABELS or LABELS,PERCENT% such as 10,5%, with at most 100 %, got '5%'"),
        ("FEDEX_UNKNOWN", "lax", "strict, balanced, friendly, or GROUP= and one of them, as entry 1, got 'lax'"),
        ("FEDEX_UNKNOWN", "strict,home=", "strict, balanced, friendly, or GROUP= and one of them, as entry 2"),
        ("FEDEX_UNKNOWN", "Home=strict", "a group of lower-case letters, digits and hyphens before = in entry 1"),
        ("FEDEX_UNKNOWN", "=strict", "a group of lower-case letters, digits and hyphens before = in entry 1"),
        ("FEDEX_UNKNOWN", "strict,friendly", "one point for all groups (entry 2 repeats it)"),
        ("FEDEX_UNKNOWN", "home=strict,home=strict", "one point for home (entry 2 repeats it)"),
        ("FEDEX_ENROLMENT", "secret-code", "CODE=GROUP"),
        ("FEDEX_ENROLMENT", "secret-code=Home", "CODE=GROUP"),
        ("FEDEX_ENROLMENT", "password=home", "a code of 12 to 128"),
        ("FEDEX_ENROLMENT", "passpasspasspass=home", "a code with 6 characters that differ"),
        ("FEDEX_ENROLMENT", "a-secret-code=home,a-secret-code=work", "entry 2 repeats one"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingError, match=f"^{name}: expected ") as caught:
        Settings.from_environment({"FEDEX_STORE": "dir:x", name: value})
    assert expected in str(caught.value)
    assert "secret-code" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("value", "home", "work"),
    [
        ("", "balanced", "balanced"),
        ("strict", "strict", "strict"),
        ("home=friendly", "friendly", "balanced"),
        ("home=friendly, strict,", "friendly", "strict"),
        ("strict, home = balanced", "balanced", "strict"),
    ],
)
def test_each_group_has_its_point_of_unknown_or_that_of_all(value: str, home: str, work: str) -> None:
    unknown = Settings.from_environment({"FEDEX_STORE": "dir:x", "FEDEX_UNKNOWN": value}).unknown
    assert (unknown.of("home"), unknown.of("work")) == (home, work)
    assert GroupStrictness.parse(str(unknown)) == unknown


@pytest.mark.parametrize("bind", ["0.0.0.0:80", "localhost:65535", "[::1]:8000", "a-host.example:1"])
def test_the_service_listens_where_it_is_told(bind: str) -> None:
    assert Settings.from_environment({"FEDEX_STORE": "dir:x", "FEDEX_BIND": bind}).bind == bind


def test_no_code_is_in_the_settings_repr() -> None:
    settings = Settings.from_environment({"FEDEX_STORE": "dir:x", "FEDEX_ENROLMENT": "a-secret-code=home"})
    assert "secret-code" not in repr(settings)


def test_every_setting_is_described_for_the_table() -> None:
    rows = {row.variable: row for row in setting_rows(Settings)}
    assert len(rows) == len(Settings.__slots__)
    assert all(variable.startswith("FEDEX_") and row.help for variable, row in rows.items())
    assert (rows["FEDEX_POLL_S"].default, rows["FEDEX_POLL_S"].unit) == ("1", "seconds")
    assert rows["FEDEX_MANIFEST_LIFE_S"].default == "2592000"
    assert rows["FEDEX_UNKNOWN"].default == "balanced"
    assert rows["FEDEX_STORE"].default == rows["FEDEX_ENROLMENT"].default == rows["FEDEX_ACCELERATORS"].default == ""


@pytest.mark.parametrize(
    "address",
    [
        *("", "dir:", "s3:", "s3://", "s3://ab", "s3://UPPER", "s3://bucket/folder", "s3://bucket?region=x"),
        *("gs://bucket", "s3://[x", "s3:///bucket", "s3://buc ket", "s3:bucket", "x" * 5000, "dir:" + "x" * 5000),
    ],
)
def test_an_address_of_no_store_is_refused(address: str) -> None:
    with pytest.raises(SettingError, match=r"FEDEX_STORE: expected dir:PATH or s3://BUCKET"):
        open_store(address)


@pytest.mark.parametrize(
    "endpoint",
    [
        *("", "localhost:9000", "ftp://host", "http://host/path", "http://a b", "http://host:99999"),
        *("http://[x", "http://host:port", "http://host?x=y", "http://" + "a" * 300),
    ],
)
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingError, match="expected an endpoint like") as caught:
        open_store(f"s3://bucket?endpoint={endpoint}")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9000", "https://s3.example.com/", "http://[::1]:9000"])
def test_an_endpoint_is_a_host_and_a_port(endpoint: str) -> None:
    assert repr(open_store(f"s3://bucket?endpoint={endpoint}")) == f"s3://bucket?endpoint={endpoint}"


@pytest.mark.parametrize(
    "address",
    [
        "s3://bucket?endpoint=http://user:password@host",
        "s3://bucket?endpoint=http://user:password%40host",
        "s3://user:password@bucket",
        "s3://bucket?secret=password",
        "S3://bucket?secret=password",
        "user:password@bucket",
    ],
)
def test_an_address_with_a_password_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(SettingError, match=r"^FEDEX_STORE: expected ") as caught:
        open_store(address)
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("variables", [{"AWS_PROFILE": "nobody"}, {"AWS_DEFAULT_REGION": "no region"}])
def test_an_environment_that_makes_no_client_is_one_line(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StoreRefused, match=r"^s3://bucket: expected what makes an S3 client, got "):
        open_store("s3://bucket")
