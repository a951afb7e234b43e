"""Templates: versions, the second person, the preview."""

import dataclasses

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from crm_api.accounts.models import Role, Staff
from crm_api.care import errors
from crm_api.care.models import CareTemplateVersion
from crm_api.care.terms import Occasion, TemplateStatus
from crm_api.care.values import NO_WORDS
from crm_api.care.wording import service as wording
from crm_api.customers.terms import Gender
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.care import BIRTHDAY, make_template
from tests.factories.customers import make_customer

URL = "/v1/care-templates"


@pytest.fixture
def author(app):
    return make_staff(Role.ACCOUNT_MANAGER)


@pytest.fixture
def manager(app):
    return make_staff(Role.MANAGER)


def draft(caller, **changes):
    body = {"name": "生日一", "occasion": "birthday", "text": BIRTHDAY, **changes}
    return caller.post(URL, json=body)


def submit(caller, template, number=1):
    return caller.put(f"{URL}/{template['id']}/versions/{number}/submission")


def approve(caller, template, number=1):
    return caller.put(f"{URL}/{template['id']}/versions/{number}/approval")


def statuses(reply):
    return [version["status"] for version in reply.json["versions"]]


def in_use(name):
    pool = wording.words_in_use().get(frozenset({(Occasion.BIRTHDAY, None)}), NO_WORDS)
    return [getattr(words, name) for words in pool.words]


def test_a_draft_becomes_words_for_customers_by_two_people(sign_in, author, manager):
    template = draft(sign_in(author)).json
    assert in_use("number") == []

    assert statuses(submit(sign_in(author), template)) == ["submitted"]
    reply = approve(sign_in(manager), template)

    assert statuses(reply) == ["approved"]
    assert reply.json["versions"][0]["approved_by_id"] == manager.id
    assert in_use("template_id") == [template["id"]]


def test_nobody_approves_what_they_wrote(sign_in, manager):
    template = draft(sign_in(manager)).json
    submit(sign_in(manager), template)

    reply = approve(sign_in(manager), template)

    assert reply.status_code == 403
    assert reply.json["code"] == errors.OwnTemplate.code


def test_nor_once_they_lead_the_team(sign_in, author):
    template = draft(sign_in(author)).json
    submit(sign_in(author), template)
    with transaction():
        db.session.get_one(Staff, author.id).role = Role.MANAGER

    promoted = sign_in(dataclasses.replace(author, role=Role.MANAGER))
    assert approve(promoted, template).json["code"] == errors.OwnTemplate.code


def test_nor_what_they_submitted_for_a_colleague(sign_in, author, manager):
    template = draft(sign_in(author)).json
    submit(sign_in(manager), template)

    assert approve(sign_in(manager), template).json["code"] == errors.OwnTemplate.code
    assert statuses(approve(sign_in(make_staff(Role.ADMIN)), template)) == ["approved"]


def test_the_database_itself_wants_a_second_person(author):
    template = make_template(is_approved=False, by=author)
    forged = sa.update(CareTemplateVersion).values(
        status=TemplateStatus.APPROVED, submitted_by_id=author.id, approved_by_id=author.id
    )

    with pytest.raises(IntegrityError), transaction():
        db.session.execute(forged.where(CareTemplateVersion.template_id == template.id))


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("care_template_versions", "text = 'other words'"),
        ("care_template_versions", "number = 9"),
        ("care_templates", "category = 'marketing'"),
        ("care_templates", "tiers = '[\"gold\"]'"),
    ],
)
def test_what_was_approved_stays_as_it_was(author, table, change):
    make_template(by=author)

    with pytest.raises(DBAPIError, match="stay as they were made"), transaction():
        db.session.execute(sa.text(f"UPDATE {table} SET {change}"))


def test_an_account_manager_approves_nothing(sign_in, author):
    template = draft(sign_in(author)).json
    submit(sign_in(author), template)

    assert approve(sign_in(make_staff()), template).status_code == 403


def test_what_was_not_submitted_is_not_approved(sign_in, author, manager):
    template = draft(sign_in(author)).json

    assert approve(sign_in(manager), template).json["code"] == errors.NotAwaitingApproval.code


def test_a_repeat_of_either_step_is_no_error(sign_in, author, manager):
    template = draft(sign_in(author)).json

    assert submit(sign_in(author), template).json == submit(sign_in(author), template).json
    assert approve(sign_in(manager), template).json == approve(sign_in(manager), template).json


def test_somebody_elses_repeat_is(sign_in, author, manager):
    template = draft(sign_in(author)).json
    submit(sign_in(author), template)

    assert submit(sign_in(manager), template).json["code"] == errors.NotADraft.code
    approve(sign_in(manager), template)
    again = approve(sign_in(make_staff(Role.MANAGER)), template)
    assert again.json["code"] == errors.NotAwaitingApproval.code


