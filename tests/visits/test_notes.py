"""Notes are rows of their own."""

from datetime import timedelta

from tests.factories.visits import planned, step


def note(field, visit, **content):
    return field.caller.post(f"/v1/visits/{visit['id']}/notes", json=content)


def test_they_are_told_in_order_and_once(field, at):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)

    first = note(field, visit, id="n-1", text="Asks about roaming.")
    again = note(field, visit, id="n-1", text="Asks about roaming.")
    other = note(field, visit, id="n-1", text="Asks about fibre.")
    at(field.now + timedelta(minutes=1))
    note(field, visit, text="Drinks tea.")

    assert (first.status_code, again.json) == (201, first.json)
    assert (other.status_code, other.json["code"]) == (409, "id_taken")
    told = field.caller.get(f"/v1/visits/{visit['id']}/notes").json["items"]
    assert [n["text"] for n in told] == ["Asks about roaming.", "Drinks tea."]
    assert {n["by_id"] for n in told} == {field.owner.id}


def test_a_closed_visit_takes_none(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    note(field, visit, id="n-1", text="Asks about roaming.")
    step(field.caller, visit, "cancellation", by="us", reason="Ill.")

    assert note(field, visit, text="Late.").json["code"] == "visit_closed"
    assert note(field, visit, id="n-1", text="Asks about roaming.").status_code == 201
