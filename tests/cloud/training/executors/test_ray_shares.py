"""What a task takes of a cluster's nodes."""

import pytest

from cloud.training.executors.ray_shares import Share, share_out

HEAD = {"node:__internal_head__": 1.0, "memory": 1e9}


@pytest.mark.parametrize(
    ("offers", "share"),
    [
        ([], None),
        ([HEAD, {"CPU": 0.0}], None),
        ([HEAD, {"CPU": 4.0}], Share(0, 4, 1)),
        ([HEAD, {"CPU": 4.0}, {"CPU": 9.0}], Share(0, 4, 3)),
        ([{"CPU": 16.0, "GPU": 2.0}, {"CPU": 4.0, "GPU": 1.0}, {"CPU": 64.0}], Share(1, 4, 3)),
        ([{"GPU": 8.0}], Share(1, 0, 8)),
    ],
    ids=[
        "no nodes",
        "nodes that offer nothing",
        "a node's cores",
        "as many cores on a larger node",
        "accelerators, where there are any",
        "accelerators without cores",
    ],
)
def test_a_task_takes_an_accelerator_or_the_cores_of_the_smallest_node(
    offers: list[dict[str, float]], share: Share | None
) -> None:
    assert share_out(offers) == share


def test_beside_an_accelerator_without_cores_a_task_computes_with_one_thread() -> None:
    assert Share(1, 0, 8).threads == 1