def test_a_template_with_faults_is_not_submitted(sign_in, author):
    template = draft(sign_in(author), text="生日快乐").json

    reply = submit(sign_in(author), template)

    assert reply.status_code == 422
    assert reply.json["code"] == errors.TemplateNotFit.code
    found = {finding["code"] for finding in reply.json["findings"]}
    assert found == {"signature_missing", "opt_out_missing", "impersonal"}


def test_the_approved_version_stays_in_use_until_the_next_is_approved(sign_in, author, manager):
    template = make_template(by=author)
    new = BIRTHDAY.replace("顺意", "如意")
    reply = sign_in(author).post(f"{URL}/{template.id}/versions", json={"text": new})
    assert statuses(reply) == ["approved", "draft"]
    submit(sign_in(author), reply.json, 2)
    assert in_use("number") == [1]
    db.session.rollback()

    assert statuses(approve(sign_in(manager), reply.json, 2)) == ["retired", "approved"]
    assert in_use("number") == [2]


def test_a_template_is_linted_again_when_it_is_approved(sign_in, author, manager, monkeypatch):
    from dataclasses import replace

    from crm_api import config

    template = draft(sign_in(author)).json
    submit(sign_in(author), template)
    config.configure(replace(config.current(), sms_signature="新名字"))

    assert approve(sign_in(manager), template).json["code"] == errors.TemplateNotFit.code


def test_a_template_made_twice_with_one_id_is_made_once(sign_in, author):
    first = draft(sign_in(author), id="own-id")

    assert first.status_code == 201
    assert draft(sign_in(author), id="own-id").json == first.json
    assert draft(sign_in(author), id="own-id", name="other").json["code"] == "id_taken"
    assert draft(sign_in(author), id="own-id", text=BIRTHDAY + "!").json["code"] == "id_taken"


def test_names_are_unique(sign_in, author):
    draft(sign_in(author))

    assert draft(sign_in(author)).json["code"] == errors.TemplateNameTaken.code


@pytest.mark.parametrize(
    ("occasion", "festival_key"),
    [("festival", None), ("festival", "black_friday"), ("birthday", "mid_autumn")],
)
def test_a_festival_template_names_a_known_festival(sign_in, author, occasion, festival_key):
    reply = draft(sign_in(author), occasion=occasion, festival_key=festival_key)

    assert reply.status_code == 422
    assert reply.json["errors"][0]["pointer"] == "/festival_key"


def test_care_is_care_or_marketing(sign_in, author):
    assert draft(sign_in(author), category="payment").status_code == 422


def test_joy_on_a_solemn_festival_is_refused(sign_in, author):
    template = draft(sign_in(author), occasion="festival", festival_key="qingming").json

    found = [f["code"] for f in submit(sign_in(author), template).json["findings"]]

    assert found == ["joyful_on_solemn_day"]


def test_templates_are_listed_by_name(sign_in, author):
    for name in "bca":
        draft(sign_in(author), name=name)
    make_template(Occasion.FESTIVAL, "mid_autumn")

    first = sign_in(author).get(f"{URL}?occasion=birthday&limit=2").json
    rest = sign_in(author).get(f"{URL}?occasion=birthday&cursor={first['next_cursor']}").json

    assert [t["name"] for t in first["items"] + rest["items"]] == ["a", "b", "c"]
    assert rest["next_cursor"] is None


def test_a_preview_reads_as_the_customer_would(sign_in, author):
    customer = make_customer(author, name="欧阳示例", gender=Gender.FEMALE)
    template = draft(sign_in(author), text=BIRTHDAY.replace("！", "{oops}！")).json

    reply = sign_in(author).get(
        f"{URL}/{template['id']}/versions/1/preview?customer_id={customer.id}"
    )

    assert reply.json["text"] == "【演示通信】欧阳女士，祝您生日快乐，万事顺意{oops}！拒收请回复R"
    assert (reply.json["encoding"], reply.json["segments"]) == ("ucs2", 1)
    assert [f["code"] for f in reply.json["findings"]] == ["unknown_placeholder"]


def test_a_preview_for_a_strangers_customer_is_not_found(sign_in, author):
    template = make_template()
    url = f"{URL}/{template.id}/versions/1/preview?customer_id={make_customer().id}"

    assert sign_in(author).get(url).status_code == 404


@pytest.mark.parametrize("path", ["unknown", "unknown/versions/1/preview?customer_id=x"])
def test_an_unknown_template_is_not_found(sign_in, author, path):
    assert sign_in(author).get(f"{URL}/{path}").status_code == 404


def test_an_unknown_version_is_not_found(sign_in, author):
    template = make_template()

    assert submit(sign_in(author), {"id": template.id}, 9).status_code == 404
