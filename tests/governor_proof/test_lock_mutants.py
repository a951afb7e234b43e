"""Mistakes in how the ledger is locked: each is planted, and caught by two who meet step by step.

On SQLite there are no row locks to forget: a writing transaction is alone in the database, and what
is proved is that it is one from its first statement on, and that no lock is taken in another.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency import service as governor
from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.contact_frequency.models import (
    FrequencyPolicy,
    PolicyVersion,
    Slot,
    StoredDecision,
)
from crm_api.customers import reaching
from crm_api.customers.locks import NotWriting, lock_subjects
from crm_api.customers.models import Customer, SubjectLock
from crm_api.customers.terms import Category
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.errors import Busy
from crm_api.kit.straight import StraightRead
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from tests.factories.contact_frequency import keep_default_policies, make_plan
from tests.factories.customers import make_customer
from tests.governor_proof.mutants import Mutant, planted

SOON = 15
DAY = timedelta(days=1)
LOCKS = "crm_api.customers.locks"
LOCKING = "crm_api.contact_frequency.service.locking"
REACHING = "crm_api.customers.reaching"
GATHERING = "crm_api.contact_frequency.queries.gathering"


class Writer(threading.Thread):
    """Does one thing in a transaction of its own, and commits when it is told to."""

    def __init__(self, app, deed, *, waits=False):
        super().__init__(daemon=True)
        self.app, self.deed = app, deed
        self.may_commit, self.is_done = threading.Event(), threading.Event()
        self.answer = self.pid = None
        if not waits:
            self.may_commit.set()

    def run(self):
        with self.app.app_context():
            try:
                with transaction():
                    self.pid = _pid()
                    self.answer = self.deed()
                    self.is_done.set()
                    assert self.may_commit.wait(SOON)
            except Exception as error:  # noqa: BLE001 - the test looks at it
                self.answer = error
            finally:
                self.is_done.set()
                db.session.remove()

    def finish(self):
        self.may_commit.set()
        self.join(SOON)
        assert not self.is_alive()
        return self.answer


def _pid():
    if db.engine.dialect.name == "sqlite":
        return None
    return db.session.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()


def wait_until_it_waits(writer):
    """Return once PostgreSQL says that the writer stands at a lock; or once it is through."""
    asleep = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = :pid"
    deadline = time.monotonic() + SOON
    with db.engine.connect() as watch:
        while time.monotonic() < deadline and not writer.is_done.is_set():
            if writer.pid and watch.execute(sa.text(asleep), {"pid": writer.pid}).scalar():
                return
            watch.rollback()
            time.sleep(0.01)


def is_taken(kind, subject_id):
    """Tell whether somebody holds a subject's lock."""
    look = "SELECT 1 FROM subject_locks WHERE kind = :k AND subject_id = :s FOR NO KEY UPDATE"
    with db.engine.connect() as probe:
        try:
            probe.execute(sa.text(look + " NOWAIT"), {"k": kind, "s": subject_id})
        except sa.exc.OperationalError:
            return True
    return False


def step_by_step(monkeypatch):
    """Let whom a plan reaches be found, then locked, then the time be read: as on SQLite."""
    monkeypatch.setattr(
        "crm_api.contact_frequency.service.locking.lock_reached", lambda *_, **__: None
    )


def at_once(monkeypatch):
    """Let the statement that does all of it be built anew, with the mistakes planted by now."""
    anew = StraightRead(reaching._locking(reaching._WANTED))  # noqa: SLF001
    monkeypatch.setattr(reaching, "_ANYBODYS", anew)


@pytest.fixture
def scene(app, backend):
    if backend == "sqlite":
        pytest.skip("SQLite has one writer at a time: see below")
    keep_default_policies(clock.now() - 365 * DAY)
    customer = make_customer()
    with transaction():
        lock_subjects(customer_ids=[customer.id], endpoints=[customer.phone])
    db.session.remove()
    return app, customer.id


def noon(days):
    return clock.now().replace(hour=4, minute=0, second=0, microsecond=0) + days * DAY


