"""What a transaction holds is known until it ends."""

from crm_api.customers import locks
from crm_api.kit import held
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction


def test_what_is_locked_already_is_told_from_what_is_new(app):
    with transaction():
        assert locks.lock_subjects(customer_ids=["one", "two"])
        assert not locks.lock_subjects(customer_ids=["two"])
        assert locks.lock_subjects(customer_ids=["two", "three"])


def test_another_transaction_holds_nothing_of_it(app):
    with transaction():
        locks.lock_subjects(customer_ids=["one"])
    with transaction():
        assert locks.lock_subjects(customer_ids=["one"])


def test_a_savepoint_that_is_rolled_back_takes_its_locks_along(app):
    with transaction():
        locks.lock_subjects(customer_ids=["one"])
        savepoint = db.session.begin_nested()
        assert not locks.lock_subjects(customer_ids=["one"])
        locks.lock_subjects(customer_ids=["two"])
        savepoint.rollback()
        assert not held.holds([(locks.CUSTOMER, "two")])
        assert locks.lock_subjects(customer_ids=["two"])
