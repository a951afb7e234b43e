"""Fields that every contract shares."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError

from crm_api.accounts.schemas.staff import NewStaffSchema
from crm_api.contact_frequency.desk.schemas.drafts import NAME
from crm_api.kit.schemas import RecordIdField
from tests.factories.accounts import make_staff


@pytest.mark.parametrize("said", ["", "a\n", "\na", "a b", "a.b", "名", "a" * 65])
def test_an_id_is_nothing_but_its_letters(said):
    with pytest.raises(ValidationError, match="1 to 64"):
        RecordIdField().deserialize(said)


def test_no_line_end_follows_a_login_or_a_key():
    assert "login" in NewStaffSchema().validate({"login": "li.wei\n"})
    with pytest.raises(ValidationError):
        NAME("calls\n")


def test_a_record_that_no_path_could_name_is_refused(app, sign_in):
    body = {"id": "abc\n", "kind": "individual", "name": "虚构"}

    reply = sign_in(make_staff()).post("/v1/customers", json=body)

    assert (reply.status_code, reply.json["errors"][0]["pointer"]) == (422, "/id")
