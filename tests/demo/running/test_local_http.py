"""Servers of the demo are asked on this machine, whatever the environment says of proxies."""

from pathlib import Path

from demo.running.minio import MinioMissing, installed_minio, start_minio
from demo.running.ports import free_port
from demo.running.service import DemoService, _can_enrol
from tests.conftest import missing
from tests.device.raw import answering


def test_the_demo_waits_for_its_service_past_a_proxy(refusing_proxy: list[str]) -> None:
    """With HTTP_PROXY set the demo waited 90 seconds for a service that was long up."""
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{"enrolment":true}'
    with answering(lambda connection: connection.sendall(answer)) as url:
        assert _can_enrol(DemoService(int(url.rpartition(":")[2]), "code"))
    assert not _can_enrol(DemoService(free_port(), "code"))
    assert refusing_proxy == []


def test_the_demo_waits_for_minio_past_a_proxy(refusing_proxy: list[str], tmp_path: Path) -> None:
    try:
        installed_minio()
    except MinioMissing as error:
        missing(str(error))
    with start_minio(tmp_path / "minio") as server:  # which itself looks for a newer MinIO, elsewhere
        assert not [asked for asked in refusing_proxy if server.endpoint.removeprefix("http://") in asked]
