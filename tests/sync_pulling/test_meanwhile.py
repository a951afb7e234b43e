"""What others do between two looks of one pull."""

import pytest
import sqlalchemy as sa

from crm_api.accounts import service as accounts
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import end_reading, transaction
from crm_api.sync.models import Feed
from crm_api.sync.pulling import queries
from crm_api.sync.pulling.service import pulling
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.support.phones import Phone, ids


@pytest.fixture
def owner(app, at, moment):
    at(moment)
    return make_staff()


def purge(owner):
    with transaction():
        feed = sa.update(Feed).where(Feed.subscriber_id == owner.id)
        db.session.execute(feed.values(oldest_seq=Feed.seq))


def test_what_is_purged_before_the_page_is_read_is_answered_in_full(owner, sign_in, monkeypatch):
    """Else the phone would keep what went, with no word of it left."""
    old = make_customer(owner)
    phone = Phone(sign_in(owner))
    phone.pull()
    make_customer(owner), make_customer(owner)
    find_page, looks = queries.find_page, []

    def purged_before(*args, **kwargs):
        if not looks:
            end_reading()
            purge(owner)
        looks.append(kwargs["after"])
        return find_page(*args, **kwargs)

    monkeypatch.setattr(queries, "find_page", purged_before)
    answer = phone.page()
    monkeypatch.undo()

    assert answer["experimentalStrategy"] == "replacement"
    assert [notice["code"] for notice in answer["notices"]] == ["cursor_too_old"]
    assert old.id in ids(answer, "customers")
    assert len(ids(answer, "customers")) == 3
    assert looks[0] > looks[1] == 0


def test_who_is_signed_out_while_the_feed_is_prepared_gets_nothing(owner, sign_in, monkeypatch):
    make_customer(owner)
    phone = Phone(sign_in(owner))
    bring_up_to_date = pulling._bring_up_to_date  # noqa: SLF001 - between it and the page

    def and_sign_out(wish, *, by, now):
        bring_up_to_date(wish, by=by, now=now)
        accounts.sign_out_everywhere(by=by, now=clock.now())

    monkeypatch.setattr(pulling, "_bring_up_to_date", and_sign_out)
    reply = phone.ask()

    assert (reply.status_code, reply.json["code"]) == (401, "unauthenticated")
