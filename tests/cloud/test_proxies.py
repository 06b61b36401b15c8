"""Whose request it is: what proxies say counts, what clients say does not."""

import pytest

from cloud.proxies import NOBODY, Proxies, household_of


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:127.0.0.1", "::ffff:192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1, 192.0.2.7, 10.1.2.3", "192.0.2.7"),
        ("127.0.0.1", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("127.0.0.1", "192.0.2.7, something", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.7, 10.1.2.3:4567", "127.0.0.1"),
        ("", "192.0.2.7", ""),
    ],
)
def test_the_last_address_that_a_proxy_names_is_the_clients(peer: str, forwarded: str, client: str) -> None:
    assert Proxies.parse("127.0.0.0/8, ::1, 10.0.0.0/8").client_of(peer, forwarded=forwarded) == client


def test_nobody_is_believed_where_an_operator_says_so() -> None:
    assert Proxies.parse(NOBODY).client_of("127.0.0.1", forwarded="192.0.2.7") == "127.0.0.1"


@pytest.mark.parametrize("text", ["127.0.0.0/8,::1/128", NOBODY, "192.0.2.1/32"])
def test_what_is_written_reads_back(text: str) -> None:
    assert str(Proxies.parse(text)) == text


@pytest.mark.parametrize("text", ["localhost", "10.0.0.1/8", "10.0.0.0/33", "1.2.3.4 5.6.7.8"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"addresses or networks \(192.0.2.1, 10.0.0.0/8\) with commas, or nobody"):
        Proxies.parse(text)


@pytest.mark.parametrize(
    ("address", "household"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_all_of_an_ipv6_network_is_one_household(address: str, household: str) -> None:
    assert household_of(address) == household
