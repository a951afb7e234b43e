"""Every stored decision gives its bytes again, and can be told in plain words."""

from __future__ import annotations

import random
from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.commands import contact_frequency as command
from crm_api.contact_frequency.errors import ContactBlocked, SlotSettled, SourceReserved
from crm_api.contact_frequency.models import DecisionFrame, Slot, StoredDecision
from crm_api.contact_frequency.policies import decide, frame_from, read_facts, write_facts
from crm_api.contact_frequency.terms import PLANNED_STATES, DecisionKind, HoldKind
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def run(app, *words):
    return app.test_cli_runner().invoke(command, words)


def stored():
    db.session.rollback()
    return db.session.scalars(sa.select(StoredDecision)).all()


class Office:
    """Somebody who does anything that leads to decisions, in any order."""

    def __init__(self, seed, now, at):
        self.rng, self.now, self.at = random.Random(seed), now, at
        team = make_team()
        owner = make_staff(team=team)
        self.customers = [
            make_customer(owner),
            make_customer(owner, person_id="p1"),
            make_customer(owner, person_id="p1"),
        ]
        self.customers.append(make_customer(owner, phone=self.customers[0].phone))
        self.ids = [c.id for c in self.customers]
        self.team_path = team.path

    def plan(self):
        rng = self.rng
        ahead = rng.choice([-2, 0, 1, 3, 9, 14, 25, 49, 80]) * HOUR
        channel = rng.choice(list(Channel))
        return make_plan(
            rng.choice(self.ids),
            self.now + ahead,
            channel=channel,
            category=rng.choice(list(Category)),
            also_customer_ids=(self.ids[0],) if rng.random() < 0.2 else (),
            visit_id=rng.choice([None, None, "v1"]),
            occurrence=rng.choice([None, None, None, "birthday"]),
            not_after=rng.choice([None, None, self.now + 2 * DAY]),
            is_agreed=rng.random() < 0.2,
            source=rng.choice([None, new_id()]),
        )

    def slot(self):
        db.session.rollback()
        ids = db.session.scalars(
            sa.select(Slot.id).where(Slot.state.in_(PLANNED_STATES)).order_by(Slot.created_at)
        ).all()
        return self.rng.choice(ids) if ids else None

    def reserve(self):
        reserve(self.plan())

    def reserve_many(self):
        plans = [self.plan() for _ in range(3)]
        in_transaction(contact_frequency.reserve_slots, plans, by_id=None)

    def move(self):
        if slot_id := self.slot():
            to = self.now + self.rng.randrange(1, 100) * HOUR
            in_transaction(contact_frequency.move_slot, slot_id, to=to, by_id=None)

    def begin(self):
        if slot_id := self.slot():
            in_transaction(contact_frequency.begin_slots, [slot_id])

    def tell(self):
        in_transaction(
            contact_frequency.record_fact,
            self.plan(),
            occurred_at=self.now - self.rng.randrange(0, 200) * HOUR,
            recorded_at=self.now,
            outcome=self.rng.choice(["reached", "no_answer", "absent"]),
            by_id=None,
        )

    def check_in(self):
        if slot_id := self.slot():
            in_transaction(contact_frequency.start_visit_slot, slot_id, at=self.now)

    def hold(self):
        kind = self.rng.choice(list(HoldKind))
        whom = {"customer_id": self.rng.choice(self.ids)}
        if kind is HoldKind.MOURNING:
            whom = {"team_path": self.team_path}
        until = self.now + self.rng.randrange(1, 50) * HOUR
        in_transaction(
            contact_frequency.place_hold,
            kind,
            **whom,
            from_at=self.now,
            until_at=until,
            reason="x",
            by_id=None,
        )

    def wait(self):
        self.now = self.at(self.now + self.rng.randrange(1, 30) * HOUR)

    def work(self, steps):
        acts = [self.reserve, self.reserve_many, self.move, self.begin, self.tell, self.check_in]
        acts += [self.reserve, self.hold, self.wait]
        for _ in range(steps):
            try:
                self.rng.choice(acts)()
            except (ContactBlocked, SlotSettled, SourceReserved):
                continue


@pytest.mark.parametrize("seed", range(3))
def test_whatever_was_decided_gives_the_same_bytes_again(app, now, at, seed):
    Office(seed, now, at).work(60)

    decisions = stored()

    assert {d.kind for d in decisions} == set(DecisionKind)
    assert len(decisions) > 40
    for decision in decisions:
        assert contact_frequency.replay(decision) == decision.trace


