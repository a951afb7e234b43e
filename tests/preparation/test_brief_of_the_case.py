"""What is the case at the door, and what the library has for it."""

import pytest

from crm_api.accounts.models import Role, Team
from crm_api.contact_frequency.models import Hold
from crm_api.contact_frequency.terms import HoldKind
from crm_api.customers.models import Customer
from crm_api.customers.terms import CommunicationStyle, Kind
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.preparation.library import service as library
from crm_api.preparation.library.terms import EntryKind, Situation
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step
from tests.preparation.test_brief import DAY, brief_of, extended


@pytest.fixture
def visit(field):
    return planned(field.caller, field.customer, starts_at=field.tomorrow, id="v-1")


@pytest.fixture
def approve(field):
    """Put words into the library, as two persons do."""
    author, approver = make_staff(), make_staff(Role.MANAGER)

    def add(entry_id, kind, situation, **changes):
        words = {"text": entry_id, "do": [], "avoid": [], "style": None, **changes}
        content = {"id": entry_id, "name": entry_id, **words}
        content |= {"kind": EntryKind(kind), "situation": Situation(situation)}
        with transaction():
            library.propose_entry(content, by=author, now=field.now)
            library.approve_version(entry_id, 1, by=approver, now=field.now)

    return add


def cases(brief):
    """All but the festivals, of which March has some."""
    return [s["situation"] for s in brief["situations"] if s["situation"] != "festival"]


def hold(field, kind, **subject):
    with transaction():
        db.session.add(
            Hold(
                kind=kind,
                from_at=field.now,
                reason="宽带投诉未结",
                created_at=field.now,
                **{"customer_id": None, "team_path": None, **subject},
            )
        )


def test_a_first_visit_is_one(field, visit):
    assert cases(brief_of(field, visit)) == ["first_visit"]


def test_what_is_most_delicate_comes_first(field, visit):
    path = db.session.get(Team, field.owner.team_id).path
    hold(field, HoldKind.MOURNING, team_path=path)
    hold(field, HoldKind.COMPLAINT, customer_id=field.customer.id)
    hold(field, HoldKind.COMPLAINT, customer_id=make_customer(field.owner).id)
    hold(field, HoldKind.MOURNING, team_path="/elsewhere/")

    brief = brief_of(field, visit)

    assert cases(brief) == ["mourning", "complaint", "first_visit"]
    assert brief["situations"][1]["because"] == "宽带投诉未结"


def test_nobody_congratulates_those_who_mourn(field, visit, approve):
    day = {"kind": "wedding", "month": 3, "day": 20}
    field.caller.post(f"/v1/customers/{field.customer.id}/anniversaries", json=day)
    approve("joy", "opener", "own_day")
    before = brief_of(field, visit)
    hold(field, HoldKind.MOURNING, customer_id=field.customer.id)

    after = brief_of(field, visit)

    assert {"own_day", "festival"} <= {o["about"] for o in before["openers"]}
    assert {o["about"] for o in after["openers"]} & {"own_day", "festival"} == set()
    assert cases(after) == ["mourning", "first_visit"]


@pytest.mark.parametrize(
    ("kind", "day"), [("anniversaries", {"month": 3, "day": 20}), ("life-events", None)]
)
def test_a_day_of_grief_is_none_to_congratulate_on(field, visit, approve, kind, day):
    mourned = {"kind": "other", "label": "母亲忌日", **(day or {"happened_on": "2026-03-20"})}
    path = f"/v1/customers/{field.customer.id}/{kind}"
    assert field.caller.post(path, json=mourned).status_code == 201
    approve("joy", "opener", "own_day")

    brief = brief_of(field, visit)

    [told] = [d for d in brief["coming_dates"] if d["whose"]]
    assert (told["on"], told["label"], told["is_solemn"]) == ("2026-03-20", "母亲忌日", True)
    assert cases(brief) == ["first_visit"]
    assert "own_day" not in {o["about"] for o in brief["openers"]}
    assert [(a["why"], a["topic"]) for a in brief["topics_to_avoid"]] == [
        ("solemn_day", "母亲忌日")
    ]


def test_a_groups_founding_is_one_whatever_it_treats(field):
    group = make_customer(field.owner, kind=Kind.GROUP)
    founded = {"kind": "founding", "label": "虚构疾病预防控制中心成立", "month": 3, "day": 20}
    path = f"/v1/customers/{group.id}/anniversaries"
    assert field.caller.post(path, json=founded).status_code == 201

    brief = brief_of(field, planned(field.caller, group, starts_at=field.tomorrow))

    assert "own_day" in cases(brief)


