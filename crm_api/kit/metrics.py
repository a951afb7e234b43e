"""What Prometheus may know: counts and times by rule, never who."""

from __future__ import annotations

import os
from functools import cache

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

REQUESTS = Counter("crm_requests", "Requests answered.", ["method", "rule", "status"])
SECONDS = Histogram(
    "crm_request_seconds",
    "Time to answer.",
    ["method", "rule"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

blueprint = Blueprint("metrics", __name__)


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
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
