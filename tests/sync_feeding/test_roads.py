"""Every road feeds: whatever changes what a phone has puts it into the feed."""

from __future__ import annotations

from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.support.feeds import assert_feeds_true, feed_of, follow, news_of, seq_of


def test_a_first_phone_finds_what_was_there(app):
    owner, other = make_staff(), make_staff()
    customer = make_customer(owner)
    make_customer(other)

    follow(owner)

    assert feed_of(owner) == [("customers", customer.id, "put")]
    assert feed_of(other) == []
    assert_feeds_true(app)


def test_an_online_change_is_put(app, sign_in):
    owner = make_staff()
    customer = make_customer(owner)
    follow(owner)
    before = seq_of(owner)

    url = f"/v1/customers/{customer.id}"
    reply = sign_in(owner).patch(url, json={"name": "新名"}, headers={"If-Match": '"1"'})

    assert reply.status_code == 200, reply.json
    assert news_of(owner, before) == [("customers", customer.id, "put")]
    assert_feeds_true(app)
