"""A restored backup begins another age, of which each phone must learn."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from crm_api.audit.models import AuditEntry
from crm_api.kit.db import db
from crm_api.kit.errors import DomainError
from crm_api.kit.transactions import transaction
from crm_api.sync.epochs import queries, service
from crm_api.sync.epochs.queries import Age
from crm_api.sync.models import Epoch
from crm_api.sync.phones.errors import ServerRestored
from tests.factories.accounts import make_staff
from tests.factories.sync import make_phone


@pytest.fixture
def run(app):
    def run(*arguments, **kwargs):
        words = ["sync", "new-epoch", "--by", "Li Wei", *arguments]
        return app.test_cli_runner().invoke(args=words, **kwargs)

    return run


def pushed(phone, at):
    with transaction():
        db.session.merge(phone).last_pushed_at = at


def test_it_stops_each_phone_and_says_what_it_does(run, at, moment):
    at(moment)
    owner = make_staff()
    phone = make_phone(owner)

    said = run("--restored-to", "2026-03-03T09:00:00+08:00", "--yes")

    assert (said.exit_code, said.output[:23]) == (0, "Epoch 2: 1 known phones")
    assert "since 2026-03-03T01:00:00Z" in said.output
    with pytest.raises(ServerRestored):
        make_phone(owner, phone.device_id)
    act = db.session.query(AuditEntry).filter_by(action="sync_epoch_begun").one()
    assert act.details == {"restored_to": "2026-03-03T01:00:00Z", "by": "Li Wei"}


def test_run_twice_it_changes_nothing(run, at, moment):
    at(moment)
    words = ("--restored-to", "2026-03-03T01:00:00Z", "--yes")

    outputs = {run(*words).output, run(*words).output}

    assert len(outputs) == 1
    assert db.session.query(Epoch).count() == 1


def test_the_last_push_that_the_data_know_is_the_safer_moment(app, moment):
    """A moment named too late would leave on phones what came between."""
    phone = make_phone(make_staff())
    pushed(phone, moment - timedelta(days=2))

    with transaction():
        age = service.begin_epoch(restored_to=moment, by="Li Wei", now=moment)

    assert age == Age(2, moment - timedelta(days=2), moment)
    with transaction():
        early = moment - timedelta(days=3)
        assert service.begin_epoch(restored_to=early, by="x", now=moment) == Age(3, early, moment)


def test_a_backup_of_the_new_age_begins_one_of_its_own(app, moment):
    """Though nobody pushed between the two: since the second one, somebody may have."""
    pushed(make_phone(make_staff()), moment - timedelta(days=2))
    hour = timedelta(hours=1)

    ages = []
    for made_at, now in ((moment, moment + hour), (moment + 2 * hour, moment + 3 * hour)):
        with transaction():
            ages.append(service.begin_epoch(restored_to=made_at, by="x", now=now).number)

    assert ages == [2, 3]


@pytest.mark.parametrize(
    ("moment_given", "because"),
    [
        ("2026-03-03T02:00:01Z", "has yet to come"),
        ("2026-03-03T02:00:00", "lacks its offset"),
        ("yesterday", "is no moment"),
    ],
)
def test_what_is_no_moment_of_a_backup_is_refused(run, at, moment, moment_given, because):
    at(moment)

    said = run("--restored-to", moment_given, "--yes")

    assert said.exit_code != 0
    assert because in said.output
    assert queries.current_age() == Age()


def test_it_asks_first(run, at, moment):
    at(moment)

    said = run("--restored-to", "2026-03-03T01:00:00Z", input="n\n")

    assert said.exit_code == 1
    assert queries.current_age() == Age()


@pytest.mark.heavy
def test_of_two_at_once_one_begins_it(app, moment):
    start, outcomes = threading.Barrier(2), []

    def begin():
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    age = service.begin_epoch(restored_to=moment, by="x", now=moment)
                outcomes.append(age.number)
            except DomainError as refusal:
                outcomes.append(refusal.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=begin) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(outcomes) <= {2, "epoch_begun"}
    assert 2 in outcomes
    assert queries.current_age().number == 2
