"""The metrics by name, each from a reading; names and units as Prometheus has them.

Loaded only where metrics are served. Labels hold words of the configuration and of this code, never
what people or networks say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import Metric, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.registry import Collector

from bridgekit.adapter import LoginState
from bridgekit.errors import RetryLater
from bridgekit.matrix.api import AnswerLost, HomeserverDown, Refused, TokenUnknown
from bridgekit.metrics.health import login_states
from bridgekit.metrics.readings import Reading
from bridgekit.metrics.spread import BOUNDS, Spread
from bridgekit.scanning.scan import Seen
from bridgekit.states import LoginMove

PREFIX = "bridgekit_"
_FAILURES: Mapping[type[Exception], str] = {
    HomeserverDown: "unreachable",
    AnswerLost: "answer_lost",
    TokenUnknown: "token_unknown",
    RetryLater: "rate_limited",
    Refused: "refused",
}
_COUNTED = (LoginMove.CONNECTED, LoginMove.DROPPED, LoginMove.REFUSED, LoginMove.CLOSED)
_PROCESS = ProcessCollector(registry=None)


class Families(Collector):
    """Of one reading."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        one = self._reading
        yield InfoMetricFamily("bridgekit", "Which release runs.", {"version": one.version})
        yield _gauge("start_time_seconds", "When it started, since the epoch.", one.began / 1000)
        yield from _health(one)
        yield from _events(one)
        yield from _queue(one)
        yield _logins(one)
        yield _connections(one)
        yield from _homeserver(one)
        yield from _kept(one)
        yield from _media(one)
        yield from _scan(one)
        yield from _PROCESS.collect()


def exposed(reading: Reading) -> bytes:
    """What Prometheus reads."""
    return generate_latest(Families(reading))


def _health(one: Reading) -> Iterator[Metric]:
    up = GaugeMetricFamily(
        f"{PREFIX}up", "Whether what is named is as it should be.", labels=["what"]
    )
    for check in one.checks:
        up.add_metric([check.what], float(check.well))
    yield up
    ready = float(all(check.well for check in one.checks))
    yield _gauge("ready", "Whether an event that comes now goes through; as /readyz.", ready)


def _events(one: Reading) -> Iterator[Metric]:
    labels = ["network", "direction", "outcome"]
    events = CounterMetricFamily(f"{PREFIX}events", "Events that came to an end.", labels=labels)
    for (network, direction, reason), number in sorted(one.parts.status.counts.items()):
        events.add_metric([network, direction.value, reason.value], number)
    yield events
    delays = HistogramMetricFamily(
        f"{PREFIX}delivery_seconds",
        "From when an event was received to when it was delivered.",
        labels=labels[:2],
    )
    for (network, direction), spread in sorted(one.parts.status.delays.items()):
        delays.add_metric([network, direction.value], *_buckets(spread))
    yield delays


def _queue(one: Reading) -> Iterator[Metric]:
    labels = ["direction", "brought_by"]
    jobs = GaugeMetricFamily(
        f"{PREFIX}queue_jobs", "Events that wait or are under way.", labels=labels
    )
    oldest = GaugeMetricFamily(
        f"{PREFIX}queue_oldest_seconds", "The age of the oldest of them.", labels=labels
    )
    for key, (number, age) in sorted(one.depths.items()):
        jobs.add_metric(key, number)
        oldest.add_metric(key, age)
    yield jobs
    yield oldest


def _logins(one: Reading) -> Metric:
    found = GaugeMetricFamily(
        f"{PREFIX}logins", "Logins that are known, by their state.", labels=["network", "state"]
    )
    for network in one.parts.networks:
        states = login_states(network)
        for state in LoginState:
            found.add_metric([network.name, state.value], states[state])
    return found


def _connections(one: Reading) -> Metric:
    found = CounterMetricFamily(
        f"{PREFIX}connections", "What became of connections.", labels=["network", "change"]
    )
    for network in one.parts.networks:
        for move in _COUNTED:
            found.add_metric([network.name, move.value], network.logins.moves[move])
    return found


def _homeserver(one: Reading) -> Iterator[Metric]:
    api = one.parts.homeserver
    took = HistogramMetricFamily(
        f"{PREFIX}homeserver_request_seconds",
        "What requests to the homeserver took, whatever the answer.",
        labels=["method"],
    )
    for method, spread in sorted(api.took.items()):
        took.add_metric([method], *_buckets(spread))
    yield took
    errors = CounterMetricFamily(
        f"{PREFIX}homeserver_errors", "Requests that did not succeed.", labels=["kind"]
    )
    for kind, name in _FAILURES.items():
        errors.add_metric([name], api.failures[kind])
    yield errors


def _kept(one: Reading) -> Iterable[Metric]:
    if one.kept is not None:
        yield _gauge("failed_jobs", "Events that failed and can be retried.", one.kept.failed)
        yield _gauge("aside_items", "What was set aside for the operator.", one.kept.aside)
        yield _gauge("membership_backlog", "Ghosts not where they should be.", one.kept.drift)
        yield _gauge("unread_events", "Encrypted events without their keys.", one.kept.unread)
    if one.database_bytes is not None:
        yield _gauge("database_bytes", "The size of the database's files.", one.database_bytes)


def _media(one: Reading) -> Iterator[Metric]:
    repository = one.parts.media.repository
    media = CounterMetricFamily(
        f"{PREFIX}media_bytes", "Bytes of files, to and from the homeserver.", labels=["direction"]
    )
    media.add_metric(["to_matrix"], repository.uploaded)
    media.add_metric(["to_network"], repository.downloaded)
    yield media


def _scan(one: Reading) -> Iterator[Metric]:
    scan = one.parts.media.scan
    if not scan.on:
        return
    yield _gauge("scanner_up", "Whether the content scan answers.", float(one.scanner_up))
    counted = CounterMetricFamily(
        f"{PREFIX}scans", "What came of contents that were to be scanned.", labels=["outcome"]
    )
    for seen in Seen:
        counted.add_metric([seen.value], scan.counts[seen])
    yield counted
    took = HistogramMetricFamily(f"{PREFIX}scan_seconds", "What looking through one took.")
    took.add_metric([], *_buckets(scan.took))
    yield took


def _gauge(name: str, help_: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, help_, value)


def _buckets(spread: Spread) -> tuple[list[tuple[str, float]], float]:
    names = [*map(str, BOUNDS), "+Inf"]
    return list(zip(names, map(float, spread.up_to()), strict=True)), spread.total
