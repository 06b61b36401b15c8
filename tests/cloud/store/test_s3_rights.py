"""The rights that README's policy gives, tried on a real MinIO: they suffice, and each that is missing is named."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from cloud.errors import StoreRefused
from cloud.store import open_store, probe
from cloud.store.s3_refusals import RIGHTS
from demo.running.minio import Minio

README = Path(__file__).parents[3] / "README.md"
POLICY = re.search(r"```json\n(\{\n *\"Version\".*?)```", README.read_text("utf-8"), re.DOTALL)
assert POLICY, "README has no policy"
STATED = json.loads(POLICY[1])
ACTIONS = [action for statement in STATED["Statement"] for action in statement["Action"]]


@pytest.fixture
def limited_to(minio: Minio, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Gives the environment credentials with the rights of README's policy on a bucket, but for one."""
    for name, value in minio.environment.items():
        monkeypatch.setenv(name, value)

    def limit(bucket: str, *, but: str | None = None) -> None:
        policy = json.loads(json.dumps(STATED).replace("BUCKET", bucket))
        for statement in policy["Statement"]:
            statement["Action"] = [action for action in statement["Action"] if action != but]
        policy["Statement"] = [statement for statement in policy["Statement"] if statement["Action"]]
        service = boto3.client("sts", endpoint_url=minio.endpoint, region_name="us-east-1")
        asked = {"RoleArn": "arn:aws:iam::123456789012:role/fedex", "RoleSessionName": "fedex"}
        answer: Any = service.assume_role(**asked, Policy=json.dumps(policy))["Credentials"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", answer["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", answer["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", answer["SessionToken"])

    return limit


def bucket_of(address: str) -> str:
    return address.removeprefix("s3://").partition("?")[0]


def test_readme_states_every_right_that_a_call_needs() -> None:
    assert {*ACTIONS, "s3:CreateBucket"} == set(RIGHTS.values())


def test_the_rights_of_readmes_policy_suffice(bucket_address: Any, limited_to: Callable[..., None]) -> None:
    address = bucket_address()
    open_store(address).prepare()
    limited_to(bucket_of(address))
    probe(open_store(address))


@pytest.mark.parametrize("right", ACTIONS)
def test_a_right_that_is_missing_is_named_at_the_start(
    bucket_address: Any, limited_to: Callable[..., None], right: str
) -> None:
    """Every one of them read "credentials that may not do this"."""
    address = bucket_address()
    open_store(address).prepare()
    limited_to(bucket_of(address), but=right)
    with pytest.raises(StoreRefused, match=rf"AccessDenied: credentials without the right {right}, or .*us-east-1"):
        probe(open_store(address))


def test_without_a_bucket_the_right_to_make_one_is_named(bucket_address: Any, limited_to: Callable[..., None]) -> None:
    address = bucket_address()
    limited_to(bucket_of(address))
    with pytest.raises(StoreRefused, match=r"without the right s3:CreateBucket, or .*\(to CreateBucket, region us-"):
        probe(open_store(address))
