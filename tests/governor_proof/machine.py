"""Everything that can happen to the ledger, in any order, told to the governor and to the model.

After each step both must say the same: of the answer, of every slot, of every overrun; and all
the invariants must hold.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import time
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as governor
from crm_api.contact_frequency.errors import (
    CannotBeOverridden,
    ContactBlocked,
    OverrideQuotaSpent,
    OverrideSettled,
    SlotSettled,
)
from crm_api.contact_frequency.models import Overrun, Slot, SlotSubject, StoredDecision
from crm_api.contact_frequency.policies.defaults import GAP, TOTAL
from crm_api.contact_frequency.service import overrides
from crm_api.contact_frequency.terms import ContactClass, HoldKind
from crm_api.contact_frequency.values import Plan
from crm_api.customers import service as customers
from crm_api.customers.models import Customer
from crm_api.customers.terms import Category, Channel, RelationKind, Status, Tier
from crm_api.kit.db import db
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from tests.governor_proof import laws, model
from tests.governor_proof.book import (
    ALL_NUMBERS,
    BEGIN,
    EVERYBODY,
    FIRM,
    GIVEN_BACK,
    PEOPLE,
    TEXT,
    Book,
    Refusal,
    Verdict,
    clock,
)
from tests.governor_proof.judge import GRACE
from tests.governor_proof.model import DAY, SECOND, Contact, Wish
from tests.governor_proof.worlds import datetime_of

HOUR = 3_600 * SECOND
WIDTHS = (0, HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY)
MINUTES = (8 * 60, 9 * 60, 10 * 60, 15 * 60, 20 * 60, 21 * 60, 23 * 60 + 30)
WAIVABLE = {law.key for law in laws.SHIPPED if law.strength == "hard" and law.key[:8] != "greeting"}
WAIVABLE |= {"complaint_open", "leave_alone"}  # a manager may set these aside; nobody else's
WISHED = (None, ("care",), ("payment", "service"), ("statutory",))
CHANNELS = sorted(model.EVERY_CHANNEL)
CATEGORIES = sorted(model.EVERY_CATEGORY)

names = st.sampled_from(PEOPLE)
someone = st.integers(0, 999)
moments = st.one_of(
    st.tuples(st.just("clock"), st.integers(0, 12), st.sampled_from(MINUTES)),
    st.tuples(st.just("near"), someone, st.sampled_from(WIDTHS), st.sampled_from((-1, 0, 1))),
)

CIRCUMSTANCES = {
    "opt_out": st.fixed_dictionaries({"number": st.sampled_from(ALL_NUMBERS)}),
    "opt_in": st.fixed_dictionaries({"number": st.sampled_from(ALL_NUMBERS)}),
    "wish": st.fixed_dictionaries(
        {
            "who": names,
            "channels": st.sampled_from((None, ("call",), ("sms", "wechat"))),
            "categories": st.sampled_from(
                (None, ("care",), ("payment", "service"), ("statutory",))
            ),
            "hours": st.sampled_from((None, (12 * 60, 14 * 60), (22 * 60, 7 * 60))),
            "days": st.sampled_from((None, 0, 3, 10)),
        }
    ),
    "lift_wish": st.fixed_dictionaries({"which": someone}),
    "hold": st.fixed_dictionaries(
        {
            "who": names,
            "kind": st.sampled_from(("complaint", "leave_alone", "mourning")),
            "lasts": st.sampled_from((None, DAY, 5 * DAY)),
        }
    ),
    "lift_hold": st.fixed_dictionaries({"which": someone}),
    "change_number": st.fixed_dictionaries(
        {"who": st.sampled_from(("bob", "cat")), "number": st.sampled_from(ALL_NUMBERS)}
    ),
    "change_tier": st.fixed_dictionaries(
        {"who": names, "tier": st.sampled_from(("standard", "quasi_high_end", "gold", "supreme"))}
    ),
    "change_status": st.fixed_dictionaries(
        {"who": names, "status": st.sampled_from(("active", "active", "closed", "deceased"))}
    ),
    "link": st.fixed_dictionaries({"pair": st.sampled_from((("ann", "cat"), ("bob", "cat")))}),
    "change_total": st.fixed_dictionaries({"n": st.integers(0, 3)}),
    "change_gap": st.fixed_dictionaries({"hours": st.sampled_from((0, 12, 24, 48))}),
}
OF_SEGMENTS = {
    "change_plan": st.fixed_dictionaries({"who": names, "is_quiet": st.booleans()}),
    "change_quiet": st.fixed_dictionaries({"n": st.sampled_from((None, 0, 1, 2))}),
}


class Stage:
    """Where the machine plays: a database, put back to its beginning for each play."""

    def __init__(self, reset: Callable[[], SimpleNamespace]) -> None:
        self.reset = reset
        self.now = datetime_of(BEGIN)


class Ledger(RuleBasedStateMachine):
    """One play of the whole governor."""

    stage: Stage

    @initialize(plans=st.lists(st.tuples(names, st.sampled_from(CHANNELS), moments), max_size=4))
    def begin_anew(self, plans) -> None:
        self.book = Book()
        self.stage.now = datetime_of(BEGIN)
        self.cast = self.stage.reset()
        self.ids: dict[str, str] = self.cast.ids
        self.names = {known: name for name, known in self.ids.items()}
        self.replayed: set[str] = set()
        self.overrun: dict[str, set] = {}
        self.leaves: dict[str, tuple[set, int]] = {}
        self.serial = 0
        for who, channel, when in plans:
            self.reserve(who, channel, "service", when, is_agreed=False, lasts=None)

    # -- how both are told

    def say(self, use_case: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        db.session.rollback()
        db.session.expire_all()
        with transaction():
            return use_case(*args, **kwargs)

    def at(self, when: tuple) -> int:
        """Return the moment that is meant: by the clock, or a policy's width from a contact."""
        if when[0] == "clock":
            return clock(self.book.now, when[1], when[2])
        _, which, width, off = when
        anchors = [self.book.now, *(c.at for c in self.book.contacts.values())]
        return anchors[which % len(anchors)] + width + off

    def pick(self, which: int, *states: str, **wanted: Any) -> Contact | None:
        found = [
            c
            for c in self.book.contacts.values()
            if (not states or c.state in states)
            and all(getattr(c, n) == v for n, v in wanted.items())
        ]
        return found[which % len(found)] if found else None

    def contact(self, who: str, channel: str, category: str, at: int, **more: Any) -> Contact:
        met = ("group", who) if channel == "visit" and who != "group" else (who,)
        number = self.book.numbers.get(who) if channel in model.RINGS else None
        return Contact("asked", at, channel, category, met, endpoint=number, **more)

    def plan(self, contact: Contact, **more: Any) -> Plan:
        first, *others = [self.ids[name] for name in contact.customers]
        last = contact.not_after
        return Plan(
            customer_id=first,
            also_customer_ids=tuple(others),
            channel=Channel(contact.channel),
            category=Category(contact.category),
            at=datetime_of(contact.at),
            endpoint=contact.endpoint,
            occurrence=contact.occurrence,
            visit_id=contact.visit_id,
            not_after=None if last is None else datetime_of(last),
            is_agreed=contact.is_agreed,
            begun_by_customer=contact.begun_by_customer,
            occasion_class=None if contact.greets is None else ContactClass(contact.greets),
            occasion_rank=contact.rank,
            **more,
        )

    def compare(self, decision: Any, verdict: Verdict, asked: Contact) -> None:
        """Compare a refusal's reasons and moments with the model's."""
        said = {self._named(r) for r in decision.reasons}
        assert said == {self._plain(r) for r in verdict.reasons}
        soonest, earlier = decision.next_allowed_at, decision.earlier_alternative_at
        assert (None if soonest is None else model.micros(soonest)) == verdict.judge.next_allowed()
        assert (None if earlier is None else model.micros(earlier)) == (
            verdict.judge.earlier_alternative()
        )

    def _named(self, reason: Any) -> tuple[str, str, str]:
        kind = str(reason.subject_kind)
        whom = self.names.get(reason.subject_id, "") if kind == "customer" else ""
        return reason.policy_key or str(reason.code), kind, whom

    def _plain(self, reason: tuple[str, str, str]) -> tuple[str, str, str]:
        return reason if reason[1] == "customer" else (*reason[:2], "")

    def expect_overruns(self, slot_id: str, reasons: Any) -> None:
        """Remember what the ledger has to say that a contact went beyond."""
        known = self.overrun.setdefault(slot_id, set())
        known |= {(key, kind) for key, kind, _ in reasons}

    # -- plans

    @rule(
        who=names,
        channel=st.sampled_from(CHANNELS),
        category=st.sampled_from(CATEGORIES),
        when=moments,
        is_agreed=st.booleans(),
        lasts=st.sampled_from((None, None, DAY)),
    )
    def reserve(self, who, channel, category, when, is_agreed, lasts) -> None:  # noqa: PLR0917
        at = self.at(when)
        last = None if lasts is None else at + lasts
        asked = self.contact(who, channel, category, at, is_agreed=is_agreed, not_after=last)
        verdict = self.book.judge(asked)
        try:
            slot = self.say(governor.reserve_slot, self.plan(asked), by_id=None)
        except ContactBlocked as refused:
            assert verdict.is_blocked
            self.compare(refused.decision, verdict, asked)
        else:
            assert not verdict.is_blocked, verdict.reasons
            self._enter(slot.id, asked, verdict)

    @rule(
        plans=st.lists(
            st.tuples(names, st.sampled_from(("call", "sms", "visit", "wechat")), moments),
            min_size=1,
            max_size=3,
        )
    )
    def reserve_some(self, plans) -> None:
        """What is booked on an ordinary day."""
        for who, channel, when in plans:
            self.reserve(who, channel, "service", when, is_agreed=False, lasts=None)

    @rule(
        who=st.sampled_from(("ann", "cat")),
        channel=st.sampled_from(("visit", "call", "sms", "wechat")),
        when=moments,
    )
    def serve_a_visit(self, who, channel, when) -> None:
        """The visit itself, or what serves it: agreeing the time, a reminder, thanks."""
        visit_id = f"visit-{who}"
        there_is = self.pick(0, *model.COUNTS, channel="visit", visit_id=visit_id)
        if channel == "visit" and there_is is not None:
            return
        asked = self.contact(who, channel, "service", self.at(when), visit_id=visit_id)
        verdict = self.book.judge(asked)
        try:
            slot = self.say(governor.reserve_slot, self.plan(asked), by_id=None)
        except ContactBlocked as refused:
            assert verdict.is_blocked
            self.compare(refused.decision, verdict, asked)
        else:
            assert not verdict.is_blocked, verdict.reasons
            self._enter(slot.id, asked, verdict)

    @rule(which=someone, when=moments)
    def move_some_plan(self, which, when) -> None:
        contact = self.pick(which, "reserved", "held")
        if contact is not None:
            self.move(list(self.book.contacts).index(contact.id), when)

    def _enter(self, slot_id: str, asked: Contact, verdict: Verdict, *, state="reserved") -> None:
        self.book.lose(verdict.losers)
        self.book.enter(replace(asked, id=slot_id, state=state, made_at=self.book.now))
        self.expect_overruns(slot_id, verdict.overruns)

    @rule(
        who=st.sampled_from(("ann", "bob", "cat")),
        days=st.integers(1, 20),
        minute=st.sampled_from((9 * 60, 11 * 60, 19 * 60)),
        greets=st.sampled_from((4, 5, 6)),
        rank=st.integers(0, 1),
        again=st.booleans(),
    )
    def hold_greeting(self, who, days, minute, greets, rank, again) -> None:  # noqa: PLR0917
        """The planner holds a place ahead, which whoever matters more may take."""
        at = clock(self.book.now, days, minute)
        last = clock(at, 0, 20 * 60)
        self.serial += not again
        asked = self.contact(
            who, "sms", "care", at, greets=greets, rank=rank, not_after=last,
            occurrence=f"{who} {self.serial}",
        )  # fmt: skip
        verdict = self.book.judge(asked)
        [answer] = self.say(governor.reserve_slots, [self.plan(asked)], by_id=None, is_held=True)
        if not verdict.is_blocked:
            assert answer.row["state"] == ("held" if at > self.book.now + FIRM else "reserved")
            self._enter(answer.id, asked, verdict, state=str(answer.row["state"]))
        elif self.book.is_said_by_another(verdict, asked):
            assert answer.row["state"] == "coalesced"
            self._enter(answer.id, asked, replace(verdict, overruns=frozenset()), state="coalesced")
        else:
            self.compare(answer, verdict, asked)

    @rule(which=someone)
    def firm(self, which) -> None:
        contact = self.pick(which, "held")
        if contact is not None:
            self.say(governor.firm_slots, [contact.id])
            self.book.put(contact.id, state="reserved")

    @rule(which=someone, when=moments)
    def move(self, which, when) -> None:
        contact, to = self.pick(which), self.at(when)
        if contact is None or self.book.planned[contact.id] == to or contact.id in self.leaves:
            return
        asked = replace(contact, at=to)
        verdict = self.book.judge(asked, moves=contact.id)
        try:
            self.say(governor.move_slot, contact.id, to=datetime_of(to), by_id=None)
        except SlotSettled:
            assert contact.state not in ("held", "reserved")
        except ContactBlocked as refused:
            assert verdict.is_blocked
            self.compare(refused.decision, verdict, asked)
        else:
            assert contact.state in ("held", "reserved")
            assert not verdict.is_blocked, verdict.reasons
            self.book.lose(verdict.losers)
            self.book.put(contact.id, at=to)
            self.book.planned[contact.id] = to
            self.expect_overruns(contact.id, verdict.overruns)

    @rule(who=names, channel=st.sampled_from(("call", "sms", "visit")), when=moments)
    def override(self, who, channel, when) -> None:
        """Two persons let one contact go beyond what it was refused for, once."""
        asked = self.contact(who, channel, "service", self.at(when))
        verdict = self.book.judge(asked)
        if not verdict.is_blocked or asked.at <= self.book.now or self.pick(0, "held"):
            return
        with suppress(ContactBlocked):
            self.say(governor.reserve_slot, self.plan(asked), by_id=None)
        newest = sa.select(StoredDecision.id).order_by(StoredDecision.id.desc()).limit(1)
        decision_id = db.session.scalar(newest)
        firm = verdict.judge.firm_reasons(asked.at)
        may_be = all(name in WAIVABLE for name, _, _ in firm)
        told = {"reason": "because", "now": self.stage.now}
        try:
            leave = self.say(
                overrides.ask_override, decision_id, tolerance_minutes=0, by=self.cast.owner, **told
            )
        except CannotBeOverridden:
            assert not may_be
            return
        assert may_be
        with suppress(OverrideQuotaSpent):
            self.say(overrides.approve_override, leave.id, by=self.cast.manager, **told)
            under = {"by_id": None, "override_id": leave.id}
            slot = self.say(governor.reserve_slot, self.plan(asked), **under)
            self._enter(slot.id, asked, verdict)
            self.leaves[slot.id] = firm, asked.at
            self.expect_overruns(slot.id, firm)
            with pytest.raises(OverrideSettled):
                self.say(governor.reserve_slot, self.plan(asked), **under)

    def _with_leave(self, verdict: Verdict, asked: Contact) -> Verdict:
        waived, at = self.leaves[asked.id]
        if not at <= asked.at <= at + GRACE:
            return verdict
        firm = verdict.judge.firm_reasons(asked.at)
        return replace(
            verdict,
            is_blocked=bool(firm - waived),
            reasons=verdict.reasons - waived,
            overruns=verdict.overruns | (firm & waived),
        )

    # -- the second gate, and what comes of it

    @rule(which=someone)
    def begin(self, which) -> None:
        contact = self.pick(which)
        if contact is None:
            return
        asked = replace(contact, at=self.book.now)
        verdict = self.book.judge(asked, moves=contact.id)
        if contact.id in self.leaves:
            if self.pick(0, "held") is not None:
                return
            verdict = self._with_leave(verdict, asked)
        [refusal] = self.say(governor.begin_slots, [contact.id]).values()
        if contact.state not in ("held", "reserved"):
            assert "slot_settled" in {str(r.code) for r in refusal.reasons}
        elif refusal is None:
            assert not verdict.is_blocked, verdict.reasons
            self.book.lose(verdict.losers)
            self.book.put(contact.id, state="in_flight", at=self.book.now)
            self.expect_overruns(contact.id, verdict.overruns)
        else:
            assert verdict.is_blocked
            self.compare(refusal, verdict, asked)

    @precondition(lambda self: self.pick(0, "reserved") is not None)
    @rule(which=someone)
    def begin_when_due(self, which) -> None:
        """Let time pass until a contact is due, and begin it."""
        contact = self.pick(which, "reserved")
        if contact.at >= self.book.now:
            self.pass_to(contact.at)
        self.begin(list(self.book.contacts).index(contact.id))

    @rule(which=someone)
    def come_back(self, which) -> None:
        """Told retry, or not submitted."""
        contact = self.pick(which, "in_flight", "uncertain", "reserved", "consumed", "released")
        if contact is None:
            return
        if self._change(governor.return_slots, contact, "in_flight", "uncertain", "reserved"):
            self.book.put(contact.id, state="reserved")

    @rule(which=someone)
    def doubt(self, which) -> None:
        contact = self.pick(which, "in_flight", "uncertain", "reserved", "consumed")
        if contact is not None and self._change(
            governor.doubt_slots, contact, "in_flight", "uncertain", reason=False
        ):
            self.book.put(contact.id, state="uncertain")

    @rule(which=someone)
    def release(self, which) -> None:
        states = ("held", "reserved", "in_flight", "uncertain", "coalesced", "released")
        contact = self.pick(which)
        if contact is not None and self._change(governor.release_slots, contact, *states):
            self.book.put(contact.id, state="released")

    @rule(which=someone)
    def expire(self, which) -> None:
        contact = self.pick(which)
        if contact is not None and self._change(
            governor.expire_slots, contact, "held", "reserved", "expired"
        ):
            self.book.put(contact.id, state="expired")

    @rule(which=someone)
    def withdraw(self, which) -> None:
        """A manager agreed that it never happened."""
        contact = self.pick(which, "consumed", "released", "reserved", "in_flight")
        if contact is None:
            return
        try:
            self.say(governor.withdraw_slot, contact.id, reason="withdrawn")
        except SlotSettled:
            assert contact.state not in ("consumed", "released")
        else:
            assert contact.state in ("consumed", "released")
            self.book.put(contact.id, state="released")

    def _change(self, use_case, contact: Contact, *may: str, reason: bool = True) -> bool:
        said = {"reason": "because"} if reason else {}
        try:
            self.say(use_case, [contact.id], **said)
        except SlotSettled:
            assert contact.state not in may, contact.state
            return False
        assert contact.state in may, contact.state
        return True

    # -- facts

    @rule(
        who=names,
        channel=st.sampled_from(CHANNELS),
        category=st.sampled_from(CATEGORIES),
        ago=st.one_of(
            st.integers(0, 60 * DAY), st.sampled_from((0, DAY, 7 * DAY, -5 * 60 * SECOND))
        ),
        outcome=st.sampled_from(("reached", "no_answer", "absent", None)),
        begun_by_customer=st.sampled_from((False, False, False, True)),
    )
    def tell(self, who, channel, category, ago, outcome, begun_by_customer) -> None:  # noqa: PLR0917
        """A contact took place that nobody planned."""
        asked = self.contact(
            who, channel, category, self.book.now - ago,
            outcome=outcome, begun_by_customer=begun_by_customer,
        )  # fmt: skip
        verdict = self.book.judge_fact(asked)
        slot = self.say(
            governor.record_fact,
            self.plan(asked),
            occurred_at=datetime_of(asked.at),
            recorded_at=datetime_of(self.book.now),
            outcome=outcome,
            by_id=None,
        )
        self.book.enter(replace(asked, id=slot.id, state="consumed", made_at=self.book.now))
        self.expect_overruns(slot.id, () if begun_by_customer else self.book.beyond(verdict, asked))
        self.see_what_is_marked(self.book.contacts[slot.id])

    @rule(
        which=someone,
        ago=st.sampled_from((0, 1, HOUR, DAY, -5 * 60 * SECOND)),
        outcome=st.sampled_from(("reached", "no_answer", "absent", None)),
    )
    def consume(self, which, ago, outcome) -> None:
        """A receipt, a call logged, a visit over: also of what had been given back."""
        contact = self.pick(which, begun_by_customer=False)
        if contact is None:
            return
        at = self.book.now - ago
        self.say(governor.consume_slot, contact.id, occurred_at=datetime_of(at), outcome=outcome)
        if contact.state == "consumed":
            return
        was_sent = contact.state in ("in_flight", "uncertain")
        if was_sent and (contact.channel in TEXT or contact.at == at):
            self.book.put(contact.id, state="consumed", outcome=outcome)
            return
        self._happen(contact, at=at, state="consumed", outcome=outcome)

    @rule(which=someone)
    def check_in(self, which) -> None:
        contact = self.pick(which, channel="visit")
        if contact is None:
            return
        try:
            self.say(governor.start_visit_slot, contact.id, at=datetime_of(self.book.now))
        except SlotSettled:
            assert contact.state not in ("held", "reserved", "in_flight")
        else:
            assert contact.state in ("held", "reserved", "in_flight")
            if contact.state != "in_flight":
                self._happen(contact, at=self.book.now, state="in_flight", outcome=None)

    def _happen(self, contact: Contact, *, at: int, state: str, outcome: str | None) -> None:
        asked = replace(contact, at=at, outcome=outcome, state=state)
        verdict = self.book.judge_fact(asked, moves=contact.id)
        said_before = any(r[0] == "occurrence_taken" for r in verdict.reasons)
        self.expect_overruns(contact.id, self.book.beyond(verdict, asked))
        occurrence = None if said_before else contact.occurrence
        self.book.put(contact.id, at=at, state=state, outcome=outcome, occurrence=occurrence)
        self.see_what_is_marked(self.book.contacts[contact.id])

    def see_what_is_marked(self, fact: Contact) -> None:
        db.session.rollback()
        marked = set(db.session.scalars(sa.select(Slot.id).where(Slot.needs_new_plan)))
        marked |= self.leaves.keys()  # they stand where they do by leave
        assert list(self.book.unmarked_but_illegal(marked, beside=fact)) == []

    # -- what silences, and what lets speak

    @rule(change=st.sampled_from(sorted(CIRCUMSTANCES)), data=st.data())
    def circumstances_change(self, change, data) -> None:
        self.pass_to(self.book.now + 1)  # who was judged at that very instant was judged before
        getattr(self, change)(**data.draw(CIRCUMSTANCES[change]))

    def opt_out(self, number) -> None:
        self.say(governor.opt_out, number, at=self.stage.now, source="inbound")
        on_it = {name for name, own in self.book.numbers.items() if own == number}
        known = [r for r in self.book.refusals if r.number == number]
        for refusal in known:
            refusal.follows |= on_it
        if not known:
            self.book.refusals.append(Refusal(number, on_it))

    def opt_in(self, number) -> None:
        self.say(governor.opt_in, number, at=self.stage.now, source="inbound")
        self.book.refusals = [r for r in self.book.refusals if r.number != number]
        for refusal in self.book.refusals:
            refusal.follows -= {name for name, own in self.book.numbers.items() if own == number}

    def wish(self, who, channels, categories, hours, days) -> None:
        ends = None if days is None else model.plus(_today(self.book), days)
        wish = self.say(
            customers.note_wish,
            self.ids[who],
            content={
                "channels": channels and list(channels),
                "categories": categories and list(categories),
                "quiet_from": hours and time(*divmod(hours[0], 60)),
                "quiet_until": hours and time(*divmod(hours[1], 60)),
                "ends_on": ends,
            },
            by=self.cast.owner,
            now=self.stage.now,
        )
        self.book.wishes[wish.id] = (who, Wish(channels, categories, hours, ends))

    def lift_wish(self, which) -> None:
        if not self.book.wishes:
            return
        wish_id = sorted(self.book.wishes)[which % len(self.book.wishes)]
        who, _ = self.book.wishes.pop(wish_id)
        told = {"wish_id": wish_id, "by": self.cast.owner, "now": self.stage.now}
        self.say(customers.lift_wish, self.ids[who], **told)

    def hold(self, who, kind, lasts) -> None:
        until = None if lasts is None else self.book.now + lasts
        is_region = kind == "mourning"
        if is_region:
            who = EVERYBODY
        hold = self.say(
            governor.place_hold,
            HoldKind(kind),
            customer_id=None if is_region else self.ids[who],
            team_path=self.cast.owner.team_path if is_region else None,
            from_at=self.stage.now,
            until_at=None if until is None else datetime_of(until),
            reason="because",
            by_id=None,
        )
        self.book.holds[hold.id] = (who, (kind, self.book.now, until))

    def lift_hold(self, which) -> None:
        if not self.book.holds:
            return
        hold_id = sorted(self.book.holds)[which % len(self.book.holds)]
        del self.book.holds[hold_id]
        self.say(governor.lift_hold, hold_id, reason="over", by_id=None, at=self.stage.now)

    # -- who somebody is, and what the policies say

    def change_number(self, who, number) -> None:
        """Somebody is called by another number from now on."""
        if self.book.numbers[who] != number:
            self.say(self.cast.change_number, self.ids[who], number, now=self.stage.now)
            self.book.change_number(who, number)

    def change_tier(self, who, tier) -> None:
        self._change_customer(who, tier=Tier(tier))
        self.book.tiers[who] = tier

    def change_status(self, who, status) -> None:
        self._change_customer(who, status=Status(status))
        self.book.statuses[who] = status

    def _change_customer(self, who: str, **changes: Any) -> None:
        change = touching(sa.update(Customer).where(Customer.id == self.ids[who]).values(**changes))
        self.say(db.session.execute, change)

    def link(self, pair) -> None:
        """Two customers are found to be one person, or not to be."""
        link, first, other = frozenset(pair), self.ids[pair[0]], self.ids[pair[1]]
        told = {"by": self.cast.owner, "now": self.stage.now}
        if link in self.book.links:
            relation_id = self.cast.links.pop(link)
            self.say(customers.unlink_customers, first, relation_id=relation_id, **told)
            self.book.links.remove(link)
        else:
            content = {"kind": RelationKind.SAME_PERSON, "other_id": other}
            relation = self.say(customers.link_customers, first, content=content, **told)
            self.cast.links[link] = relation.id
            self.book.links.add(link)

    def change_total(self, n) -> None:
        self.say(self.cast.change_policy, replace(TOTAL, limit=n), now=self.stage.now)
        self.book.change_laws("total_7_days", n=n)

    def change_gap(self, hours) -> None:
        seconds = hours * 3_600
        version = replace(GAP, seconds=seconds or GAP.seconds)
        self.say(self.cast.change_policy, version, is_retired=not hours, now=self.stage.now)
        own = self.book.law("gap_24_hours")
        if own is None and hours:
            self.book.laws = (*self.book.laws, self.cast.gap)
        if hours:
            self.book.change_laws("gap_24_hours", seconds=seconds)
        else:
            self.book.retire("gap_24_hours")

    @rule(
        step=st.one_of(st.sampled_from((1, HOUR, DAY - 1, DAY, 7 * DAY)), st.integers(1, 3 * DAY))
    )
    def pass_time(self, step) -> None:
        self.pass_to(self.book.now + step)

    def pass_to(self, moment: int) -> None:
        self.book.now = moment
        self.stage.now = datetime_of(moment)

    # -- what must always be true

    @invariant()
    def both_ledgers_say_the_same(self) -> None:
        db.session.rollback()
        rows = db.session.execute(sa.select(Slot.id, Slot.state, Slot.effective_at))
        told = {r.id: (str(r.state), model.micros(r.effective_at)) for r in rows}
        assert told == {c.id: (c.state, c.at) for c in self.book.contacts.values()}
        subjects = db.session.execute(
            sa.select(
                SlotSubject.slot_id,
                SlotSubject.subject_id,
                SlotSubject.effective_micros,
                SlotSubject.counting,
            )
        )
        kept = {(r[0], self.names.get(r[1], r[1]), r[2], str(r[3])) for r in subjects}
        assert kept == {
            (c.id, whom, c.at, _counting(c))
            for c in self.book.contacts.values()
            for whom in (*c.customers, *([c.endpoint] if c.endpoint else []))
        }

    @invariant()
    def every_breach_has_its_cause(self) -> None:
        rows = db.session.execute(
            sa.select(Overrun.slot_id, Overrun.policy_key, Overrun.code, Overrun.subject_kind)
        )
        told: dict[str, set] = {}
        for slot_id, key, code, kind in rows:
            told.setdefault(slot_id, set()).add((key or code, str(kind)))
        assert told == {slot_id: said for slot_id, said in self.overrun.items() if said}
        assert queries.find_breaches() == []

    @invariant()
    def what_ended_says_why(self) -> None:
        ended = sa.select(sa.func.count()).select_from(Slot)
        ended = ended.where(Slot.state.in_(GIVEN_BACK), sa.func.coalesce(Slot.reason, "") == "")
        assert db.session.scalar(ended) == 0

    @invariant()
    def an_occasion_is_spoken_of_once(self) -> None:
        consumed = sa.select(Slot.occurrence).where(
            Slot.state == "consumed", Slot.occurrence.is_not(None)
        )
        said = list(db.session.scalars(consumed))
        assert len(said) == len(set(said))

    @invariant()
    def decisions_replay_to_the_same_bytes(self) -> None:
        for decision in db.session.scalars(sa.select(StoredDecision)):
            if decision.id not in self.replayed:
                assert governor.replay(decision) == decision.trace
                self.replayed.add(decision.id)
        db.session.rollback()

    @rule(who=names, when=moments)
    def a_preflight_stores_nothing(self, who, when) -> None:
        asked = self.contact(who, "call", "service", self.at(when))
        verdict, before = self.book.judge(asked), self._rows()
        decision = governor.preflight(self.plan(asked), now=self.stage.now)
        assert decision.is_allowed is not verdict.is_blocked
        assert self._rows() == before

    def _rows(self) -> list[int]:
        db.session.rollback()
        return [
            db.session.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (Slot, SlotSubject, StoredDecision, Overrun)
        ]


