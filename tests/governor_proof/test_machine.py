"""All operations in any order: the governor and the model never part.

`GOVERNOR_PLAYS=<how many>` plays other games than those that are played each time,
`GOVERNOR_STEPS=<how many>` longer ones; `GOVERNOR_SHRINK=1` looks for the shortest that fails.
"""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from crm_api.accounts.models import Role
from crm_api.contact_frequency import service as governor
from crm_api.contact_frequency.models import FrequencyPolicy, PolicyVersion
from crm_api.contact_frequency.policies.rules import to_document
from crm_api.customers import queries as customer_queries
from crm_api.customers import service as customers
from crm_api.customers.models import Segment
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.governor_proof import laws
from tests.governor_proof.book import BEGIN, NUMBERS, PEOPLE
from tests.governor_proof.machine import Ledger, SegmentedLedger, Stage
from tests.governor_proof.worlds import datetime_of
from tests.support import databases

FEW = {"sqlite": 12, "postgres": 4}
MANY = {"sqlite": 60, "postgres": 15}
STEPS = int(os.environ.get("GOVERNOR_STEPS", "30"))
SHRINK = "GOVERNOR_SHRINK" in os.environ
MORE = os.environ.get("GOVERNOR_PLAYS")


@pytest.fixture
def stage(app, backend, tmp_path, monkeypatch):
    """The ledger's beginning: the shipped policies, and people of whom two share a number."""
    beginning = tmp_path / "beginning.db"
    cast: list[SimpleNamespace] = []

    def reset():
        db.session.remove()
        if backend == "sqlite" and cast:
            databases.empty_sqlite(db.engine, beginning)
            return SimpleNamespace(**{**vars(cast[0]), "links": {}})
        if cast:
            databases.empty_postgres(db.engine)
        cast[:] = [set_the_scene()]
        db.session.remove()
        if backend == "sqlite":
            db.engine.dispose()
            shutil.copyfile(Path(str(db.engine.url.database)), beginning)
        return cast[0]

    playing = Stage(reset)
    monkeypatch.setattr(clock, "after_lock", lambda _session, **_: playing.now)
    monkeypatch.setattr(Ledger, "stage", playing, raising=False)
    return playing


def set_the_scene():
    with transaction():
        governor.ensure_default_policies(now=datetime_of(BEGIN) - timedelta(days=400))
    team = make_team()
    owner, manager = make_staff(team=team), make_staff(Role.MANAGER, team=team)
    with transaction():
        keep_quiet_policy(owner)
    kinds = {"group": {"kind": "group", "phone": None}}
    people = {
        name: make_customer(owner, phone=NUMBERS.get(name), **kinds.get(name, {}))
        if name != "group"
        else make_customer(owner, **kinds["group"])
        for name in PEOPLE
    }
    return SimpleNamespace(
        ids={name: customer.id for name, customer in people.items()},
        owner=owner,
        manager=manager,
        links={},
        gap=next(law for law in laws.SHIPPED if law.key == "gap_24_hours"),
        change_policy=change_policy,
        change_number=lambda *told, now: change_number(*told, by=owner, now=now),
    )


def keep_quiet_policy(owner):
    """Lay down a policy for a segment that says nothing yet."""
    told = {"id": "quiet", "name": "quiet", "criteria": {"plan_names": ["quiet"]}}
    whose = {"team_id": owner.team_id, "owner_id": owner.id}
    db.session.add(Segment(**told, **whose, created_at=datetime_of(BEGIN)))
    db.session.flush()
    never = {"effective_from": datetime_of(BEGIN) + timedelta(days=36_500)}
    told = {"reason": "they asked", "by_id": owner.id, "now": datetime_of(BEGIN)}
    governor.create_policy(laws.rule_of(laws.QUIET), **never, **told)


def change_number(customer_id, number, *, by, now):
    """Give somebody another number, and forget the one before."""
    former = customer_queries.phones_of(customer_id)
    phone = customers.add_phone(customer_id, number=number, by=by, now=now)
    customers.make_primary(customer_id, phone_id=phone.id, by=by)
    for old in former:
        customers.remove_phone(customer_id, phone_id=old.id, by=by)


def change_policy(rule, *, now, is_retired=False):
    """Add a version that takes effect now."""
    policy = db.session.scalars(
        sa.select(FrequencyPolicy).where(FrequencyPolicy.key == rule.key)
    ).one()
    last = sa.select(sa.func.max(PolicyVersion.number)).where(PolicyVersion.policy_id == policy.id)
    db.session.add(
        PolicyVersion(
            id=new_id(),
            created_at=now,
            policy_id=policy.id,
            number=db.session.scalar(last) + 1,
            effective_from=now,
            rule=to_document(rule),
            is_retired=is_retired,
        )
    )


def play(plays, machine=Ledger):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(MORE) if MORE else plays,
            stateful_step_count=STEPS,
            derandomize=not MORE,
            phases=[Phase.generate, *([Phase.shrink] if SHRINK else [])],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )


def test_the_governor_and_the_model_never_part(stage, backend):
    play(FEW[backend])


@pytest.mark.heavy
def test_nor_where_policies_name_a_segment(stage, backend):
    play(FEW[backend], SegmentedLedger)


@pytest.mark.heavy(minutes=1.5)
def test_they_do_not_part_in_many_plays_either(stage, backend):
    play(MANY[backend])