def two_ask_at_once(app, customer_id):
    """The first holds its place, not yet committed, while the second asks for the same."""

    def ask():
        return governor.reserve_slot(make_plan(customer_id, noon(3)), by_id=None)

    first = Writer(app, ask, waits=True)
    first.start()
    assert first.is_done.wait(SOON)
    second = Writer(app, ask)
    second.start()
    wait_until_it_waits(second)
    answers = [first.finish(), second.finish()]
    assert [type(a) for a in answers] == [Slot, ContactBlocked]


def two_ask_for_somebody_new(app, _customer_id):
    """As above, for a customer whose lock nobody took yet."""
    newcomer = make_customer(phone=None).id
    db.session.remove()

    def ask():
        wanted = make_plan(newcomer, noon(3), channel="email")
        return governor.reserve_slot(wanted, by_id=None)

    with transaction():
        db.session.execute(sa.delete(SubjectLock).where(SubjectLock.subject_id == newcomer))
    first = Writer(app, ask, waits=True)
    first.start()
    assert first.is_done.wait(SOON)
    second = Writer(app, ask)
    second.start()
    wait_until_it_waits(second)
    assert [type(a) for a in (first.finish(), second.finish())] == [Slot, ContactBlocked]


def locks_are_taken_in_order(app, _customer_id):
    """Who waits for the middle one has the first and not yet the last; customers come first."""
    with transaction():
        for one in ("z-last", "m-middle", "a-first"):  # where the rows lie is no order
            lock_subjects(customer_ids=[one])
        lock_subjects(endpoints=["+8610000000001", "a-number"])
    db.session.remove()
    with holding("customer", "m-middle"):
        writer = Writer(
            app,
            lambda: lock_subjects(
                customer_ids=["z-last", "m-middle", "a-first"], endpoints=["a-number"]
            ),
        )
        writer.start()
        wait_until_it_waits(writer)
        taken = {
            one
            for kind, one in (
                ("customer", "a-first"),
                ("customer", "z-last"),
                ("endpoint", "a-number"),
            )
            if is_taken(kind, one)
        }
    assert writer.finish() is True
    assert taken == {"a-first"}


def rows_are_made_in_order(app, _customer_id):
    """As above, where the rows are still to be made."""
    with db.engine.connect() as maker:
        maker.execute(sa.text("INSERT INTO subject_locks VALUES ('customer', 'm-new')"))
        writer = Writer(app, lambda: lock_subjects(customer_ids=["z-new", "m-new", "a-new"]))
        writer.start()
        wait_until_it_waits(writer)
        with db.engine.connect() as probe:
            probe.execute(sa.text("SET LOCAL lock_timeout = '200ms'"))
            made = "INSERT INTO subject_locks VALUES ('customer', :one)"
            probe.execute(sa.text(made), {"one": "z-new"})  # nobody is making it yet
            with pytest.raises(sa.exc.OperationalError):
                probe.execute(sa.text(made), {"one": "a-new"})
        maker.rollback()
    assert writer.finish() is True


@contextmanager
def holding(kind, subject_id):
    look = "SELECT 1 FROM subject_locks WHERE kind = :k AND subject_id = :s FOR NO KEY UPDATE"
    with db.engine.connect() as holder:
        holder.execute(sa.text(look), {"k": kind, "s": subject_id})
        yield
        holder.rollback()


def the_clock_is_read_once_the_lock_is_held(app, customer_id):
    """A decision is judged at a moment after everything that committed before its lock."""
    held = holding("customer", customer_id)
    held.__enter__()

    def ask():
        wanted = make_plan(customer_id, noon(3), channel="email")
        return governor.reserve_slot(wanted, by_id=None)

    writer = Writer(app, ask)
    writer.start()
    wait_until_it_waits(writer)
    time.sleep(0.05)
    with db.engine.connect() as watch:
        released_at = watch.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    held.__exit__(None, None, None)
    assert isinstance(writer.finish(), Slot)
    db.session.rollback()
    [judged_at] = db.session.scalars(sa.select(StoredDecision.created_at))
    assert judged_at > released_at


