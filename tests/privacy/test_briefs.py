"""Briefs about others name who is to be met, and whose word weighs: they are emptied as well."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories.customers import make_customer
from tests.factories.visits import planned
from tests.privacy.conftest import NAME, ok, traces_left
from tests.privacy.test_erasures import erased


@pytest.mark.parametrize("is_key_person", [True, False])
def test_who_is_named_in_briefs_about_others_is_named_no_more(known, people, moment, is_key_person):
    group = make_customer(people.owner, kind="group", name="虚构集团")
    other = make_customer(people.owner, kind="group", name="虚构集团乙")
    link = {"kind": "key_person", "other_id": known.id, "role": "chief", "influence": "great"}
    persons = []
    if is_key_person:
        ok(known.caller.post(f"/v1/customers/{group.id}/relations", json=link))
    else:
        persons = [{"customer_id": known.id, "name": NAME, "role": "chief"}]
    visits = [
        planned(known.caller, of, starts_at=moment + timedelta(days=days), **more)
        for of, days, more in ((group, 9, {"persons": persons}), (other, 19, {}))
    ]
    paths = [f"/v1/visits/{visit['id']}/briefs" for visit in visits]
    briefs = [f"{path}/{ok(known.caller.post(path))['digest']}" for path in paths]
    assert NAME in known.caller.get(briefs[0]).text

    erased(known)

    assert traces_left() == set()
    assert [known.caller.get(path).status_code for path in briefs] == [404, 200]
