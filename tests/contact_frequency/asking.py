"""Many processes that ask for reservations, or approve drafts, at one moment.

Started as a program of its own: it reads the plans, forks a process for each, lets all of them
open the database, and only then tells them to go. The answers are one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import traceback
from datetime import datetime
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import DBAPIError

from crm_api.accounts.actors import Actor
from crm_api.accounts.models import Role
from crm_api.app import create_app
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.desk.service.approving import approve_draft
from crm_api.contact_frequency.errors import ContactBlocked, OverrideSettled
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from crm_api.kit.errors import DomainError
from crm_api.kit.problems import is_busy
from crm_api.kit.transactions import transaction
from tests.support import databases

TRIES = 60


def main() -> None:
    wanted = json.loads(sys.stdin.read())
    # Waiting long is not what is measured here: fifty writers queue behind one lock.
    app = create_app(databases.settings_for(wanted["url"], lock_timeout_ms=20_000))
    ready, go = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        answers = [Path(folder) / str(n) for n in range(len(wanted["plans"]))]
        for plan, answer in zip(wanted["plans"], answers, strict=True):
            if os.fork() == 0:  # nothing is connected yet: each process opens its own
                os.close(go[1])
                _child(app, plan, ready=ready[1], go=go[0], answer=answer)
        for _ in answers:
            os.read(ready[0], 1)
        os.close(go[1])
        statuses = [os.wait()[1] for _ in answers]
        if any(statuses):
            raise SystemExit(1)
        sys.stdout.write(json.dumps([json.loads(a.read_text()) for a in answers]))


def _child(app: Flask, wanted: dict | list, *, ready: int, go: int, answer: Path) -> None:
    status = 1
    try:
        with app.app_context():
            db.session.connection()
            db.session.rollback()
            os.write(ready, b".")
            os.read(go, 1)
            answer.write_text(json.dumps(do(wanted)))
        status = 0
    except BaseException:  # noqa: BLE001 - the parent sees the status only
        traceback.print_exc()
    finally:
        os._exit(status)


def do(wanted: dict | list) -> dict | list:
    """Ask for one reservation, for several one after the other, or approve a draft."""
    if isinstance(wanted, list):
        return [do(one) for one in wanted]
    if "draft_id" in wanted:
        return approve(**wanted)
    return ask(_plan(wanted), override_id=wanted.get("override_id"))


def approve(draft_id: str, *, by: str, after: float) -> dict:
    """Approve a draft as it is, a little later than the others begin."""
    time.sleep(after)
    actor = Actor(id=by, name=by, role=Role.ADMIN, team_id="", team_path="/")
    try:
        with transaction():
            shown = approve_draft(draft_id, reason="agreed", expected=1, by=actor)
    except DomainError as refused:
        return {"code": refused.code}
    return {"code": None, "version_id": shown["version_id"]}


def _plan(wanted: dict) -> Plan:
    return Plan(
        customer_id=wanted["customer_id"],
        channel=Channel(wanted["channel"]),
        category=Category(wanted.get("category", Category.SERVICE)),
        at=datetime.fromisoformat(wanted["at"]),
        source=wanted.get("source"),
        is_agreed=wanted.get("is_agreed", False),
        said_once=wanted.get("said_once"),
    )


def ask(plan: Plan, *, override_id: str | None = None) -> dict:
    """Ask as a client does: again where the database was busy."""
    for _ in range(TRIES):
        try:
            with transaction():
                slot = contact_frequency.reserve_slot(plan, by_id=None, override_id=override_id)
        except ContactBlocked as refused:
            return {"slot_id": None, **refused.details["decision"]}
        except OverrideSettled as refused:
            return {"slot_id": None, "code": refused.code, **refused.details}
        except DBAPIError as error:
            if not is_busy(error):
                raise
        else:
            return {"slot_id": slot.id}
    raise TimeoutError


if __name__ == "__main__":
    main()