def who_is_one_person_is_asked_again_under_the_lock(app, customer_id):
    """While somebody waits, two customers are found to be one: the answer would be for a half."""
    twin = make_customer().id
    db.session.remove()
    held = holding("customer", customer_id)
    held.__enter__()

    def ask():
        wanted = make_plan(customer_id, noon(3), channel="email")
        return governor.reserve_slot(wanted, by_id=None)

    writer = Writer(app, ask)
    writer.start()
    wait_until_it_waits(writer)
    with transaction():
        both = touching(sa.update(Customer).where(Customer.id.in_([customer_id, twin])))
        db.session.execute(both.values(person_id=customer_id))
    held.__exit__(None, None, None)
    assert isinstance(writer.finish(), Busy)


def a_number_is_asked_again_under_the_lock(app, customer_id):
    """While somebody waits to call, the customer changes the number: the new one is not locked."""
    held = holding("customer", customer_id)
    held.__enter__()
    writer = Writer(app, lambda: governor.reserve_slot(make_plan(customer_id, noon(3)), by_id=None))
    writer.start()
    wait_until_it_waits(writer)
    with transaction():
        own = touching(sa.update(Customer).where(Customer.id == customer_id))
        db.session.execute(own.values(phone="+8613700000009"))
    held.__exit__(None, None, None)
    assert isinstance(writer.finish(), Busy)


def two_ask_on_a_number_nobody_locked_yet(app, customer_id):
    """Two customers, whose own locks were taken before, share a number, whose lock never was."""
    number = db.session.get_one(Customer, customer_id).phone
    other = make_customer(phone=number).id
    with transaction():
        lock_subjects(customer_ids=[other])
        db.session.execute(sa.delete(SubjectLock).where(SubjectLock.subject_id == number))
    db.session.remove()
    writers = [
        Writer(app, lambda one=one: governor.reserve_slot(make_plan(one, noon(3)), by_id=None))
        for one in (customer_id, other)
    ]
    writers[0].may_commit.clear()
    writers[0].start()
    assert writers[0].is_done.wait(SOON)
    writers[1].start()
    wait_until_it_waits(writers[1])
    assert [type(w.finish()) for w in writers] == [Slot, ContactBlocked]


def two_ask_on_a_number_that_is_nobodys(app, customer_id):
    """Two customers are to be called on one number, which is neither's own."""
    other, number = make_customer().id, "+8613700000009"
    with transaction():
        lock_subjects(customer_ids=[other], endpoints=[number])
    db.session.remove()

    def ask(one):
        return governor.reserve_slot(make_plan(one, noon(3), endpoint=number), by_id=None)

    first = Writer(app, lambda: ask(customer_id), waits=True)
    first.start()
    assert first.is_done.wait(SOON)
    second = Writer(app, lambda: ask(other))
    second.start()
    wait_until_it_waits(second)
    assert [type(w.finish()) for w in (first, second)] == [Slot, ContactBlocked]


def two_begin_one_contact(app, customer_id):
    """The second has looked at it before the first holds the locks: it looks again."""
    until = clock.now() + 3 * DAY  # a notice with a deadline may go out at any hour
    notice = make_plan(customer_id, clock.now(), category=Category.STATUTORY, not_after=until)
    with transaction():
        slot_id = governor.reserve_slot(notice, by_id=None).id
    db.session.remove()
    first = Writer(app, lambda: governor.begin_slots([slot_id]), waits=True)
    first.start()
    assert first.is_done.wait(SOON)
    second = Writer(app, lambda: governor.begin_slots([slot_id]))
    second.start()
    wait_until_it_waits(second)
    assert first.finish() == {slot_id: None}
    again = second.finish()[slot_id]
    assert again is not None
    assert [reason.code for reason in again.reasons] == ["slot_settled"]


def who_is_reached_is_locked_in_order(app, _customer_id):
    """Who waits for the middle one of three who are one person has the first, and not the last."""
    for one in ("z-last", "m-middle", "a-first"):
        make_customer(id=one, person_id="p1")
        with transaction():
            lock_subjects(customer_ids=[one])
    db.session.remove()
    with holding("customer", "m-middle"):
        wanted = make_plan("z-last", noon(3), channel="email")
        writer = Writer(app, lambda: governor.reserve_slot(wanted, by_id=None))
        writer.start()
        wait_until_it_waits(writer)
        taken = {one for one in ("a-first", "z-last") if is_taken("customer", one)}
    assert isinstance(writer.finish(), Slot)
    assert taken == {"a-first"}