def test_the_last_visit_and_the_account_say_what_is_the_case(field, at):
    group = make_customer(field.owner, kind=Kind.GROUP)
    first = planned(field.caller, group, starts_at=field.tomorrow)
    at(field.tomorrow)
    out = made(field.caller, first)
    told = {"problems": "宽带断线", "rivals": "友商来过", "network_quality": ""}
    promise = {"text": "Send the table.", "due_on": "2026-03-05"}
    step(
        field.caller,
        out,
        "record",
        **a_record(
            out,
            sections=told,
            promises=[promise],
            went_badly="Too long.",
            leave_alone=None,
            next_touch={
                "text": "Again.",
                "due_on": "2026-03-20",
                "next_visit_id": "v-2",
                "contact": {"channel": "visit", "at": (field.tomorrow + 9 * DAY).isoformat()},
            },
        ),
    )
    with transaction():
        db.session.get(Customer, group.id).balance_fen = -100
    at(field.now + 4 * DAY)

    brief = brief_of(field, {"id": "v-2"})

    expected = ["promise_overdue", "went_badly", "unsolved_problem", "arrears", "rival_active"]
    assert cases(brief) == [*expected, "group"]
    assert brief["open_promises"][0]["is_overdue"]


def test_the_library_speaks_to_the_case_and_to_the_style(field, visit, approve):
    extended(field, communication_style=CommunicationStyle.ANALYTICAL)
    approve("for-anybody", "script", "any")
    approve("for-analysts", "script", "any", style=CommunicationStyle.ANALYTICAL, do=["Data."])
    approve("for-friends", "script", "any", style=CommunicationStyle.AMIABLE)
    approve("new-here", "opener", "first_visit")
    approve("no-offers", "topic_to_avoid", "first_visit")
    approve("sorry", "soothing_words", "complaint")

    brief = brief_of(field, visit)

    assert [s["entry_id"] for s in brief["scripts"]] == ["for-analysts", "for-anybody"]
    assert (brief["scripts"][0]["number"], brief["scripts"][0]["do"]) == (1, ["Data."])
    own = [o for o in brief["openers"] if o["words"]]
    assert [(o["about"], o["topic"]) for o in own] == [("first_visit", "new-here")]
    assert brief["topics_to_avoid"][-1]["words"]["entry_id"] == "no-offers"
    assert brief["soothing_words"] == []
    hold(field, HoldKind.COMPLAINT, customer_id=field.customer.id)
    again = brief_of(field, visit)
    assert [s["entry_id"] for s in again["soothing_words"]] == ["sorry"]


def test_of_many_words_the_newest_few_are_said(field, visit, approve):
    for n in range(5):
        approve(f"e-{n}", "script", "any")

    assert len(brief_of(field, visit)["scripts"]) == 3


def test_nobody_reads_what_is_proposed_retired_or_forbidden(field, visit, approve, sign_in):
    manager = sign_in(make_staff(Role.MANAGER))
    approve("retired", "script", "any")
    approve("banned", "script", "any", text="全网最低")
    field.caller.post(
        "/v1/library-entries",
        json={"name": "proposed", "kind": "script", "situation": "any", "text": "x"},
    )
    manager.put("/v1/library-entries/retired/retirement", json={"reason": "x"})
    first = brief_of(field, visit)
    manager.post("/v1/forbidden-words", json={"word": "全网最低", "reason": "x"})

    again = brief_of(field, visit, known_digest=first["digest"])

    assert [s["entry_id"] for s in first["scripts"]] == ["banned"]
    assert (again["scripts"], again["has_changed"]) == ([], True)


def test_promises_settled_since_are_told(field, visit):
    for n, step_, words in (
        ("p-1", "keeping", {"how": "By email."}),
        ("p-2", "withdrawal", {"reason": "Not needed."}),
    ):
        content = {"id": n, "customer_id": field.customer.id, "text": n, "due_on": "2026-03-06"}
        field.caller.post("/v1/promises", json=content)
        field.caller.put(f"/v1/promises/{n}/{step_}", json=words)

    settled = brief_of(field, visit)["settled_promises"]

    told = {(p["id"], p["is_kept"], p["how"]) for p in settled}
    assert told == {("p-1", True, "By email."), ("p-2", False, "Not needed.")}


def test_the_brief_costs_the_same_however_much_the_library_holds(
    field, visit, approve, count_statements
):
    approve("e-0", "script", "any")
    with count_statements() as few:
        brief_of(field, visit)
    for n in range(1, 20):
        approve(f"e-{n}", "topic", "any", text="x" * n)
    with count_statements() as many:
        brief_of(field, visit)

    assert few.count == many.count
    assert many.count < 40


def test_yesterday_is_late_and_today_is_not(field, visit, at):
    content = {"customer_id": field.customer.id, "text": "x", "due_on": "2026-03-03"}
    field.caller.post("/v1/promises", json=content)
    before = brief_of(field, visit)
    at(field.now.replace(hour=16))  # midnight in Shanghai

    after = brief_of(field, visit, known_digest=before["digest"])

    assert [p["is_overdue"] for p in before["open_promises"]] == [False]
    assert [p["is_overdue"] for p in after["open_promises"]] == [True]
    assert after["has_changed"]
