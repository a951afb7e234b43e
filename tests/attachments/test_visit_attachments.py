"""What hangs on a visit is seen by whoever sees the visit, and by nobody else."""

from __future__ import annotations

import pytest

from crm_api.accounts.models import Role
from crm_api.visits.attachments import service
from tests.attachments.files import announced, download, pdf, photo, png, send, uploaded
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step
from tests.support.field import field

__all__ = ["field"]

PHOTO = {"kind": "photo", "caption": "The new shop."}


@pytest.fixture
def visit(field):
    return planned(field.caller, field.customer, starts_at=field.tomorrow)


def hang(caller, visit, attachment, **content):
    path = f"/v1/visits/{visit['id']}/attachments/{attachment['id']}"
    return caller.put(path, json=content or PHOTO)


def take_off(caller, visit, attachment):
    return caller.delete(f"/v1/visits/{visit['id']}/attachments/{attachment['id']}")


def shown(caller, visit, query=""):
    reply = caller.get(f"/v1/visits/{visit['id']}/attachments{query}")
    assert reply.status_code == 200, reply.text
    return reply.json


def test_they_hang_once_in_order_with_what_they_are(field, visit):
    first, second = uploaded(field.caller, photo(side=60)), uploaded(field.caller, png())
    signature = {"kind": "signature", "signed_by": "演示客户"}

    replies = [
        hang(field.caller, visit, first),
        hang(field.caller, visit, second, **signature),
        hang(field.caller, visit, first),
    ]

    assert [r.status_code for r in replies] == [200, 200, 200]
    items = shown(field.caller, visit)["items"]
    assert [i["attachment"]["id"] for i in items] == [first["id"], second["id"]]
    assert (items[0]["kind"], items[0]["caption"]) == ("photo", "The new shop.")
    assert (items[1]["signed_by"], items[1]["by_id"]) == ("演示客户", field.owner.id)
    assert items[1]["attachment"]["attached_at"] is not None
    assert len(shown(field.caller, visit, "?limit=1")["items"]) == 1


def test_the_bytes_may_come_long_after_the_visit(field, visit, at):
    content = photo(side=60)
    attachment = announced(field.caller, content)
    at(field.tomorrow)
    made(field.caller, visit)
    assert step(field.caller, visit, "record", **a_record(visit)).status_code == 200

    assert hang(field.caller, visit, attachment).status_code == 200
    assert shown(field.caller, visit)["items"][0]["attachment"]["status"] == "receiving"
    assert send(field.caller, attachment, content).status_code == 200

    assert shown(field.caller, visit)["items"][0]["attachment"]["status"] == "kept"
    assert hang(field.caller, visit, attachment).status_code == 200
    changed = hang(field.caller, visit, attachment, kind="photo", caption="Another shop.")
    assert changed.json["code"] == "visit_closed"
    assert take_off(field.caller, visit, attachment).json["code"] == "visit_closed"


def test_it_is_seen_with_the_visit_and_follows_the_customer(field, visit, sign_in):
    kept = uploaded(field.caller, photo(side=60))
    hang(field.caller, visit, kept)
    next_owner = make_staff(team=make_team())
    admin, heir = sign_in(make_staff(Role.ADMIN)), sign_in(next_owner)
    paths = ("", "/content", "/thumbnail")

    def seen(caller):
        return {
            caller.get(f"/v1/attachments/{kept['id']}{p}", buffered=True).status_code for p in paths
        }

    assert (seen(field.caller), seen(heir), seen(admin)) == ({200}, {404}, {200})
    customer = admin.get(f"/v1/customers/{field.customer.id}")
    moved = admin.put(
        f"/v1/customers/{field.customer.id}/owner",
        json={"owner_id": next_owner.id, "reason": "Moved."},
        headers={"If-Match": customer.headers["ETag"]},
    )
    assert moved.status_code == 200, moved.text

    assert (seen(field.caller), seen(heir)) == ({404}, {200})
    assert field.caller.get("/v1/attachments").json["items"] == []
    assert download(heir, kept).data == photo(side=60)


def test_only_ones_own_uploads_hang_and_on_one_visit_only(field, visit, sign_in):
    colleague = sign_in(make_staff(Role.MANAGER))
    theirs, mine = uploaded(colleague, pdf()), uploaded(field.caller, pdf())
    other_customer = make_customer(field.owner)
    other = planned(field.caller, other_customer, starts_at=field.tomorrow)

    assert hang(field.caller, visit, theirs).status_code == 404
    assert hang(colleague, visit, theirs).status_code == 404
    assert hang(field.caller, visit, mine).status_code == 200
    assert hang(field.caller, other, mine).json["code"] == "attachment_in_use"
    assert take_off(field.caller, other, mine).status_code == 404
    path = f"/v1/attachments/{mine['id']}"
    assert field.caller.delete(path).json["code"] == "attachment_in_use"
    assert take_off(field.caller, visit, mine).status_code == 204
    assert hang(field.caller, other, mine).status_code == 200


def test_a_visit_called_off_takes_none(field, visit):
    kept = uploaded(field.caller, pdf())
    step(field.caller, visit, "cancellation", by="us", reason="Ill.")

    assert hang(field.caller, visit, kept).json["code"] == "visit_closed"


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "signature"},
        {"kind": "photo", "signed_by": "演示客户"},
        {"kind": "film"},
        {"kind": "photo", "caption": "x" * 501},
        {"caption": "x"},
    ],
)
def test_what_it_is_must_make_sense(field, visit, content):
    kept = uploaded(field.caller, pdf())

    assert hang(field.caller, visit, kept, **content).status_code == 422


def test_a_visit_takes_so_many_and_the_list_costs_the_same(
    field, visit, monkeypatch, count_statements
):
    monkeypatch.setattr(service, "MOST_ATTACHMENTS", 6)
    kept = [uploaded(field.caller, pdf(200 + n)) for n in range(7)]
    hang(field.caller, visit, kept[0])
    with count_statements() as one:
        shown(field.caller, visit)
    replies = [hang(field.caller, visit, each) for each in kept[1:]]
    with count_statements() as six:
        assert len(shown(field.caller, visit)["items"]) == 6

    assert [r.status_code for r in replies] == [200] * 5 + [409]
    assert replies[-1].json["code"] == "too_many_visit_attachments"
    assert one.count == six.count
