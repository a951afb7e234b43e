"""Nobody changes what happened, and who tries is found out."""

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_api.contact_history import service
from crm_api.contact_history.models import Contact, ContactText, History
from crm_api.contact_history.terms import Direction, Outcome, Purpose
from crm_api.customers.terms import Category, Channel
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.problems import is_busy
from crm_api.kit.transactions import transaction
from tests.factories.contact_history import make_contact
from tests.factories.customers import make_customer

GUARDED = [
    "UPDATE contacts SET outcome = 'no_answer'",
    "UPDATE contacts SET digest = 'x' WHERE seq = 1",
    "DELETE FROM contacts",
    "UPDATE contact_texts SET summary = 'nothing of note'",
    "UPDATE contact_texts SET summary = '', with_whom = '', reason = '', salt = ''",
    "DELETE FROM contact_texts",
]
ERASE = (
    "UPDATE contact_texts SET summary = '', with_whom = '', reason = '', salt = '',"
    " erased_at = '2026-01-01 00:00:00+00' WHERE contact_id = :id"
)


@pytest.fixture
def chain(app):
    """A customer with three contacts."""
    customer = make_customer()
    return [make_contact(customer, summary=f"Number {n}.") for n in (1, 2, 3)]


@pytest.fixture
def tamper(app, backend):
    """Change rows as somebody would who may turn the triggers off."""

    def change(statement, **values):
        with transaction():
            if backend == "postgres":
                db.session.execute(sa.text("SET LOCAL session_replication_role = replica"))
            else:
                for (name,) in db.session.execute(
                    sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                ).all():
                    db.session.execute(sa.text(f'DROP TRIGGER "{name}"'))
            db.session.execute(sa.text(statement), values)

    return change


def verify(app, *arguments):
    db.session.remove()
    return app.test_cli_runner().invoke(args=["contacts", "verify", *arguments])


@pytest.mark.parametrize("statement", GUARDED)
def test_the_database_itself_refuses(chain, statement):
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(sa.text(statement))


def test_postgresql_refuses_to_truncate(chain, backend):
    if backend == "sqlite":
        with pytest.raises(DBAPIError, match="append-only"), transaction():
            db.session.execute(sa.text("INSERT OR REPLACE INTO contacts SELECT * FROM contacts"))
        return
    for table in ("contacts", "contact_texts"):
        with pytest.raises(DBAPIError), transaction():
            db.session.execute(sa.text(f"TRUNCATE {table} CASCADE"))


def test_a_whole_chain_verifies(chain, app):
    reply = verify(app)

    assert reply.exit_code == 0, reply.output
    assert "Verified 3 entries of 1 customers; 0 chains broken." in reply.output


def test_contacts_told_together_are_chained_in_their_order(chain, app):
    first, other = chain[0].customer_id, make_customer().id
    now = clock.now()
    told = [tell(first, "a", now), tell(other, "b", now), tell(first, "c", now)]
    repeated = [told[0], tell(other, "d", now), told[1]]

    with transaction():
        made = service.record_contacts(told, by_id=None, now=now, slot_ids=[new_id()] * 3)
    with transaction():
        again = service.record_contacts(repeated, by_id=None, now=now, slot_ids=[new_id()] * 3)

    assert [contact.seq for contact in made] == [4, 1, 5]
    assert [contact.id for contact in again[::2]] == [contact.id for contact in made[:2]]
    assert (again[1].seq, again[1].previous_digest) == (2, made[1].digest)
    reply = verify(app)
    assert "Verified 7 entries of 2 customers; 0 chains broken." in reply.output


def tell(customer_id, source, now):
    """An SMS that reached nobody yet."""
    return service.NewContact(
        customer_id=customer_id,
        occurred_at=now,
        channel=Channel.SMS,
        direction=Direction.OUTBOUND,
        category=Category.CARE,
        purpose=Purpose.GREETING,
        outcome=Outcome.SENT,
        summary=f"Greeting {source}.",
        source=f"test:{source}",
    )


def test_one_customer_may_be_verified_alone(chain, app):
    make_contact(make_customer())

    reply = verify(app, "--customer", chain[0].customer_id)

    assert "Verified 3 entries of 1 customers" in reply.output
    assert verify(app, "--customer", "nobody").exit_code != 0