def a_policy_of_just_now_is_known(_app, customer_id):
    """What another process changed is in force for the very next decision of this one."""
    with transaction():
        governor.reserve_slot(make_plan(customer_id, noon(3)), by_id=None)
    other = make_customer().id
    with transaction():
        never = (
            sa.select(PolicyVersion)
            .join(FrequencyPolicy)
            .where(FrequencyPolicy.key == "total_7_days")
        )
        version = db.session.scalars(never).one()
        db.session.add(
            PolicyVersion(
                policy_id=version.policy_id,
                number=version.number + 1,
                effective_from=clock.now() - DAY,
                rule={**version.rule, "limit": 0},
                is_retired=False,
                created_at=clock.now(),
            )
        )
    with pytest.raises(ContactBlocked), transaction():
        governor.reserve_slot(make_plan(other, noon(3)), by_id=None)


def _of(module, function, was, becomes):
    return Mutant(module, function, was, becomes)


TIME = _of("crm_api.kit.clock", "stay_and_read", "sa.func.clock_timestamp()", "sa.func.now()")
AGAIN = _of(GATHERING, "look_at", "since[customer_id] != reach[customer_id]", "False")
MISTAKES = {
    "locks nothing": (
        _of(LOCKS, "lock_subjects", "not wanted", "True"),
        two_ask_at_once,
        step_by_step,
    ),
    "locks a row that is not there": (
        _of(LOCKS, "lock_subjects", "not _lock(wanted)", "_lock(wanted)"),
        two_ask_for_somebody_new,
        step_by_step,
    ),
    "makes the rows in any order": (
        _of(
            LOCKS,
            "lock_subjects",
            "sorted(set(customer_ids))",
            "sorted(set(customer_ids), reverse=True)",
        ),
        rows_are_made_in_order,
        step_by_step,
    ),
    "reads the time at which the transaction began": (
        TIME,
        the_clock_is_read_once_the_lock_is_held,
        step_by_step,
    ),
    "reads that time with the locks": (TIME, the_clock_is_read_once_the_lock_is_held, at_once),
    "does not look again who is one person": (
        AGAIN,
        who_is_one_person_is_asked_again_under_the_lock,
        at_once,
    ),
    "does not look again at the number": (
        _of(
            GATHERING,
            "look_at",
            "since[customer_id] != reach[customer_id]",
            "since[customer_id].person_ids != reach[customer_id].person_ids",
        ),
        a_number_is_asked_again_under_the_lock,
        at_once,
    ),
    "goes by the policies that it knew": (
        _of(GATHERING, "look_at", "not catalog.still_holds(rows)", "False"),
        a_policy_of_just_now_is_known,
        at_once,
    ),
    "finds whom to lock, and locks nobody": (
        _of(REACHING, "_in_order", "rows.order_by(*order).with_for_update(key_share=True)", "rows"),
        two_ask_at_once,
        at_once,
    ),
    "locks no number but the customer's own": (
        _of(
            REACHING,
            "_subjects",
            "sa.cast(sa.bindparam('endpoints', type_=sa.Text()), JSONB)",
            "sa.cast(sa.func.left(sa.bindparam('endpoints', type_=sa.Text()), 0) + '[]', JSONB)",
        ),
        two_ask_on_a_number_that_is_nobodys,
        at_once,
    ),
    "begins what it looked at before the locks": (
        _of(
            LOCKING, "lock_touched", "(since, slots) = look(slot_ids)", "since = look(slot_ids)[0]"
        ),
        two_begin_one_contact,
        step_by_step,
    ),
    "locks whom it finds in no order": (
        _of(REACHING, "_in_order", "rows.order_by(*order)", "rows.order_by(order[1].desc())"),
        who_is_reached_is_locked_in_order,
        at_once,
    ),
    "locks those rows only that there are": (
        _of(REACHING, "_locked", "_count(found.c.place) == _count(wanted.c.kind)", "sa.true()"),
        two_ask_on_a_number_nobody_locked_yet,
        at_once,
    ),
}


