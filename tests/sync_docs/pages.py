"""The parts of the page for app developers that follow from the code.

`python -m tests.sync_docs.pages` writes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

from crm_api.config.settings import Settings
from crm_api.sync.pulling.schemas import LARGEST_PAGE, LONGEST_POLL_SECONDS
from crm_api.sync.pushing.decoding import LONGEST_TEXT
from crm_api.sync.pushing.reading import MOST_BYTES, MOST_RECORDS
from crm_api.sync.pushing.refusals import REFUSALS
from crm_api.sync.tables import SCHEMA_VERSION, TABLES, Written

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mobile-sync.md"
WRITTEN = {Written.NEVER: "", Written.AT_FIRST: "when new", Written.ALWAYS: "yes"}


def rendered():
    """Return what stands between the marks of each part."""
    return {"refusals": _refusals(), "tables": _tables(), "limits": _limits()}


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _refusals():
    rows = [
        [f"`{code}`", "fixable" if refusal.is_fixable else "final", refusal.tell]
        for code, refusal in sorted(REFUSALS.items())
    ]
    return _table(["code", "kind", "what the app shows"], rows)


def _tables():
    said = f"Schema version {SCHEMA_VERSION}. *Written*: whether a device may, always or when new."
    return said + "\n\n" + "\n\n".join(_columns(table) for table in TABLES.values())


def _columns(table):
    acts = ("create", table.may_create), ("delete", table.may_delete)
    may = (
        " and ".join(word for word, is_allowed in acts if is_allowed) or "neither create nor delete"
    )
    rows = [
        [
            f"`{column.name}`",
            f"{column.kind}{', or null' if column.is_optional else ''}",
            WRITTEN[column.written],
            column.since if column.since > 1 else "",
        ]
        for column in table.columns
    ]
    head = ["column", "kind", "written", "since"]
    if all(row[-1] == "" for row in rows):
        head, rows = head[:-1], [row[:-1] for row in rows]
    return f"**`{table.name}`** — a device may {may}.\n\n{_table(head, rows)}"


def _limits():
    defaults = {name: field.default for name, field in Settings.__dataclass_fields__.items()}
    rows = [
        ["a page of a pull", f"{LARGEST_PAGE:,} records"],
        ["a push", f"{MOST_RECORDS:,} records, {MOST_BYTES // 2**20} MiB unpacked"],
        ["a text", f"{LONGEST_TEXT // 1024} KiB; many columns take less, see `invalid`"],
        ["an id", "1 to 64 of `A-Z a-z 0-9 _ -`"],
        ["a poll", f"{LONGEST_POLL_SECONDS} seconds"],
        ["calls of one device", f"{defaults['syncs_per_minute']} a minute (default)"],
        [
            "what a former owner's phone may still tell of",
            f"for {defaults['former_owner_days']} days after the handover (default)",
        ],
        ["deletions are remembered", f"{defaults['tombstones_kept_days']} days (default)"],
    ]
    return _table(["what", "at the most"], rows)


def _part(name):
    return re.compile(rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)


def filled(text):
    """Return the page with its parts as they should be."""
    for name, content in rendered().items():
        text = _part(name).sub(lambda found, new=content: f"{found[1]}{new}\n{found[2]}", text)
    return text


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