def test_an_erased_text_still_verifies(chain, app, sign_in):
    with transaction():
        db.session.execute(sa.text(ERASE), {"id": chain[1].id})

    assert verify(app).exit_code == 0
    erased = db.session.get(ContactText, chain[1].id)
    assert (erased.summary, erased.with_whom) == ("", "")


def test_a_text_is_erased_once_and_for_all(chain):
    with transaction():
        db.session.execute(sa.text(ERASE), {"id": chain[1].id})

    with pytest.raises(DBAPIError), transaction():
        db.session.execute(sa.text(ERASE), {"id": chain[1].id})


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE contacts SET outcome = 'no_answer' WHERE id = :id", "entry 2"),
        ("UPDATE contacts SET by_id = NULL WHERE id = :id", "its content was changed"),
        ("UPDATE contact_texts SET summary = 'x' WHERE contact_id = :id", "its text was changed"),
        ("DELETE FROM contact_texts WHERE contact_id = :id", "its text was removed"),
        ("DELETE FROM contacts WHERE id = :id", "an entry before it is missing"),
        ("UPDATE contacts SET text_digest = digest WHERE id = :id", "its content was changed"),
    ],
)
def test_tampering_is_found_where_it_was_done(chain, app, tamper, statement, fault):
    if "FROM contacts" in statement:
        tamper("DELETE FROM contact_texts WHERE contact_id = :id", id=chain[1].id)
    tamper(statement, id=chain[1].id)

    reply = verify(app)

    assert reply.exit_code == 1
    assert f"Customer {chain[0].customer_id}, entry 2" in reply.output
    assert fault in reply.output
    assert "1 chains broken" in reply.output


def test_a_chain_cut_at_its_end_is_found(chain, app, tamper):
    tamper("DELETE FROM contact_texts WHERE contact_id = :id", id=chain[2].id)
    tamper("DELETE FROM contacts WHERE id = :id", id=chain[2].id)

    reply = verify(app)

    assert reply.exit_code == 1
    assert "the newest entries are missing" in reply.output


def test_a_chain_that_is_gone_altogether_is_found(chain, app, tamper):
    tamper("DELETE FROM contact_texts")
    tamper("DELETE FROM contacts")

    assert verify(app).exit_code == 1


def test_contacts_without_a_head_are_found(chain, app, tamper):
    tamper("DELETE FROM contact_histories")

    assert verify(app).exit_code == 1


def test_many_customers_are_verified_in_pieces(app, monkeypatch):
    from crm_api.contact_history.queries import chains

    monkeypatch.setattr(chains, "CUSTOMERS_AT_ONCE", 2)
    for _ in range(5):
        make_contact(make_customer())

    db.session.rollback()
    checked = list(service.verify_chains())

    assert len(checked) == 5
    assert {(chain.length, chain.reason) for chain in checked} == {(1, None)}


def tell_until_kept(customer, by_id, failures, **changes):
    """Repeat while the database is busy, as a client does that is told 503."""
    while not failures:
        try:
            return make_contact(customer, by_id=by_id, **changes)
        except DBAPIError as error:
            if not is_busy(error):
                failures.append(error)
    return None


def test_appending_at_once_keeps_one_chain(app):
    customer, threads, each = make_customer(), 6, 5
    owner_id, failures = customer.owner_id, []

    def append(number):
        with app.app_context():
            for n in range(each):
                tell_until_kept(customer, owner_id, failures, source=f"visit:{number}-{n}")
            db.session.remove()

    workers = [threading.Thread(target=append, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failures == []
    db.session.rollback()
    places = db.session.scalars(sa.select(Contact.seq).order_by(Contact.seq)).all()
    assert places == list(range(1, threads * each + 1))
    assert db.session.get(History, customer.id).length == threads * each
    assert verify(app).exit_code == 0


def test_the_same_source_told_at_once_is_kept_once(app):
    customer, told, failures = make_customer(), [], []
    owner_id, now = customer.owner_id, clock.now()
    ready = threading.Barrier(4)

    def tell():
        with app.app_context():
            ready.wait()
            kept = tell_until_kept(customer, owner_id, failures, now=now, source="visit:1")
            told.append(kept.id)
            db.session.remove()

    workers = [threading.Thread(target=tell) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failures == []
    assert len(set(told)) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 1
