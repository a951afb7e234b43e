"""Rules of the house that a machine can check, and no tool checks for us."""

from __future__ import annotations

import ast
import hashlib
import importlib
import pkgutil
from pathlib import Path

import pytest

import crm_api
from crm_api.kit.errors import DomainError

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "crm_api").rglob("*.py"))
MEASURED = [*SOURCES, *sorted((ROOT / "examples").rglob("*.py"))]
LONGEST_FILE = 300
LONGEST_FUNCTION = 30


def _functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]


def _code_lines(function):
    """Count the lines of a function without its docstring and its signature."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_files_stay_short():
    long = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in MEASURED}

    assert {p: n for p, n in long.items() if n > LONGEST_FILE} == {}


def test_functions_stay_short():
    long = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}"
        for path in MEASURED
        for function in _functions(path)
        if _code_lines(function) > LONGEST_FUNCTION
    ]

    assert long == []


def test_only_the_edge_commits():
    commits = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "commit"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    ]

    assert commits == ["crm_api/kit/transactions.py"]


def test_the_clock_is_read_at_the_edge_only():
    """Only routes, commands and guards ask for the time; everything below is handed it."""
    readers = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "clock.now()" in path.read_text(encoding="utf-8")
        and not {"routes", "commands"} & {*path.parts, path.stem}
    }

    # A commit is the edge as well, and a line of the log: what is told of them bears its moment.
    edge = {"crm_api/kit/idempotency.py", "crm_api/kit/logs.py", "crm_api/kit/touches.py"}
    assert readers <= {"crm_api/accounts/guards.py", *edge}


def _all_errors():
    for module in pkgutil.walk_packages(crm_api.__path__, "crm_api."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, queue = set(), [DomainError]
    while queue:
        kinds = queue.pop().__subclasses__()
        found |= set(kinds)
        queue += kinds
    return {e for e in found if e.__module__.startswith("crm_api")}


@pytest.fixture(scope="module")
def errors():
    return _all_errors()


def test_each_problem_code_means_one_thing(errors):
    by_code: dict[str, set[tuple[str, int]]] = {}
    for error in errors:
        by_code.setdefault(error.code, set()).add((error.__name__, error.status))

    # `invalid` is one answer given in two places: by a schema and by the domain.
    double = {c: k for c, k in by_code.items() if len(k) > 1 and c != "invalid"}
    assert double == {}


def test_vendored_assets_are_as_they_were_published():
    folder = ROOT / "crm_api" / "app" / "static" / "swagger-ui"
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    digests = {line.split()[1]: line.split()[0] for line in lines}

    found = {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in digests}
    assert found == digests
    ours = {"start.js", "SHA256SUMS"}
    assert {p.name for p in folder.iterdir()} == set(digests) | ours