def _counting(contact: Contact) -> str:
    if not model.counts_at_all(contact):
        return "none"
    if (contact.channel, contact.outcome) == ("call", "no_answer"):
        return "any_only"
    return "visit_only" if (contact.channel, contact.outcome) == ("visit", "absent") else "full"


def _today(book: Book):
    return model.local(book.now, model.ZoneInfo("Asia/Shanghai")).date()


class SegmentedLedger(Ledger):
    """The same, and a policy for a segment comes and goes, as those do who are in it."""

    @rule(change=st.sampled_from(sorted(OF_SEGMENTS)), data=st.data())
    def segments_change(self, change, data) -> None:
        self.pass_to(self.book.now + 1)
        getattr(self, change)(**data.draw(OF_SEGMENTS[change]))

    def change_plan(self, who, is_quiet) -> None:
        """Somebody comes into the segment that a policy may name, or leaves it."""
        self._change_customer(who, plan_name="quiet" if is_quiet else "")
        (self.book.quiet.add if is_quiet else self.book.quiet.discard)(who)

    def change_quiet(self, n) -> None:
        version = replace(laws.rule_of(laws.QUIET), limit=n or 0)
        self.say(self.cast.change_policy, version, is_retired=n is None, now=self.stage.now)
        self.book.retire("quiet_14_days")
        if n is not None:
            self.book.laws = (*self.book.laws, replace(laws.QUIET, n=n))
