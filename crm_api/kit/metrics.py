"""What Prometheus may know: counts and times by rule, never who."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

REQUESTS = Counter("crm_requests", "Requests answered.", ["method", "rule", "status"])
SECONDS = Histogram(
    "crm_request_seconds",
    "Time to answer.",
    ["method", "rule"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

SOURCES: dict[str, Callable[[], Iterable[Reading]]] = {}

blueprint = Blueprint("metrics", __name__)
log = structlog.get_logger("crm_api.metrics")


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that stands in the database, where it is the same for all processes."""

    name: str
    about: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


class _Stored(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        for source in SOURCES.values():
            yield from _families(source())


def _families(readings: Iterable[Reading]) -> Iterable[GaugeMetricFamily]:
    families: dict[str, GaugeMetricFamily] = {}
    for reading in readings:
        family = families.setdefault(
            reading.name,
            GaugeMetricFamily(reading.name, reading.about, labels=list(reading.labels)),
        )
        family.add_metric(list(reading.labels.values()), reading.value)
    return families.values()


def observe_request(method: str, rule: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    requests, times = _series(method, rule, status)
    requests.inc()
    times.observe(seconds)


@cache
def _series(method: str, rule: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, rule, str(status)), SECONDS.labels(method, rule)


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """Show the metrics of all processes together."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    counted = generate_latest(registry)
    return Response(counted + _read_stored(), content_type=CONTENT_TYPE_LATEST)


def _read_stored() -> bytes:
    registry = CollectorRegistry()
    registry.register(_Stored())
    try:
        return generate_latest(registry)
    except SQLAlchemyError as error:  # what this process counted is worth showing all the same
        log.warning("stored_metrics_unreadable", error=type(error).__name__)
        return b""
