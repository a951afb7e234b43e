"""The result table: printed, and kept as a file."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True)
class Result:
    """One measured path: its figure, its baseline's, their ratio, and the ratio asked for."""

    path: str
    ours: str
    baseline: str
    ratio: float
    target: str
    is_met: bool
    note: str = ""


def at_least(target: float, ratio: float) -> tuple[str, bool]:
    """State a target that the ratio must reach."""
    return f"≥ {target:g}", ratio >= target


def at_most(target: float, ratio: float) -> tuple[str, bool]:
    """State a target that the ratio must not pass."""
    return f"≤ {target:g}", ratio <= target


def render(results: list[Result]) -> str:
    """Return the table as Markdown."""
    lines = [
        "| path | ours | baseline | ratio | target | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for r in results:
        verdict = "met" if r.is_met else "MISSED"
        lines.append(
            f"| {r.path} | {r.ours} | {r.baseline} | {r.ratio:.2f} | {r.target} | {verdict} |"
        )
        if r.note:
            lines.append(f"| ↳ {r.note} | | | | | |")
    return "\n".join(lines)


def keep(results: list[Result], *, scale: str) -> Path:
    """Write the table and the machine it was measured on; return where."""
    FOLDER.mkdir(exist_ok=True)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    stamp = datetime.now(UTC)
    text = f"# Measured {stamp:%Y-%m-%d %H:%M} UTC, scale {scale}\n\n{machine}\n\n"
    target = FOLDER / f"{scale}.md"
    target.write_text(text + render(results) + "\n", encoding="utf-8")
    raw = [asdict(r) for r in results]
    target.with_suffix(".json").write_text(json.dumps(raw, ensure_ascii=False, indent=2))
    return target
