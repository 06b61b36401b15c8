"""Metrics for Prometheus: GET /metrics, requests of all web processes, and what there is to see of pools and workers.

Requests are counted by each process in a file of its own below `PROMETHEUS_MULTIPROC_DIR`, and any process answers for
all of one server. All else comes from the overview, so it is the same wherever it is asked. It names groups, so it is
for operators of all groups: Prometheus sends such a token (`authorization` in its settings). The one owner of
prometheus_client.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from cloud.errors import RequestRefused
from cloud.overview.values import Overview, PoolView
from cloud.web.counts_folder import SHARED_FOLDER
from cloud.web.service import requesting_operator
from contract.problems import Problem
from contract.routes import AUTHORIZATION, CACHE_CONTROL, METRICS

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

Number = Callable[[PoolView], float | None]

POOL_GAUGES: dict[str, tuple[str, Number]] = {
    "fedex_pool_samples": ("Distinct samples that were merged.", lambda view: view.samples),
    "fedex_pool_rows": ("Samples and corrections that were merged.", lambda view: view.rows),
    "fedex_pool_bytes": ("Of the dataset.", lambda view: view.size),
    "fedex_pool_uploads_merged": ("Uploads in the dataset.", lambda view: view.uploads),
    "fedex_pool_rows_untrained": ("Rows merged since the last training cycle.", lambda view: view.untrained_rows),
    "fedex_pool_labels": ("Labels with samples of devices.", lambda view: len(view.labels)),
    "fedex_pool_devices": ("Devices that sent something.", lambda view: len(view.devices)),
    "fedex_pool_uploads_waiting": ("Uploads that wait to be merged.", lambda view: view.queue.uploads),
    "fedex_pool_uploads_unreadable": ("Uploads that were set aside.", lambda view: view.rejected),
    "fedex_pool_failed_cycles": ("Cycles in a row.", lambda view: view.failure.times if view.failure else 0),
    "fedex_pool_faults": ("What could not be read of the pool.", lambda view: len(view.faults)),
}


@dataclass(slots=True)
class _Requests:
    """What one process counts of requests."""

    registry: CollectorRegistry
    total: Counter
    seconds: Histogram
    bytes_in: Counter
    bytes_out: Counter

    @classmethod
    def of(cls, registry: CollectorRegistry) -> _Requests:
        return cls(
            registry,
            Counter("fedex_requests", "Requests that were answered.", ["method", "route", "status"], registry=registry),
            Histogram(
                "fedex_request_seconds",
                "From a request's headers to its answer's.",
                ["route"],
                registry=registry,
                buckets=BUCKETS_S,
            ),
            Counter("fedex_request_bytes", "Of bodies that clients announced.", registry=registry),
            Counter("fedex_answer_bytes", "Of bodies that were answered.", registry=registry),
        )

    def count(self, answer: Response) -> Response:
        """Count an answer. Labels are few, whatever clients ask for."""
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in METHODS else "other"
        self.total.labels(method, route, str(answer.status_code)).inc()
        self.seconds.labels(route).observe(time.monotonic() - g.counted_from)
        self.bytes_in.inc(request.content_length or 0)
        self.bytes_out.inc(answer.content_length or 0)
        return answer


class OverviewCollector(Collector):
    """An overview as metrics."""

    def __init__(self, overview: Overview) -> None:
        self._overview = overview

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics. Called by the library."""
        overview = self._overview
        yield GaugeMetricFamily("fedex_devices_enrolled", "Devices.", value=overview.enrolled)
        waiting = overview.erasures.waiting
        oldest = max(overview.at - waiting[0].asked, 0) if waiting else 0
        yield GaugeMetricFamily("fedex_erasures_waiting", "Erasures that are not carried out yet.", value=len(waiting))
        yield GaugeMetricFamily("fedex_oldest_erasure_age_seconds", "Of what waits to be erased.", value=oldest)
        findings = GaugeMetricFamily("fedex_findings", "What an operator should know.", labels=["urgent"])
        for is_urgent in (True, False):
            count = sum(one.is_urgent is is_urgent for one in overview.findings)
            findings.add_metric([str(is_urgent).lower()], count)
        yield findings
        for name, (text, number) in POOL_GAUGES.items():
            yield self._of_pools(name, text, number)
        yield self._of_pools("fedex_pool_oldest_upload_age_seconds", "Of what waits.", self._oldest)
        yield from self._of_releases()
        yield from self._of_workers()

    def _oldest(self, view: PoolView) -> float:
        return 0.0 if view.queue.oldest is None else max(self._overview.at - view.queue.oldest, 0.0)

    def _of_pools(self, name: str, text: str, number: Number) -> Metric:
        family = GaugeMetricFamily(name, text, labels=["group", "space"])
        for view in self._overview.pools:
            value = number(view)
            if value is not None:
                family.add_metric([view.pool.group, view.pool.space], value)
        return family

    def _of_releases(self) -> Iterator[Metric]:
        labels = ["group", "space", "channel"]
        serial = GaugeMetricFamily("fedex_release_serial", "Of what is current.", labels=labels)
        accuracy = GaugeMetricFamily("fedex_release_accuracy", "Of held-out samples, 0 to 1.", labels=labels)
        issued = GaugeMetricFamily("fedex_release_issued_timestamp_seconds", "When it was signed.", labels=labels)
        expires = GaugeMetricFamily("fedex_release_expires_timestamp_seconds", "Until it is news.", labels=labels)
        passed = GaugeMetricFamily("fedex_release_gate_passed", "1 where the gate let it become best.", labels=labels)
        for view in self._overview.pools:
            for channel, release in view.current.items():
                of = [view.pool.group, view.pool.space, channel]
                serial.add_metric(of, release.serial)
                issued.add_metric(of, release.issued)
                expires.add_metric(of, release.expires)
                if release.accuracy is not None:
                    accuracy.add_metric(of, release.accuracy)
                if release.gate is not None:
                    passed.add_metric(of, float(release.gate.passes))
        yield from (serial, accuracy, issued, expires, passed)

    def _of_workers(self) -> Iterator[Metric]:
        labels = ["worker", "host"]
        at_work = GaugeMetricFamily("fedex_worker_at_work", "1 where it is alive and goes on.", labels=labels)
        seen = GaugeMetricFamily("fedex_worker_seen_timestamp_seconds", "Its last heartbeat.", labels=labels)
        outages = GaugeMetricFamily("fedex_worker_store_outages", "Looks in a row that failed.", labels=labels)
        events = CounterMetricFamily("fedex_worker_events", "Since its start.", labels=[*labels, "event"])
        for one in self._overview.workers:
            of = [one.worker, one.host]
            at_work.add_metric(of, float(one.is_at_work(self._overview.at)))
            seen.add_metric(of, one.seen)
            outages.add_metric(of, one.outages)
            for event, count in one.counts.items():
                events.add_metric([*of, event], count)
        yield from (at_work, seen, outages, events)


