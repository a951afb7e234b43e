"""How gunicorn serves the product: `gunicorn -c python:crm_api.config.server wsgi:app`."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WORKERS", "2"))
threads = int(os.environ.get("THREADS", "8"))
worker_class = "gthread"
keepalive = 30
timeout = 60
graceful_timeout = 20
limit_request_line = 8190
accesslog = None  # the application writes its own line, without personal data
loglevel = "warning"

_metrics = Path(tempfile.gettempdir()) / f"crm-metrics-{os.getpid()}"
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)
shutil.rmtree(_metrics, ignore_errors=True)
_metrics.mkdir(mode=0o700)


def when_ready(_server: Arbiter) -> None:
    """Say where to go."""
    address = f"http://{bind}"
    sys.stderr.write(
        f"\n  Serving on {address}\n"
        f"    API documents   {address}/docs\n"
        f"    OpenAPI 3.1     {address}/openapi.json\n"
        f"    Health          {address}/healthz  {address}/readyz  {address}/metrics\n"
        f"{_demo_hint()}\n"
    )


def _demo_hint() -> str:
    is_production = os.environ.get("CRM_ENV") == "production"
    return "" if is_production else '    Demo sign-ins   README.md, "A tour"\n'


def child_exit(_server: Arbiter, worker: Any) -> None:
    """Let the metrics of a process that is gone count on."""
    from prometheus_client import multiprocess  # noqa: PLC0415 - only once the directory is set

    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server: Arbiter) -> None:
    """Leave nothing behind."""
    shutil.rmtree(_metrics, ignore_errors=True)
