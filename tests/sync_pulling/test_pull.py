"""Pull: all at first, then what changed, page by page."""

from crm_api.sync.tables import TABLES
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.support.feeds import assert_feeds_true
from tests.support.phones import Phone, ids, is_empty


def rename(caller, customer, name):
    path = f"/v1/customers/{customer.id}"
    etag = caller.get(path).headers["ETag"]
    reply = caller.patch(path, json={"name": name}, headers={"If-Match": etag})
    assert reply.status_code == 200, reply.json


def test_a_first_pull_gives_all_that_is_theirs_and_the_next_only_what_changed(app, sign_in):
    owner = make_staff()
    own, other = make_customer(owner), make_customer(owner)
    make_customer()
    phone = Phone(sign_in(owner))

    first, idle = phone.pull(), phone.pull()
    rename(phone.caller, own, "虚构新名")
    later = phone.pull()

    assert set(first["changes"]) == set(TABLES)
    assert ids(first, "customers") == {own.id, other.id}
    assert is_empty(idle)
    assert idle["timestamp"] == first["timestamp"] > 0
    assert [r["name"] for r in later["changes"]["customers"]["updated"]] == ["虚构新名"]
    assert later["timestamp"] > first["timestamp"]
    assert_feeds_true(app)
