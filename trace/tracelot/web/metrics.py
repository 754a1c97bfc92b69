"""Figures of the running service, as Prometheus reads them: numbers by route and kind, never by customer.

Several processes each write into files of one folder, which `trace serve` names in PROMETHEUS_MULTIPROC_DIR; the
one that is asked adds them up.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from tracelot.operations.backlog import Backlog

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FRESH_SECONDS = 1.0  # how old another process's share of the sums may be
SIGN_IN = "bad-sign-in"
disable_created_metrics()  # type: ignore[no-untyped-call]  # a time beside each number would double the answer


class Metrics:
    """Counts in this process; `text` tells of all of them."""

    def __init__(self, lookups: Mapping[int, int], connections: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._lookups, self._connections = lookups, connections
        self._counted: dict[int, int] = {}
        self._cpu_counted = 0.0
        r = self._registry
        self._requests = Histogram(
            "trace_request_seconds", "Time until an answer was sent.",
            ["route", "method", "status"], buckets=BUCKETS, registry=r,
        )  # fmt: skip
        self._answers = Counter("trace_lookups", "Lookups of packages (/01/, /b/).", ["status"], registry=r)
        self._refusals = Counter(
            "trace_refusals", "Requests refused, by the problem's kind.", ["kind"], registry=r
        )
        self._sign_in = Counter(
            "trace_sign_in_failures", "Sign-ins with a wrong name or password.", registry=r
        )
        self._cpu = Counter("trace_cpu_seconds", "Processor time of the web processes.", registry=r)
        self._pool = _gauge("trace_pool_connections", "Connections to the store that are in use.", r)
        self._memory = _gauge("trace_resident_memory_bytes", "Resident memory of the web processes.", r)
        self._files = _gauge("trace_open_files", "Open files and connections of the web processes.", r)
        self._alive = _gauge("trace_processes", "Web processes that live.", r)

    def count(
        self, route: str | None, method: str, status: int | None, seconds: float, refused: str | None
    ) -> None:
        """One answered request."""
        asked = method if method in METHODS else "other"
        kind = f"{status // 100}xx" if status else "none"
        self._requests.labels(route or "none", asked, kind).observe(seconds)
        if refused:
            self._refusals.labels(refused).inc()
        if refused == SIGN_IN:
            self._sign_in.inc()

    def refresh(self) -> None:
        """Bring up to date what is not counted as it happens."""
        for status, number in dict(self._lookups).items():
            self._answers.labels(f"{status // 100}xx").inc(number - self._counted.get(status, 0))
            self._counted[status] = number
        spent = sum(os.times()[:2])
        self._cpu.inc(spent - self._cpu_counted)
        self._cpu_counted = spent
        self._pool.set(self._connections())
        self._alive.set(1)
        here = Path("/proc/self")  # Linux; elsewhere these two stay 0
        if here.is_dir():
            pages = int((here / "statm").read_text(encoding="ascii").split()[1])
            self._memory.set(pages * os.sysconf("SC_PAGE_SIZE"))
            self._files.set(len(os.listdir(here / "fd")))  # noqa: PTH208  (only their number counts)

    def text(self, store: Backlog) -> bytes:
        self.refresh()
        folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        registry = CollectorRegistry() if folder else self._registry
        if folder:
            _bury_dead(Path(folder))
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        told = CollectorRegistry()
        told.register(_Store(store))
        return generate_latest(registry) + generate_latest(told)


def _gauge(name: str, words: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(name, words, registry=registry, multiprocess_mode="livesum")


def _bury_dead(folder: Path) -> None:
    """A process that was killed holds no memory any more; what it counted stays counted."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not _lives(pid):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class _Store(Collector):
    """What the store says of itself at the moment of asking."""

    def __init__(self, store: Backlog) -> None:
        self._store = store

    def collect(self) -> Iterable[Metric]:
        s = self._store
        yield GaugeMetricFamily("trace_outbox_waiting", "Tasks that are not done.", s.waiting)
        yield GaugeMetricFamily("trace_outbox_retried", "Waiting tasks that failed before.", s.retried)
        yield GaugeMetricFamily(
            "trace_outbox_oldest_seconds", "Age of the oldest waiting task.", s.oldest_seconds
        )
        yield GaugeMetricFamily("trace_outbox_given_up", "Tasks that failed for good.", s.given_up)
        yield CounterMetricFamily("trace_journal_entries", "Where the journal stands.", s.journal_seq)
