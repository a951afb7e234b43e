"""A phone that was given all anew in pages, and lost them: it comes with its old cursor again."""

import pytest
import sqlalchemy as sa

from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.sync.models import Feed
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.support.feeds import assert_feeds_true
from tests.support.phones import Phone, ids, is_empty


@pytest.fixture
def owner(app, at, moment):
    at(moment)
    return make_staff()


@pytest.fixture
def away(owner, sign_in):
    """A phone that comes back with three customers, where two more have come and all is purged."""
    for _ in range(3):
        make_customer(owner)
    away = Phone(sign_in(owner))
    away.pull()
    for _ in range(2):
        make_customer(owner)
    with transaction():
        feed = sa.update(Feed).where(Feed.subscriber_id == owner.id)
        db.session.execute(feed.values(oldest_seq=Feed.seq))
    return away


def is_anew(answer):
    return answer.get("experimentalStrategy") == "replacement"


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
@pytest.mark.parametrize("pages", [1, 2, 3])
def test_whatever_pages_were_lost_all_is_given_anew(away, app, limit, pages):
    """One of them would end where the phone stands: it was taken for one that had got it."""
    refused, lost = away.cursor, []
    for _ in range(pages):
        lost.append(away.page(limit=limit))
        if not lost[-1]["has_more"]:
            break
    away.cursor = refused

    again = away.pull(limit=limit)

    assert is_anew(lost[0])
    assert is_anew(again)
    assert refused not in [answer["timestamp"] for answer in lost]
    assert len(ids(again, "customers")) == 5
    assert is_empty(away.pull())
    assert_feeds_true(app)


@pytest.mark.parametrize("customers", [0, 3])
def test_anothers_newest_cursor_is_not_given_back(owner, sign_in, app, customers):
    made = {make_customer(owner).id for _ in range(customers)}
    first = Phone(sign_in(owner), "phone-1")
    first.pull()
    second = Phone(sign_in(owner), "phone-2")
    second.cursor = first.cursor

    lost, again = second.ask().json, second.page()

    assert is_anew(lost)
    assert is_anew(again)
    assert first.cursor not in (lost["timestamp"], again["timestamp"])
    assert ids(again, "customers") == made
    assert is_empty(second.pull())
    assert is_empty(first.pull()) or ids(first.pull(), "customers") <= made
    assert_feeds_true(app)
