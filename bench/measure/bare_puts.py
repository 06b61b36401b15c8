"""How many objects a second boto3 alone puts into a bucket: what `bench.measure.service` compares with on MinIO."""

import itertools
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import botocore.config

from bench.measure.rate import Rate


def put_bare(endpoint: str, bucket: str, body: bytes, *, threads: int, seconds: float) -> Rate:
    """Return the rate at which so many threads with one client put `body` under new names, each where nothing is."""
    config = botocore.config.Config(
        max_pool_connections=threads, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, proxies={}
    )
    client = boto3.session.Session().client("s3", endpoint_url=endpoint, region_name="us-east-1", config=config)
    run, numbers, begin = secrets.token_hex(4), itertools.count(), threading.Barrier(threads)

    def put_until_the_end() -> list[float]:
        begin.wait()
        end, took_s = time.monotonic() + seconds, list[float]()
        while (began := time.monotonic()) < end:
            client.put_object(Bucket=bucket, Key=f"bare/{run}-{next(numbers):08}", Body=body, IfNoneMatch="*")
            took_s.append(time.monotonic() - began)
        return took_s

    with ThreadPoolExecutor(threads) as pool:
        calls = [pool.submit(put_until_the_end) for _ in range(threads)]
        took_s = [one for call in calls for one in call.result()]
        return Rate(len(took_s) / seconds, took_s)
