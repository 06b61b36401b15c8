"""What the tests of datasets send."""

from collections.abc import Callable

import pytest

from cloud.dataset import inbox
from cloud.store import ObjectStore
from cloud.store.keys import InboxUpload


@pytest.fixture
def send(
    store: ObjectStore, space: str, arrive: Callable[[bytes], InboxUpload], make_upload: Callable[..., bytes]
) -> Callable[..., InboxUpload]:
    """Puts an upload of `DEVICE` into the inbox."""

    def put(labels: list[str], **choices: object) -> InboxUpload:
        body = make_upload(labels, **choices)
        inbox.add(store, arrive(body), body)
        return arrive(body)

    return put
