"""An invitation that cannot be made says which of its parts is at fault."""

import pytest

from cloud.admin.invitations import invite_all
from cloud.errors import SettingError
from cloud.store import ObjectStore, keys


@pytest.fixture
def store(directory_store: ObjectStore) -> ObjectStore:
    """A store whose worker ran once."""
    directory_store.put(keys.VERIFY, bytes(32))
    return directory_store


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("fedex.example.org", "secret-code", r"^--url: expected an address like .*, got another text$"),
        ("https://x.org/" + "a" * 3000, "secret-code", r"^--url: expected an invitation of at most 2048 characters"),
        ("https://x.org", "secret code", r"^FEDEX_ENROLMENT: group home: expected text like "),
        ("https://x.org", "secret" * 30, r"^FEDEX_ENROLMENT: group home: expected text like "),
    ],
    ids=["no address", "a long address", "no code", "a long code"],
)
def test_the_part_that_is_at_fault_is_named_and_no_code_repeated(
    store: ObjectStore, url: str, code: str, said: str
) -> None:
    """Whatever was wrong, `--url` was blamed."""
    with pytest.raises(SettingError, match=said) as refused:
        invite_all(store, {code: "home"}, url=url)
    assert code not in str(refused.value)
