"""Which hosts are this machine itself."""

import pytest

from contract.loopback import is_loopback, is_loopback_url

HERE = [
    "localhost",
    "LOCALHOST",
    "LocalHost.",
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "127.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
    "::1",
    "[::1]",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "::ffff:127.0.0.1",
    "::FFFF:7f00:2",
    "::1%lo",
]
ELSEWHERE = [
    None,
    "",
    ".",
    "fedex.example.org",
    "localhost.example.org",
    "x.localhost",
    "localhost..",
    "127.0.0.1.example.org",
    "127.0.0.1 x",
    "127.0.0.256",
    "128.0.0.1",
    "126.255.255.255",
    "10.127.0.1",
    "0.0.0.0",
    "::",
    "::2",
    "::ffff:10.0.0.1",
    "fe80::1",
    "loc\u0430lhost",
    "\uff11\uff12\uff17.0.0.1",
]


@pytest.mark.parametrize("host", HERE)
def test_every_spelling_of_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_every_other_host_is_elsewhere(host: str | None) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.2:8000/x", True),
        ("https://LOCALHOST", True),
        ("http://[0:0::1]:9000", True),
        ("http://user@localhost:1", True),
        ("http://localhost@example.org", False),
        ("https://s3.amazonaws.com", False),
        ("http://[::1", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_a_url_is_judged_by_its_host(url: str, here: bool) -> None:
    assert is_loopback_url(url) is here