def register_metrics(app: Flask, *, look: Callable[[], Overview]) -> None:
    """Count the requests of an app, and answer GET /metrics.

    Args:
        app: what is counted.
        look: returns the overview of all groups.
    """
    requests = _Requests.of(CollectorRegistry())

    def begin() -> None:
        g.counted_from = time.monotonic()

    def metrics() -> Response:
        """Answer the metrics of all processes of this server, and what there is to see of the service."""
        operator = requesting_operator()
        if operator.group is not None:
            expected = "an operator of all groups"
            raise RequestRefused(Problem.FORBIDDEN, AUTHORIZATION, expected=expected, got=f"one of {operator.group}")
        seen = CollectorRegistry()
        seen.register(OverviewCollector(look()))
        body = _of_all_processes(requests.registry) + generate_latest(seen)
        return Response(body, content_type=CONTENT_TYPE_LATEST, headers={CACHE_CONTROL: "no-store"})

    app.before_request_funcs.setdefault(None, []).insert(0, begin)  # before what may refuse
    app.after_request(requests.count)
    app.add_url_rule(METRICS, view_func=metrics, methods=["GET"])


class _AllProcesses(Collector):
    """What is in the files of a folder, each of one process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Yield all, but for what a process has not counted yet: it makes its file empty."""
        files = [str(file) for file in self._folder.glob("*.db") if file.stat().st_size]
        yield from MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]  # it ships without types here


def _of_all_processes(own: CollectorRegistry) -> bytes:
    folder = os.environ.get(SHARED_FOLDER)
    if not folder:
        return generate_latest(own)
    shared = CollectorRegistry()
    shared.register(_AllProcesses(Path(folder)))
    return generate_latest(shared)