def _as_it_was(content, *, since):
    """Facts as they were written before holds told whether they are firm."""
    document = orjson.loads(content)
    document["facts"].pop("override", None)
    for person in document["facts"]["persons"]:
        person["holds"] = [hold[:since] for hold in person["holds"]]
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def test_what_was_stored_before_mourning_became_firm_says_what_it_said(customer, now):
    """Then, a trace named who might override mourning; it must go on saying so."""
    path = customer_path(customer)
    in_transaction(
        contact_frequency.place_hold,
        HoldKind.MOURNING,
        team_path=path,
        from_at=now,
        reason="earthquake",
        by_id=None,
    )
    with pytest.raises(ContactBlocked) as refused:
        reserve(make_plan(customer, now + HOUR, category=Category.CARE))
    [decision] = stored()
    frame = frame_from(db.session.get(DecisionFrame, decision.frame_digest).content)
    assert refused.value.decision.overridable_by == ()

    plan, facts, judged_at = read_facts(_as_it_was(decision.facts, since=3))
    then = decide(plan, facts, frame, judged_at)

    assert then.overridable_by == ("manager", "admin")
    assert read_facts(write_facts(plan, facts, judged_at))[1] == facts


def customer_path(customer):
    from crm_api.accounts.models import Team

    return db.session.get(Team, customer.team_id).path


@pytest.fixture
def owner(now):
    return make_staff()


@pytest.fixture
def mine(owner):
    return make_customer(owner)


def test_the_route_says_whether_the_bytes_agree(sign_in, owner, mine, now):
    slot = reserve(make_plan(mine, now + HOUR))
    caller = sign_in(owner)

    reply = caller.get(f"/v1/contact-decisions/{slot.decision_id}/replay")

    assert reply.status_code == 200
    assert reply.json["is_same"] is True
    assert reply.json["stored_digest"] == reply.json["replayed_digest"]
    stranger = sign_in(make_staff())
    path = f"/v1/contact-decisions/{slot.decision_id}/replay"
    assert stranger.get(path).status_code == 404


def forge(decision_id):
    """Store a decision whose facts never gave its trace."""
    real = db.session.get(StoredDecision, decision_id)
    row = {c.name: getattr(real, c.name) for c in StoredDecision.__table__.columns}
    forged = {**row, "id": new_id(), "trace": real.trace.replace(b'"allowed"', b'"blocked"')}
    with transaction():
        db.session.execute(sa.insert(StoredDecision).values(**forged))
    return forged["id"]


def test_a_forged_trace_is_seen(app, sign_in, owner, mine, now):
    forged = forge(reserve(make_plan(mine, now + HOUR)).decision_id)

    reply = sign_in(owner).get(f"/v1/contact-decisions/{forged}/replay")

    assert reply.json["is_same"] is False
    assert reply.json["stored_digest"] != reply.json["replayed_digest"]
    assert "OTHER bytes" in run(app, "explain", forged).output


def test_a_refusal_is_explained_in_english(app, mine, now):
    first = reserve(make_plan(mine, now + HOUR))
    with pytest.raises(ContactBlocked) as refused:
        reserve(make_plan(mine, now + 3 * HOUR))

    said = run(app, "explain", refused.value.decision.id)

    assert said.exit_code == 0, said.output
    assert "Refused plan" in said.output
    assert "Verdict: blocked." in said.output
    assert "gap_24_hours v1, 24 hours apart" in said.output
    assert "(this one binds)" in said.output
    assert f"counted: a service call on Tue 3 Mar 11:00, {first.id}" in said.output
    assert "Next allowed: Wed 4 Mar 11:00." in said.output
    assert "May be overridden by a manager or an administrator." in said.output
    assert "Replay: the same bytes." in said.output
    assert mine.phone not in said.output


def test_a_slot_is_explained_in_chinese_with_all_its_decisions(app, mine, now):
    slot = reserve(make_plan(mine, now + HOUR))
    in_transaction(contact_frequency.move_slot, slot.id, to=now + 2 * HOUR, by_id=None)

    said = run(app, "explain", slot.id, "--lang", "zh")

    assert said.output.count("结论：可以联系。") == 2
    assert said.output.index("预约 ") < said.output.index("改期 ")
    assert "3月3日（周二）12:00" in said.output
    assert said.output.count("重算：逐字节一致。") == 2


def test_the_last_decisions_about_a_customer_are_explained(app, mine, now):
    reserve(make_plan(mine, now + HOUR))
    reserve(make_plan(mine, now + 2 * HOUR, category=Category.COMPLAINT))
    with pytest.raises(ContactBlocked):
        reserve(make_plan(mine, now + 14 * HOUR, category=Category.PAYMENT))

    said = run(app, "explain", "--customer", mine.id).output

    assert said.count("Replay: the same bytes.") == 3
    assert "(counts, not blocked)" in said
    assert "Nobody may override it." in said


def test_what_is_not_there_is_said_to_be_not_there(app, mine, now):
    assert run(app, "explain", "nothing").exit_code == 1
    assert run(app, "explain", "--customer", mine.id).exit_code == 1
    assert run(app, "explain").exit_code == 2
    assert run(app, "explain", "x", "--customer", "y").exit_code == 2