@pytest.mark.parametrize("way", [step_by_step, at_once], ids=lambda w: w.__name__)
@pytest.mark.parametrize(
    "proof",
    [
        two_ask_at_once,
        two_ask_for_somebody_new,
        two_ask_on_a_number_nobody_locked_yet,
        two_ask_on_a_number_that_is_nobodys,
        who_is_reached_is_locked_in_order,
        the_clock_is_read_once_the_lock_is_held,
        who_is_one_person_is_asked_again_under_the_lock,
        a_number_is_asked_again_under_the_lock,
        a_policy_of_just_now_is_known,
    ],
    ids=lambda p: p.__name__,
)
def test_the_product_does_not(proof, way, scene, monkeypatch):
    way(monkeypatch)
    proof(*scene)


@pytest.mark.parametrize(
    "proof",
    [locks_are_taken_in_order, rows_are_made_in_order, two_begin_one_contact],
    ids=lambda p: p.__name__,
)
def test_the_product_does_not_either(proof, scene):
    proof(*scene)


@pytest.mark.parametrize("name", MISTAKES)
def test_locking_that_does_this_is_found_out(name, scene, monkeypatch):
    mutant, proof, way = MISTAKES[name]
    found = AssertionError, sa.exc.DBAPIError, pytest.fail.Exception
    with planted(mutant):
        way(monkeypatch)
        with pytest.raises(found):
            proof(*scene)


@pytest.mark.parametrize("order", ["", ' ORDER BY kind COLLATE "C", subject_id COLLATE "C" DESC'])
def test_locks_without_our_order_are_found_out(order, scene, monkeypatch):
    from crm_api.customers import locks

    statement = str(locks._LOCK)  # noqa: SLF001 - the statement itself is what is mistaken
    own = ' ORDER BY kind COLLATE "C", subject_id COLLATE "C"'
    assert statement.count(own) == 1, "the statement has changed: mend this mutant"
    monkeypatch.setattr(locks, "_LOCK", sa.text(statement.replace(own, order)))

    with pytest.raises(AssertionError):
        locks_are_taken_in_order(*scene)


@pytest.fixture
def on_sqlite(app, backend):
    if backend != "sqlite":
        pytest.skip("of SQLite")
    keep_default_policies(clock.now() - 365 * DAY)
    customer_id = make_customer().id
    db.session.remove()
    return app, customer_id


def nobody_reads_while_another_writes(app, customer_id):
    """A second writer is not let in to look before the first is through."""
    looked = []

    def look_and_ask():
        found = db.session.scalar(sa.select(sa.func.count()).select_from(Slot))
        looked.append(found)
        return governor.reserve_slot(make_plan(customer_id, noon(3)), by_id=None)

    first = Writer(app, look_and_ask, waits=True)
    first.start()
    assert first.is_done.wait(SOON)
    second = Writer(app, look_and_ask)
    second.start()
    time.sleep(0.3)
    assert looked == [0]
    first.finish()
    assert isinstance(second.finish(), ContactBlocked)
    assert looked == [0, 1]


def locks_are_refused_where_they_hold_nothing(app, customer_id):
    with pytest.raises(NotWriting), transaction(read_only=True):
        governor.reserve_slot(make_plan(customer_id, noon(3)), by_id=None)


ON_SQLITE = {
    "begins as SQLite does by itself": (
        _of("crm_api.kit.transactions", "transaction", "'IMMEDIATE'", "'DEFERRED'"),
        nobody_reads_while_another_writes,
    ),
    "takes locks in a transaction that only reads": (
        _of(LOCKS, "_make_on_sqlite", "sqlite_begin.get() != 'IMMEDIATE'", "False"),
        locks_are_refused_where_they_hold_nothing,
    ),
}


@pytest.mark.parametrize(
    "proof",
    [nobody_reads_while_another_writes, locks_are_refused_where_they_hold_nothing],
    ids=lambda p: p.__name__,
)
def test_the_product_does_not_on_sqlite(proof, on_sqlite):
    proof(*on_sqlite)


@pytest.mark.parametrize("name", ON_SQLITE)
def test_a_sqlite_that_does_this_is_found_out(name, on_sqlite):
    mutant, proof = ON_SQLITE[name]
    with planted(mutant), pytest.raises((AssertionError, pytest.fail.Exception)):
        proof(*on_sqlite)
