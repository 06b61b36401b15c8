"""What commands count of pools."""

from cloud.commands.pools import pools_of, waiting_in
from cloud.store import ObjectStore, keys
from cloud.store.keys import InboxUpload, Pool
from cloud.store.store import MAX_LISTED


def test_a_queue_is_counted_whole_and_without_what_is_no_upload(directory_store: ObjectStore, pool: Pool) -> None:
    """It was said to have a thousand uploads at most."""
    directory_store.put(f"{keys.pool_inbox(pool)}README", b"")
    assert waiting_in(directory_store, pool) == ""
    for number in range(MAX_LISTED + 1):
        directory_store.put(keys.inbox(InboxUpload(pool, "d" * 32, 0, f"{number:064x}")), b"")
        if number == 0:
            assert waiting_in(directory_store, pool) == "1 upload"
    assert (pools_of(directory_store), waiting_in(directory_store, pool)) == ([pool], "1001 uploads")
